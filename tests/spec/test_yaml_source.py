"""YAML text to a tree: scalars, places, faults in our words, and hostile text."""

from __future__ import annotations

import math
import time

import pytest

from model_runtime.findings import Findings
from model_runtime.spec.tree import YamlList, YamlMap, place_of, plain
from model_runtime.spec.yaml_source import read_yaml


def read(text: bytes | str, *, strict: bool = True) -> tuple[object, Findings]:
    """Read a text as the file a.yaml."""
    findings = Findings()
    return read_yaml(text, "a.yaml", findings, strict=strict), findings


def read_map(text: str, *, strict: bool = True) -> YamlMap:
    """Read a text without faults into a map."""
    tree, findings = read(text, strict=strict)
    assert not list(findings)
    assert isinstance(tree, YamlMap)
    return tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("12", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0xff", 255),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("tRUE", "tRUE"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-06-01", "2024-06-01"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("9" * 5000, "9" * 5000),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """Only null, true, false, integers and floats are not text, and quotes make text."""
    if text == "-":
        text = "'-'"
    assert read_map(f"key: {text}", strict=False)["key"] == value


def test_not_a_number_is_a_float() -> None:
    """`.nan` is read as a float."""
    value = read_map("key: .nan")["key"]
    assert isinstance(value, float) and math.isnan(value)


def test_key_keeps_its_text() -> None:
    """A key is text however it is written, so 401 and "401" are one key."""
    assert plain(read_map("401: a\n'402': b\ntrue: c\n~: d")) == {
        "401": "a",
        "402": "b",
        "true": "c",
        "~": "d",
    }


def test_every_key_and_value_knows_its_place() -> None:
    """Keys, values, maps, lists and items keep file, line, column and the path of keys."""
    tree = read_map("a:\n  b: [x, {c: 1}]\n")
    inner = tree["a"]
    assert isinstance(inner, YamlMap)
    items = inner["b"]
    assert isinstance(items, YamlList)
    key, value = inner.key_places["b"], inner.value_places["b"]
    assert (str(key), key.path) == ("a.yaml:2:3", "a.b")
    assert (str(value), value.path) == ("a.yaml:2:6", "a.b")
    first, second = items.value_places
    assert (str(first), first.path) == ("a.yaml:2:7", "a.b[0]")
    assert (str(second), second.path) == ("a.yaml:2:10", "a.b[1]")
    leaf = place_of(items[1], "c")
    assert leaf is not None and leaf.path == "a.b[1].c"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("k: plain", 4),
        ('k: "quoted"', 5),
        ("k: 'quoted'", 5),
        ("k: 'it''s'", None),
        (r'k: "a\nb"', None),
        ("k: |\n  block", None),
        ("k: two\n  lines", None),
        ("k: 'ключ'", 5),
    ],
    ids=["plain", "double", "single", "doubled quote", "escape", "block", "folded", "not ascii"],
)
def test_text_column_is_known_only_when_the_source_reads_like_the_text(
    text: str, column: int | None
) -> None:
    """A column inside a string is exact, or not claimed at all."""
    assert read_map(text).value_places["k"].text_column == column


def test_byte_order_mark_and_windows_lines_are_read() -> None:
    """A UTF-8 byte order mark and CRLF change nothing."""
    tree, findings = read(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    assert plain(tree) == {"a": 1, "b": "x"}
    assert not list(findings)


@pytest.mark.parametrize("text", ["", "# only a comment\n", b"\xef\xbb\xbf"])
def test_empty_file_is_none_without_a_fault(text: bytes | str) -> None:
    """An empty file is no fault of YAML."""
    tree, findings = read(text)
    assert tree is None and not list(findings)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: b\n\tc: d\n", "a.yaml:2:1: error[Y001] a tab stands where YAML wants spaces."),
        ("a: b: c", "a.yaml:1:5: error[Y001] a second ': ' stands in one line."),
        ("a: @x", "a.yaml:1:4: error[Y001] a text may not begin with @ in YAML."),
        ("a: [1, 2\n\n", "a.yaml:1:4: error[Y001] this [ is not closed."),
        ('a: "x', "a.yaml:1:4: error[Y001] the quoted text that begins here is not closed"),
        (r'a: "\d"', r"a.yaml:1:5: error[Y001] \d is no escape that YAML knows"),
        ("a: 1\n---\nb: 2", "a.yaml:2:1: error[Y001] a second document begins here"),
        ("? [a]\n: b", "a.yaml:1:3: error[Y001] a map or list cannot be a key."),
        ("a: *b", "a.yaml:1:4: error[Y001] a: a text may not begin with * in YAML;"),
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1: error[Y002] a: the key 'a' stands in this map twice"),
        ("a: 012", "a.yaml:1:4: error[Y003] a: 012 is read as an octal number by some"),
        ("a: 1_000", "a.yaml:1:4: error[Y003] a: 1_000 is read as a number by some YAML tools."),
        ("a: [12:30]", "a.yaml:1:5: error[Y003] a[0]: 12:30 is read as a number in base 60 by"),
        ("a: 2024-06-01", "a.yaml:1:4: error[Y003] a: 2024-06-01 is read as a date by some"),
        ("a: Yes", "a.yaml:1:4: error[Y003] a: Yes is read as true or false by some YAML tools."),
        ("on: 1", "a.yaml:1:1: error[Y003] on: the key on is read as true or false"),
        ("a: &x [*x]", "a.yaml:1:8: error[Y004] a: the alias *x stands inside its own anchor."),
        ("a: {<<: {b: 1}}", "a.yaml:1:5: error[Y004] a.<<: merge keys (<<) are not part"),
        ("a: {{ x }}", "a.yaml:1:4: error[Y005] a: an expression in {{ }} without quotes"),
        ("a: {{ x }} b", "a.yaml:1:4: error[Y005] an expression in {{ }} without quotes"),
        ("a: [{{ x }}]", "a.yaml:1:5: error[Y005] a[0]: an expression in {{ }} without quotes"),
        ("a: {t: b[0].c}", "a.yaml:1:9: error[Y005] the text here holds [, which"),
        ("a: !!str 1", "a.yaml:1:4: error[Y006] a: the tag !!str is not read."),
        ("a: !!python/object/apply:os.system [x]", "a.yaml:1:4: error[Y006] a: the tag !!python"),
        ("a\0b", "a.yaml:1:2: error[Y001] the character U+0000 may not stand in YAML."),
        ("a: \ud800", "a.yaml:1:4: error[Y001] the character U+D800 may not stand in YAML."),
        ("a: 1".encode("utf-16"), "a.yaml:1:1: error[Y001] the file is not UTF-8: found UTF-16."),
        (b"a: 1\nb: \xff", "a.yaml:2:4: error[Y001] the file is not UTF-8: found a character"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_fault_is_told_at_its_place_in_our_words(text: bytes | str, finding: str) -> None:
    """Each fault of YAML is one finding with code, place and a sentence for an author."""
    _, findings = read(text)
    assert [str(item) for item in findings][0].startswith(finding)
    assert len(findings) == 1


def test_duplicate_key_names_the_first_line() -> None:
    """A duplicate says where the key stood first, and is an error in a spec of ours."""
    _, findings = read("a: 1\nb: 2\na: 3")
    assert "first in line 1" in str(list(findings)[0])


def test_last_duplicate_wins_with_a_note_in_described_files() -> None:
    """A described-only file with a duplicate key loads, and the last value is used."""
    tree, findings = read("a: 1\na: 2", strict=False)
    assert plain(tree) == {"a": 2}
    assert [item.severity for item in findings] == ["note"]


def test_merge_key_and_standard_tag_work_in_described_files() -> None:
    """What any YAML reader accepts in a described-only file is accepted."""
    tree = read_map("a: &a {x: 1, y: 2}\nb: {<<: *a, y: !!str 3}\n012: 012", strict=False)
    assert plain(tree) == {"a": {"x": 1, "y": 2}, "b": {"y": "3", "x": 1}, "012": 12}


def test_template_without_quotes_is_read_as_its_text() -> None:
    """After an unquoted template the check goes on with the text that was meant."""
    tree, findings = read("a: {{ x | f('y', 2) }}\nb: 1\nb: 2")
    assert plain(tree) == {"a": "{{ x | f('y', 2) }}", "b": 2}
    assert [item.code for item in findings] == ["Y005", "Y002"]


def test_slips_in_a_file_are_all_told_at_their_lines() -> None:
    """Behind a slip the file is read as it was meant, so that each one is told, where it stands."""
    text = 'a: "x\nb:\n  c 1\n  d: {e: 1\n  f: [1, 2}\n   g: 1\nh: 2\nh: 3\n'
    tree, findings = read(text)
    assert [(item.code, item.place.line) for item in findings if item.place] == [
        ("Y001", 1),
        ("Y001", 3),
        ("Y001", 4),
        ("Y001", 5),
        ("Y001", 6),
        ("Y002", 8),
    ]
    assert plain(tree) == {"a": "x", "b": {"c": 1, "d": {"e": 1}, "f": [1, 2], "g": 1}, "h": 3}


def test_no_other_fault_is_told_of_a_line_that_is_no_yaml() -> None:
    """What a broken line says is a guess, and nothing is said of a guess."""
    _, findings = read("a: {b 1, b 2}\nc: 012: 3")
    assert [item.code for item in findings] == ["Y001"]


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 6)}]\n" for i in range(1, 9)
)
DEEP_ALIAS = f"a: &x {'[' * 40}{']' * 40}\nb: {'[' * 30}*x{']' * 30}"


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a x\nb: [" + "*a, " * 51 + "]",
        "[" * 500_000,
        "- " * 500_000,
        "{a: " * 200_000,
        "? " * 400_000,
        "[a, " * 250_000,
        "{" * 60,
        "- \n" * 200_000,
        "a: &a\n" + "b:\n" * 300_000,
        "x" * (1024 * 1024 + 1),
        "%TAG ! a\n" * 90_000,
        "!" * 1_000_000,
        "a:\n" * 300_000,
        "'" * 1_000_001,
        "? " + "k" * 400_000 + "\n: [" + "x, " * 90_000 + "]",
    ],
    ids=[
        "alias bomb", "many aliases", "nested lists", "nested block lists", "nested maps",
        "nested keys", "nested pairs", "braces", "many items", "many keys", "large",
        "tag directives", "long tag", "duplicate keys", "open quote", "long key",
    ],
)  # fmt: skip
@pytest.mark.parametrize("strict", [True, False], ids=["ours", "described"])
def test_hostile_text_neither_crashes_nor_hangs(text: str, strict: bool) -> None:
    """Every hostile text is refused or read within seconds, whatever its trick."""
    started = time.monotonic()
    read(text, strict=strict)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "Y004"),
        ("a: &a x\nb: [" + "*a, " * 51 + "]", "Y004"),
        ("[" * 5000, "Y004"),
        ("- \n" * 100_001, "Y004"),
        ("x" * (1024 * 1024 + 1), "Y004"),
        (DEEP_ALIAS, "Y004"),
    ],
    ids=["alias bomb", "aliases", "depth", "values", "bytes", "depth through an alias"],
)  # fmt: skip
def test_limit_is_told(text: str, code: str) -> None:
    """A file over a limit is refused with a finding that names the limit."""
    tree, findings = read(text)
    assert tree is None
    assert [item.code for item in findings] == [code]


def test_alias_gives_the_anchored_value_and_its_own_place() -> None:
    """An alias stands for the anchored value, at the place of the alias."""
    tree = read_map("a: &x {b: 1}\nc: *x")
    assert tree["c"] is tree["a"]
    assert str(tree.value_places["c"]) == "a.yaml:2:4"
