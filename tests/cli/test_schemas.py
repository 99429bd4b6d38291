"""`model-runtime schemas`, and the line by which an editor finds them in what `new` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.cli.main import run
from model_runtime.cli.schemas import known_modeline

SHIPPED = Path(__file__).resolve().parents[2] / "json_schemas"
NEW = ["new", "acme", "--base-url", "https://api.acme.example/v1", "--offline"]


def schema_of(spec: Path) -> Path:
    """The schema that the first line of a spec names."""
    line = spec.read_text(encoding="utf-8").partition("\n")[0]
    assert line.startswith("# yaml-language-server: $schema=")
    return (spec.parent / line.partition("=")[2]).resolve()


def test_schemas_are_written_as_they_ship(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder holds every schema, and a second run brings an old one up to date."""
    folder = tmp_path / "schemas"
    for _ in range(2):
        assert run(["schemas", str(folder)]) == 0
        for path in SHIPPED.glob("*.schema.json"):
            assert (folder / path.name).read_bytes() == path.read_bytes()
            (folder / path.name).write_text("{}", encoding="utf-8")
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 2 * len(list(SHIPPED.iterdir()))
    assert "# yaml-language-server: $schema=schemas/provider.schema.json" in told.err


def test_folder_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the way is no traceback."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert run(["schemas", str(tmp_path / "taken")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_new_spec_brings_its_schema(tmp_path: Path) -> None:
    """Where no schema stands, `new` puts them beside the spec, and `check` looks past them."""
    assert run([*NEW, "--out", str(tmp_path)]) == 0
    assert schema_of(tmp_path / "acme.yaml") == tmp_path / ".schemas" / "provider.schema.json"
    assert run(["check", str(tmp_path)]) == 0


@pytest.mark.parametrize("name", [".schemas", "json_schemas"])
def test_new_spec_uses_schemas_that_are_there(tmp_path: Path, name: str) -> None:
    """The nearest folder of schemas above the spec serves, in a checkout too."""
    assert run(["schemas", str(tmp_path / name)]) == 0
    assert run([*NEW, "--out", str(tmp_path / "specs" / "mine")]) == 0
    spec = tmp_path / "specs" / "mine" / "acme.yaml"
    assert schema_of(spec) == tmp_path / name / "provider.schema.json"
    assert [path.name for path in spec.parent.iterdir()] == ["acme.yaml"]


def test_exchange_names_its_schema_where_schemas_stand(tmp_path: Path) -> None:
    """What `record` writes leads to schemas that are there, and brings none."""
    file = tmp_path / "exchanges" / "llm" / "plain.yaml"
    file.parent.mkdir(parents=True)
    assert known_modeline(file, "exchange.schema.json") == ""
    assert run(["schemas", str(tmp_path / ".schemas")]) == 0
    line = "# yaml-language-server: $schema=../../.schemas/exchange.schema.json\n"
    assert known_modeline(file, "exchange.schema.json") == line
