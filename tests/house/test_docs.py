"""Guard of the documentation: every block of a page is run, and every table is fresh.

A comment above a block says what it is for:

test: run             Python, run in the page's own namespace
test: raises NAME     Python that raises; the text block below it is the message
test: file NAME       a spec, written to that file, in which nothing is wrong
test: broken NAME     a spec with faults; the text block below it is what `check` tells
test: part            a piece of a spec, put behind the head of a small one
test: quirk NAME      a spec of `tests/quirks/specs`, where it is run with its exchanges

In what is told, `...` stands for some words of one line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from quirks.table import spec_text

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
BLOCK = re.compile(
    r"<!-- test: (?P<task>\w+) ?(?P<name>\S*) ?-->\n```\w+\n(?P<text>.*?)```\n"
    r"(?:[^`]*?\n```text\n(?P<told>.*?)\n```)?",
    re.DOTALL,
)
FENCE = re.compile(r"^```(?:python|yaml)$", re.MULTILINE)
HEAD = {
    "spec_version": "spec_version: 1",
    "provider": "provider: part",
    "extends": "extends: openai_compatible",
    "base_url": "base_url: https://api.part.example/v1",
}


@dataclass
class Page:
    """One page while its blocks are run, in a folder of its own."""

    folder: Path
    address: str
    names: dict[str, Any] = field(default_factory=dict)

    def write(self, name: str, text: str) -> str:
        """Write a spec; return its path below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(address_in_docs(), self.address), encoding="utf-8")
        return name

    def execute(self, text: str) -> None:
        """Run some Python."""
        text = text.replace(address_in_docs(), self.address)
        exec(compile(text, "a page", "exec"), self.names)


def address_in_docs() -> str:
    """The address that pages name."""
    from chat_server import ADDRESS

    return ADDRESS


def faults(path: str) -> str:
    """What `model-runtime check` tells of a spec file."""
    from model_runtime.findings import Findings, by_place
    from model_runtime.lint.report import format_findings
    from model_runtime.registry import Registry
    from model_runtime.spec.load import SpecFolders

    found: dict[Any, None] = {}
    registry = Registry([str(Path(path).parent)], bundled=True)
    for name in SpecFolders([path]).names():
        record = registry.record(name)
        found.update(dict.fromkeys(record.findings))
        if not record.findings.errors:
            sound = replace(record, findings=Findings())
            found.update(dict.fromkeys(sound.usable().findings()))
    return format_findings(sorted(found, key=by_place))


def pattern(told: str) -> re.Pattern[str]:
    """What a page says is told, where `...` stands for some words of one line."""
    return re.compile(".*".join(map(re.escape, told.split("..."))))


def run_block(page: Page, block: re.Match[str]) -> None:
    """Run one block as its comment says."""
    task, name, text = block["task"], block["name"], block["text"]
    if task == "run":
        page.execute(text)
    elif task == "raises":
        with pytest.raises(Exception) as caught:
            page.execute(text)
        assert type(caught.value).__name__ == name
        assert re.fullmatch(pattern(block["told"]), str(caught.value))
    elif task == "file":
        assert faults(page.write(name, text)) == ""
    elif task == "part":
        head = [line for key, line in HEAD.items() if not re.search(rf"^{key}:", text, re.M)]
        assert faults(page.write("parts/part.yaml", "\n".join([*head, text]))) == ""
    elif task == "quirk":
        assert text == spec_text(name)
    else:
        assert task == "broken", f"unknown task {task!r}"
        assert re.fullmatch(pattern(block["told"]), faults(page.write(name, text)))


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a chat server that lives as long as the test."""
    from chat_server import chat_server

    with chat_server() as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
def test_page_works_as_it_is_written(
    name: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block does what the page says of it, in the order of the page."""
    monkeypatch.chdir(tmp_path)
    page = Page(tmp_path, address)
    for block in BLOCK.finditer((DOCS / name).read_text(encoding="utf-8")):
        run_block(page, block)


@pytest.mark.parametrize("name", PAGES)
def test_page_marks_every_block_that_can_run(name: str) -> None:
    """No Python or YAML stands in the documentation without being run."""
    text = (DOCS / name).read_text(encoding="utf-8")
    marked = [block for block in BLOCK.finditer(text)]
    assert len(marked) == len(FENCE.findall(text))


def test_tables_are_as_the_code_says() -> None:
    """A table that the code has outgrown is written anew by `python tests/docs_tables.py`."""
    from docs_tables import fresh, pages

    stale = [
        page.name for page in pages() if fresh(page.read_text("utf-8")) != page.read_text("utf-8")
    ]
    assert not stale, f"run `python tests/docs_tables.py`: {stale}"


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    """Every relative link of a page names a file of the checkout."""
    lost = []
    for path in (*root.glob("*.md"), *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                lost.append(f"{path.name}: {target}")
    assert not lost


def test_every_directive_is_in_the_language_page() -> None:
    """The page tells all of them and no others."""
    from model_runtime.compile.directives import _KNOWN

    text = (DOCS / "language.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\$[a-z_]+", text)) - {"$unset", "$replace", "$schema", "$ref"}
    assert told == set(_KNOWN)


def test_architecture_draws_the_lines_of_the_import_guard(root: Path) -> None:
    """The drawing of the rooms has the lines that imports are held to."""
    guard = ast.parse((root / "tests" / "house" / "test_imports.py").read_text(encoding="utf-8"))
    (lines,) = [
        ast.literal_eval(node.value)
        for node in guard.body
        if isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.target) == "LINES"
    ]
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawing = text.partition("```text\n")[2].partition("```")[0]
    drawn = [set(line.split()) for line in drawing.splitlines() if line.strip() != "^"]
    assert drawn == [{room or "__init__" for room in line} for line in lines]
