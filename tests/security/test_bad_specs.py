"""Specs that attack whoever loads them: each is refused at once, at its place, in clear words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model_runtime import ModelRuntime
from model_runtime.errors import CredentialsInvalid, HostRefused, ModelRuntimeError, SpecError

pytestmark = pytest.mark.timeout(10)

KEY = "sk-test-0123456789abcdef"
Write = Callable[..., Path]


def use(file: Path, key: str = KEY) -> None:
    """Load the spec, compile it and render a request; nothing is sent."""
    runtime = ModelRuntime([file], credentials={"acme": {"api_key": key}})
    runtime.llm("acme/some-model").render("Hello", stream=True)


def refusal(file: Path) -> str:
    """The findings of a spec that must be refused, without the folder of the test."""
    with pytest.raises(SpecError) as caught:
        use(file)
    assert all(finding.place for finding in caught.value.findings)
    return str(caught.value).replace(f"{file.parent}/", "")


def in_body(expression: str) -> str:
    """Operations whose body holds one more field."""
    return f"operations: {{llm: {{request: {{body: {{x: {json.dumps(expression)}}}}}}}}}\n"


def in_reply(path: str) -> str:
    """Operations whose text is read by another path."""
    return f"operations: {{llm: {{response: {{text: {json.dumps(path)}}}}}}}\n"


LAUGHS = "x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"x-{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (LAUGHS, 10, "more than 100000 values, aliases counted"),
        ("x-a: &a [*a]\n", 5, "stands inside its own anchor"),
        (f"x-a: {'[' * 5000}{']' * 5000}\n", 5, "nested deeper than 64"),
        ("base_url: https://evil.example\n", 5, "twice, first in line 4. Remove one"),
        ("x-a: !!python/object/apply:os.system ['true']\n", 5, "the tag !!python/object/apply"),
        ("on: {a: 1}\n", 5, 'Write "on" in quotes'),
        ("no: {a: 1}\n", 5, 'Write "no" in quotes'),
        ('x-a: "a\0b"\n', 5, "U+0000 may not stand in YAML"),
    ],
    ids=["alias_bomb", "recursive_alias", "deep", "duplicate", "tag", "on", "no", "nul"],
)
def test_hostile_yaml_is_refused_at_its_line(
    write_spec: Write, text: str, line: int, says: str
) -> None:
    """No file makes the loader run code, guess, or walk for ever."""
    found = refusal(write_spec(text))
    assert f"acme.yaml:{line}:" in found and says in found


def test_utf_16_file_is_refused(tmp_path: Path) -> None:
    """Specs are UTF-8; another encoding is named and not guessed."""
    file = tmp_path / "acme.yaml"
    file.write_bytes("spec_version: 1\nprovider: acme\n".encode("utf-16"))
    assert "UTF-8" in refusal(file)


def test_byte_order_mark_is_read(write_spec: Write) -> None:
    """Editors on Windows write a mark before UTF-8; it is no fault."""
    file = write_spec()
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    use(file)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("{{ ''.__class__.__mro__ }}", "`__class__` begins with `_`"),
        ("{{ model['__class__'] }}", "`__class__` begins with `_`"),
        ("{{ model|attr('for' ~ 'mat') }}", "`attr` is no filter"),
        ("{{ 'a'.ljust(10**9) }}", "a call in an expression"),
        ("{{ '%999999999d'|format(1) }}", "`format` is no filter"),
        ("{{ 'a'|center(999999999) }}", "`center` is no filter"),
        ("{{ 'a' * 999999999 }}", "arithmetic (`*`)"),
        ("{{ 9**9**9 }}", "arithmetic (`**`)"),
        ("{{ lipsum(n=100000) }}", "a call in an expression"),
        ("{{ cycler }}", "`cycler` is not in scope here"),
        ("{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}", "nested deeper than 50"),
        ("{{ model" + " ~ model" * 200 + " }}", "longer than 1000"),
        ("{% for a in range(99999999) %}x{% endfor %}", "`{% %}` blocks are not part"),
        ("{% include '/etc/passwd' %}", "`{% %}` blocks are not part"),
        ("{{ credentials.api_key }}", "only in auth, headers and token requests"),
        ("{{ credentials['api_key'] }}", "only in auth, headers and token requests"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_hostile_template_is_refused_at_its_place(
    write_spec: Write, expression: str, says: str
) -> None:
    """What could run code, fill memory or leak a secret never runs."""
    found = refusal(write_spec(in_body(expression)))
    assert "operations.llm.request.body.x" in found and says in found


def test_secret_in_a_path_is_refused(write_spec: Write) -> None:
    """Paths end up in logs of every server between here and there."""
    found = refusal(
        write_spec("operations: {llm: {request: {path: '/x/{{ credentials.api_key }}'}}}\n")
    )
    assert "operations.llm.request.path" in found and "`api_key` must not be read here" in found


@pytest.mark.parametrize(
    "path",
    ["(" * 400 + "a" + ")" * 400, "(" * 10_000 + "a" + ")" * 10_000, f'`"{"x" * 1_000_000}"`'],
    ids=["400_parentheses", "10000_parentheses", "megabyte_literal"],
)
def test_huge_path_of_a_reply_is_refused(write_spec: Write, path: str) -> None:
    """A path is bounded before it is parsed."""
    found = refusal(write_spec(in_reply(path)))
    assert "acme.yaml:5:" in found and "operations.llm.response.text" in found


def test_specs_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    """A circle is shown as the circle that it is."""
    for name, parent in (("acme", "beta"), ("beta", "acme")):
        text = f"spec_version: 1\nprovider: {name}\nextends: {parent}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    runtime = ModelRuntime([tmp_path], credentials={"acme": {"api_key": KEY}})
    with pytest.raises(SpecError, match=r"extend each other: acme -> beta -> acme"):
        runtime.llm("acme/some-model")


@pytest.mark.parametrize("parent", ["../../etc/passwd", "/etc/passwd", "openai_compatible.yaml"])
def test_parent_is_a_name_and_never_a_path(write_spec: Write, parent: str) -> None:
    """A spec reads no file but those that the host named."""
    assert "expected the name of a provider, never a path" in refusal(write_spec(extends=parent))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://169.254.169.254/", "169.254.169.254 is a metadata service"),
        ("http://2852039166/", "169.254.169.254 is a metadata service"),
        ("http://[::ffff:169.254.169.254]/", "169.254.169.254 is a metadata service"),
        ("http://0xa9.254.0251.254/", "169.254.169.254 is a metadata service"),
        ("http://metadata.google.internal/", "is a metadata service"),
        ("https://good.example@evil.example/", "user name and password do not belong"),
        ("file:///etc/passwd", "https://"),
        ("https://good.example/../../", "climbs"),
    ],
)
def test_hostile_base_url_is_refused_in_every_spelling(
    write_spec: Write, url: str, says: str
) -> None:
    """Nothing is sent to a metadata service, however its address is written."""
    with pytest.raises((HostRefused, SpecError)) as caught:
        use(write_spec(base_url=json.dumps(url)))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (r'"X:\r\nY"', "not a header name"),
        ("a b", "not a header name"),
        ("Content-Length", "belongs to the connection"),
        ("Transfer-Encoding", "belongs to the connection"),
        ("Host", "belongs to the connection"),
    ],
)
def test_header_name_that_could_split_a_request_is_refused(
    write_spec: Write, name: str, says: str
) -> None:
    """A spec adds headers; it does not frame messages or choose another host."""
    found = refusal(write_spec(f"headers: {{{name}: x}}\n"))
    assert "acme.yaml:5:" in found and "A506" in found and says in found


def test_header_value_with_a_line_break_is_refused(write_spec: Write) -> None:
    """A value may hold no second header."""
    with pytest.raises(ModelRuntimeError, match="line break"):
        use(write_spec('headers: {x-a: "b\\r\\nx-c: d"}\n'))


def test_catastrophic_pattern_is_refused(write_spec: Write) -> None:
    """A pattern of a form cannot take ages over what a user types, and never shows it."""
    file = write_spec("credentials: {api_key: {pattern: '^(a+)+$'}}\n")
    with pytest.raises((CredentialsInvalid, SpecError)) as caught:
        use(file, key="a" * 60 + "!")
    assert "(a+)+" in str(caught.value) and "aaaa!" not in str(caught.value)


def test_broken_spec_leaves_its_neighbours_usable(write_spec: Write) -> None:
    """One hostile file among good ones is listed, and stops nobody else."""
    runtime = ModelRuntime([write_spec(LAUGHS)], credentials={"groq": {"api_key": KEY}})
    assert "acme" in {provider.name for provider in runtime.providers()}
    assert runtime.llm("groq/some-model").render("Hello").url.endswith("/chat/completions")
