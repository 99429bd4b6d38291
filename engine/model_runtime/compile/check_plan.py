"""A request of its own that proves credentials: `validate_credentials.<kind>.request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_runtime.exchange import HttpReply, HttpRequest

from .context import CompileContext
from .errors_plan import ErrorsPlan, is_error, read_body
from .request_plan import RequestPlan
from .values import compile_value


class CheckOperation:
    """The compiled request; a good reply that is no error proves the credentials."""

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, errors: ErrorsPlan
    ) -> None:
        self._errors = errors
        self._plan = RequestPlan(spec.get("request") or {}, {}, context, "validate_credentials")
        self._is_error = None
        if errors.in_success:
            self._is_error = compile_value(errors.in_success, context.findings, None)

    def request(self, credentials: Mapping[str, object], base_url: str) -> HttpRequest:
        """Render the request."""
        return self._plan.build({"credentials": credentials}, base_url, extra_headers={})

    def read(self, reply: HttpReply) -> None:
        """Raise the error that a reply of status 200 may hold."""
        body = read_body(reply.body)
        if self._is_error is not None and is_error(self._is_error(body)):
            raise self._errors.read(reply.status, reply.headers, body)
