"""The errors of a JSON Schema in sentences for an author: what is wrong, and what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from .mending import REMOVED, Mend, Path
from .scalars import core_scalar
from .schema_facts import Facts, facts_of
from .schema_words import dotted, flow, in_words, listed, sentence, short, types_in_words
from .similar import close_match, nearest
from .tree import YamlList, YamlMap

MAX_FAULTS: Final = 200

_SWITCHES: Final = {
    **dict.fromkeys(("yes", "on", "true", "y"), True),
    **dict.fromkeys(("no", "off", "false", "n"), False),
}
_GLUED: Final = re.compile(r"([\w$.-]+)\s*[:=;]\s*(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One finding to be, at the value of `path`; or with `at_key` at the last key of it.

    `missing` is a key that the map at `path` should have. `mend` is what was probably meant.
    """

    code: str
    message: str
    path: Path
    at_key: bool = False
    missing: str = ""
    hint: str = ""
    help: str = ""
    length: int = 1
    mend: Mend | None = None


def faults_of(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Say what an error of `schema` means."""
    is_name = "propertyNames" in error.schema_path
    handler = _key_name if is_name else _KEYWORDS.get(str(error.validator), _other)
    yield from handler(error, schema)


def _path(error: Any, *more: str) -> Path:
    return (*error.absolute_path, *more)


def _unknown_keys(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    known = sorted(_known_keys(error.schema))
    patterns = list(error.schema.get("patternProperties", ()))
    unknown = (
        key
        for key in error.instance
        if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    )
    for key in islice(unknown, MAX_FAULTS):
        path = _path(error, key)
        glued = _GLUED.fullmatch(key)
        if glued and glued[1] in known and error.instance[key] is None:
            help, hint = f"Write `{glued[1]}: {glued[2]}`.", ""
        else:
            hint = close_match(key, known)
            help = "" if hint else _instead(facts_of(schema, error.absolute_path), known)
        new_key = nearest(key, known)
        is_free = bool(new_key) and new_key not in error.instance
        yield Fault(
            code="S102",
            message=f"unknown key {short(key)} in {_block(error)}.",
            path=path,
            at_key=True,
            hint=hint,
            help=help,
            length=len(key),
            mend=_renamed(path, new_key, glued) if is_free else Mend(path),
        )


def _renamed(path: Path, new_key: str, glued: re.Match[str] | None) -> Mend:
    """The key as it was meant; one that has swallowed its value gives it back."""
    value = core_scalar(glued[2]) if glued and glued[1] == new_key else REMOVED
    return Mend(path, value=value, new_key=new_key)


def _instead(facts: Facts, known: Sequence[str]) -> str:
    if known:
        return f"Remove it. Known here: {listed(known)}."
    return sentence(facts.description) if facts.description else "Remove it."


def _known_keys(schema: Mapping[str, Any]) -> set[str]:
    known = {
        key
        for key, rule in schema.get("properties", {}).items()
        if rule is not False and key != "$replace"
    }
    for part in schema.get("allOf", ()):
        known |= _known_keys(part)
    return known


def _missing_keys(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    for key in error.validator_value:
        if key in error.instance:
            continue
        if key == "spec_version":
            code, message = "S101", "the file has no `spec_version`."
            help = "Add `spec_version: 1`."
        else:
            code, message = "S103", f"{_block(error)} lacks the required key `{key}`."
            told = facts_of(schema, _path(error, key)).description
            help = f"Add `{key}`{_because(told)}"
        path = _path(error)
        yield Fault(
            code=code,
            message=message,
            path=path,
            missing=key,
            help=help,
            mend=Mend(path) if path else None,
        )


def _because(told: str) -> str:
    return f": {told[0].lower()}{sentence(told[1:])}" if told else "."


def _dependent_keys(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    for key, needed in error.validator_value.items():
        for other in needed:
            if key in error.instance and other not in error.instance:
                yield Fault(
                    code="S103",
                    message=f"{_block(error)} has `{key}` and therefore needs `{other}`.",
                    path=_path(error, key),
                    at_key=True,
                    missing=other,
                    help=f"Add `{other}`, or remove `{key}`.",
                    mend=Mend(_path(error, key)),
                )


def _wrong_type(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    value, path = error.instance, _path(error)
    facts = facts_of(schema, path)
    meant = _meant(value, names)
    needed = error.schema.get("required", ())
    if meant is REMOVED and "object" in names and isinstance(value, str) and len(needed) == 1:
        meant = YamlMap()
        meant[needed[0]] = value
    is_named_freely = path[-1:] and path[-1] not in facts_of(schema, path[:-1]).keys
    instead = meant
    if meant is REMOVED and "object" in names and is_named_freely:
        # What a name stands for is told; that there is such a name is so all the same.
        instead = YamlMap()
    yield Fault(
        code="S104",
        message=f"found {in_words(value)}, expected {types_in_words(names)}.",
        path=path,
        help=_type_help(value, names, path, facts, meant),
        length=len(value) if isinstance(value, str) else 1,
        mend=Mend(path, value=instead),
    )


def _meant(value: object, names: Sequence[str]) -> object:
    """The value that was probably meant by one of another type."""
    if isinstance(value, str):
        if "boolean" in names and value.lower() in _SWITCHES:
            return _SWITCHES[value.lower()]
        if {"integer", "number"} & set(names) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value) if "." in value else int(value)
        if "array" in names and value:
            return YamlList.of(value)
    elif names == ["string"] and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    elif "string" in names and isinstance(value, list) and len(value) == 1:
        return value[0] if isinstance(value[0], str) else REMOVED
    return REMOVED


def _type_help(value: object, names: Sequence[str], path: Path, facts: Facts, meant: object) -> str:
    """What to write for a value of another type."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if value is None:
        return "Write a value behind the colon, or remove the key. A # begins a comment."
    if meant is not REMOVED:
        if isinstance(meant, str):
            is_list = isinstance(value, list)
            quoted = "Put quotes around it, so that YAML reads it as text."
            return f"Write {flow(meant)}, without brackets." if is_list else quoted
        if isinstance(meant, list):
            return f"Write a list: {flow(meant)}."
        if isinstance(meant, dict):
            return f"Write a map: {flow(meant)}."
        return f"Write {flow(meant)}, without quotes."
    glued = isinstance(value, str) and re.match(r"([\w$-]+)[ =]+(\S.*)", value)
    if glued and glued[1] in facts.keys:
        return f"A colon is missing: write `{glued[1]}: {glued[2]}`."
    if facts.example is not None:
        shown = flow(facts.example)
        is_keyed = path and isinstance(path[-1], str)
        return f"For example: `{key}: {shown}`." if is_keyed else f"For example: {shown}."
    if "object" in names and facts.keys:
        return f"Write its keys in the lines below: {listed(facts.keys)}."
    return f"Write {types_in_words(names)}."


def _wrong_word(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    value, path = error.instance, _path(error)
    words = [error.validator_value] if error.validator == "const" else error.validator_value
    known = [str(word) for word in words if word is not None]
    if path[-1:] == ("spec_version",):
        yield _unsupported_version(value, known, path)
    elif error.validator == "const":
        shown = json.dumps(error.validator_value, ensure_ascii=False)
        yield Fault(
            code="S104",
            message=f"found {in_words(value)}, expected {shown}.",
            path=path,
            help=f"Write {shown}, or remove the key.",
            mend=Mend(path),
        )
    elif not isinstance(value, str):
        yield Fault(
            code="S104",
            message=f"found {in_words(value)}, expected one of: {listed(known)}.",
            path=path,
            help="Write one of these words.",
            mend=Mend(path),
        )
    else:
        noun = str(error.schema.get("title") or _last_key(path) or "word").replace("_", " ")
        match = nearest(value, known)
        hint = close_match(value, known)
        yield Fault(
            code="S108",
            message=f"unknown {noun} {short(value)}.",
            path=path,
            hint=hint,
            help=f"Known: {listed(sorted(known))}.",
            length=len(value),
            mend=Mend(path, value=match) if match else Mend(path),
        )


def _unsupported_version(value: object, known: Sequence[str], path: Path) -> Fault:
    is_quoted = isinstance(value, str) and value in known
    return Fault(
        code="S101",
        message=f"`spec_version` is {short(value)}; this library reads {listed(known)}.",
        path=path,
        help="Write the number without quotes." if is_quoted else f"Write {known[-1]}.",
    )


def _excluded(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    exclusive = error.schema.get("x-exclusive") or _required_in(error.validator_value)
    present = [key for key in exclusive if key in error.instance] if exclusive else []
    if len(present) > 1:
        names = " and ".join(f"`{key}`" for key in present)
        yield Fault(
            code="S105",
            message=f"{_block(error)} has {names}, which exclude each other.",
            path=_path(error, present[1]),
            at_key=True,
            help="Keep one of them.",
            length=len(present[1]),
            mend=Mend(_path(error, present[1])),
        )
        return
    told = error.schema.get("description", "this combination is not allowed")
    yield Fault(
        code="S105",
        message=f"{_block(error)}: {sentence(str(told))}",
        path=_path(error),
        help="Remove one of its keys.",
        mend=Mend(_path(error)),
    )


def _required_in(schema: object) -> list[str]:
    """Return the names that a schema under `not` speaks of."""
    if not isinstance(schema, Mapping):
        return []
    names = [str(name) for name in schema.get("required", ())]
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        names += _required_in(part)
    return names


def _pattern(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    path = _path(error)
    if path[-1:] == ("env",):
        # The value is not shown: people put the key itself there.
        yield Fault(
            code="S104",
            message="found text that is no name of an environment variable, like ACME_API_KEY.",
            path=path,
            help="Write the name alone, without $ or braces. The value stays in the environment.",
            mend=Mend(path),
        )
        return
    told, value = error.schema, error.instance
    if path == ("extends",):
        yield Fault(
            code="I201",
            message=f"`extends` is {short(value)}; expected the name of a provider, never a path.",
            path=path,
            help="Write the name alone; `model-runtime providers` lists those that exist.",
            length=len(value),
            mend=Mend(path),
        )
        return
    wanted = told.get("description") or f"text that matches {error.validator_value}"
    title = told.get("title")
    if "x-form" in told:
        title, wanted = None, str(told["x-form"])
    form = f"a {title} ({str(wanted).rstrip('.')})" if title else wanted[:1].lower() + wanted[1:]
    example = facts_of(schema, path).example
    yield Fault(
        code="S106" if path == ("provider",) else "S104",
        message=f"found {in_words(value)}, expected {sentence(form)}",
        path=path,
        help=f"For example: {flow(example)}." if example is not None else "Correct the text.",
        length=len(value),
        # Without one of its words, a directive says nothing.
        mend=Mend(path[:-1] if str(path[-1]).startswith("$") else path),
    )


def _limit(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    wanted = _LIMIT_WORDS[error.validator].format(error.validator_value)
    if error.validator_value == 1:
        wanted = wanted.removesuffix("s")
    yield Fault(
        code="S104",
        message=f"found {in_words(error.instance)}, expected {wanted}.",
        path=_path(error),
        help=f"Write {wanted}, or remove the key.",
        mend=Mend(_path(error)),
    )


def _key_name(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    key = str(error.instance)
    path = _path(error, key)
    known = [word for word in _words_of(error) if not word.startswith("$")]
    hint = close_match(key, known)
    told = error.schema.get("description") or facts_of(schema, error.absolute_path).description
    help = f"Known here: {listed(known)}." if known else told and sentence(told)
    # With other letters replaced it may be a name, and be read by that.
    new_key = re.sub(r"\W", "_", key)
    is_free = not known and new_key != key and new_key not in _holder(error)
    yield Fault(
        code="S102",
        message=f"the key {short(key)} may not stand in {_block(error)}.",
        path=path,
        at_key=True,
        hint=hint,
        help=help or "Write another name.",
        length=len(key),
        mend=Mend(path, new_key=new_key) if is_free else Mend(path),
    )


def _holder(error: Any) -> Mapping[str, object]:
    """The map one of whose names is refused."""
    found = error.parent.instance if error.parent is not None else None
    return found if isinstance(found, Mapping) else {}


def _words_of(error: Any) -> list[str]:
    """The words that a rule of names lists."""
    parts = [error.schema, *error.schema.get("anyOf", ())]
    return [word for part in parts if isinstance(part, Mapping) for word in part.get("enum", ())]


def _branches(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
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
            for fault in _KEYWORDS.get(str(inner.validator), _other)(inner, schema):
                where = "" if not inner.path else f"{dotted(inner.path)}: "
                yield replace(fault, message=where + fault.message)
        return
    needed = _required_in({"anyOf": error.validator_value})
    path = _path(error)
    if needed and isinstance(error.instance, dict):
        names = " or ".join(f"`{name}`" for name in dict.fromkeys(needed))
        yield Fault(
            code="S103",
            message=f"{_block(error)} needs {names}.",
            path=path,
            help=f"Add {names}.",
            mend=Mend(path) if path else None,
        )
        return
    types = [inner.validator_value for inner in error.context if inner.validator == "type"]
    flat = [name for wanted in types for name in ([wanted] if isinstance(wanted, str) else wanted)]
    words = types_in_words(list(dict.fromkeys(flat)))
    told = words or str(error.schema.get("description", "another form")).rstrip(".")
    yield Fault(
        code="S104",
        message=f"found {in_words(error.instance)}, expected {told}.",
        path=path,
        help=f"Write {told}.",
        mend=Mend(path),
    )


def _other(error: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    path = _path(error)
    if error.validator is None or error.validator == "None":
        yield Fault(
            code="S105",
            message=f"{_block(error)} holds a key that is not allowed beside its neighbours.",
            path=path,
            help="Remove it.",
            mend=Mend(path),
        )
        return
    yield Fault(
        code="S104",
        message=f"found {in_words(error.instance)}, which breaks the rule `{error.validator}`.",
        path=path,
        help="Write another value, or remove the key.",
        mend=Mend(path),
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

_KEYWORDS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Iterable[Fault]]]] = {
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


def _last_key(path: Path) -> str:
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def _block(error: Any) -> str:
    """Name the map that an error speaks of."""
    path = list(error.absolute_path)
    if path and isinstance(path[0], int):
        inner = f"`{dotted(path[1:])}` of " if path[1:] else ""
        return f"{inner}item {path[0] + 1}"
    return f"`{dotted(path)}`" if path else "the file"
