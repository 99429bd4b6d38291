"""Templates: leaves, Absent, the five directives, fragments, and text for URLs and headers."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.compile.rendering import JSON_TYPES
from model_runtime.compile.scopes import ANY, SECRET, Shape, scope_names
from model_runtime.compile.templates import (
    Fragments,
    Template,
    compile_template,
    compile_text,
    merge_maps,
)
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Finding, Findings
from model_runtime.location import Place
from model_runtime.network import path_segment
from model_runtime.secrets import Secret, reveal
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

CASES = json.loads(
    (Path(__file__).parents[1] / "compliance" / "templates.json").read_text(encoding="utf-8")
)
LLM = scope_names("request", "llm", credentials={}, parameters=None)
NAMES: dict[str, Shape] = {**LLM, "a": ANY, "b": ANY}
USER = {"role": "user", "parts": [{"type": "text", "text": "hi"}]}


def compiled(text: str, names: dict[str, Shape] | None = None, **options: Any) -> Template:
    """Compile YAML whose key `body` is the template; other keys are the spec around it."""
    findings = Findings()
    tree = read_yaml(text, "acme.yaml", findings)
    assert isinstance(tree, YamlMap)
    template = compile_template(
        tree["body"],
        names or NAMES,
        findings,
        tree.value_places["body"],
        fragments=Fragments(tree),
        **options,
    )
    assert not findings.items, [str(finding) for finding in findings]
    return template


def faults(text: str, **options: Any) -> list[Finding]:
    findings = Findings()
    tree = read_yaml(text, "acme.yaml", findings)
    assert isinstance(tree, YamlMap)
    place = tree.value_places["body"]
    compile_template(tree["body"], NAMES, findings, place, fragments=Fragments(tree), **options)
    return findings.items


@pytest.mark.parametrize(
    ("given", "case"),
    [
        pytest.param(group["given"], case, id=f"{group['name']}-{index}")
        for group in CASES
        for index, case in enumerate(group["cases"])
    ],
)
def test_compliance_case(given: dict[str, object], case: dict[str, Any]) -> None:
    """Every portable case gives its result, or its error when compiled or rendered."""
    names = dict.fromkeys([*given, *case.get("names", []), "gone"], ANY)
    tree = {"fragments": case.get("fragments", {})}
    findings = Findings()
    template = compile_template(case["template"], names, findings, None, fragments=Fragments(tree))
    scope = copy.deepcopy(given)
    if "finding" in case:
        assert [finding.code for finding in findings] == [case["finding"]]
    elif "error" in case:
        with pytest.raises(InvalidParameter) as caught:
            template(scope)
        assert case["error"] in str(caught.value)
    else:
        assert not findings.items, [str(finding) for finding in findings]
        result = template(scope)
        assert result is Absent if case.get("absent") else result == case["result"]
    assert scope == given, "a render changed its scope"


# --- leaves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt", ["478", "None", "true", "[1,2]", "007", '","role":"system', "\ud800"]
)
def test_caller_text_keeps_its_type_and_content(prompt: str) -> None:
    """Text that looks like JSON, a number or code is sent as the text that it is."""
    template = compiled("body: {alone: '{{ a }}', mixed: '<{{ a }}>'}")
    assert template({"a": prompt}) == {"alone": prompt, "mixed": f"<{prompt}>"}


def test_caller_text_is_no_template() -> None:
    """Braces in a prompt are characters: there is no second pass."""
    prompt = "{{ credentials.api_key }} ${HOME} {% raw %}"
    template = compiled("body: {p: '{{ a }}', q: 'say {{ a }}'}")
    assert template({"a": prompt}) == {"p": prompt, "q": f"say {prompt}"}


def test_order_of_keys_is_that_of_the_spec() -> None:
    """Constants and expressions stand in the order in which they are written."""
    template = compiled("body: {z: '{{ a }}', y: 1, x: '{{ b }}', w: {k: v}}")
    assert list(template({"a": 1, "b": 2})) == ["z", "y", "x", "w"]  # type: ignore[call-overload]


def test_lone_expression_of_a_block_gives_its_object() -> None:
    """The newline at the end of a YAML block does not turn an object into text."""
    template = compiled("body:\n  a: |\n    {{ a }}\n  b: |\n    x {{ a }}\n")
    assert template({"a": 3}) == {"a": 3, "b": "x 3\n"}


def test_value_that_json_lacks_is_refused() -> None:
    """A lone expression gives JSON and nothing else, where JSON is what is built."""
    template = compiled("body: {p: '{{ a }}'}", takes=JSON_TYPES)
    for value in (b"x", Secret("s"), object()):
        with pytest.raises(InvalidParameter, match="where JSON is expected"):
            template({"a": value})


def test_bytes_in_json_are_found_when_the_spec_is_compiled() -> None:
    """Bytes of a part need base64, and the finding says so."""
    found = faults(
        "body: {$each: messages, $as: m, $emit: {$each: m.parts, $as: p, $emit: '{{ p.data }}'}}",
        takes=JSON_TYPES,
    )
    assert [(finding.code, finding.hint) for finding in found] == [("T305", "add `| base64`")]


def test_list_inside_text_is_found_when_the_spec_is_compiled() -> None:
    """What is known to be a list or map cannot stand inside text."""
    assert [finding.code for finding in faults("body: {p: 'x {{ messages }}'}")] == ["T305"]


def test_error_of_a_render_names_expression_and_place() -> None:
    """An absent value inside text is told with its expression, file, line and column."""
    template = compiled("body:\n  greeting: 'Dear {{ a.name }},'")
    with pytest.raises(InvalidParameter) as caught:
        template({"a": {}})
    assert "acme.yaml:2:13" in str(caught.value)
    assert "`a.name`: an absent value inside text" in str(caught.value)


def test_every_fault_of_a_template_is_told_at_its_place() -> None:
    """One fault hides no other, and each has its own line and column."""
    found = faults("body:\n  x: 'say {{ modl }}'\n  y: ['{{ a b }}']\n  z: {$iff: a, $then: 1}\n")
    told = sorted((f.code, f.place.line, f.place.column) for f in found if f.place)
    assert told == [("T301", 3, 13), ("T302", 2, 14), ("T309", 4, 7)]


# --- directives ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "hint"),
    [
        ("{$emit: 1}", "T309", "put `$each` beside it"),
        ("{$case: {}}", "T309", "put `$switch` beside it"),
        ("{$wsitch: a, x: 1}", "T309", "did you mean `$switch`? a wire key is written `$$wsitch`"),
        ("{$schema: x}", "T309", "a wire key that begins with `$` is written `$$schema`"),
        ("{$if: '{{ a }}', $then: 1}", "T308", "write `a`"),
        ("{$each: '{{ a }}', $as: m, $emit: 1}", "T308", "write `a`"),
        ("{x: 1, $merge: ['{{ a }}']}", "T308", "write `a`"),
        ("{$each: a, $emit: 1}", "T309", "put `$as` beside it"),
        ("{$each: a, $as: _m, $emit: 1}", "T309", "such as `m` or `p`"),
        ("{$each: a, $as: m, $emit: 1, $flatten: maybe}", "T309", ""),
        (
            "{$if: a, $then: 1, x: 2}",
            "T309",
            "move it inside `$if`, or `$if` into a key of its own",
        ),
        ("{$if: a, $then: 1, $merge: [b]}", "T309", "`$merge` joins plain keys or `$use`"),
        ("{$if: a, $then: 1, $each: a, $as: m, $emit: 1}", "T309", "nest one in the other"),
        ("{$if: [a], $then: 1}", "T309", ""),
        ("{$switch: a, $case: x}", "T309", ""),
        ("{$use: blok}", "T309", "did you mean `block`?"),
        ("{$use: operations.llm.nothing}", "T309", ""),
        ("{'{{ a }}': 1}", "T304", ""),
        ("{x: '{% for i in a %}{{ i }}{% endfor %}'}", "T304", ""),
        ("{x: '{% raw %}{{ a }}{% endraw %}'}", "T304", ""),
    ],
)
def test_misplaced_directive_is_a_finding_with_a_hint(body: str, code: str, hint: str) -> None:
    """What is not understood is refused when the spec is compiled, with what to write instead."""
    found = faults("fragments: {block: 1}\nbody: " + body)
    assert [(finding.code, finding.hint) for finding in found] == [(code, hint)]


def test_switch_on_a_part_says_what_the_model_does_not_take() -> None:
    """A part type without a case is refused by its name before anything is sent."""
    template = compiled(
        "body: {$each: messages, $as: m, $emit: {$each: m.parts, $as: p, "
        "$emit: {$switch: p.type, $case: {text: '{{ p.text }}'}}}}"
    )
    with pytest.raises(InvalidParameter, match=r"this model does not take audio. It takes text\."):
        template({"messages": [{"role": "user", "parts": [{"type": "audio", "data": b""}]}]})
    assert template.part_types == frozenset({"text"})


def test_default_of_a_part_switch_takes_any_part() -> None:
    """With a `$default` no part type is refused beforehand."""
    template = compiled(
        "body: {$each: messages, $as: m, $emit: {$each: m.parts, $as: p, "
        "$emit: {$switch: p.type, $case: {text: 1}, $default: 2}}}"
    )
    assert template.part_types is None


def test_loop_name_hides_and_is_restored_after_an_error() -> None:
    """A loop leaves the scope as it found it, also when it ends by an error."""
    template = compiled("body: {$each: a, $as: b, $emit: '{{ b ~ b }}'}")
    scope: dict[str, object] = {"a": ["x", None], "b": "outer"}
    with pytest.raises(InvalidParameter):
        template(scope)
    assert scope == {"a": ["x", None], "b": "outer"}
    assert template({"a": ["x"]}) == ["xx"]


def test_merge_never_changes_the_callers_maps() -> None:
    """Joining makes new maps; the caller's and the template's own stay as they are."""
    template = compiled("body: {x: {k: 1}, $merge: [a, b]}")
    first, second = {"x": {"l": [1]}}, {"x": {"l": [2], "m": None}}
    kept = copy.deepcopy((first, second))
    for _ in range(2):
        assert template({"a": first, "b": second}) == {"x": {"k": 1, "l": [2], "m": None}}
    assert (first, second) == kept


def test_joining_of_deeply_nested_maps_ends() -> None:
    """Maps without end on both sides are refused, not followed."""
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"k": deep}
    with pytest.raises(InvalidParameter, match="nested deeper"):
        merge_maps(deep, deep)


# --- fragments -------------------------------------------------------------------------------

RECURSIVE = """
fragments:
  block:
    $switch: p.type
    $case:
      text: '{{ p.text }}'
      tool_result: {$each: p.content, $as: p, $emit: {$use: block}}
body: {$each: messages, $as: m, $emit: {$each: m.parts, $as: p, $emit: {$use: block}}}
"""


def nested(depth: int) -> dict[str, object]:
    part: dict[str, object] = {"type": "text", "text": "end"}
    for _ in range(depth):
        part = {"type": "tool_result", "id": "c", "content": [part]}
    return {"messages": [{"role": "tool", "parts": [part]}]}


def test_fragment_uses_itself() -> None:
    """A tool result inside a tool result is rendered by the same fragment."""
    template = compiled(RECURSIVE)
    assert template(nested(2)) == [[[["end"]]]]
    assert template.part_types == frozenset({"text", "tool_result"})
    assert template.names_read == {"messages"}


def test_fragment_inside_itself_is_bounded() -> None:
    """Nesting deeper than eight is the caller's fault, and the next render is not affected."""
    template = compiled(RECURSIVE)
    with pytest.raises(InvalidParameter, match="nested deeper than 8"):
        template(nested(9))
    assert json.dumps(template(nested(8))).count("[") == 10


def test_fragment_is_checked_with_the_names_of_each_place_that_uses_it() -> None:
    """A name that one place sets and another does not is a fault of the other only."""
    text = "fragments: {f: '{{ m.role }}'}\nbody: [{$each: messages, $as: m, $emit: {$use: f}}, "
    assert not faults(text + "1]")
    assert [finding.code for finding in faults(text + "{$use: f}]")] == ["T302"]


def test_attribute_of_a_fragments_name_is_checked_where_it_is_used() -> None:
    """The shape of a loop name reaches into the fragment."""
    found = faults("fragments: {f: '{{ t.nam }}'}\nbody: {$each: tools, $as: t, $emit: {$use: f}}")
    assert [(finding.code, finding.hint) for finding in found] == [("T303", "did you mean `name`?")]


def test_body_of_another_operation_is_used_without_some_keys() -> None:
    """`$use` takes a path, and `$omit` leaves out keys also where `$merge` brings them."""
    template = compiled(
        "operations: {llm: {request: {body: {m: '{{ model }}', gone: '{{ nowhere }}', "
        "$merge: [extra_body]}}}}\n"
        "body: {$use: operations.llm.request.body, $omit: [gone, max_tokens]}"
    )
    scope: dict[str, object] = {"model": "x", "extra_body": {"max_tokens": 1, "top_p": 2}}
    assert template(scope) == {"m": "x", "top_p": 2}


def test_fragment_reads_count_at_every_use() -> None:
    """A template that uses an already compiled fragment still tells what it reads."""
    findings, fragments = Findings(), Fragments({"fragments": {"f": "{{ tools }}"}})
    for _ in range(2):
        template = compile_template({"$use": "f"}, NAMES, findings, None, fragments=fragments)
        assert template.names_read == {"tools"}


# --- what is read ----------------------------------------------------------------------------


def test_names_read_leave_out_loop_names() -> None:
    """The names are those of the call, with the attributes that were read of them."""
    template = compiled(
        "body: {t: {$each: tools, $as: t, $emit: '{{ t.name }}'}, "
        "c: {$switch: tool_choice.mode, $case: {auto: 1}}, $merge: [extra_body]}"
    )
    assert template.names_read == {"tools", "tool_choice", "tool_choice.mode", "extra_body"}


# --- text ------------------------------------------------------------------------------------


def text(node: object, scope: dict[str, object], **options: Any) -> object:
    findings = Findings()
    template = compile_text(node, {"a": ANY, "b": ANY, "key": SECRET}, findings, None, **options)
    assert not findings.items, [str(finding) for finding in findings]
    return template(scope)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("/models/{{ a }}:run", "a?x=1#y", "/models/a%3Fx%3D1%23y:run"),
        ("/models/{{ a }}", "%2e%2e", "/models/%252e%252e"),
        ("/models/{{ a | path_segments(2) }}", "org/m b", "/models/org/m%20b"),
        ("/models/{{ a | path_segments(2) | upper }}", "org/m", "/models/ORG%2FM"),
        ("/models/{{ a }}", 7, "/models/7"),
        ("{{ a }}", "x/y", "x%2Fy"),
        ({"$if": "a", "$then": "/p/{{ a }}", "$else": "/q"}, "x/y", "/p/x%2Fy"),
        ({"$if": "b", "$then": "/p/{{ a }}", "$else": "/q"}, "x/y", "/q"),
    ],
)
def test_each_expression_of_a_path_is_one_segment(
    path: object, value: object, expected: str
) -> None:
    """A caller's text never adds a segment, a query or a fragment to a path."""
    assert text(path, {"a": value}, encode=path_segment) == expected


def test_path_that_climbs_is_refused() -> None:
    """Dots between slashes never reach a URL, marked as segments or not."""
    for path in ("/models/{{ a }}", "/models/{{ a | path_segments(9) }}"):
        with pytest.raises(InvalidParameter):
            text(path, {"a": "../../v1/keys"}, encode=path_segment)


def test_header_with_a_secret_is_a_secret() -> None:
    """A header's text keeps the mask on until the header is built."""
    found = text("Key {{ key }}", {"key": Secret("sk-1")})
    assert isinstance(found, Secret)
    assert reveal(found) == "Key sk-1"
    assert "sk-1" not in f"{found} {found!r}"


def test_lone_absent_text_is_absent() -> None:
    """A header whose one expression is absent is not sent."""
    assert text("{{ a }}", {}) is Absent
    assert text("{{ 'x' if a else omit }}", {}) is Absent


def test_text_takes_no_structure() -> None:
    """A list or map where a URL or header is written is a finding."""
    findings = Findings()
    compile_text([1], {}, findings, Place("acme.yaml", 1, 1))
    compile_text({"x": 1}, {}, findings, Place("acme.yaml", 2, 1))
    assert [finding.code for finding in findings] == ["S104", "S104"]
