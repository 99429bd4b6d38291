"""`model-runtime invoke`: one call of a model of any type."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from model_runtime.errors import UnsupportedOperation
from model_runtime.factory import ModelRuntime
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .asking import Answer, print_remarks
from .console import print_json
from .models import checked_type
from .opening import AsJson, ModelName, Specs, open_runtime, read_object, working


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What was asked for on the command line."""

    model: str
    text: str
    parameters: dict[str, Any]
    extra_body: dict[str, Any] | None
    as_json: bool


def run(
    model_type: Annotated[
        str, typer.Argument(metavar="TYPE", help=f"One of {', '.join(MODEL_TYPES)}.")
    ],
    model: ModelName,
    text: Annotated[
        str | None, typer.Argument(metavar="INPUT", help="The input; `-` or none: from stdin.")
    ] = None,
    params: Annotated[
        str | None, typer.Option(metavar="JSON", help="Parameters, as an object.")
    ] = None,
    extra_body: Annotated[
        str | None, typer.Option(metavar="JSON", help="Fields of the service's own, as an object.")
    ] = None,
    specs: Specs = None,
    json: AsJson = False,
) -> None:
    """Call a model once and print its result."""
    caller = _caller(checked_type(model_type))
    asked = Invocation(
        model=model,
        text=sys.stdin.read() if text in (None, "-") else str(text),
        parameters=read_object(params, "--params") if params else {},
        extra_body=read_object(extra_body, "--extra-body") if extra_body else None,
        as_json=json,
    )
    with open_runtime(specs) as runtime:
        caller(runtime, asked)


def _caller(model_type: ModelType) -> Callable[[ModelRuntime, Invocation], None]:
    if model_type not in CALLERS:
        raise UnsupportedOperation(
            f"`invoke {model_type}` is not there yet. "
            f"Model types that it can call: {', '.join(CALLERS)}."
        )
    return CALLERS[model_type]


def _call_llm(runtime: ModelRuntime, asked: Invocation) -> None:
    llm = runtime.llm(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = llm.invoke(asked.text, parameters=asked.parameters, extra_body=asked.extra_body)
    if asked.as_json:
        print_json(result.to_dict())
        return
    Answer().show_result(result)
    print_remarks(result)


CALLERS: dict[ModelType, Callable[[ModelRuntime, Invocation], None]] = {"llm": _call_llm}
