"""`model-runtime invoke`: one call of a model of any type."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .console import WrongUsage
from .invoke_types import CALLERS, TAKEN, Invocation
from .models import checked_type
from .opening import AsJson, ModelName, Specs, open_runtime, read_object


@dataclass(frozen=True, slots=True)
class Inputs:
    """What stands on the command line after the model, and where it may come from instead."""

    given: list[str] = field(default_factory=list)

    def read(self, model_type: ModelType) -> list[str]:
        """The inputs; `-` or none stands for standard input, a file is never read from there."""
        if model_type == "speech2text":
            return self.given
        if not self.given or self.given == ["-"]:
            return [sys.stdin.read()]
        return self.given


def run(
    model_type: Annotated[
        str, typer.Argument(metavar="TYPE", help=f"One of {', '.join(MODEL_TYPES)}.")
    ],
    model: ModelName,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="A prompt or text; texts to embed; documents to rank; an audio file. "
            "`-` or none: one text from stdin.",
        ),
    ] = None,
    query: Annotated[str | None, typer.Option(help="rerank: what the documents answer.")] = None,
    top_n: Annotated[int | None, typer.Option(help="rerank: the most documents.")] = None,
    input_type: Annotated[
        str | None, typer.Option(help="text-embedding: document or query.")
    ] = None,
    dimensions: Annotated[
        int | None, typer.Option(help="text-embedding: the length of the vectors.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="speech2text: what is spoken.")] = None,
    voice: Annotated[str | None, typer.Option(help="tts: who speaks.")] = None,
    format: Annotated[str | None, typer.Option(help="tts: mp3, wav and so on.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="tts: where the speech goes.")
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
    """Call a model of any type once and print its result."""
    kind = checked_type(model_type)
    options = {"query": query, "top_n": top_n, "input_type": input_type, "dimensions": dimensions}
    options |= {"language": language, "voice": voice, "format": format}
    asked = Invocation(
        model=model,
        inputs=Inputs(inputs or []).read(kind),
        options=_options_of(kind, options),
        out=out,
        parameters=read_object(params, "--params") if params else {},
        extra_body=read_object(extra_body, "--extra-body") if extra_body else None,
        as_json=json,
    )
    if out is not None and kind != "tts":
        raise WrongUsage(f"--out: a model of type {kind} makes no file. It is for tts.")
    with open_runtime(specs) as runtime:
        CALLERS[kind](runtime, asked)


def _options_of(kind: ModelType, options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given. WrongUsage for one that the type does not take."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in TAKEN[kind]:
            takers = ", ".join(other for other, taken in TAKEN.items() if name in taken)
            flag = f"--{name.replace('_', '-')}"
            raise WrongUsage(
                f"{flag}: a model of type {kind} does not take it. It is for {takers}."
            )
    return given
