"""A spec at its stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_runtime.cli.origins import scalar, write_resolved
from model_runtime.findings import Findings
from model_runtime.spec import SpecFolders, load, plain, read_yaml


def test_source_is_the_file_as_it_stands(command: Callable[..., Any], specs: Path) -> None:
    """`source` prints the file without a change."""
    done = command("show", "acme", "--specs", specs)
    assert done.out == (specs / "acme.yaml").read_text(encoding="utf-8")


def test_resolved_tells_where_each_key_comes_from(command: Callable[..., Any], specs: Path) -> None:
    """Own keys point to the own file, inherited ones to the parent's."""
    done = command("show", "acme", "--specs", specs, "--stage", "resolved")
    lines = done.out.splitlines()
    (own,) = [line for line in lines if line.startswith("base_url:")]
    (inherited,) = [line for line in lines if line.startswith("auth:")]
    assert own.endswith("acme.yaml:5")
    assert "openai_compatible/provider.yaml:" in inherited


def test_resolved_reads_back_as_the_same_spec(specs: Path) -> None:
    """What is printed is YAML of the merged tree."""
    tree = load("acme", SpecFolders([str(specs / "acme.yaml"), *bundled()]), Findings()).tree
    findings = Findings()
    again = read_yaml(write_resolved(tree), "printed.yaml", findings)
    assert list(findings) == []
    assert plain(again) == plain(tree)


def bundled() -> list[Any]:
    """The folder of the bundled specs."""
    from model_runtime._data import shipped

    return [shipped("provider_specs")]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yes",
        "NO",
        "null",
        "1",
        "1.5",
        "a: b",
        "# no",
        "- x",
        "a\nb",
        "{{ m }}",
        "é",
        "~",
        "$unset",
    ]
    + [None, True, 0, 1.5, [], {}],
    ids=repr,
)
def test_scalar_reads_back_as_itself(value: object) -> None:
    """No value turns into another one on its way through YAML."""
    findings = Findings()
    tree = read_yaml(f"key: {scalar(value)}\n", "printed.yaml", findings)
    assert list(findings) == []
    assert plain(tree) == {"key": value}


def test_compiled_tells_auth_framing_and_names(command: Callable[..., Any], specs: Path) -> None:
    """`compiled` shows what the engine made of a spec."""
    told = command("show", "acme", "--specs", specs, "--stage", "compiled").out
    assert "auth: bearer" in told
    assert "llm: POST /chat/completions" in told
    assert "stream: sse, done at '[DONE]'" in told
    assert "max_tokens -> max_tokens" in told
    (reads,) = [line for line in told.splitlines() if "reads:" in line]
    assert "messages" in reads


def test_compiled_of_a_broken_spec_shows_its_faults(
    command: Callable[..., Any], specs: Path
) -> None:
    """A spec that cannot be compiled exits with 1 and points to the fault."""
    file = specs / "worse.yaml"
    text = 'operations: {llm: {request: {body: {model: "{{ modell }}"}}}}\n'
    file.write_text(f"spec_version: 1\nprovider: worse\nextends: acme\n{text}", encoding="utf-8")
    done = command("show", "worse", "--specs", specs, "--stage", "compiled")
    assert done.code == 1
    assert "worse.yaml:4:" in done.err
    assert "^^^^^^" in done.err
