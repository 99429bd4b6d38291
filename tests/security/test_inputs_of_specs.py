"""Bad inputs 1 to 24, and 41 to 75: specs that attack whoever loads them.

`test_inputs_table.py` lists the numbers. Each test is the smallest form of one attack; the files
`test_bad_*.py` go through its spellings.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doors import KEY

from model_runtime import ModelRuntime
from model_runtime.errors import (
    CredentialsInvalid,
    HostRefused,
    SpecError,
    UnknownProvider,
)

pytestmark = pytest.mark.timeout(20)

Refused = Callable[..., str]
Use = Callable[..., Any]


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


def test_01_alias_bomb(refused: Refused) -> None:
    """Eight lines of aliases stand for billions of values."""
    assert "more than 100000 values, aliases counted" in refused(LAUGHS)


def test_02_recursive_alias(refused: Refused) -> None:
    """A value inside itself has no end."""
    assert "stands inside its own anchor" in refused("x-a: &a [*a]\n")


def test_03_five_thousand_nested_lists(refused: Refused) -> None:
    """Depth is bounded before any parser runs out of stack."""
    assert "nested deeper than 64" in refused(f"x-a: {'[' * 5000}{']' * 5000}\n")


def test_04_duplicate_base_url(refused: Refused) -> None:
    """The second of two keys does not win silently."""
    assert "twice, first in line 4" in refused("base_url: https://evil.example\n")


def test_05_python_tag(refused: Refused, tmp_path: Path) -> None:
    """A tag makes nothing and runs nothing."""
    made = tmp_path / "made"
    told = refused(f"x-a: !!python/object/apply:os.system ['touch {made}']\n")
    assert "the tag !!python/object/apply" in told and not made.exists()


@pytest.mark.parametrize("key", ["on", "no", "off", "yes"])
def test_06_key_that_is_a_boolean_elsewhere(refused: Refused, key: str) -> None:
    """What another YAML reads as true or false must be in quotes."""
    assert f'Write "{key}" in quotes' in refused(f"{key}: {{a: 1}}\n")


def test_07_nul_byte(refused: Refused) -> None:
    """A NUL ends texts elsewhere; it is named with its place."""
    assert "U+0000 may not stand in YAML" in refused('x-a: "a\0b"\n')


def test_07_utf_16(refused: Refused, tmp_path: Path) -> None:
    """Another encoding is named and not guessed."""
    file = tmp_path / "acme.yaml"
    file.write_bytes("spec_version: 1\nprovider: acme\n".encode("utf-16"))
    with ModelRuntime([file]) as runtime, pytest.raises(SpecError, match="UTF-8"):
        runtime.llm("acme/m")


def test_07_byte_order_mark_is_read(write_spec: Callable[..., Path]) -> None:
    """A mark before UTF-8 is no fault."""
    file = write_spec()
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    with ModelRuntime([file], credentials={"acme": {"api_key": KEY}}) as runtime:
        assert runtime.llm("acme/m").render("Hi").method == "POST"


def test_08_dunder_attributes(refused: Refused) -> None:
    """No expression reaches a class."""
    assert "`__class__` begins with `_`" in refused(in_body("{{ ''.__class__.__mro__ }}"))


def test_09_attr_filter(refused: Refused) -> None:
    """No filter reads an attribute by a name that is put together."""
    assert "`attr` is no filter" in refused(in_body("{{ model|attr('for' ~ 'mat') }}"))


def test_10_ljust(refused: Refused) -> None:
    """No method is called, so none fills a gigabyte."""
    assert "a call in an expression" in refused(in_body("{{ 'a'.ljust(10**9) }}"))


def test_11_format_width(refused: Refused) -> None:
    """No format string makes text of any width."""
    assert "`format` is no filter" in refused(in_body("{{ '%999999999d'|format(1) }}"))


def test_12_power_tower(refused: Refused) -> None:
    """There is no arithmetic."""
    assert "arithmetic (`**`)" in refused(in_body("{{ 9**9**9 }}"))


def test_13_ten_thousand_parentheses_in_jinja(refused: Refused) -> None:
    """Depth is bounded before the parser sees it."""
    deep = "(" * 10_000 + "1" + ")" * 10_000
    assert "nested deeper than 50" in refused(in_body(f"{{{{ {deep} }}}}"))


def test_14_ten_thousand_parentheses_in_jmespath(refused: Refused) -> None:
    """The same for paths."""
    told = refused(in_reply("(" * 10_000 + "a" + ")" * 10_000))
    assert "operations.llm.response.text" in told and "at most 1000 characters" in told


def test_15_megabyte_literal_in_jmespath(refused: Refused) -> None:
    """A long text would keep the lexer busy for minutes."""
    started = time.perf_counter()
    assert "at most 1000 characters" in refused(in_reply(f'`"{"x" * 1_000_000}"`'))
    assert time.perf_counter() - started < 10


def test_16_for_bomb(refused: Refused) -> None:
    """There are no loops but `$each`."""
    told = refused(in_body("{% for a in range(99999999) %}x{% endfor %}"))
    assert "`{% %}` blocks are not part" in told


def test_17_extends_cycle(tmp_path: Path) -> None:
    """A circle is shown as the circle that it is."""
    for name, parent in (("acme", "beta"), ("beta", "acme")):
        text = f"spec_version: 1\nprovider: {name}\nextends: {parent}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with (
        ModelRuntime([tmp_path]) as runtime,
        pytest.raises(SpecError, match=r"extend each other: acme -> beta -> acme"),
    ):
        runtime.llm("acme/m")


def test_18_extends_a_path(refused: Refused) -> None:
    """A parent is a name, and no file is read for it."""
    told = refused(extends="../../etc/passwd")
    assert "expected the name of a provider, never a path" in told and "root:" not in told


def refused_url(use: Use, url: str) -> str:
    with pytest.raises((HostRefused, SpecError)) as caught:
        use(base_url=json.dumps(url))
    return str(caught.value)


def test_19_metadata_service_as_base_url(use: Use) -> None:
    """The address that hands out credentials is nobody's service."""
    assert "is a metadata service" in refused_url(use, "http://169.254.169.254/")


@pytest.mark.parametrize(
    "url",
    ["http://2852039166/", "http://[::ffff:169.254.169.254]/", "http://0xa9.254.0251.254/"],
)
def test_20_metadata_service_in_disguise(use: Use, url: str) -> None:
    """However the address is written."""
    assert "169.254.169.254 is a metadata service" in refused_url(use, url)


def test_20_this_machine_in_disguise() -> None:
    """`0x7f.1` is this machine: for strangers refused, for the user's own word not."""
    given = {"vllm": {"base_url": "http://0x7f.1/v1"}}
    with ModelRuntime(credentials=given) as runtime:
        assert runtime.llm("vllm/m").render("Hi").url.startswith("http://0x7f.1/")
    with ModelRuntime(credentials=given, untrusted=True) as runtime:
        model = runtime.llm("vllm/m")
        with pytest.raises(HostRefused):
            model.render("Hi")


def test_21_user_name_that_looks_like_a_host(use: Use) -> None:
    """What stands before an `@` is no host."""
    told = refused_url(use, "https://good.example@evil.example/")
    assert "user name and password do not belong" in told


def test_22_catastrophic_pattern(write_spec: Callable[..., Path]) -> None:
    """A pattern of exponential time is refused, and the value not shown."""
    file = write_spec("credentials: {api_key: {pattern: '^(a+)+$'}}\n")
    given = {"acme": {"api_key": "a" * 60 + "!"}}
    with ModelRuntime([file], credentials=given) as runtime:
        model = runtime.llm("acme/m")
        with pytest.raises((CredentialsInvalid, SpecError)) as caught:
            model.render("Hi")
    assert "(a+)+" in str(caught.value) and "aaaa!" not in str(caught.value)


@pytest.mark.parametrize("where", ["body: {x: KEY}", "path: KEY", "query: {k: KEY}"])
def test_23_secret_outside_auth(refused: Refused, where: str) -> None:
    """A key goes into auth and headers, never into what servers log or models read."""
    text = where.replace("KEY", "'/{{ credentials.api_key }}'")
    told = refused(f"operations: {{llm: {{request: {{{text}}}}}}}\n")
    assert "only in auth, headers" in told or "`api_key` must not be read here" in told


def test_24_header_name_with_a_line_break(refused: Refused) -> None:
    """A header adds one header."""
    told = refused('headers: {"X:\\r\\nY": x}\n')
    assert "A506" in told and "not a header name" in told


# ---- of our own


def test_41_merge_key(refused: Refused) -> None:
    """Nothing is laid over a map from elsewhere in the file."""
    assert "merge keys" in refused("x-a: &a {b: 1}\nx-c: {<<: *a}\n")


def test_42_second_document(refused: Refused) -> None:
    """A second document is not overlooked."""
    assert "acme.yaml:" in refused("---\nbase_url: https://evil.example\n")


def test_43_fifty_one_aliases(refused: Refused) -> None:
    """Aliases are few where people write them."""
    assert "alias" in refused(f"x-a: &a 1\nx-b: [{', '.join(['*a'] * 51)}]\n")


def test_44_two_megabytes(refused: Refused) -> None:
    """A spec of a size that nobody writes is not parsed."""
    started = time.perf_counter()
    assert "acme.yaml:1:1" in refused("# " + "x" * 2**21 + "\n")
    assert time.perf_counter() - started < 5


def test_45_hundred_thousand_values(refused: Refused) -> None:
    """Neither is one of many values."""
    assert "100000 values" in refused(f"x-a: [{', '.join('1' * 100_001)}]\n")


def test_46_number_of_a_million_digits(refused: Refused) -> None:
    """Numbers have an end."""
    assert "acme.yaml:5:" in refused(f"timeouts: {{total: {'9' * 100_000}}}\n")


@pytest.mark.parametrize("text", [".inf", ".nan", "-.inf", "1e999"])
def test_47_number_that_is_none(refused: Refused, text: str) -> None:
    """A timeout is a number of seconds."""
    assert "acme.yaml:5:" in refused(f"timeouts: {{total: {text}}}\n")


def test_48_binary_tag(refused: Refused) -> None:
    """No tag is read, harmless or not."""
    assert "tag" in refused("x-a: !!binary aGVsbG8=\n")


def test_49_control_characters(refused: Refused) -> None:
    """Nothing moves the cursor of a terminal that shows a message."""
    told = refused('"x\\u001b[2J": 1\nno_such_key: "\\u001b[31m"\n')
    assert "\x1b" not in told


def test_50_lone_surrogate(refused: Refused) -> None:
    """Half of a character is no text."""
    assert "acme.yaml:5:" in refused('headers: {x-a: "\\ud800"}\n')


def test_51_underscore_item(refused: Refused) -> None:
    """Items are held to what attributes are."""
    assert "`__class__` begins with `_`" in refused(in_body("{{ model['__class__'] }}"))


@pytest.mark.parametrize("name", ["self", "request", "config", "lipsum", "cycler", "namespace"])
def test_52_global_of_a_template_engine(refused: Refused, name: str) -> None:
    """There are no names but those of the scope."""
    assert f"`{name}` is not in scope here" in refused(in_body(f"{{{{ {name} }}}}"))


@pytest.mark.parametrize("tag", ["include '/etc/passwd'", "import 'os' as os", "raw", "set a = 1"])
def test_53_statement(refused: Refused, tag: str) -> None:
    """No statement is part of the language."""
    assert "blocks are not part" in refused(in_body(f"{{% {tag} %}}"))


@pytest.mark.parametrize("expression", ["'a' * 999999999", "[0] * 10", "'%9d' % 1", "1 // 0"])
def test_54_arithmetic_on_text(refused: Refused, expression: str) -> None:
    """Nothing is multiplied, and nothing formatted by `%`."""
    assert "arithmetic" in refused(in_body(f"{{{{ {expression} }}}}"))


def test_55_replace_that_grows(refused: Refused) -> None:
    """A filter that makes much of little stops."""
    chain = "".join(f"|replace('a', '{'a' * 90}')" for _ in range(8))
    assert "the most is 16777216" in refused(in_body(f"{{{{ 'aaaaaaaaaa'{chain} }}}}"))


def test_56_expression_of_a_thousand_characters(refused: Refused) -> None:
    """Longer ones are no expressions."""
    assert "longer than 1000" in refused(in_body("{{ model" + " ~ model" * 200 + " }}"))


def test_57_two_hundred_nodes(refused: Refused) -> None:
    """Nor are those of many parts."""
    told = refused(in_body("{{ [" + ",".join("1" * 450) + "] }}"))
    assert "operations.llm.request.body.x" in told


def test_58_secret_by_another_spelling(refused: Refused) -> None:
    """An item is a read like any other."""
    told = refused(in_body("{{ credentials['api_key'] }}"))
    assert "only in auth, headers and token requests" in told


@pytest.mark.parametrize(
    "expression",
    ["{{ credentials }}", "{{ credentials | json }}", "{{ credentials | length }}"],
)
def test_59_all_credentials_at_once(refused: Refused, expression: str) -> None:
    """Nor are they read by way of the map that holds them."""
    assert "operations.llm.request.body.x" in refused(in_body(expression))


def test_60_secret_in_an_error_message(refused: Refused) -> None:
    """What `required` tells holds no value."""
    told = refused(in_body("{{ omit | required(credentials.api_key) }}"))
    assert "acme.yaml" in told


def test_61_secret_by_way_of_a_loop(refused: Refused) -> None:
    """A loop over credentials is one more way to read them."""
    each = '{$each: "credentials | items", $as: c, $emit: "{{ c }}"}'
    told = refused(f"operations: {{llm: {{request: {{body: {{x: {each}}}}}}}}}\n")
    assert "acme.yaml:5:" in told


def test_62_secret_in_a_condition(refused: Refused) -> None:
    """A request must not tell one bit of a key either."""
    told = refused(in_body("{{ 1 if credentials.api_key == 'a' else 2 }}"))
    assert "acme.yaml:5:" in told


def test_63_bomb_of_fragments(refused: Refused) -> None:
    """Fragments of fragments of fragments are counted."""
    rows = ", ".join(f"f{i}: [{', '.join([f'{{$use: f{i + 1}}}'] * 10)}]" for i in range(12))
    told = refused(f"fragments: {{{rows}, f12: x}}\n" + "x-b: 1\n" + in_body_of("{$use: f0}"))
    assert "more than 100000 values" in told


def in_body_of(node: str) -> str:
    return f"operations: {{llm: {{request: {{body: {{x: {node}}}}}}}}}\n"


def test_64_path_that_doubles(refused: Refused) -> None:
    """A path of 300 characters does not stand for a reply of petabytes."""
    assert "times as large as the reply" in refused(in_reply("|".join(["[@, @]"] * 50)))


def test_65_pattern_of_a_path(refused: Refused) -> None:
    """Patterns of paths are held to what those of forms are."""
    assert "which can take ages" in refused(in_reply("regex_extract(text, '(a+)+$')"))


def test_66_pattern_of_the_reply(refused: Refused) -> None:
    """A server never brings the pattern."""
    assert "must be a text in single quotes" in refused(in_reply("regex_extract(text, pattern)"))


def test_67_unknown_function(refused: Refused) -> None:
    """No function but those in the table."""
    assert "unknown function 'eval'" in refused(in_reply("eval(text)"))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "javascript:alert(1)",
        "gopher://a.example/",
        "//a.example/",
        "https://",
    ],
)
def test_68_other_scheme(use: Use, url: str) -> None:
    """Nothing but http and https is called."""
    assert "https://" in refused_url(use, url)


@pytest.mark.parametrize("url", ["https://a.example/v1/../admin", "https://a.example/%2e%2e/x"])
def test_69_climbing_base_url(use: Use, url: str) -> None:
    """A base has no dots to climb by."""
    assert "climbs" in refused_url(use, url)


def test_70_backslash_in_a_host(use: Use) -> None:
    """What two parsers read differently is refused."""
    assert "does not belong there" in refused_url(use, "https://a.example\\@evil.example/")


def test_71_request_to_another_host(use: Use) -> None:
    """A URL in an operation leads to the base or to hosts that the spec names."""
    with pytest.raises((HostRefused, SpecError), match="allow_hosts"):
        use("operations: {llm: {request: {path: $unset, url: 'https://evil.example/x'}}}\n")


def test_72_path_that_climbs(use: Use) -> None:
    """A path stays below its base."""
    with pytest.raises((HostRefused, SpecError), match="climbs"):
        use("operations: {llm: {request: {path: /../../admin}}}\n")


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Host", "Connection"])
def test_73_header_of_the_connection(refused: Refused, name: str) -> None:
    """A spec frames no message and names no other host."""
    assert "belongs to the connection" in refused(f"headers: {{{name}: x}}\n")


@pytest.mark.parametrize("icon", ["../../../etc/passwd", "/etc/passwd", "..", "a/../../b.svg"])
def test_74_icon_outside_its_folder(tmp_path: Path, icon: str) -> None:
    """An icon is a file's name: the file beside it is drawn, not read."""
    text = f"spec_version: 1\nprovider: acme\nextends: openai_compatible\nicon_small: {icon}\n"
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "provider.yaml").write_text(text, encoding="utf-8")
    with ModelRuntime([tmp_path]) as runtime:
        data, media_type = runtime.icon("acme", "icon_small")
    assert media_type == "image/svg+xml" and data.startswith(b"<svg")


@pytest.mark.parametrize("name", ["../acme", "", "acme\0", "a" * 10_000, "..", "acme/../openai"])
def test_75_provider_name_that_is_a_path(name: str) -> None:
    """A provider is looked up among names, never on the disk."""
    with ModelRuntime() as runtime, pytest.raises(UnknownProvider):
        runtime.provider(name)
