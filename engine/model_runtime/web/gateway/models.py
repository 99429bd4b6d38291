"""The path that lists models: those that can be called, under the names that callers use.

One row carries the fields of both listings that clients know, so that each finds its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model_runtime import ModelEntry

from .dialects import TASKS
from .faults import Fault
from .gate import Caller, Gate, Json, answering
from .replies import json_reply

# No service tells when a model was made, and clients expect a moment.
_CREATED: Final = 0
_CREATED_TEXT: Final = "1970-01-01T00:00:00Z"


def routes(gate: Gate) -> list[Route]:
    """The listing, and one model of it."""

    async def everything(request: Request) -> Response:
        rows = list(_rows(gate, gate.caller(request)))
        ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else {}
        return json_reply({"object": "list", "data": rows, "has_more": False, **ends})

    async def one(request: Request) -> Response:
        wanted = request.path_params["model"]
        for row in _rows(gate, gate.caller(request)):
            if row["id"] == wanted:
                return json_reply(row)
        raise Fault("not_found", f"no model {wanted!r} is listed for this key.")

    return [
        Route("/v1/models", answering(TASKS, everything)),
        Route("/v1/models/{model:path}", answering(TASKS, one)),
    ]


def _rows(gate: Gate, caller: Caller) -> Iterator[Json]:
    by_name = {f"{entry.provider}/{entry.model}": entry for entry in gate.runtime.models()}
    for alias, name in gate.aliases.items():
        if caller.may_call(name) and _is_callable(by_name.get(name)):
            yield _row(alias, by_name.get(name), name)
    for name, entry in by_name.items():
        if caller.may_call(name) and _is_callable(entry):
            yield _row(name, entry, name)


def _is_callable(entry: ModelEntry | None) -> bool:
    """Whether it can be called: what no spec lists may still be called by its alias."""
    return entry is None or entry.status == "active"


def _row(identity: str, entry: ModelEntry | None, name: str) -> Json:
    facts: dict[str, Any] = {}
    if entry is not None:
        facts = {"model_type": entry.model_type, "features": list(entry.features)}
        facts["model_properties"] = dict(entry.model_properties)
    return {
        "id": identity,
        "object": "model",
        "type": "model",
        "created": _CREATED,
        "created_at": _CREATED_TEXT,
        "owned_by": name.partition("/")[0],
        "display_name": entry.label if entry is not None else identity,
        **facts,
    }
