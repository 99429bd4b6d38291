"""The operation `describe_model`: what a service tells of one model before it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.durations import DURATION_HELP, read_duration
from model_runtime.exchange import HttpReply, HttpRequest

from .context import CompileContext
from .errors_plan import ErrorsPlan
from .model_facts import Facts, compile_facts
from .request_plan import RequestPlan
from .task_plans import ReplyPlan
from .values import place_in

_LIFETIME: Final = 300.0


class DescribeOperation:
    """The compiled `describe_model` operation.

    `before` names the model types whose calls ask first; an answer is used for `lifetime` seconds.
    """

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, errors: ErrorsPlan
    ) -> None:
        response = spec.get("response") or {}
        self._plan = RequestPlan(spec.get("request") or {}, {}, context, "describe_model")
        self._reply = ReplyPlan(response, context.findings, errors)
        self._fields = compile_facts(response, context.findings)
        self.before = frozenset(str(kind) for kind in spec.get("before") or ())
        self.lifetime = self._read_lifetime(spec, context)

    def request(self, model: str, credentials: Mapping[str, object], base_url: str) -> HttpRequest:
        """Render the request for a model."""
        scope: dict[str, object] = {"model": model, "credentials": credentials}
        return self._plan.build(scope, base_url, extra_headers={})

    def read(self, reply: HttpReply) -> Facts:
        """Return the facts by their names; what is not told is None."""
        found = self._reply.json(reply)
        return {name: read(found) for name, read in self._fields.items()}

    @staticmethod
    def _read_lifetime(spec: Mapping[str, Any], context: CompileContext) -> float:
        if "lifetime" not in spec:
            return _LIFETIME
        try:
            return read_duration(spec["lifetime"])
        except ValueError as error:
            context.findings.add(
                "S104", f"{error}.", place_in(spec, "lifetime"), help=DURATION_HELP
            )
            return _LIFETIME
