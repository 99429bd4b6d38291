"""Guard of the README: what a reader copies from it works, against a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_pages import BLOCK, page_at


def test_readme_works_as_it_is_written(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The provider of the README, its call and its stream give what they say, in that order."""
    with page_at(tmp_path, monkeypatch) as page:
        for block in BLOCK.finditer((root / "README.md").read_text(encoding="utf-8")):
            page.run_block(block)
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["Paris.", "7 stop"]
    assert told[2].startswith("Paris.")


def test_readme_shows_the_provider_in_seven_lines(root: Path) -> None:
    """The promise of its heading holds, and below its modeline the example is the same provider."""
    text = (root / "README.md").read_text(encoding="utf-8")
    (spec,) = [block["text"] for block in BLOCK.finditer(text) if block["task"] == "file"]
    assert len(spec.splitlines()) == 7
    example = (root / "examples" / "specs" / "acme.yaml").read_text(encoding="utf-8")
    assert spec == example.partition("\n")[2]
