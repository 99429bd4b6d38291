"""The JSON Schema check: every fault of a file at once, at its place, in our own sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .mending import Mend, Path, mended
from .schema_facts import schemas
from .schema_faults import MAX_FAULTS, Fault, faults_of
from .tree import key_place_of, own_place, place_at

# A key that is misspelt hides what stands below it until it is set right.
_MAX_ROUNDS: Final = 5


def check_schema(tree: object, schema_name: str, findings: Findings) -> object:
    """Check a file as it is written against a shipped schema, `provider.schema.json` say.

    Return the tree as it was probably meant, which the schema takes: the check goes on with it.
    """
    return check_against(tree, _validator(schema_name), findings)


def count_faults(schema_name: str, tree: object) -> int:
    """How many faults the schema finds in a tree, of which only a part may have been read."""
    try:
        return sum(1 for _ in islice(_validator(schema_name).iter_errors(tree), MAX_FAULTS))
    except RecursionError:
        return MAX_FAULTS


def check_against(tree: object, validator: Any, findings: Findings) -> object:
    """Check a tree with a compiled validator, note what it says, and return the tree mended."""
    told: Sequence[Path] = ((),)
    for _ in range(_MAX_ROUNDS):
        try:
            faults = list(_faults(tree, validator))
        except RecursionError:
            findings.add(
                "Y004",
                "the file is nested too deeply to be checked.",
                own_place(tree),
                help="Write it with fewer levels.",
            )
            return tree
        for fault in faults:
            if any(fault.path[: len(path)] == path for path in told):
                _note(fault, tree, findings)
        mends = [fault.mend for fault in faults if fault.mend is not None]
        if not mends:
            return tree
        tree = mended(tree, mends)
        told = [(*mend.path[:-1], mend.new_key) for mend in mends if mend.new_key]
    return tree


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
    return make_validator(schemas()[schema_name], schemas())


def _faults(tree: object, validator: Any) -> Iterator[Fault]:
    """The faults of a tree; what a misspelt key would give is not told as missing."""
    errors = islice(validator.iter_errors(tree), MAX_FAULTS)
    found: dict[tuple[Path, str, str], Fault] = {}
    for error in errors:
        for fault in faults_of(error, validator.schema):
            # Several branches of a schema may refuse one key; the first to speak is the nearest.
            found.setdefault((fault.path, fault.code, fault.missing), fault)
    given = {_new_path(fault.mend) for fault in found.values() if fault.mend is not None}
    for fault in found.values():
        if not (fault.missing and (*fault.path, fault.missing) in given):
            yield fault


def _new_path(mend: Mend) -> Path:
    return (*mend.path[:-1], mend.new_key) if mend.new_key else ()


def _note(fault: Fault, tree: object, findings: Findings) -> None:
    findings.add(
        fault.code,
        fault.message,
        _place(fault, tree),
        hint=fault.hint,
        help=fault.help,
        length=fault.length,
    )


def _place(fault: Fault, tree: object) -> Place | None:
    if not fault.at_key:
        return place_at(tree, fault.path)
    *path, key = fault.path
    return key_place_of(_at(tree, path), str(key)) or place_at(tree, path)


def _at(tree: object, path: Sequence[str | int]) -> object:
    for key in path:
        tree = tree[key]  # type: ignore[index]  # the path of an error leads through maps and lists
    return tree
