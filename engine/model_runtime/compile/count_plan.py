"""The operation `count_tokens`: a service's own count of what a call would send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply, HttpRequest

from .context import CompileContext
from .errors_plan import ErrorsPlan
from .request_plan import RequestPlan
from .task_plans import ReplyPlan
from .values import compile_value, place_in


class CountOperation:
    """The compiled `count_tokens.llm` or `count_tokens.text-embedding`."""

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, errors: ErrorsPlan, kind: str
    ) -> None:
        self._plan = RequestPlan(spec.get("request") or {}, {}, context, f"count_tokens.{kind}")
        response = spec.get("response") or {}
        self._reply = ReplyPlan(response, context.findings, errors)
        self._tokens = compile_value(
            response.get("tokens", "tokens"), context.findings, place_in(response, "tokens")
        )

    def request(self, scope: dict[str, object], base_url: str) -> HttpRequest:
        """Render the request from the scope of the call that is to be counted."""
        return self._plan.build(scope, base_url, extra_headers={})

    def read(self, reply: HttpReply) -> int:
        """Return the count; a list of tokens counts by its length."""
        found = self._tokens(self._reply.json(reply))
        if isinstance(found, list):
            return len(found)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ReplyError("The reply holds no count of tokens.")
        return int(found)
