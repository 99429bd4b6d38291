"""What an author is told who gets one thing wrong: hundreds of slips in three sound specs.

Each case of the YAML files beside this one is a small change of a sound spec (`old` becomes `new`;
without `old`, `new` is the whole file) and the words in which `model-runtime check` tells of it.
`python tests/mistakes/test_mistakes.py` writes the words anew; read each of them as somebody would
who has never seen the language, before you keep them.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from model_runtime import ModelRuntime
from model_runtime.cli.main import run
from model_runtime.errors import SpecError
from model_runtime.findings import Finding
from model_runtime.lint.rules import RULES

HERE: Final = Path(__file__).parent
SOUND: Final = HERE / "sound"
PAIRS: Final = 40


@dataclass(frozen=True, kw_only=True)
class Case:
    """One change of a sound spec, and what is told of it."""

    group: str
    name: str
    spec: str
    file: str = ""
    old: str = ""
    new: str | None = None
    encoding: str = "utf-8"
    padding: int = 0
    bom: bool = False
    crlf: bool = False
    told: str = ""

    @property
    def path(self) -> str:
        """The file that is changed."""
        return f"{self.spec}/{self.file or 'provider.yaml'}" if "." not in self.spec else self.spec

    def changed(self, text: str) -> str:
        """The text of the file with the slip in it."""
        if self.new is None:
            return text
        assert self.old in text, f"{self.name}: {self.path} does not hold {self.old!r}"
        text = text.replace(self.old, self.new, 1) if self.old else self.new
        return text.replace("PADDING", "x" * self.padding)

    def encoded(self, text: str) -> bytes:
        """The bytes of the file, as an editor of another sort would write them."""
        text = ("\ufeff" if self.bom else "") + text
        return text.replace("\n", "\r\n" if self.crlf else "\n").encode(self.encoding)

    @property
    def line(self) -> int:
        """The first line that is changed, from 1."""
        sound = (SOUND / self.path).read_text("utf-8")
        return sound[: sound.index(self.old)].count("\n") + 1

    @property
    def added(self) -> int:
        """How many lines the change adds."""
        return (self.new or "").count("\n") - self.old.count("\n")


def cases() -> list[Case]:
    """Every case, in the order of the files."""
    return [
        Case(group=path.stem, **row)
        for path in sorted(HERE.glob("*.yaml"))
        for row in yaml.safe_load(path.read_text("utf-8"))
    ]


CASES: Final = cases()


def name_of(case: Case) -> str:
    """The name of a case among all."""
    return f"{case.group}: {case.name}"


def broken(folder: Path, *changes: Case) -> str:
    """Write the spec of some changes, and return the name of what is to be checked."""
    first = changes[0]
    source, target = SOUND / first.spec, folder / first.spec
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    path = folder / first.path
    text = path.read_text("utf-8")
    for change in changes:
        text = change.changed(text)
    path.write_bytes(first.encoded(text))
    return first.spec


def checked(folder: Path, name: str) -> list[dict[str, Any]]:
    """What the command tells of a spec: as data, since its text holds lines of the file, too."""
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = run(["check", name, "--format", "json", "--max-warnings", "0"])
    assert code == 1, err.getvalue()
    assert "Traceback" not in err.getvalue()
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def words(finding: dict[str, Any]) -> str:
    """A finding as a person reads it, without the line of the file."""
    path = f"{finding['path']}: " if finding["path"] else ""
    place = f"{finding['file']}:{finding['line']}:{finding['column']}"
    told = [f"{place}: {finding['severity']}[{finding['code']}]: {path}{finding['message']}"]
    told += [f"  {finding['hint']}"] if finding["hint"] else []
    told += [f"  {finding['help']}"] if finding["help"] else []
    return "\n".join(told) + "\n"


def told(folder: Path, *changes: Case) -> str:
    """What is told of some changes together."""
    return "".join(map(words, checked(folder, broken(folder, *changes))))


def test_there_are_enough_mistakes() -> None:
    """The trial is a large one, and no case stands in it twice."""
    assert len(CASES) > 300
    assert len({name_of(case) for case in CASES}) == len(CASES)


def test_specs_are_sound_without_a_slip(capsys: pytest.CaptureFixture[str]) -> None:
    """What is told of a slip is told because of it."""
    assert run(["check", str(SOUND), "--max-warnings", "0"]) == 0
    assert capsys.readouterr().out.strip() == ""


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_mistake_is_told_in_these_words(case: Case, tmp_path: Path) -> None:
    """A slip is told at its file, line and column, with what is wrong and what to do."""
    found = checked(tmp_path, broken(tmp_path, case))
    assert "".join(map(words, found)) == case.told
    for finding in found:
        assert finding["file"] and finding["line"] >= 1 and finding["column"] >= 1
        assert finding["hint"] or finding["help"], "nobody says what to do"


OF_ENGINE: Final = [
    case
    for case in CASES
    if (codes := re.findall(r"error\[(\w+)\]", case.told))
    and all(RULES[code].stops_use for code in codes)
    and "exchanges" not in case.path
]


@pytest.mark.parametrize("case", OF_ENGINE[::6], ids=name_of)
def test_python_tells_what_the_command_tells(case: Case, tmp_path: Path) -> None:
    """A program that calls a model of a broken spec gets the same errors, at the same places."""
    name = broken(tmp_path, case)
    provider = name.partition(".")[0]
    with (
        chdir(tmp_path),
        ModelRuntime([name], credentials={provider: {"api_key": "test-key"}}) as runtime,
        pytest.raises(SpecError) as caught,
    ):
        runtime.llm(f"{provider}/any").invoke("Hello")
    errors = {place_and_words(finding) for finding in caught.value.findings}
    heads = [line for line in case.told.splitlines() if "error[" in line]
    assert {head for head in heads if head in errors} == set(heads)


def place_and_words(finding: Finding) -> str:
    """The first line of a finding, as the command writes it."""
    path = f"{finding.place.path}: " if finding.place and finding.place.path else ""
    return f"{finding.place}: {finding.severity}[{finding.code}]: {path}{finding.message}"


def pairs() -> list[tuple[Case, Case]]:
    """Some pairs of slips in one file, at lines that are not near each other.

    What a call or a recorded exchange shows of a spec, a broken one does not show.
    """
    changes = sorted((case for case in CASES if is_plain(case)), key=lambda case: case.line)
    apart = [
        (one, other)
        for one, other in combinations(changes, 2)
        if one.path == other.path and other.line - one.line > one.old.count("\n") + 3
    ]
    return random.Random(12).sample(apart, min(PAIRS, len(apart)))


def is_plain(case: Case) -> bool:
    """Whether the file is as usual but for the slip."""
    is_usual = not (case.crlf or case.bom or case.padding) and case.encoding == "utf-8"
    is_of_file = not re.search(r"L603|T313", case.told)
    return is_usual and is_of_file and bool(case.old and case.told)


@pytest.mark.parametrize(
    ("one", "other"), pairs(), ids=lambda case: case if isinstance(case, str) else name_of(case)
)
def test_no_mistake_hides_another(one: Case, other: Case, tmp_path: Path) -> None:
    """Of two slips in one file both are told, each at its own line and column."""
    found = told(tmp_path, one, other)
    for case, moved_from, by in ((one, other.line, other.added), (other, one.line, one.added)):
        for head in heads_of(case, moved_from, by):
            assert head in found, f"{head}\nis hidden by {name_of(one if case is other else other)}"


def heads_of(case: Case, moved_from: int, by: int) -> list[str]:
    """Places and codes that are told of a case, when another change has moved later lines."""
    heads = re.findall(r"^(\S+?):(\d+):(\d+): (\w+\[\w+\])", case.told, re.MULTILINE)
    return [
        f"{file}:{int(line) + (by if int(line) > moved_from else 0)}:{column}: {code}"
        for file, line, column, code in heads
    ]


def write() -> None:
    """Write the words of every case anew."""
    for path in sorted(HERE.glob("*.yaml")):
        lines = path.read_text("utf-8").split("\n")
        kept = "\n".join(line for line in lines if not re.match(r"  told:|    ", line))
        entries = re.split(r"(?m)^(?=- name:)", kept)
        own = [case for case in CASES if case.group == path.stem]
        text = entries[0]
        for entry, case in zip(entries[1:], own, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = told(Path(folder), case)
                except AssertionError as fault:
                    found = f"NOTHING {fault}\n"
            block = "".join(f"    {line}\n" for line in found.rstrip("\n").split("\n"))
            text += f"{entry.rstrip()}\n  told: |\n{block}"
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[1] / "engine"))
    write()
