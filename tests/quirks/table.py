"""The table of docs/quirks.md: each quirk of services, the YAML that says it, and its proof.

`python tests/docs_tables.py` writes it. The rows stand in the files of chapters beside this
module, the specs in `specs/`, each with the recorded exchanges that prove it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SPECS = HERE / "specs"
CHAPTERS = (
    "endpoint",
    "sampling",
    "messages",
    "reasoning",
    "tools",
    "streaming",
    "replies",
    "tasks",
)
HEAD = ("number", "what a service does", "what says it", "what proves it")
WIRE_TEST = "tests/quirks/test_wire.py::test_quirk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """One row. `says` are pieces of the specs named by `specs`; `tests` are further node ids.
    `note` tells what is said elsewhere than in a spec.

    A quirk that is `out` of scope has that sentence alone.
    """

    number: int
    words: str
    says: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    note: str = ""
    out: str | None = None

    @property
    def proofs(self) -> list[str]:
        """The node ids of everything that proves it."""
        return [*([f"{WIRE_TEST}[{self.number}]"] if self.specs else []), *self.tests]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A group of quirks under one title."""

    title: str
    quirks: tuple[Quirk, ...]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Every chapter, in order."""
    return tuple(map(_chapter, CHAPTERS))


def quirks() -> list[Quirk]:
    """Every quirk, in the order of the chapters."""
    return [quirk for chapter in chapters() for quirk in chapter.quirks]


def _chapter(name: str) -> Chapter:
    found = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    return Chapter(title=found["title"], quirks=tuple(map(_quirk, found["quirks"])))


def _quirk(row: dict[str, Any]) -> Quirk:
    lists = {name: tuple(row.get(name, ())) for name in ("says", "specs", "tests")}
    return Quirk(
        number=row["number"],
        words=row["words"],
        note=row.get("note", ""),
        out=row.get("out"),
        **lists,
    )


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Number, words, YAML and proofs of each quirk, by number."""
    for quirk in sorted(quirks(), key=lambda quirk: quirk.number):
        if quirk.out is not None:
            yield str(quirk.number), quirk.words, f"Out of scope: {quirk.out}", ""
            continue
        says = "<br>".join(
            [*(f"`{piece.strip()}`" for piece in quirk.says), *filter(None, [quirk.note])]
        )
        link = f"[the whole](#quirk-{quirk.number})"
        yield str(quirk.number), quirk.words, f"{says}<br>{link}", "<br>".join(_shown(quirk))


def _shown(quirk: Quirk) -> Iterator[str]:
    for proof in quirk.proofs:
        path, _, name = proof.partition("::")
        yield f"[`{proof.removeprefix('tests/quirks/')}`](../{path})" if name else proof


def sections() -> str:
    """A section for each quirk with its whole specs, below the titles of the chapters."""
    return "\n".join(
        f"## {chapter.title}\n\n" + "\n".join(map(_section, chapter.quirks))
        for chapter in chapters()
    )


def _section(quirk: Quirk) -> str:
    told = quirk.words if quirk.out is None else f"{quirk.words}\n\nOut of scope: {quirk.out}"
    told += f"\n\n{quirk.note}" if quirk.note else ""
    blocks = "".join(
        f"\n[{name}.yaml](../tests/quirks/specs/{name}.yaml):\n\n"
        f"<!-- test: quirk {name} -->\n```yaml\n{spec_text(name)}```\n"
        for name in quirk.specs
    )
    return f"### Quirk {quirk.number}\n\n{told}\n{blocks}"


def spec_text(name: str) -> str:
    """The text of a spec without its recorded exchanges."""
    kept: list[str] = []
    hidden: int | None = None
    for line in (SPECS / f"{name}.yaml").read_text("utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if hidden is not None and (not line.strip() or indent > hidden):
            continue
        hidden = indent if re.fullmatch(r" *tests:", line) else None
        if hidden is None:
            kept.append(line)
    return "\n".join(kept) + "\n"
