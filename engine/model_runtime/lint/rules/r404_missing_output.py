"""A result that lacks what every caller looks at, or a value that is read for nothing.

What it checks
    The `response` of an operation reads the output that its results are about; that of `llm`
    also `finish` and `usage`. What a step or job saves is used later, usage read in a stream has
    its table in `response.usage`, and a block that is opened has its rules in `response.content`.

Why
    A field that is never read is always empty, which looks like a service that said nothing;
    what is read and not used is most often a name that was misspelt.

Example
    response: {id: id}

Instead
    response: {text: choices[0].message.content, finish: choices[0].finish_reason}

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block, leaves
from model_runtime.spec.tree import key_place_of

# For each operation, what must be read: each row is a choice of keys.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "llm": (("text", "content"), ("finish",), ("usage",)),
    "text-embedding": (("embeddings",),),
    "rerank": (("documents",),),
    "speech2text": (("text", "segments"),),
    "tts": (("audio",),),
    "moderation": (("flagged", "categories", "scores"),),
}

_READ: Final = re.compile(r"\b(?:steps\.\w+|job)\.\w+")
# What a stream reads by a table of `response`.
_TABLES: Final = {"usage": "usage", "open": "content", "close": "content"}


def check(provider: Subject) -> Iterator[Finding]:
    """Tell each output that no extractor gives, and each extractor that nothing uses."""
    if provider.is_abstract:
        return
    for name, operation in provider.model_operations():
        response = operation.get("response")
        if isinstance(response, Mapping):
            yield from _missing(name, operation, response)
        yield from _unused_saves(name, operation)
        if name == "llm":
            yield from _unused_in_stream(block(operation, "stream"), block(operation, "response"))


def _missing(
    name: str, operation: Mapping[str, Any], response: Mapping[str, Any]
) -> Iterator[Finding]:
    for choice in _NEEDED[name]:
        if not any(key in response for key in choice):
            words = " or ".join(f"`{key}`" for key in choice)
            yield Finding(
                code="R404",
                message=f"`operations.{name}.response` reads no {words}.",
                place=key_place_of(operation, "response"),
                help="Add the path of it in the reply.",
            )


def _unused_saves(name: str, operation: Mapping[str, Any]) -> Iterator[Finding]:
    read = {found[0] for leaf in leaves(operation) for found in _READ.finditer(leaf.text)}
    blocks = {
        f"steps.{step}": block(spec, "save") for step, spec in block(operation, "steps").items()
    }
    saved = {f"{holder}.{key}": (save, key) for holder, save in blocks.items() for key in save}
    for part in ("submit", "poll"):
        save = block(operation, "job", part, "save")
        saved |= {f"job.{key}": (save, key) for key in save}
    if read - saved.keys():
        # A name is misspelt where it is read, and that is told.
        return
    for path, (save, key) in saved.items():
        if path not in read and not key.startswith("$"):
            yield Finding(
                code="R404",
                message=f"`{path}` is saved, and nothing reads it.",
                place=key_place_of(save, key),
                help="Read it in a later request, or remove it.",
                length=len(key),
            )


def _unused_in_stream(stream: Mapping[str, Any], response: Mapping[str, Any]) -> Iterator[Finding]:
    for rule in (block(stream, "delta"), *block(stream, "events").values()):
        for key, needed in _TABLES.items():
            if isinstance(rule, Mapping) and key in rule and needed not in response:
                yield Finding(
                    code="R404",
                    message=f"`{key}` of the stream does nothing without "
                    f"`operations.llm.response.{needed}`.",
                    place=key_place_of(rule, key),
                    help=f"Add `{needed}` to the response.",
                    length=len(key),
                )
