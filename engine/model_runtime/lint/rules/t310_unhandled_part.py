"""A type of part that models take and the request does not handle.

What it checks
    Where the body tells parts apart by `$switch`, there is a case for each type that a listed
    model has the feature for.

Why
    The model is shown as able to see or hear, and every such call is refused.

Example
    models: [{model: eye, features: [vision]}]   # and the body handles text alone

Instead
    $case: {text: {text: "{{ p.text }}"}, image: {image: "{{ p | base64 }}"}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import own_place, place_of

_PARTS: Final[Mapping[str, str]] = {
    "vision": "image",
    "document": "document",
    "video": "video",
    "audio": "audio",
}


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the features of models that no case handles, each once."""
    if provider.compiled is None or not block(provider.tree, "operations", "llm", "request"):
        return
    handled = provider.compiled.base_variant().llm().request_plan.part_types
    if handled is None:
        return
    told: set[str] = set()
    for model in provider.models:
        if model.get("model_type", "llm") != "llm":
            continue
        for feature in model.get("features") or ():
            kind = _PARTS.get(feature)
            if kind is not None and kind not in handled and kind not in told:
                told.add(kind)
                yield Finding(
                    code="T310",
                    message=f"the model {model.get('model')!r} has the feature `{feature}`, and "
                    f"no `$case` of `operations.llm.request.body` handles a part of type "
                    f"`{kind}`.",
                    place=place_of(model, "features") or own_place(model) or provider.place,
                    help="Add the case, or leave out the feature.",
                )
