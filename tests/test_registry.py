"""The providers of one runtime: found, loaded once, compiled once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from model_runtime import registry as registry_module
from model_runtime.errors import SpecError, UnknownProvider
from model_runtime.registry import Registry

WIRE = """\
spec_version: 1
provider: {name}
base_url: https://api.example.com
operations:
  llm:
    request: {{path: /c, body: {{m: "{{{{ model }}}}", $merge: [wire_parameters, extra_body]}}}}
    response: {{text: t}}
"""
DESCRIBED = """\
provider: told
label: {en_US: Told}
supported_model_types: [llm]
configurate_methods: [predefined-model]
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def wire(name: str, more: str = "") -> str:
    return WIRE.format(name=name) + more


def test_names_leave_abstract_specs_out(tmp_path: Path) -> None:
    """A base for others is no provider to call, but it can be looked at."""
    folder = write(tmp_path, acme=wire("acme"), base=wire("base", "abstract: true\n"))
    registry = Registry([folder], bundled=False)
    assert registry.names() == ["acme"]
    assert registry.record("base").is_abstract


def test_unknown_provider_offers_a_close_match(tmp_path: Path) -> None:
    """And tells where specs of one's own go."""
    registry = Registry([write(tmp_path, acme=wire("acme"))], bundled=False)
    with pytest.raises(UnknownProvider, match=r"Did you mean 'acme'\?.*specs=\["):
        registry.record("akme")


def test_later_folder_wins(tmp_path: Path) -> None:
    """A host lays its own specs over others."""
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        write(tmp_path / str(number), acme=wire("acme", f"label: Acme {number}\n"))
    registry = Registry([tmp_path / "1", tmp_path / "2"], bundled=False)
    assert registry.record("acme").description.label_texts == {"en_US": "Acme 2"}


def test_one_path_may_stand_without_a_list(tmp_path: Path) -> None:
    """Text is a sequence too, and its letters are no paths."""
    folder = write(tmp_path, acme=wire("acme"))
    for specs in (str(folder), folder):
        assert Registry(specs, bundled=False).names() == ["acme"]


def test_broken_spec_stops_nobody_else(tmp_path: Path) -> None:
    """It is listed with its findings, and its use tells them all."""
    folder = write(tmp_path, acme=wire("acme"), bad=wire("bad", "nonsense: 1\nlable: x\n"))
    registry = Registry([folder], bundled=False)
    assert sorted(registry.names()) == ["acme", "bad"]
    registry.record("acme").usable()
    with pytest.raises(SpecError) as caught:
        registry.record("bad").usable()
    assert [finding.code for finding in caught.value.findings] == ["S102", "S102"]


def test_described_provider_says_that_it_cannot_be_called(tmp_path: Path) -> None:
    """It has no wire; the message tells what to add."""
    registry = Registry([write(tmp_path, told=DESCRIBED)], bundled=False)
    record = registry.record("told")
    assert not record.description.is_callable
    with pytest.raises(SpecError, match="only described.*base_url and operations"):
        record.usable()


def test_listed_model_is_found_by_name_and_type(tmp_path: Path) -> None:
    """Others can be called all the same."""
    more = "models: [{model: m, model_type: llm}, {model: m, model_type: tts}]\n"
    record = Registry([write(tmp_path, acme=wire("acme", more))], bundled=False).record("acme")
    found = record.find_model("m", "tts")
    assert found is not None
    assert found.model_type == "tts"
    assert record.find_model("m", "rerank") is None
    assert [entry.model_type for entry in record.models("active")] == ["llm", "tts"]


def test_fifty_threads_load_and_compile_a_provider_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them get the same one."""
    made: list[Any] = []
    loads: list[Any] = []
    real_provider, real_load = registry_module.CompiledProvider, registry_module.load
    monkeypatch.setattr(
        registry_module,
        "CompiledProvider",
        lambda *a, **k: made.append(1) or real_provider(*a, **k),
    )
    monkeypatch.setattr(registry_module, "load", lambda *a: loads.append(1) or real_load(*a))
    registry = Registry([write(tmp_path, acme=wire("acme"))], bundled=False)
    begun = threading.Barrier(50)
    found: list[Any] = []

    def use() -> None:
        begun.wait()
        found.append(registry.record("acme").usable())

    threads = [threading.Thread(target=use) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(loads), len(found), len(set(map(id, found)))) == (1, 1, 50, 1)


def test_bundled_specs_are_there_unless_left_out() -> None:
    """The shipped catalogue is the lowest layer."""
    assert "openai" in Registry([], bundled=True).names()
    assert Registry([], bundled=False).names() == []
