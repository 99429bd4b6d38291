"""Operations of several requests: steps that run first, and jobs that are polled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from model_runtime.branches import watched_table
from model_runtime.durations import DURATION_HELP, read_duration
from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.json_text import decode_json
from model_runtime.spec.tree import key_place_of
from model_runtime.vocabulary import JOB_STATUSES, ErrorKind

from .auth_plan import compile_auth
from .context import CompileContext
from .expressions import compile_expression
from .rendering import Render
from .request_plan import RequestPlan
from .scopes import Field
from .values import Reader, compile_value, place_in


class SavingRequest:
    """A request, and the values of its reply that later templates read."""

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, operation: str, field: Field
    ) -> None:
        self.plan = RequestPlan(spec.get("request") or {}, {}, context, operation, field)
        # A store of files beside the service takes none of the provider's auth.
        self.auth = compile_auth(spec["auth"], context) if "auth" in spec else None
        self._when: Render | None = None
        if "when" in spec:
            names = context.names(field, operation)
            place = place_in(spec, "when")
            self._when = compile_expression(str(spec["when"]), names, context.findings, place)
        save = spec.get("save") or {}
        self._save: dict[str, Reader] = {
            name: compile_value(path, context.findings, place_in(save, name))
            for name, path in save.items()
            if name != "$replace"
        }

    def is_needed(self, scope: dict[str, Any]) -> bool:
        """Whether the step is run in this call."""
        return self._when is None or bool(self._when(scope))

    @property
    def saves(self) -> tuple[str, ...]:
        """The names of what is kept of its reply."""
        return tuple(self._save)

    def saved(self, reply: HttpReply) -> dict[str, Any]:
        """Return what is kept of a reply. ReplyError names the value that is missing."""
        if not self._save:
            return {}
        value = json_of(reply)
        found = {name: read(value) for name, read in self._save.items()}
        for name, item in found.items():
            if item is None:
                raise ReplyError(f"The reply of this step has no {name!r} to go on with.")
        return found


class JobPlan:
    """The compiled `job:` block: submit, poll until the end, perhaps fetch; cancel if given up."""

    def __init__(self, spec: Mapping[str, Any], context: CompileContext, operation: str) -> None:
        findings = context.findings
        self.submit = SavingRequest(spec.get("submit") or {}, context, operation, "steps")
        poll = spec.get("poll") or {}
        self.poll = SavingRequest(poll, context, operation, "job")
        self.fetch = self._optional(spec, "fetch", context, operation)
        self.cancel = self._optional(spec, "cancel", context, operation)
        every = poll.get("every") or {}
        self.start = _seconds(every, "start", 0.5, findings)
        self.factor = float(every.get("factor", 1.5))
        self.longest = _seconds(every, "max", 5.0, findings)
        self.timeout = _seconds(poll.get("timeout") or {}, "default", 600.0, findings)
        status = poll.get("status") or {}
        self._status = compile_value(
            status.get("path", "status"), findings, place_in(status, "path")
        )
        words: dict[str, str] = status.get("map") or {}
        self._words: Mapping[str, str] = watched_table(
            words, findings.branches, "value", partial(key_place_of, words)
        )
        failure = poll.get("failure") or {}
        self._message = compile_value(
            failure.get("message", "error"), findings, place_in(failure, "message")
        )
        self.failure_kind: ErrorKind = failure.get("kind", "server")

    def status(self, reply: HttpReply) -> tuple[str, str, str]:
        """Return (running, done or failed; the service's word; its message of a failure)."""
        value = json_of(reply)
        word = str(self._status(value))
        known = self._words.get(word) or self._words.get("*", "running")
        status = known if known in JOB_STATUSES else "running"
        return status, word, str(self._message(value) or word) if status == "failed" else ""

    def is_known(self, word: str) -> bool:
        """Whether the spec says what a status word means."""
        return word in self._words or "*" in self._words

    @staticmethod
    def _optional(
        spec: Mapping[str, Any], key: str, context: CompileContext, operation: str
    ) -> SavingRequest | None:
        block = spec.get(key)
        return SavingRequest(block, context, operation, "job") if block else None


def json_of(reply: HttpReply) -> Any:
    """The JSON of a reply between others. ReplyError when it is none."""
    try:
        return decode_json(reply.body.strip())
    except ValueError:
        start = reply.body[:100].decode("utf-8", "replace")
        raise ReplyError(f"The reply is not JSON: it begins {start!r}.") from None


def _seconds(spec: Mapping[str, Any], key: str, default: float, findings: Findings) -> float:
    try:
        return read_duration(spec[key]) if key in spec else default
    except ValueError as error:
        findings.add("S104", f"{error}.", place_in(spec, key), help=DURATION_HELP)
        return default
