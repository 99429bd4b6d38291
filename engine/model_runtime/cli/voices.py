"""`model-runtime voices`: the voices of a text-to-speech model."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from model_runtime.sentences import visible

from .console import notes, output, print_json, table
from .opening import AsJson, ModelName, Specs, open_runtime, working


def run(
    model: ModelName,
    language: Annotated[str | None, typer.Option(help="Only voices that speak it.")] = None,
    specs: Specs = None,
    json: AsJson = False,
) -> None:
    """List the voices of a text-to-speech model, its own or those of its service."""
    with open_runtime(specs) as runtime, working(f"Looking up the voices of {model}"):
        voices = runtime.tts(model).voices(language)
    if json:
        print_json([voice.to_dict() for voice in voices])
        return
    made = table("VOICE", "NAME", "LANGUAGES")
    for voice in voices:
        cells = (voice.id, voice.label, ", ".join(voice.languages))
        made.add_row(*(Text(visible(cell)) for cell in cells))
    output().print(made)
    if not voices:
        notes().print("No voices were found.")
