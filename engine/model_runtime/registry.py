"""The providers of one runtime: found at once, loaded on first use, compiled on first call."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ._data import shipped
from .branches import Branches
from .catalog.models import ModelEntry, read_model
from .catalog.provider import ProviderDescription, read_provider
from .compile.provider import CompiledProvider
from .errors import SpecError, UnknownProvider
from .findings import Finding, Findings
from .location import Place
from .spec.load import LoadedSpec, SpecFolders, load
from .vocabulary import MODEL_TYPES, ModelStatus, ModelType


@dataclass(slots=True)
class ProviderRecord:
    """One provider: its loaded spec, its description, and its compiled form once it is called.

    With `branches` it is compiled so that calls tell which of its branches they took.
    """

    name: str
    loaded: LoadedSpec
    description: ProviderDescription
    findings: Findings
    is_untrusted: bool = False
    compiled: CompiledProvider | None = None
    branches: Branches | None = field(default=None, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def is_abstract(self) -> bool:
        """Whether this is a base for others and no provider to call."""
        return self.loaded.tree.get("abstract") is True

    def usable(self) -> CompiledProvider:
        """The compiled provider. SpecError with every finding when the spec cannot be used."""
        if self.findings.errors:
            found = Findings()
            found.take(self.findings)
            for finding in self.as_meant()[1]:
                found.keep(finding)
            found.raise_errors(f"provider {self.name!r}")
        if not self.description.is_callable:
            raise SpecError(
                f"provider {self.name!r}",
                [
                    Finding(
                        code="I204",
                        message=f"Provider {self.name!r} is only described: it has no wire. "
                        "Add a spec of the same name with base_url and operations.",
                        help="Put it into a folder of specs=[...] or --specs.",
                    )
                ],
            )
        with self._lock:
            if self.compiled is None:
                self.compiled = self._compile()
            return self.compiled

    def as_meant(self) -> tuple[CompiledProvider | None, list[Finding]]:
        """Compile a spec also where it is broken, so that all its faults are told at once."""
        if not self.description.is_callable:
            return None, []
        try:
            compiled = self._compile() if self.findings.errors else self.usable()
            return compiled, list(compiled.findings())
        except Exception:
            # Compilers may rely on the shape that the schema demands. Where it is broken, and has
            # been told, they are allowed to give up; in a sound spec that is a bug to be seen.
            if not self.findings.errors:
                raise
            return None, []

    def _compile(self) -> CompiledProvider:
        secrets = {row.variable: row.is_secret for row in self.description.form}
        secrets |= {row.variable: row.is_secret for row in self.description.model_form}
        return CompiledProvider(
            self.name,
            self.loaded.tree,
            credentials=secrets,
            rule_parameters=_rule_parameters(self.description.model_specs),
            branches=self.branches,
            is_untrusted=self.is_untrusted,
        )

    def models(self, status: ModelStatus) -> list[ModelEntry]:
        """The models that the spec lists."""
        return [read_model(self.name, spec, status) for spec in self.description.model_specs]

    def find_model(self, model: str, model_type: ModelType) -> ModelEntry | None:
        """The entry of a model that the spec lists, else None."""
        for spec in self.description.model_specs:
            if spec.get("model") == model and spec.get("model_type", "llm") == model_type:
                return read_model(self.name, spec, "active")
        return None


class Registry:
    """All providers under some spec folders. Thread-safe.

    An `untrusted` registry holds to public addresses whatever it compiles, and takes a name from
    the first of its folders that has it: no spec gets at the credentials of another.
    """

    def __init__(
        self,
        specs: Sequence[Any] | os.PathLike[str],
        *,
        bundled: bool,
        untrusted: bool = False,
    ) -> None:
        self._given: Any = (specs, bundled, untrusted)
        roots: list[Any] = [shipped("provider_specs")] if bundled else []
        # One path is a natural slip, and as a sequence it would be one entry for each letter.
        specs = [specs] if isinstance(specs, str | os.PathLike) else specs
        # The schemas of the bundled specs are checked before a release, not at each start.
        unchecked = frozenset({0}) if bundled else frozenset()
        self._folders = SpecFolders([*roots, *specs], unchecked, untrusted)
        self._is_untrusted = untrusted
        self._records: dict[str, ProviderRecord] = {}
        self._lock = threading.RLock()

    def reload(self) -> tuple[Finding, ...]:
        """Look at all files anew, and return the errors of those that cannot be used.

        Providers that were loaded are loaded again, and take their old record's place at once; one
        that is broken now leaves the old record in place. Calls under way keep what they began
        with. New providers are found, and those whose file is gone are unknown.
        """
        specs, bundled, untrusted = self._given
        fresh = Registry(specs, bundled=bundled, untrusted=untrusted)
        with self._lock:
            told: list[Finding] = []
            records: dict[str, ProviderRecord] = {}
            for name in set(self._records) & set(fresh._folders.names()):
                record = fresh.record(name)
                broken = record.findings.errors and not self._records[name].findings.errors
                told += record.findings.errors
                records[name] = self._records[name] if broken else record
            self._folders, self._records = fresh._folders, records
        return tuple(told)

    def names(self, among: Collection[str] = ()) -> list[str]:
        """The names of all providers in display order; abstract ones are not listed.

        Those that a `_position.yaml` names come first, in its order; the others follow by name.
        With `among` only those names are looked at, and nothing else is loaded.
        """
        there = self._folders.names()
        known = dict.fromkeys(name for name in there if not among or name in among)
        placed = [name for name in self._folders.positions() if name in known]
        names = dict.fromkeys([*placed, *known])
        return [name for name in names if not self.record(name).is_abstract]

    def record(self, name: str) -> ProviderRecord:
        """The record of a provider, loaded now if need be. UnknownProvider with a close match."""
        record = self._records.get(name)
        if record is None:
            with self._lock:
                record = self._records.get(name) or self._load(name)
                self._records[name] = record
        return record

    def _load(self, name: str) -> ProviderRecord:
        known = self._folders.names()
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise UnknownProvider(
                f"There is no provider {name!r}.{hint} "
                "`model-runtime providers` lists all; a spec of your own goes into specs=[...]."
            )
        findings = Findings()
        for file in self._folders.left_out(name):
            findings.add(
                "S106",
                f"an untrusted spec cannot take the name {name!r}, which another has already.",
                Place(file.shown, 1, 1),
                help="Give it a name of its own.",
            )
        loaded = load(name, self._folders, findings)
        operations = loaded.own_operations
        description = read_provider(
            name,
            loaded.tree,
            loaded.models,
            is_callable=not loaded.described,
            own_operations=[kind for kind in MODEL_TYPES if kind in operations],
        )
        return ProviderRecord(name, loaded, description, findings, self._is_untrusted)


def _rule_parameters(models: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    names: set[str] = set()
    for model in models:
        for rule in model.get("parameter_rules") or ():
            names |= {str(rule.get("name")), str(rule.get("use_template") or rule.get("name"))}
    return frozenset(names)
