"""Runs the blocks of a page of the documentation as the comments above them say.

test: run             Python, run in the page's own namespace
test: raises NAME     Python that raises; the text block below it is the message
test: file NAME       a spec, written to that file, in which nothing is wrong
test: proven NAME     a spec whose recorded exchanges hold too, and which no rule warns of
test: broken NAME     a spec with faults; the text block below it is what `check` tells
test: part            a piece of a spec, put behind the head of a small one
test: quirk NAME      a spec of `tests/quirks/specs`, where it is run with its exchanges
test: written         what writing the page has run; the test of fresh tables runs it again
test: data NAME       any other file, written as it stands
test: shell           commands, all of which succeed; a text block below is what they print
test: shell NUMBER    the same, where the last command ends with this exit code
not run: REASON       a block that no test can run, and why

In what is told, `...` stands for some words of one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import ADDRESS, chat_server
from docs_shell import Shell
from quirks.table import spec_text

ROOT = Path(__file__).resolve().parents[1]
# A page names services that are not there; a server of the test's own stands for each.
SERVICES = (ADDRESS, "https://api.acme.example")
BLOCK = re.compile(
    r"<!-- test: (?P<task>\w+) ?(?P<name>\S*) ?-->\n```\w+\n(?P<text>.*?)```\n"
    r"(?:[^`]*?\n```text\n(?P<told>.*?)\n```)?",
    re.DOTALL,
)
FENCE = re.compile(r"^```(?:python|yaml|sh|console|bash|json)$", re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>[^>]+) -->\n```")
HEAD = {
    "spec_version": "spec_version: 1",
    "provider": "provider: part",
    "extends": "extends: openai_compatible",
    "base_url": "base_url: https://api.part.example/v1",
}


def every_page() -> list[Path]:
    """Every page that people read, as a path below the root."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return sorted(page.relative_to(ROOT) for page in pages)


@dataclass
class Page:
    """One page while its blocks are run, in a folder of its own that is the working directory."""

    folder: Path
    shell: Shell
    services: dict[str, str]
    names: dict[str, Any] = field(default_factory=dict)

    def real(self, text: str) -> str:
        """Put the servers of the test in place of the services that a page names."""
        for documented, address in self.services.items():
            text = text.replace(documented, address)
        return text

    def shown(self, text: str) -> str:
        """Put the names back."""
        for documented, address in self.services.items():
            text = text.replace(address, documented)
        return text

    def write(self, name: str, text: str) -> str:
        """Write a file; return its path below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.real(text), encoding="utf-8")
        return name

    def execute(self, text: str) -> None:
        """Run some Python."""
        exec(compile(self.real(text), "a page", "exec"), self.names)

    def run_block(self, block: re.Match[str]) -> None:
        """Run one block as its comment says."""
        assert block["task"] in TASKS, f"unknown task {block['task']!r}"
        TASKS[block["task"]](self, block)


@contextmanager
def page_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page whose blocks run in a folder, with servers that live as long as it does."""
    monkeypatch.chdir(folder)
    with chat_server() as one, chat_server() as other:
        services = dict(zip(SERVICES, (one, other), strict=True))
        yield Page(folder, Shell(monkeypatch, folder), services)


def pattern(told: str) -> re.Pattern[str]:
    """What a page says is told, where `...` stands for some words of one line."""
    return re.compile(".*".join(map(re.escape, told.split("..."))))


def faults(path: str) -> str:
    """What loading and compiling tell of a spec file, without the rules of style."""
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


def run_python(page: Page, block: re.Match[str]) -> None:
    """Run Python that succeeds."""
    page.execute(block["text"])


def raise_error(page: Page, block: re.Match[str]) -> None:
    """Run Python that raises what the page says."""
    with pytest.raises(Exception) as caught:
        page.execute(block["text"])
    assert type(caught.value).__name__ == block["name"]
    assert re.fullmatch(pattern(block["told"]), page.shown(str(caught.value)))


def write_spec(page: Page, block: re.Match[str]) -> None:
    """Write a spec that can be used."""
    assert faults(page.write(block["name"], block["text"])) == ""


def prove_spec(page: Page, block: re.Match[str]) -> None:
    """Write a spec and check it with every rule, its exchanges included."""
    # The exchanges name the service as the page does: nothing is sent.
    path = page.folder / block["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block["text"], encoding="utf-8")
    code, told = page.shell.run(f"model-runtime check {block['name']} --max-warnings 0")
    assert code == 0, told


def write_broken_spec(page: Page, block: re.Match[str]) -> None:
    """Write a spec whose faults are those that the page shows."""
    assert re.fullmatch(
        pattern(block["told"]), page.shown(faults(page.write(block["name"], block["text"])))
    )


def write_part(page: Page, block: re.Match[str]) -> None:
    """Write a piece of a spec behind the head that it lacks."""
    text = block["text"]
    head = [line for key, line in HEAD.items() if not re.search(rf"^{key}:", text, re.M)]
    assert faults(page.write("parts/part.yaml", "\n".join([*head, text]))) == ""


def show_quirk(page: Page, block: re.Match[str]) -> None:
    """Show a spec as it stands in its file."""
    assert block["text"] == spec_text(block["name"])


def see_written(page: Page, block: re.Match[str]) -> None:
    """Leave a block alone that stands in a table: the test of the tables has run it."""
    head = block.string[: block.start()]
    assert head.rfind("<!-- table: ") > head.rfind("<!-- end of table -->")


def write_data(page: Page, block: re.Match[str]) -> None:
    """Write a file of any kind."""
    page.write(block["name"], block["text"])


def run_shell(page: Page, block: re.Match[str]) -> None:
    """Run commands, and compare what they print where the page shows it."""
    *lines, last = page.real(block["text"]).strip().splitlines()
    told = ""
    for line in lines:
        code, printed = page.shell.run(line)
        assert code == 0, f"{line}: {printed}"
        told += printed
    code, printed = page.shell.run(last)
    assert code == int(block["name"] or 0), f"{last}: {printed}"
    if block["told"] is not None:
        assert re.fullmatch(pattern(block["told"]), page.shown(told + printed).strip("\n"))
    page.shell.run(f"cd {page.folder}")


TASKS: dict[str, Callable[[Page, re.Match[str]], None]] = {
    "run": run_python,
    "raises": raise_error,
    "file": write_spec,
    "proven": prove_spec,
    "broken": write_broken_spec,
    "part": write_part,
    "quirk": show_quirk,
    "written": see_written,
    "data": write_data,
    "shell": run_shell,
}
