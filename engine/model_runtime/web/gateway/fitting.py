"""Fits the arguments of a dialect's request to what the called model takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from model_runtime.readers import CallArguments

from .dialects import Dialect
from .faults import Fault


def refuse_what_none_gives(dialect: Dialect, call: CallArguments) -> None:
    """Fault for a field that asks for what the gateway cannot give in any provider's name."""
    for name, value in call.extra_body.items():
        if name in dialect.refused and value not in dialect.harmless.get(name, ()):
            raise Fault(
                "invalid_request",
                f"{name}: the gateway does not give {dialect.refused[name]}.",
            )


def fit(call: CallArguments, taken: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """The parameters that the model takes, and the names of the fields that were left out.

    A field of the dialect without a canonical name becomes a parameter where the model has one of
    that name; anything else is left out, and the caller is told.
    """
    wanted: Mapping[str, Any] = {**call.extra_body, **call.parameters}
    known = {name: value for name, value in wanted.items() if name in taken}
    return known, sorted(set(wanted) - set(known))
