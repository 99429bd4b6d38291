from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_runtime.compile.extractors import compile_path, compile_paths, shape_of, to_text
from model_runtime.errors import ReplyError
from model_runtime.findings import Finding, Findings
from model_runtime.location import Place

PLACE = Place("provider.yaml", 31, 13, "operations.llm.response.text", text_column=20)


def read(text: str, value: Any) -> Any:
    findings = Findings()
    path = compile_path(text, findings, PLACE)
    assert findings.errors == []
    return path(value)


def fault_of(text: str, place: Place | None = PLACE) -> Finding:
    findings = Findings()
    path = compile_path(text, findings, place)
    assert path({"a": 1}) is None
    (finding,) = findings.errors
    return finding


def message_of(text: str, value: Any, place: Place | None = PLACE) -> str:
    path = compile_path(text, Findings(), place)
    with pytest.raises(ReplyError) as caught:
        path(value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def test_syntax_error_stands_at_its_column_inside_the_text() -> None:
    """The place of R401 is where the string stands plus the offset of the faulty token."""
    finding = fault_of("choices[0]..text")
    assert (finding.code, str(finding.place)) == ("R401", "provider.yaml:31:31")


def test_text_that_ends_too_early_is_faulted_at_its_end() -> None:
    """An unfinished expression points behind its last character."""
    finding = fault_of("choices.")
    assert (finding.code, str(finding.place)) == ("R401", "provider.yaml:31:28")


def test_unknown_function_offers_a_close_match_at_its_own_column() -> None:
    """R402 names the function, its place and the nearest known one."""
    finding = fault_of("a[?contians(b, 'x')].c")
    assert finding.code == "R402"
    assert str(finding.place) == "provider.yaml:31:23"
    assert finding.hint == "did you mean `contains`?"
    assert finding.length == len("contians")


def test_call_behind_a_filter_is_found_at_its_own_column() -> None:
    """Calls are matched with their columns in the order of the text, not of the tree."""
    finding = fault_of("a[?length(b)].[length(b, c)]")
    assert str(finding.place) == "provider.yaml:31:35"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("length()", "length() takes 1 argument, here it has 0"),
        ("join(a)", "join() takes 2 arguments, here it has 1"),
        ("not_null()", "not_null() takes at least 1 argument, here it has 0"),
    ],
    ids=["none", "one_of_two", "variadic"],
)
def test_wrong_number_of_arguments_is_found_at_load(text: str, said: str) -> None:
    """Arity is checked when the spec is loaded, also where no reply would reach the call."""
    finding = fault_of(text)
    assert (finding.code, finding.message) == ("R402", said)


def test_regex_that_is_not_a_literal_is_refused() -> None:
    """A reply can never supply the pattern of a search."""
    assert "must be a text in single quotes" in fault_of("regex_extract(a, b)").message


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|b)*c", "((a?)b){3}", "(?:x*)*", "a" * 201], ids=repr
)
def test_regex_that_may_take_ages_is_refused(pattern: str) -> None:
    """Nested repeats and long patterns are faults of the spec."""
    assert fault_of(f"regex_extract(a, '{pattern}')").code == "R402"


def test_long_subject_of_a_regex_is_cut() -> None:
    """A search sees at most the first 2,000 characters of a reply's text."""
    assert read("regex_extract(@, 'b')", "a" * 3_000 + "b") is None


@pytest.mark.parametrize(
    "text",
    ["`" + "x" * 1_000_000 + "`", "(" * 10_000 + "a" + ")" * 10_000, "a" * 1_001],
    ids=["literal_of_a_megabyte", "ten_thousand_brackets", "one_character_too_long"],
)
def test_text_over_the_length_limit_is_refused_before_it_is_lexed(text: str) -> None:
    """Length is checked first, so no text can keep the lexer busy."""
    finding = fault_of(text)
    assert "at most 1000 are allowed" in finding.message
    assert len(finding.message) < 200


@pytest.mark.parametrize(
    "text",
    ["(" * 65 + "a" + ")" * 65, "!" * 999, "||".join("a" * 300), "[" * 400, "&" * 900],
    ids=["brackets", "nots", "ors", "open_brackets", "references"],
)
def test_deep_nesting_is_a_finding_and_never_a_recursion_error(text: str) -> None:
    """Whatever a text nests, the answer is R401."""
    assert fault_of(text).code == "R401"


def test_brackets_inside_quotes_do_not_count_as_nesting() -> None:
    """Only brackets of the grammar are counted."""
    assert read(f"'{'(' * 200}'", None) == "(" * 200


def test_default_behind_a_path_warns_that_empty_text_is_replaced() -> None:
    """R403 is a warning, and the extractor works."""
    findings = Findings()
    path = compile_path("name || 'x'", findings, PLACE)
    assert [(f.code, f.severity) for f in findings] == [("R403", "warning")]
    assert path({"name": ""}) == "x"


def test_choice_among_conditions_does_not_warn() -> None:
    """The usual spelling of `select` is no default."""
    findings = Findings()
    compile_path("(a && 'x') || (b != null && 'y') || 'other'", findings, PLACE)
    assert list(findings) == []


def test_wrong_type_names_expression_place_and_shape_without_values() -> None:
    """The error of a reply tells where and what kind of thing was met, and shows no value."""
    reply = {"content": None, "user": "secret words", "rows": [{"id": 1}, {"id": 2}]}
    message = message_of("join('', content)", reply)
    assert message == (
        "provider.yaml:31:13: extractor \"join('', content)\": join() met null, expected array of "
        "string. Guard what may be missing with not_null(value, default). The reply had the shape "
        "{content: null, user: string, rows: [{id: number}, 1 more]}."
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a > `1`", {"a": "secret"}),
        ("contains(a, `1`)", {"a": "secret"}),
        ("sum(a)", {"a": ["secret"]}),
        ("sigmoid(a)", {"a": -(10**400)}),
        ("max_by(@, &a)", [{"a": "secret"}, {"a": 1}]),
        ("abs(a)", {"a": "secret"}),
    ],
    ids=["comparison", "contains", "items", "overflow", "mixed_keys", "argument"],
)
def test_no_fault_of_a_reply_shows_a_value(text: str, value: Any) -> None:
    """Every way to meet a wrong type ends in ReplyError without the value."""
    assert "secret" not in message_of(text, value)


def test_wrong_type_among_several_paths_tells_the_shape_of_the_reply() -> None:
    """The error is the same whether a path is read alone or with others."""
    read_all = compile_paths(["a.b", "length(a.b)"], Findings(), [None, PLACE])
    with pytest.raises(ReplyError) as caught:
        read_all({"a": {"b": 3}})
    assert str(caught.value) == message_of("length(a.b)", {"a": {"b": 3}})


def test_deeply_nested_values_end_in_reply_error() -> None:
    """A comparison that runs out of stack is a fault of the reply."""
    left: list[Any] = []
    right: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 200):
        left, right = [left], [right]
    assert "nested too deeply" in message_of("a == b", {"a": left, "b": right})


def test_literal_of_a_spec_cannot_be_changed_by_its_reader() -> None:
    """Each reading gives a literal list of its own."""
    path = compile_path("not_null(a, `[1]`)", Findings(), None)
    path({}).append(2)
    assert path({}) == [1]


def test_paths_are_returned_in_their_order_with_repeats() -> None:
    """The same path may stand twice, and chains and expressions may mix."""
    paths = ["a[0].b", "length(a)", "a[0].b", "`1`", "a", "a[-1].c", "@"]
    value = {"a": [{"b": 1, "c": 2}]}
    wanted = [1, 1, 1, 1, value["a"], 2, value]
    assert compile_paths(paths, Findings(), [None] * len(paths))(value) == wanted


def test_no_paths_read_nothing() -> None:
    """An empty list of paths is allowed."""
    assert compile_paths([], Findings(), [])({"a": 1}) == []


def test_faulty_path_among_others_reads_null_and_is_found_at_its_place() -> None:
    """One fault hides no other path."""
    findings = Findings()
    read_all = compile_paths(["a", "b..", "c"], findings, [None, PLACE, None])
    assert read_all({"a": 1, "c": 3}) == [1, None, 3]
    assert [str(f.place) for f in findings.errors] == ["provider.yaml:31:22"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n", "a\n"),
        (None, None),
        (1.5, "1.5"),
        (True, "true"),
        ({"a": ["é"]}, '{"a":["é"]}'),
    ],
    ids=["text", "null", "number", "boolean", "object"],
)
def test_text_field_reads_text_as_it_is_and_json_otherwise(value: Any, text: str | None) -> None:
    """A text is untouched, null stays null, anything else is compact JSON."""
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ({"a": [True, 1]}, "{a: [boolean, 1 more]}"),
        ({"a b": "x", "n\n": 1}, "{'a b': string, 'n\\n': number}"),
        ([[[[[1]]]]], "[[[[array]]]]"),
        ({str(n): n for n in range(13)}, None),
    ],
    ids=["null", "array", "object", "first_item", "odd_keys", "depth", "many_keys"],
)
def test_shape_tells_keys_and_types(value: Any, shape: str | None) -> None:
    """A shape has keys and types, and stops at its limits."""
    found = shape_of(value)
    assert found == shape if shape is not None else found.endswith("1 more}")


def test_shape_is_short_for_any_value() -> None:
    """A reply with a thousand long keys has a shape of at most 300 characters."""
    assert len(shape_of({"k" * 1_000 + str(n): {"x" * 99: n} for n in range(1_000)})) == 300


def test_jmespath_is_not_imported_before_an_extractor_is_compiled() -> None:
    """Importing the room costs no third-party import."""
    code = "import sys, model_runtime.compile.extractors; sys.exit('jmespath' in sys.modules)"
    engine = Path(__file__).resolve().parents[2] / "engine"
    done = subprocess.run([sys.executable, "-c", code], cwd=engine, check=False)
    assert done.returncode == 0


NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=20,
)
CHAINS = st.lists(
    NAMES.map(lambda name: f".{name}") | st.sampled_from(["[0]", "[1]", "[-1]"]),
    min_size=1,
    max_size=4,
).map(lambda steps: "".join(steps).removeprefix("."))
LEAVES = CHAINS | CHAINS | st.sampled_from(["@", "`0`", "`[]`", "`false`", "'a'", "`null`"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pattern = st.sampled_from(
        [
            "({0} || {1})", "({0} && {1})", "!({0})", "({0} == {1})", "({0} != {1})",
            "({0} < {1})", "({0} | {1})", "({0})[*].a", "({0})[].b", "({0})[?{1}]",
            "({0})[?{1}].a", "({0})[0:2]", "({0})[::-1]", "({0}).*", "({0}).[a, {1}]",
            "({0}).{{x: b, y: {1}}}", "[{0}, {1}]", "{{x: {0}, y: {1}}}",
            "not_null({0}, {1})", "to_string({0})", "type({0})", "length({0})", "keys({0})",
            "contains({0}, {1})", "sort_by({0}, &a)", "map(&{1}, {0})", "({0}).a[0]",
        ]
    )  # fmt: skip
    return st.builds(lambda text, one, two: text.format(one, two), pattern, inner, inner)


EXPRESSIONS = st.recursive(LEAVES, combined, max_leaves=6)


def outcome(call: Callable[[], Any]) -> str:
    try:
        return json.dumps(call(), sort_keys=True)
    except (ReplyError, ValueError, TypeError):
        return "fault"


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, VALUES)
def test_closures_read_what_jmespath_reads(text: str, value: Any) -> None:
    """For any expression and value both give the same value, or both a fault."""
    findings = Findings()
    path = compile_path(text, findings, None)
    assert findings.errors == []
    assert outcome(lambda: path(value)) == outcome(lambda: jmespath.search(text, value))


@settings(max_examples=300, deadline=None)
@given(st.lists(EXPRESSIONS, max_size=6), VALUES)
def test_several_paths_read_what_each_reads_alone(texts: list[str], value: Any) -> None:
    """Shared prefixes change neither a value nor a fault."""
    places = [None] * len(texts)
    together = compile_paths(texts, Findings(), places)
    alone = [compile_path(text, Findings(), None) for text in texts]
    assert outcome(lambda: together(value)) == outcome(lambda: [path(value) for path in alone])
