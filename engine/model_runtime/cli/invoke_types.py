"""One call of each model type, and how its result is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from model_runtime.factory import ModelRuntime
from model_runtime.results.usage import COUNTS, Usage
from model_runtime.sentences import visible
from model_runtime.vocabulary import ModelType

from .asking import Answer, harmless, print_remarks
from .console import WrongUsage, notes, output, print_json, table
from .opening import working

_SHOWN_NUMBERS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What was asked for on the command line; `options` are those that the type takes."""

    model: str
    inputs: list[str]
    options: dict[str, Any]
    out: Path | None
    parameters: dict[str, Any]
    extra_body: dict[str, Any] | None
    as_json: bool

    @property
    def common(self) -> dict[str, Any]:
        """The arguments that calls of every type take."""
        return {**self.options, "parameters": self.parameters, "extra_body": self.extra_body}

    @property
    def text(self) -> str:
        """The one input. WrongUsage when there are more."""
        if len(self.inputs) != 1:
            raise WrongUsage(f"{len(self.inputs)} inputs were given; expected one. Quote the text.")
        return self.inputs[0]


def call_llm(runtime: ModelRuntime, asked: Invocation) -> None:
    """Ask a language model."""
    llm = runtime.llm(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = llm.invoke(asked.text, **asked.common)
    if asked.as_json:
        print_json(result.to_dict())
        return
    Answer().show_result(result)
    print_remarks(result)


def call_embedding(runtime: ModelRuntime, asked: Invocation) -> None:
    """Embed each input, and show how its vector begins."""
    model = runtime.text_embedding(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = model.invoke(asked.inputs, **asked.common)
    if asked.as_json:
        print_json(result.to_dict())
        return
    made = table("TEXT", "LENGTH", "VECTOR")
    for text, vector in zip(asked.inputs, result.embeddings, strict=False):
        begin = ", ".join(f"{number:.4f}" for number in vector[:_SHOWN_NUMBERS])
        made.add_row(Text(_excerpt(text)), str(len(vector)), f"{begin}, ...")
    output().print(made)
    _remark(result.usage, result.warnings)


def call_rerank(runtime: ModelRuntime, asked: Invocation) -> None:
    """Rank the inputs by how well they answer the query."""
    if "query" not in asked.options:
        raise WrongUsage("rerank ranks documents by a query. Add --query TEXT.")
    model = runtime.rerank(asked.model)
    arguments = asked.common
    with working(f"Waiting for {asked.model}"):
        result = model.invoke(arguments.pop("query"), asked.inputs, **arguments)
    if asked.as_json:
        print_json(result.to_dict())
        return
    made = table("SCORE", "INDEX", "DOCUMENT")
    for row in result.documents:
        made.add_row(f"{row.score:.4f}", str(row.index), Text(_excerpt(asked.inputs[row.index])))
    output().print(made)
    _remark(result.usage, result.warnings)


def call_speech2text(runtime: ModelRuntime, asked: Invocation) -> None:
    """Write down what is said in a file."""
    if len(asked.inputs) != 1 or not ("://" in asked.inputs[0] or Path(asked.inputs[0]).is_file()):
        found = ", ".join(map(repr, asked.inputs)) or "nothing"
        raise WrongUsage(f"speech2text takes one audio file, or its address; found {found}.")
    model = runtime.speech2text(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = model.invoke(asked.inputs[0], **asked.common)
    if asked.as_json:
        print_json(result.to_dict())
        return
    _print_text(result.text)
    _remark(result.usage, result.warnings)


def call_tts(runtime: ModelRuntime, asked: Invocation) -> None:
    """Speak a text into a file."""
    if asked.out is None and not asked.as_json:
        raise WrongUsage("tts makes audio. Say where it goes: --out FILE, or --json for base64.")
    model = runtime.tts(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = model.invoke(asked.text, **asked.common)
    if asked.out is not None:
        _write(asked.out, result.audio)
        kind = result.media_type or "audio"
        notes().print(Text(f"{asked.out}: {len(result.audio)} bytes of {kind}", style="dim"))
    if asked.as_json:
        print_json(result.to_dict())
    _remark(None, result.warnings)


def call_moderation(runtime: ModelRuntime, asked: Invocation) -> None:
    """Judge a text."""
    model = runtime.moderation(asked.model)
    with working(f"Waiting for {asked.model}"):
        result = model.invoke(asked.text, **asked.common)
    if asked.as_json:
        print_json(result.to_dict())
        return
    _print_text("flagged" if result.flagged else "not flagged")
    made = table("CATEGORY", "FOUND", "SCORE")
    for name in {**result.categories, **result.scores}:
        score = result.scores.get(name)
        found = result.categories.get(name)
        told = "" if found is None else "yes" if found else "no"
        made.add_row(Text(visible(name)), told, "" if score is None else f"{score:.4f}")
    if made.row_count:
        output().print(made)
    _remark(None, result.warnings)


def _excerpt(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= 60 else f"{line[:57]}..."


def _print_text(text: str) -> None:
    shown = harmless(text) if sys.stdout.isatty() else text
    sys.stdout.write(shown if shown.endswith("\n") else f"{shown}\n")
    sys.stdout.flush()


def _write(file: Path, audio: bytes) -> None:
    try:
        file.write_bytes(audio)
    except OSError as error:
        raise WrongUsage(f"--out: {str(file)!r} cannot be written: {error.strerror}.") from None


def _remark(usage: Usage | None, warnings: tuple[str, ...]) -> None:
    """Say on standard error what a call used and what was left out."""
    for warning in warnings:
        notes().print(Text(visible(f"warning: {warning}"), style="yellow"))
    counts = {name: getattr(usage, name, None) for name in COUNTS} if usage is not None else {}
    told = [f"{name} {count}" for name, count in counts.items() if count is not None]
    if told:
        notes().print(Text(", ".join(told), style="dim"))


# The options of the command that each type takes, by the names of the call's arguments.
TAKEN: Final[dict[ModelType, tuple[str, ...]]] = {
    "llm": (),
    "text-embedding": ("input_type", "dimensions"),
    "rerank": ("query", "top_n"),
    "speech2text": ("language",),
    "tts": ("voice", "format"),
    "moderation": (),
}
CALLERS: Final[dict[ModelType, Callable[[ModelRuntime, Invocation], None]]] = {
    "llm": call_llm,
    "text-embedding": call_embedding,
    "rerank": call_rerank,
    "speech2text": call_speech2text,
    "tts": call_tts,
    "moderation": call_moderation,
}
