"""Guard of the README: what a reader copies from it works, against a server on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# A comment `<!-- test: run -->` or `<!-- test: file NAME -->` stands above each block that is run.
BLOCK = re.compile(
    r"<!-- test: (?P<task>run|file) ?(?P<name>\S*) ?-->\n```\w+\n(?P<text>.*?)```", re.DOTALL
)


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a chat server that lives as long as the test."""
    from chat_server import chat_server

    with chat_server() as found:
        yield found


def test_readme_works_as_it_is_written(
    root: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The provider of the README, its call and its stream give what they say, in that order."""
    from chat_server import ADDRESS

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCK.finditer((root / "README.md").read_text(encoding="utf-8")):
        text = block["text"].replace(ADDRESS, address)
        if block["task"] == "file":
            path = tmp_path / block["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            exec(compile(text, "README.md", "exec"), names)
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["Paris.", "7 stop"]
    assert told[2].startswith("Paris.")


def test_readme_marks_every_block_that_can_run(root: Path) -> None:
    """No Python or YAML stands in the README without being run."""
    text = (root / "README.md").read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == len(re.findall(r"^```(?:python|yaml)$", text, re.MULTILINE))


def test_readme_shows_the_provider_in_seven_lines(root: Path) -> None:
    """The promise of its heading holds, and below its modeline the example is the same provider."""
    text = (root / "README.md").read_text(encoding="utf-8")
    (spec,) = [block["text"] for block in BLOCK.finditer(text) if block["task"] == "file"]
    assert len(spec.splitlines()) == 7
    example = (root / "examples" / "specs" / "acme.yaml").read_text(encoding="utf-8")
    assert spec == example.partition("\n")[2]
