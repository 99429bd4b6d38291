"""A result that lacks what every caller looks at.

What it checks
    The `response` of an operation reads the output that its results are about; that of `llm`
    also `finish` and `usage`.

Why
    A field that is never read is always empty, which looks like a service that said nothing.

Example
    response: {id: id}

Instead
    response: {text: choices[0].message.content, finish: choices[0].finish_reason}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
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


def check(provider: Subject) -> Iterator[Finding]:
    """Tell each output that no extractor gives."""
    if provider.is_abstract:
        return
    for name, operation in provider.model_operations():
        response = operation.get("response")
        if not isinstance(response, Mapping):
            continue
        for choice in _NEEDED[name]:
            if not any(key in response for key in choice):
                words = " or ".join(f"`{key}`" for key in choice)
                yield Finding(
                    code="R404",
                    message=f"`operations.{name}.response` reads no {words}.",
                    place=key_place_of(operation, "response"),
                    help="Add the path of it in the reply.",
                )
