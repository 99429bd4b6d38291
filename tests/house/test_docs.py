"""Guard of the documentation: what a page shows is run, and every table is fresh.

`docs_pages.py` says how a block is marked and run.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from docs_pages import BLOCK, FENCE, NOT_RUN, ROOT, every_page, page_at
from docs_shell import find_targets

DOCS = ROOT / "docs"
# The README is run by its own test, which looks at what it prints, too.
PAGES = [
    page
    for page in every_page()
    if page.name != "README.md" or page.parent.name == "ci"
    if BLOCK.search((ROOT / page).read_text(encoding="utf-8"))
]
# How many blocks of each page no test can run; the page says why.
UNRUN: dict[str, int] = {"docs/console.md": 1}
OUR_COMMAND = re.compile(r"`(model-runtime [^`]+)`")


def name_of(page: Path) -> str:
    """The name of a page in the name of a test."""
    return page.as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_works_as_it_is_written(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block does what the page says of it, in the order of the page."""
    if page.parts[0] == "examples":
        # The page of a repository is read inside of it.
        shutil.copytree(ROOT / page.parent, tmp_path, dirs_exist_ok=True)
    with page_at(tmp_path, monkeypatch) as running:
        for block in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
            running.run_block(block)


@pytest.mark.parametrize("page", every_page(), ids=name_of)
def test_page_marks_every_block_that_can_run(page: Path) -> None:
    """No code, YAML or command stands in a page without being run, or the reason why it is not."""
    text = (ROOT / page).read_text(encoding="utf-8")
    unrun = NOT_RUN.findall(text)
    assert len(unrun) == UNRUN.get(page.as_posix(), 0)
    assert len(BLOCK.findall(text)) + len(unrun) == len(FENCE.findall(text))


def commands_in_text() -> list[tuple[str, str]]:
    """Every command of ours that stands within a sentence or table, with its page."""
    return [
        (page.as_posix(), command)
        for page in every_page()
        for command in OUR_COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    ]


def test_commands_in_sentences_are_commands() -> None:
    """A command of ours that a sentence names is there, with the options that it names."""
    from typer.main import get_command

    from model_runtime.cli.main import build_app

    known = {
        name: {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        for name, command in get_command(build_app()).commands.items()  # type: ignore[attr-defined]
    }
    found = commands_in_text()
    assert len(found) > 40
    wrong = []
    for page, command in found:
        name, *rest = shlex.split(command.replace("\\|", " "))[1:]
        options = {word.partition("=")[0] for word in rest if word.startswith("--")} - {"--help"}
        if name != "COMMAND" and (name not in known or not options <= known[name]):
            wrong.append(f"{page}: {command}")
    assert not wrong


def test_targets_in_sentences_are_targets() -> None:
    """`make` and a word behind it in a sentence names a target of the Makefile."""
    for page in every_page():
        for target in re.findall(r"`make ([^`]+)`", (ROOT / page).read_text(encoding="utf-8")):
            assert find_targets(target.split()) == (0, ""), page


def test_site_shows_every_page() -> None:
    """The navigation names every page of docs/ once, and nothing that is not there."""
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = [name for name in leaves(site["nav"]) if not name.startswith("files/")]
    assert sorted(named) == sorted(p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md"))
    others = [name.removeprefix("files/") for name in leaves(site["nav"]) if "files/" in name]
    assert [name for name in others if not (ROOT / name).is_file()] == []


def leaves(value: object) -> list[str]:
    """Every text in a structure."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value
    assert isinstance(inner, list) or isinstance(value, dict)
    return [text for item in inner for text in leaves(item)]


def test_tables_are_as_the_code_says() -> None:
    """A table that the code has outgrown is written anew by `python tests/docs_tables.py`."""
    from docs_tables import fresh, pages

    stale = [
        page.name for page in pages() if fresh(page.read_text("utf-8")) != page.read_text("utf-8")
    ]
    assert not stale, f"run `python tests/docs_tables.py`: {stale}"


def test_examples_are_of_what_is_there() -> None:
    """Each directive has its example, and none is left of what has gone."""
    from docs_reference import left_over, shown_directives

    from model_runtime.compile.directive_faults import KNOWN

    assert left_over() == []
    assert shown_directives() == set(KNOWN)


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
    from model_runtime.compile.directive_faults import KNOWN

    text = (DOCS / "language.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\$[a-z_]+", text)) - {"$unset", "$replace", "$schema", "$ref"}
    assert told == set(KNOWN)


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
