"""Mitigations 2 and 4: a few lines of a spec never become gigabytes, nor hours."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model_runtime import Message, ModelRuntime
from model_runtime.compile.extractors import compile_path, to_text
from model_runtime.compile.jmespath_functions import JOINED_LIMIT
from model_runtime.compile.jmespath_growth import GROWTH_LIMIT
from model_runtime.errors import InvalidParameter, ReplyError, SpecError
from model_runtime.findings import Findings

pytestmark = pytest.mark.timeout(20)

SPEC = """
spec_version: 1
provider: acme
base_url: https://api.acme.example
credentials: {{api_key: {{}}}}
fragments:
{fragments}
operations:
  llm:
    request: {{path: /x, body: {body}}}
    response: {{text: text}}
"""


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., bytes]:
    """Render a call of a spec with these fragments and this body."""

    def run(body: str, fragments: str = "  none: x", messages: int = 1) -> bytes:
        file = tmp_path / "acme.yaml"
        file.write_text(SPEC.format(fragments=fragments, body=body), encoding="utf-8")
        prompt = [Message("user", "Hi")] * messages
        with ModelRuntime([file], credentials={"acme": {"api_key": "k"}}) as runtime:
            return runtime.llm("acme/m").render(prompt).body

    return run


@pytest.mark.parametrize("depth", [6, 12, 50])
def test_fragments_of_fragments_are_bounded(render: Callable[..., bytes], depth: int) -> None:
    """Ten uses in each of ten fragments are ten billion values, and a fault of the spec."""
    rows = [f"  f{i}: [{', '.join([f'{{$use: f{i + 1}}}'] * 10)}]" for i in range(depth)]
    rows.append(f"  f{depth}: x")
    with pytest.raises(SpecError, match="more than 100000 values") as caught:
        render("{a: {$use: f0}}", "\n".join(rows))
    assert len(caught.value.findings) == 1


def test_fragment_that_uses_itself_often_is_bounded(render: Callable[..., bytes]) -> None:
    """Eight levels of forty uses each would be six thousand billion rounds."""
    uses = ", ".join(["{$use: f}"] * 40)
    fragment = f"  f: {{$if: messages, $then: [{uses}], $else: x}}"
    started = time.perf_counter()
    with pytest.raises(InvalidParameter, match=r"nested deeper than 8|rounds of"):
        render("{a: {$use: f}}", fragment)
    assert time.perf_counter() - started < 10


def test_loop_in_a_loop_over_everything_is_bounded(render: Callable[..., bytes]) -> None:
    """A thousand messages in each of a thousand, in each of a thousand, is no request."""
    inner = "{$each: messages, $as: c, $emit: 1}"
    for name in ("b", "a"):
        inner = f"{{$each: messages, $as: {name}, $emit: {inner}}}"
    with pytest.raises(InvalidParameter, match="2000000 rounds"):
        render(f"{{x: {inner}}}", messages=1000)
    assert render(f"{{x: {inner}}}", messages=20).count(b"1") == 20**3


def test_ordinary_loop_is_not_counted_twice(render: Callable[..., bytes]) -> None:
    """Many messages in a loop of their own are no bomb."""
    body = "{x: {$each: messages, $as: m, $emit: {$each: m.parts, $as: p, $emit: 1}}}"
    assert render(body, messages=50_000).count(b"1") == 50_000


@pytest.mark.parametrize(
    "path",
    [
        "|".join(["[@, @]"] * 60),
        "|".join(["[@, @][]"] * 60),
        "|".join(["join('', [@, @])"] * 40),
        "|".join(["{a: @, b: @}"] * 60),
        "|".join(["merge({a: @}, {b: @})"] * 40),
        "map(&[@, @], " * 12 + "@" + ")" * 12,
        "to_string(" * 60 + "@" + ")" * 60,
        "|".join(["[*].[@, @, @]"] * 30),
        "|".join([f"[*].['{'x' * 60}', '{'x' * 60}']"] * 4),
        "|".join(["zip(@, @, @)"] * 30),
    ],
    ids=lambda path: path[:24],
)
def test_path_that_doubles_its_value_over_and_over_is_refused(path: str) -> None:
    """Sixty doublings of one byte are more than all memory there is."""
    findings = Findings()
    read = compile_path(path, findings, None)
    (finding,) = findings
    assert finding.code == "R401"
    assert f"at most {GROWTH_LIMIT}" in finding.message or "nested deeper" in finding.message
    assert read({"a": 1}) is None


@pytest.mark.parametrize(
    "path",
    [
        "choices[0].delta.{text: content, tool: tool_calls[0].function.{name: name, a: arguments}}",
        "[text, not_null(a, b, c), items[*].{id: id, name: name, size: size}]",
        "data[?type=='x'].[a, b, c, d] | [0]",
        "join(', ', keys(@))",
    ],
)
def test_ordinary_path_is_not_refused(path: str) -> None:
    """Objects of objects and lists of lists are what extractors are for."""
    findings = Findings()
    compile_path(path, findings, None)
    assert not list(findings)


@pytest.mark.parametrize("name", ["join", "safe_join"])
def test_separator_of_the_reply_is_bounded(name: str) -> None:
    """A long separator between many empty texts is refused before it is joined."""
    read = compile_path(f"{name}(s, v)", Findings(), None)
    with pytest.raises(ReplyError, match="out of range"):
        read({"s": "x" * (JOINED_LIMIT // 1000), "v": [""] * 2000})
    assert to_text(read({"s": "-", "v": ["a", "b"]})) == "a-b"
