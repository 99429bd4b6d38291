"""A branch that no recorded exchange takes.

What it checks
    Whatever a spec foresees is proven by a recorded exchange: each parameter, case and side of a
    condition, error rule, status, event, part, finish word, word of a map, model rule, way of
    auth and operation that the spec writes itself, and each path finds something.
    What a spec inherits counts for its parent, and is proven by any of the parent's children.

Why
    A branch that was never taken may never have worked, and breaks unseen when the engine, the
    parent or the service changes.

Example
    parameters: {seed: random_seed}   # in no exchange

Instead
    given: {messages: [{role: user, content: Hello}], parameters: {seed: 7}}
    sends: {body: {model: small, messages: [{role: user, content: Hello}], random_seed: 7}}

See
    docs/writing-a-provider.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["coverage"]] = "coverage"
