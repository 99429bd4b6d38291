"""The recorded exchanges of a spec: those of `tests:`, and the files below `exchanges/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources.abc import Traversable
from typing import Any, Final

from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.registry import ProviderRecord
from model_runtime.spec.schema import check_schema, count_faults
from model_runtime.spec.tree import YamlMap, key_place_of
from model_runtime.spec.yaml_source import read_yaml

FOLDER: Final = "exchanges"
_ENDINGS: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One exchange. `folder` holds the files that its replies name; `file` is for people.

    `path` leads to it in its file; a file of its own is the exchange.
    """

    provider: str
    operation: str
    name: str
    spec: Mapping[str, Any]
    file: str
    folder: Traversable | None = None
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return f"{self.provider}/{self.operation}/{self.name}"

    @property
    def given(self) -> Mapping[str, Any]:
        """The canonical call."""
        given: Mapping[str, Any] = self.spec.get("given") or {}
        return given

    @property
    def is_stream(self) -> bool:
        """Whether the call streams."""
        return self.given.get("stream") is True

    @property
    def rounds(self) -> list[Mapping[str, Any]]:
        """Requests and replies in order; none where the call is refused before it is sent."""
        return list(self.spec.get("rounds", [self.spec]))

    def place(self, key: str) -> Place:
        """Where a key of the exchange stands, or else the exchange."""
        found = key_place_of(self.spec, key)
        own = self.spec.place if isinstance(self.spec, YamlMap) else None
        return found or own or Place(self.file, 1, 1)


def cases_of(record: ProviderRecord, findings: Findings) -> list[Case]:
    """Every exchange of a spec, its own alone: a parent's are run with the parent."""
    cases = list(_inline(record))
    folder = record.loaded.folder
    if folder is None:
        return cases
    home = record.loaded.files[0].replace("\\", "/").rpartition("/")[0]
    shown = f"{home}/{FOLDER}" if home else FOLDER
    return cases + read_cases(record.name, folder.joinpath(FOLDER), shown, findings)


def read_cases(provider: str, folder: Traversable, shown: str, findings: Findings) -> list[Case]:
    """The exchanges of `<folder>/<operation>/<case>.yaml`; a broken file is a finding."""
    cases: list[Case] = []
    for operation in _sorted(folder):
        if not operation.is_dir():
            continue
        for path in _sorted(operation):
            name, dot, ending = path.name.rpartition(".")
            if dot + ending not in _ENDINGS:
                continue
            file = f"{shown}/{operation.name}/{path.name}"
            spec = _read(path, file, findings)
            if spec is not None:
                cases.append(
                    Case(
                        provider=provider,
                        operation=operation.name,
                        name=name,
                        spec=spec,
                        file=file,
                        folder=operation,
                    )
                )
    return cases


def _inline(record: ProviderRecord) -> Iterator[Case]:
    for operation, tests in _inline_tests(record.loaded.tree.get("operations")):
        for index, test in enumerate(tests):
            if isinstance(test, Mapping):
                yield Case(
                    provider=record.name,
                    operation=operation,
                    name=str(test.get("name") or f"test {index + 1}"),
                    spec=test,
                    file=record.loaded.files[0],
                    folder=record.loaded.folder,
                    path=("operations", str(operation), "tests", index),
                )


def _inline_tests(operations: object) -> Iterator[tuple[str, list[Any]]]:
    """The `tests` of each operation; those of `count_tokens` stand below its model types."""
    for name, spec in operations.items() if isinstance(operations, Mapping) else ():
        inner = spec.values() if name == "count_tokens" and isinstance(spec, Mapping) else ()
        for holder in (spec, *inner):
            if isinstance(holder, Mapping) and isinstance(holder.get("tests"), list):
                yield str(name), holder["tests"]


def _read(path: Traversable, file: str, findings: Findings) -> Mapping[str, Any] | None:
    found = Findings()
    doubts = partial(count_faults, "exchange.schema.json")
    spec = read_yaml(path.read_bytes(), file, found, doubts=doubts)
    if isinstance(spec, YamlMap):
        check_schema(spec, "exchange.schema.json", found)
    elif not found.errors:
        found.add(
            "S104",
            "the file holds no map; expected an exchange.",
            Place(file, 1, 1),
            help="Write the keys `given`, `sends`, `reply` and `gives`.",
        )
    findings.take(found)
    return spec if isinstance(spec, YamlMap) and not found.errors else None


def _sorted(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted(folder.iterdir(), key=lambda entry: entry.name)
