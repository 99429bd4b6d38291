"""Replies of the gateway: JSON, streams, and errors in the words of a dialect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from model_runtime.errors import ModelRuntimeError
from model_runtime.json_text import encode_json
from model_runtime.writers.errors import STATUSES, retry_after, status_of

from .dialects import Wording
from .faults import Fault

JSON = "application/json"


def json_reply(
    value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A reply of JSON."""
    return Response(encode_json(value), status, dict(headers or {}), JSON)


def error_reply(error: ModelRuntimeError, wording: Wording) -> Response:
    """The reply to a call that failed."""
    headers = _wait(retry_after(error))
    return json_reply(wording.error(error), status_of(error), headers)


def fault_reply(fault: Fault, wording: Wording) -> Response:
    """The reply to a request that the gateway refuses."""
    body = wording.fault(fault.message, fault.kind)
    return json_reply(body, STATUSES[fault.kind], _wait(fault.retry_after))


def ignored_header(names: list[str]) -> dict[str, str]:
    """Tells a caller which fields of the request the called model does not take."""
    return {"x-model-runtime-ignored": ", ".join(names)} if names else {}


def _wait(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": str(max(math.ceil(seconds), 1))}
