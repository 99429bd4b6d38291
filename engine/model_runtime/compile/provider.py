"""A provider, compiled: its auth, errors and operations, per set of model rules that apply.

Nothing is compiled before it is used; what is compiled is kept. Models to which the same rules
apply share one variant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from model_runtime.auth import Auth
from model_runtime.branches import Branches, watched, watched_table, watched_test
from model_runtime.durations import DURATION_HELP, read_duration
from model_runtime.errors import HostRefused, UnsupportedOperation
from model_runtime.exchange import Timeouts
from model_runtime.findings import Findings
from model_runtime.flows.retry import RetryPolicy
from model_runtime.network import check_base_url, check_reach, encode_path
from model_runtime.parameters import ParameterRow, read_table
from model_runtime.secrets import reveal
from model_runtime.spec.resolve import patch
from model_runtime.spec.tree import YamlMap, key_place_of
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .auth_plan import compile_auth
from .check_plan import CheckOperation
from .context import CompileContext
from .count_plan import CountOperation
from .describe_plan import DescribeOperation
from .drop_plan import always_dropped
from .errors_plan import ErrorsPlan
from .expressions import compile_expression
from .listing import ListOperation
from .operation import LLMOperation
from .task_operation import RESPONSES, TaskOperation
from .templates import Fragments, Template, check_unused, compile_template
from .values import place_in

CompiledOperation = (
    LLMOperation
    | TaskOperation
    | ListOperation
    | CountOperation
    | DescribeOperation
    | CheckOperation
)
Compile = Callable[[Mapping[str, Any], CompileContext, ErrorsPlan], CompiledOperation]

# The model types whose tokens a service may count.
COUNTED: tuple[ModelType, ...] = ("llm", "text-embedding")
# Whose credentials a request of its own may prove: the provider's, or those of one model.
CHECKED: tuple[str, ...] = ("provider", *MODEL_TYPES)
_TIMEOUTS = ("connect", "first_byte", "between_chunks", "total")
_DEFAULT_ROLES = {"developer": "system"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRule:
    """One entry of `model_rules`: for which models its patch holds."""

    name: str
    match: tuple[str, ...]
    when: Callable[[dict[str, object]], object] | None
    patch: Mapping[str, Any]

    def holds(self, scope: dict[str, object]) -> bool:
        """Whether the rule applies to the model that `scope` names."""
        model = str(scope["model"])
        if self.match and not any(fnmatchcase(model, glob) for glob in self.match):
            return False
        return self.when is None or bool(self.when(scope))


class Variant:
    """A provider's wire for one set of model rules: everything that a call needs."""

    def __init__(
        self,
        provider: str,
        tree: YamlMap,
        credentials: Mapping[str, bool],
        rule_parameters: frozenset[str],
        branches: Branches | None = None,
        is_untrusted: bool = False,
    ) -> None:
        self.findings = Findings(branches=branches)
        self._tree = tree
        self.rows = self._table(_block(tree, "parameters"))
        self._context = CompileContext(
            provider=provider,
            tree=tree,
            findings=self.findings,
            credentials=credentials,
            parameters=frozenset(self.rows) | rule_parameters | _task_parameters(tree),
            fragments=Fragments(tree),
            is_untrusted=is_untrusted,
        )
        self.errors = ErrorsPlan(_block(tree, "errors"), self.findings)
        self.auth: Auth = compile_auth(_block(tree, "auth"), self._context)
        self.timeouts = _timeouts(_block(tree, "timeouts"), self.findings)
        self.retry = _retry(_block(tree, "retry"), self.findings)
        self.drop = always_dropped(tree)
        self._base_url = self._compile_base_url()
        self._operations: dict[str, CompiledOperation] = {}
        self._lock = threading.Lock()

    @property
    def operation_names(self) -> tuple[str, ...]:
        """The operations that the spec declares or inherits."""
        return tuple(_block(self._tree, "operations"))

    def llm(self) -> LLMOperation:
        """The `llm` operation. UnsupportedOperation when the spec has none."""
        operation = self._operation("llm")
        assert isinstance(operation, LLMOperation)
        return operation

    def task(self, kind: ModelType) -> TaskOperation:
        """The operation of another model type. UnsupportedOperation when the spec has none."""
        operation = self._operation(kind)
        assert isinstance(operation, TaskOperation)
        return operation

    def task_rows(self, kind: ModelType) -> dict[str, ParameterRow]:
        """The parameters of an operation other than `llm`: those that it declares itself."""
        return self._table(_block(_block(_block(self._tree, "operations"), kind), "parameters"))

    def _table(self, spec: Mapping[str, Any]) -> dict[str, ParameterRow]:
        rows, branches = read_table(spec), self.findings.branches
        if branches is not None:
            rows = {name: _watched_row(row, spec[name], branches) for name, row in rows.items()}
        return watched_table(rows, branches, "parameter", partial(key_place_of, spec))

    def count(self, kind: ModelType) -> CountOperation | None:
        """The service's own count of tokens for a model type, where the spec declares one."""
        if kind not in _block(_block(self._tree, "operations"), "count_tokens"):
            return None
        operation = self._operation(f"count_tokens.{kind}")
        assert isinstance(operation, CountOperation)
        return operation

    def check(self, kind: str) -> Mapping[str, Any] | None:
        """How credentials are proven for `provider` or a model type, where the spec says so."""
        checks = _block(_block(self._tree, "operations"), "validate_credentials")
        found = checks.get(kind)
        return found if isinstance(found, Mapping) else None

    def check_request(self, kind: str) -> CheckOperation:
        """The request of its own by which `check` proves credentials."""
        operation = self._operation(f"validate_credentials.{kind}")
        assert isinstance(operation, CheckOperation)
        return operation

    @property
    def tokenizer(self) -> str | None:
        """The local tokenizer that fits the model, where the spec knows one: the name of an
        encoding, or the path of a file, which the spec names from its own folder.

        An untrusted spec has no files.
        """
        found = str(self._tree.get("tokenizer") or "")
        if not found.endswith(".json"):
            return found or None
        place = place_in(self._tree, "tokenizer")
        if self._context.is_untrusted or place is None:
            return None
        return str(Path(place.file).parent / found)

    def listing(self, name: str) -> ListOperation:
        """The operation `list_models` or `voices`. UnsupportedOperation when there is none."""
        operation = self._operation(name)
        assert isinstance(operation, ListOperation)
        return operation

    def describe(self) -> DescribeOperation | None:
        """How the service tells of one model, where the spec declares it."""
        if "describe_model" not in _block(self._tree, "operations"):
            return None
        operation = self._operation("describe_model")
        assert isinstance(operation, DescribeOperation)
        return operation

    def base_url(
        self,
        credentials: Mapping[str, object],
        model: str = "",
        model_properties: Mapping[str, Any] | None = None,
    ) -> str:
        """The base URL for these credentials. HostRefused when it leads where it must not."""
        if self._base_url is None:
            raise UnsupportedOperation(
                f"Provider {self._context.provider!r} has no base_url, so it cannot be called."
            )
        scope: dict[str, object] = {
            "credentials": credentials,
            "model": model,
            "model_properties": model_properties or {},
        }
        url = str(reveal(self._base_url.render(scope))).rstrip("/")
        if not url.startswith(("http://", "https://")):
            raise HostRefused(f"The base URL {url!r} does not start with https:// or http://.")
        url = encode_path(url)
        check_base_url(url, typed_by_user=True)
        if self._context.is_untrusted:
            check_reach(url, "public")
        return url

    def compile_all(self) -> None:
        """Compile every operation, so that every finding is known."""
        for name in self.operation_names:
            if name in _COMPILERS:
                self._operation(name, must_work=False)
        for kind in _block(_block(self._tree, "operations"), "count_tokens"):
            if kind in COUNTED:
                self._operation(f"count_tokens.{kind}", must_work=False)
        for kind in CHECKED:
            if "request" in (self.check(kind) or {}):
                self._operation(f"validate_credentials.{kind}", must_work=False)
        check_unused(self._context.fragments, self.findings)

    def _operation(self, name: str, *, must_work: bool = True) -> CompiledOperation:
        operation = self._operations.get(name)
        if operation is None:
            with self._lock:
                operation = self._operations.get(name) or self._compile(name)
                self._operations[name] = operation
        if must_work:
            self.findings.raise_errors(f"provider {self._context.provider!r}")
        return operation

    def _compile(self, name: str) -> CompiledOperation:
        operations = _block(self._tree, "operations")
        outer, _, inner = name.partition(".")
        spec = _block(operations, outer).get(inner) if inner else operations.get(name)
        if not isinstance(spec, Mapping) or name not in _COMPILERS:
            raise UnsupportedOperation(
                f"Provider {self._context.provider!r} has no operation {name!r}; "
                f"its spec has: {', '.join(operations) or 'none'}."
            )
        # In ordinary use an operation is compiled when it is first called, and so is it taken.
        place = key_place_of(operations, outer)
        compile_operation = watched(_COMPILERS[name], self.findings.branches, "operation", place)
        return compile_operation(spec, self._context, self.errors)

    def _compile_base_url(self) -> Template | None:
        if "base_url" not in self._tree:
            return None
        context = self._context
        return compile_template(
            self._tree["base_url"],
            context.names("base_url"),
            self.findings,
            place_in(self._tree, "base_url"),
            fragments=context.fragments,
        )


class CompiledProvider:
    """A provider whose variants are compiled as its models are used."""

    def __init__(
        self,
        name: str,
        tree: YamlMap,
        *,
        credentials: Mapping[str, bool],
        rule_parameters: frozenset[str] = frozenset(),
        branches: Branches | None = None,
        is_untrusted: bool = False,
    ) -> None:
        self.name = name
        self.is_untrusted = is_untrusted
        self._tree = tree
        self._credentials = dict(credentials)
        self._rule_parameters = rule_parameters
        self._findings = Findings(branches=branches)
        self._rules = _model_rules(name, tree, credentials, self._findings)
        self._variants: dict[tuple[str, ...], Variant] = {}
        self._lock = threading.Lock()

    def variant(
        self,
        model: str,
        model_properties: Mapping[str, Any],
        credentials: Mapping[str, object],
    ) -> Variant:
        """The variant of a model. SpecError when a rule that applies cannot be used."""
        self._findings.raise_errors(f"provider {self.name!r}")
        scope: dict[str, object] = {
            "model": model,
            "model_properties": model_properties,
            "credentials": credentials,
        }
        return self._variant_of(tuple(rule for rule in self._rules if rule.holds(scope)))

    def base_variant(self) -> Variant:
        """The variant to which no model rule applies."""
        return self._variant_of(())

    def findings(self) -> Findings:
        """Every finding: of the rules, of the base, and of the base with each rule."""
        found = Findings(list(self._findings))
        for variant in self.variants():
            variant.compile_all()
            for finding in variant.findings:
                if finding not in found.items:
                    found.items.append(finding)
        return found

    def variants(self) -> Iterator[Variant]:
        """The base, and the base with each rule alone."""
        for rules in ((), *((rule,) for rule in self._rules)):
            yield self._variant_of(rules)

    def _variant_of(self, rules: tuple[ModelRule, ...]) -> Variant:
        key = tuple(rule.name for rule in rules)
        variant = self._variants.get(key)
        if variant is None:
            with self._lock:
                variant = self._variants.get(key) or self._make_variant(rules)
                self._variants[key] = variant
        return variant

    def _make_variant(self, rules: tuple[ModelRule, ...]) -> Variant:
        findings = Findings()
        tree = self._tree
        for rule in rules:
            tree = patch(tree, rule.patch, findings)
        variant = Variant(
            self.name,
            tree,
            self._credentials,
            self._rule_parameters,
            self._findings.branches,
            is_untrusted=self.is_untrusted,
        )
        own_file = self._tree.place.file if self._tree.place else None
        for finding in findings:
            # What an inherited rule patches may be gone from a child: no fault of either file.
            if finding.place is None or finding.place.file == own_file:
                variant.findings.items.append(finding)
        return variant


def _model_rules(
    provider: str, tree: YamlMap, credentials: Mapping[str, bool], findings: Findings
) -> tuple[ModelRule, ...]:
    rules: list[ModelRule] = []
    context = CompileContext(
        provider=provider,
        tree=tree,
        findings=findings,
        credentials=credentials,
        parameters=None,
        fragments=Fragments(tree),
    )
    block = _block(tree, "model_rules")
    for name, spec in block.items():
        if not isinstance(spec, Mapping):
            continue
        match = spec.get("match", ())
        when = None
        if "when" in spec:
            names = context.names("model_rule_when")
            when = compile_expression(str(spec["when"]), names, findings, place_in(spec, "when"))
        if findings.branches is not None:
            place = key_place_of(block, name)
            when = watched_test(when or _always, findings.branches, "model_rule", place)
        rules.append(
            ModelRule(
                name=name,
                match=(match,) if isinstance(match, str) else tuple(match),
                when=when,
                patch=spec,
            )
        )
    return tuple(rules)


def _watched_row(row: ParameterRow, spec: object, branches: Branches) -> ParameterRow:
    """The same row, whose map of values counts for coverage."""
    table = spec.get("map") if isinstance(spec, Mapping) else None
    if row.values is None or not isinstance(table, Mapping):
        return row
    places = partial(key_place_of, table)
    return replace(row, values=watched_table(dict(row.values), branches, "value", places))


def _always(_scope: dict[str, object]) -> object:
    return True


def _task_parameters(tree: Mapping[str, Any]) -> frozenset[str]:
    operations = _block(tree, "operations").values()
    return frozenset(
        name
        for spec in operations
        if isinstance(spec, Mapping)
        for name in _block(spec, "parameters")
    )


def _block(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    block = tree.get(key)
    return block if isinstance(block, Mapping) else {}


def _list(tree: Mapping[str, Any], key: str) -> list[Any]:
    found = tree.get(key)
    return found if isinstance(found, list) else []


def _timeouts(spec: Mapping[str, Any], findings: Findings) -> Timeouts:
    known = {
        name: _duration(spec, name, findings) for name in _TIMEOUTS if spec.get(name) is not None
    }
    return Timeouts(**known)


def _retry(spec: Mapping[str, Any], findings: Findings) -> RetryPolicy:
    options: dict[str, Any] = {}
    if "times" in spec:
        options["times"] = int(spec["times"])
    if "kinds" in spec:
        options["kinds"] = frozenset(spec["kinds"])
    backoff = _block(spec, "backoff")
    for name in ("start", "max"):
        if name in backoff:
            options[f"backoff_{name}"] = _duration(backoff, name, findings)
    if "factor" in backoff:
        options["backoff_factor"] = float(backoff["factor"])
    if "max_delay" in spec:
        options["max_delay"] = _duration(spec, "max_delay", findings)
    return RetryPolicy(**options)


def _duration(spec: Mapping[str, Any], key: str, findings: Findings) -> float:
    try:
        return read_duration(spec[key])
    except ValueError as error:
        findings.add("S104", f"{error}.", place_in(spec, key), help=DURATION_HELP)
        return 0.0


def _compile_llm(
    spec: Mapping[str, Any], context: CompileContext, errors: ErrorsPlan
) -> LLMOperation:
    tree = context.tree
    roles = {**_DEFAULT_ROLES, **_block(tree, "roles")}
    ladder = spec.get("response_format") or tree.get("response_format") or ()
    return LLMOperation(spec, context, errors, roles=roles, ladder=ladder)


def _task_compiler(kind: ModelType) -> Compile:
    return lambda spec, context, errors: TaskOperation(kind, spec, context, errors)


def _count_compiler(kind: ModelType) -> Compile:
    return lambda spec, context, errors: CountOperation(spec, context, errors, kind)


_COMPILERS: dict[str, Compile] = {
    "llm": _compile_llm,
    "list_models": lambda s, c, e: ListOperation(s, c, e, "list_models"),
    "describe_model": DescribeOperation,
    "voices": lambda s, c, e: ListOperation(s, c, e, "voices"),
    **{kind: _task_compiler(kind) for kind in RESPONSES},
    **{f"count_tokens.{kind}": _count_compiler(kind) for kind in COUNTED},
    **{f"validate_credentials.{kind}": CheckOperation for kind in CHECKED},
}
