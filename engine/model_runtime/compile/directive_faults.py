"""Which keys of directives go together, and what is wrong where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from model_runtime.spec.similar import nearest

# Each key that belongs to a directive, and the directive it belongs to.
_BELONGS: Final[dict[str, str]] = {
    "$as": "$each",
    "$emit": "$each",
    "$flatten": "$each",
    "$omit_empty": "$each",
    "$then": "$if",
    "$else": "$if",
    "$case": "$switch",
    "$default": "$switch",
    "$omit": "$use",
}
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "$each": ("$as", "$emit"),
    "$if": ("$then",),
    "$switch": ("$case",),
    "$use": (),
}
KNOWN: Final[dict[str, object]] = {**_BELONGS, **NEEDS, "$merge": ()}


def is_directive(key: str) -> bool:
    """Whether a key is a directive; `$$` begins a key of the wire."""
    return key.startswith("$") and not key.startswith("$$")


def directive_faults(keys: Sequence[str]) -> list[tuple[str, str, str]]:
    """Misplaced keys as (key, message, hint).

    A word that is nearly a directive stands for it: what it would give is not told as missing.
    """
    heads = [key for key in keys if key in NEEDS]
    faults: list[tuple[str, str, str]] = []
    meant: dict[str, str] = {}
    for key in keys:
        match = nearest(key, KNOWN) if is_directive(key) else _plain_word(key, heads, keys)
        if key not in KNOWN and match:
            meant[match] = key
            hint = f"did you mean `{match}`?"
            if is_directive(key):
                hint += f" a wire key is written `${key}`"
            faults.append((key, f"`{key}` is no directive", hint))
        elif key not in KNOWN and is_directive(key):
            hint = f"a wire key that begins with `$` is written `${key}`"
            faults.append((key, f"`{key}` is no directive", hint))
    present = {*keys, *meant}
    lost = {_BELONGS[key] for key in present if key in _BELONGS} - present
    for owner in sorted(lost):
        key = next(key for key in keys if _BELONGS.get(key) == owner)
        faults.append((key, f"`{key}` without `{owner}`", f"put `{owner}` beside it"))
    if len(heads) > 1:
        faults.append((heads[1], f"`{heads[1]}` beside `{heads[0]}`", "nest one in the other"))
    for head in heads[:1]:
        faults.extend(
            _faults_beside(head, [key for key in keys if key not in meant.values()], meant)
        )
    return faults


def _plain_word(key: str, heads: Sequence[str], keys: Sequence[str]) -> str:
    """The part of a directive that a key without a dollar sign was probably meant to be."""
    wanted = f"${key}"
    fits = any(wanted in NEEDS[head] or _BELONGS.get(wanted) == head for head in heads)
    return wanted if fits and wanted not in keys else ""


def _faults_beside(
    head: str, keys: Sequence[str], meant: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """What a directive lacks, and what must not stand beside it."""
    faults = [
        (head, f"`{head}` needs `{needed}`", f"put `{needed}` beside it")
        for needed in NEEDS[head]
        if needed not in keys and needed not in meant
    ]
    if "$merge" in keys and head != "$use":
        faults.append(
            ("$merge", f"`$merge` beside `{head}`", "`$merge` joins plain keys or `$use`")
        )
    plain = [key for key in keys if not is_directive(key)]
    if plain:
        hint = f"move it inside `{head}`, or `{head}` into a key of its own"
        faults.append((plain[0], f"the key `{plain[0]}` beside `{head}`", hint))
    return faults
