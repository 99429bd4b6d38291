"""The texts of a spec that become part of a request's body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from model_runtime.spec.tree import place_of

from .subject import Leaf, Subject, block, leaves

_BODIES: Final = ("body", "multipart", "form", "text")


def body_leaves(provider: Subject) -> Iterator[Leaf]:
    """Every text of bodies and fragments, each with its place."""
    for path, request in provider.requests():
        for kind in _BODIES:
            yield from leaves(request.get(kind), place_of(request, kind), (path, kind))
    for name, operation in provider.operations():
        stream = block(operation, "stream")
        yield from leaves(stream.get("body"), place_of(stream, "body"), (name, "stream", "body"))
    fragments = provider.block("fragments")
    for name, fragment in fragments.items():
        yield from leaves(fragment, place_of(fragments, name), ("fragments", name))
