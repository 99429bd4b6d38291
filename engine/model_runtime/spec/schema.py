"""The JSON Schema check: every fault of a file at once, at its place, in our own sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from model_runtime._data import shipped
from model_runtime.findings import Findings
from model_runtime.location import Place

from .resolve import close_match, close_match_sentence
from .tree import key_place_of, own_place, place_at

MAX_FAULTS: Final = 200

_TYPE_WORDS: Final[Mapping[str, str]] = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def check_schema(tree: object, schema_name: str, findings: Findings) -> None:
    """Check a file as it is written against a shipped schema, `provider.schema.json` say."""
    check_against(tree, _validator(schema_name), findings)


def count_faults(schema_name: str, tree: object) -> int:
    """How many faults the schema finds in a tree, of which only a part may have been read."""
    try:
        return sum(1 for _ in islice(_validator(schema_name).iter_errors(tree), MAX_FAULTS))
    except RecursionError:
        return MAX_FAULTS


def check_against(tree: object, validator: Any, findings: Findings) -> None:
    """Check a tree with a compiled validator and note what it says."""
    report = _Report(tree, findings)
    try:
        for error in islice(validator.iter_errors(tree), MAX_FAULTS):
            report.note(error)
    except RecursionError:
        findings.add("Y004", "the file is nested too deeply to be checked.", own_place(tree))


def make_validator(schema: Mapping[str, object], others: Mapping[str, object] | None = None) -> Any:
    """Compile a schema; `others` are the schemas that its references may name, by `$id`."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resources = [
        (name, Resource.from_contents(contents, default_specification=DRAFT202012))
        for name, contents in (others or {}).items()
    ]
    registry: Any = Registry().with_resources(resources)
    return Draft202012Validator(schema, registry=registry)


@lru_cache(maxsize=8)
def _validator(schema_name: str) -> Any:
    schemas = _schemas()
    return make_validator(schemas[schema_name], schemas)


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    return {
        entry.name: json.loads(entry.read_text(encoding="utf-8"))
        for entry in shipped("json_schemas").iterdir()
        if entry.name.endswith(".schema.json")
    }


@dataclass(slots=True)
class _Report:
    """Turns the errors of one check into findings."""

    tree: object
    findings: Findings
    told: set[tuple[str, str]] = field(default_factory=set)

    def note(self, error: Any) -> None:
        is_name = "propertyNames" in error.schema_path
        handler = _key_name if is_name else _KEYWORDS.get(str(error.validator), _other)
        for fault in handler(error):
            self._add(fault, list(error.absolute_path))

    def _add(self, fault: _Fault, path: list[str | int]) -> None:
        # Several branches of a schema may refuse one key; the first to speak is the nearest.
        told = (".".join(map(str, path)), f"{fault.code} {fault.key}")
        if told in self.told:
            return
        self.told.add(told)
        place = self._place(path, fault)
        self.findings.add(
            fault.code,
            fault.message,
            place,
            hint=fault.hint,
            help=fault.help,
            length=fault.length,
        )

    def _place(self, path: list[str | int], fault: _Fault) -> Place | None:
        if fault.key is not None and fault.at_key:
            holder = _at(self.tree, path)
            return key_place_of(holder, fault.key) or place_at(self.tree, path)
        return place_at(self.tree, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """One finding to be. With `at_key` it stands at `key` of the map that was checked."""

    code: str
    message: str
    key: str | None = None
    at_key: bool = True
    hint: str = ""
    help: str = ""
    length: int = 1


def _unknown_keys(error: Any) -> Iterator[_Fault]:
    known = sorted(_known_keys(error.schema))
    patterns = list(error.schema.get("patternProperties", ()))
    unknown = (
        key
        for key in error.instance
        if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    )
    for key in islice(unknown, MAX_FAULTS):
        hint = close_match(key, known)
        yield _Fault(
            code="S102",
            message=f"unknown key {_short(key)} in {_block(error)}.",
            key=key,
            hint=hint,
            help="" if hint or not known else f"Known here: {_listed(known)}.",
            length=len(key),
        )


def _known_keys(schema: Mapping[str, Any]) -> set[str]:
    known = {
        key
        for key, rule in schema.get("properties", {}).items()
        if rule is not False and key != "$replace"
    }
    for part in schema.get("allOf", ()):
        known |= _known_keys(part)
    return known


def _missing_keys(error: Any) -> Iterator[_Fault]:
    for key in error.validator_value:
        if key in error.instance:
            continue
        if key == "spec_version":
            yield _Fault(
                code="S101",
                message="the file has no `spec_version`.",
                key=key,
                at_key=False,
                help="Add `spec_version: 1`.",
            )
            continue
        yield _Fault(
            code="S103",
            message=f"{_block(error)} lacks the required key `{key}`.",
            key=key,
            at_key=False,
        )


def _dependent_keys(error: Any) -> Iterator[_Fault]:
    for key, needed in error.validator_value.items():
        for other in needed:
            if key in error.instance and other not in error.instance:
                yield _Fault(
                    code="S103",
                    message=f"{_block(error)} has `{key}` and therefore needs `{other}`.",
                    key=key,
                )


def _wrong_type(error: Any) -> Iterator[_Fault]:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    words = " or ".join(_TYPE_WORDS.get(name, name) for name in names)
    value = error.instance
    is_scalar = value is not None and not isinstance(value, str | list | dict)
    yield _Fault(
        code="S104",
        message=f"found {_found(value)}, expected {words}.",
        help="Put quotes around it, so that YAML reads it as text."
        if is_scalar and names == ["string"]
        else "",
    )


def _wrong_word(error: Any) -> Iterator[_Fault]:
    if error.validator == "const":
        yield from _wrong_constant(error)
        return
    known = [str(word) for word in error.validator_value if word is not None]
    value = error.instance
    if _last_key(error) == "spec_version":
        yield _unsupported_version(value, known)
    elif not isinstance(value, str):
        yield _Fault(
            code="S104", message=f"found {_found(value)}, expected one of: {_listed(known)}."
        )
    else:
        noun = str(error.schema.get("title") or _last_key(error) or "word").replace("_", " ")
        yield _Fault(
            code="S108",
            message=f"unknown {noun} {_short(value)}. Known: {_listed(sorted(known))}.",
            hint=close_match_sentence(value, known),
            length=len(value),
        )


def _wrong_constant(error: Any) -> Iterator[_Fault]:
    wanted = error.validator_value
    if _last_key(error) == "spec_version":
        yield _unsupported_version(error.instance, [str(wanted)])
        return
    shown = json.dumps(wanted, ensure_ascii=False)
    yield _Fault(code="S104", message=f"found {_found(error.instance)}, expected {shown}.")


def _unsupported_version(value: object, known: Sequence[str]) -> _Fault:
    is_quoted = isinstance(value, str) and value in known
    return _Fault(
        code="S101",
        message=f"`spec_version` is {_short(value)}; this library reads {_listed(known)}.",
        help="Write the number without quotes." if is_quoted else "",
    )


def _excluded(error: Any) -> Iterator[_Fault]:
    exclusive = error.schema.get("x-exclusive") or _required_in(error.validator_value)
    present = [key for key in exclusive if key in error.instance] if exclusive else []
    if len(present) > 1:
        names = " and ".join(f"`{key}`" for key in present)
        yield _Fault(
            code="S105",
            message=f"{_block(error)} has {names}, which exclude each other.",
            key=present[1],
            help="Keep one of them.",
        )
        return
    told = error.schema.get("description", "this combination is not allowed")
    yield _Fault(code="S105", message=f"{_block(error)}: {_sentence(str(told))}")


def _required_in(schema: object) -> list[str]:
    """Return the names that a schema under `not` speaks of."""
    if not isinstance(schema, Mapping):
        return []
    names = [str(name) for name in schema.get("required", ())]
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        names += _required_in(part)
    return names


def _pattern(error: Any) -> Iterator[_Fault]:
    if _last_key(error) == "env":
        # The value is not shown: people put the key itself there.
        message = "found text that is no name of an environment variable, like ACME_API_KEY."
        yield _Fault(
            code="S104",
            message=message,
            help="Write the name alone, without $ or braces. The value stays in the environment.",
        )
        return
    is_name = _last_key(error) == "provider" and len(error.absolute_path) == 1
    schema = error.schema
    wanted = schema.get("description") or f"text that matches {error.validator_value}"
    title = schema.get("title")
    form = f"a {title} ({str(wanted).rstrip('.')})" if title else str(wanted)
    yield _Fault(
        code="S106" if is_name else "S104",
        message=f"found {_found(error.instance)}, expected {_sentence(form)}",
    )


def _limit(error: Any) -> Iterator[_Fault]:
    wanted = _LIMIT_WORDS[error.validator].format(error.validator_value)
    yield _Fault(code="S104", message=f"found {_found(error.instance)}, expected {wanted}.")


def _key_name(error: Any) -> Iterator[_Fault]:
    yield _Fault(
        code="S102",
        message=f"the key {_short(error.instance)} may not stand in {_block(error)}.",
        key=str(error.instance),
        length=len(str(error.instance)),
    )


def _branches(error: Any) -> Iterator[_Fault]:
    """Speak of the branch that was meant: the one whose type fits, else of all their types."""
    branches: dict[object, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(inner.validator == "type" and not inner.path for inner in errors)
    ]
    if len(fitting) == 1:
        for inner in fitting[0]:
            for fault in _KEYWORDS.get(str(inner.validator), _other)(inner):
                where = "" if not inner.path else f"{_dotted(inner.path)}: "
                yield _Fault(
                    code=fault.code,
                    message=where + fault.message,
                    key=fault.key,
                    at_key=fault.at_key and not inner.path,
                    hint=fault.hint,
                    help=fault.help,
                    length=fault.length,
                )
        return
    needed = _required_in({"anyOf": error.validator_value})
    if needed and isinstance(error.instance, dict):
        names = " or ".join(f"`{name}`" for name in dict.fromkeys(needed))
        yield _Fault(code="S103", message=f"{_block(error)} needs {names}.")
        return
    types = [inner.validator_value for inner in error.context if inner.validator == "type"]
    flat = [name for wanted in types for name in ([wanted] if isinstance(wanted, str) else wanted)]
    words = " or ".join(_TYPE_WORDS.get(name, name) for name in dict.fromkeys(flat))
    told = words or str(error.schema.get("description", "another form")).rstrip(".")
    yield _Fault(code="S104", message=f"found {_found(error.instance)}, expected {told}.")


def _other(error: Any) -> Iterator[_Fault]:
    if error.validator is None or error.validator == "None":
        message = f"{_block(error)} holds a key that is not allowed beside its neighbours."
        yield _Fault(code="S105", message=message)
        return
    yield _Fault(
        code="S104",
        message=f"found {_found(error.instance)}, which breaks the rule `{error.validator}`.",
    )


_LIMIT_WORDS: Final[Mapping[str, str]] = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
    "uniqueItems": "a list without repeated items",
    "format": "text in the form of a {}",
}

_KEYWORDS: Final[Mapping[str, Callable[[Any], Iterable[_Fault]]]] = {
    **dict.fromkeys(_LIMIT_WORDS, _limit),
    "additionalProperties": _unknown_keys,
    "unevaluatedProperties": _unknown_keys,
    "required": _missing_keys,
    "dependentRequired": _dependent_keys,
    "type": _wrong_type,
    "enum": _wrong_word,
    "const": _wrong_word,
    "not": _excluded,
    "pattern": _pattern,
    "anyOf": _branches,
    "oneOf": _branches,
}


def _at(tree: object, path: Sequence[str | int]) -> object:
    for key in path:
        tree = tree[key]  # type: ignore[index]  # the path of an error leads through maps and lists
    return tree


def _last_key(error: Any) -> str:
    return next((key for key in reversed(error.absolute_path) if isinstance(key, str)), "")


def _block(error: Any) -> str:
    """Name the map that an error speaks of."""
    path = _dotted(error.absolute_path)
    return f"`{path}`" if path else "the file"


def _dotted(path: Iterable[str | int]) -> str:
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _found(value: object) -> str:
    """Say what stands there: its kind, and its value when that is short."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"text {_short(value)}"
    if value is None:
        return "null (nothing)"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the number {_short(value)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:24]) + (" ..." if len(words) > 24 else "")


def _sentence(text: str) -> str:
    first = text.strip()
    return first if first.endswith(".") else f"{first}."
