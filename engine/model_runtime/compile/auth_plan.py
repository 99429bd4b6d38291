"""Compiles the `auth:` block: templates, paths and durations in it, then the kind's own class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model_runtime.auth import AUTH_KINDS, Auth
from model_runtime.auth.any import AnyAuth
from model_runtime.branches import Branches, watched_test
from model_runtime.durations import DURATION_HELP, read_duration
from model_runtime.exchange import Reach
from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of

from .context import CompileContext
from .expressions import compile_expression
from .extractors import compile_path
from .rendering import Scope
from .scopes import Field, Shape
from .templates import compile_template
from .values import place_in

# Where an option of an auth kind is not a template: what it is instead.
_PATHS = frozenset({"token", "path", "json"})
_DURATIONS = frozenset({"lifetime", "default", "early"})
_PATH_BLOCKS = frozenset({"expires_in", "error", "refresh_on"})


def compile_auth(spec: Mapping[str, Any], context: CompileContext) -> Auth:
    """Return the auth of a provider; one without `auth:` needs none."""
    alternatives = spec.get("any")
    branches = context.findings.branches
    if not isinstance(alternatives, Mapping):
        auth = _compile_kind(spec, context)
        return auth if branches is None else AnyAuth([(_always(branches, spec, "kind"), auth)])
    compiled = []
    for name, alternative in alternatives.items():
        when = None
        if "when" in alternative:
            names = context.names("auth")
            place = place_in(alternative, "when")
            text = str(alternative["when"])
            when = compile_expression(text, names, context.findings, place)
            when = watched_test(when, branches, "auth", key_place_of(alternatives, name))
        elif branches is not None:
            when = _always(branches, alternatives, name)
        compiled.append((when, _compile_kind(alternative, context)))
    return AnyAuth(compiled)


def _always(branches: Branches, spec: Mapping[str, Any], key: str) -> Callable[[Scope], object]:
    """The condition of a way of auth that has none, for coverage."""
    place = key_place_of(spec, key)
    return watched_test(lambda scope: True, branches, "auth", place)


def _compile_kind(spec: Mapping[str, Any], context: CompileContext) -> Auth:
    kind = str(spec.get("kind", "none"))
    auth_class = AUTH_KINDS.get(kind)
    if auth_class is None:
        known = ", ".join(sorted(AUTH_KINDS))
        context.findings.add(
            "S104", f"{kind!r} is no kind of auth.", place_in(spec, "kind"), help=f"Known: {known}."
        )
        auth_class = AUTH_KINDS["none"]
    options = _OptionCompiler(context, is_exchange=kind == "token_exchange")
    place: Place | None = getattr(spec, "place", None)
    skip = {"kind", "when"}
    compiled = {k: options.compile(spec, k) for k in spec if k not in skip}
    # No option of a spec: how far the requests may lead that the auth itself sends.
    reach: Reach = "public" if context.is_untrusted else "any"
    return auth_class.from_spec({**compiled, "reach": reach}, place)


class _OptionCompiler:
    """Compiles the options of one auth block, each as what it is."""

    def __init__(self, context: CompileContext, *, is_exchange: bool) -> None:
        self._context = context
        self._is_exchange = is_exchange

    def compile(self, tree: Mapping[str, Any], key: str, block: str = "") -> object:
        """Compile the value under `key`; `block` is the top-level option that holds it."""
        value = tree[key]
        block = block or key
        if isinstance(value, Mapping):
            return {inner: self.compile(value, inner, block) for inner in value}
        if isinstance(value, list):
            return [self._item(value, i, block) for i in range(len(value))]
        if self._is_exchange and self._is_path(key, block):
            return compile_path(str(value), self._context.findings, place_in(tree, key))
        if self._is_exchange and key in _DURATIONS:
            return self._duration(value, place_in(tree, key))
        return self._template(value, place_in(tree, key), block)

    def _item(self, items: list[Any], index: int, block: str) -> object:
        item = items[index]
        if isinstance(item, Mapping):
            return {inner: self.compile(item, inner, block) for inner in item}
        places = getattr(items, "value_places", None)
        return self._template(item, places[index] if places else None, block)

    @staticmethod
    def _is_path(key: str, block: str) -> bool:
        return (block == key == "token") or (block in _PATH_BLOCKS and key in _PATHS)

    def _duration(self, value: object, place: Place | None) -> float:
        try:
            return read_duration(value)
        except ValueError as error:
            self._context.findings.add("S104", f"{error}.", place, help=DURATION_HELP)
            return 0.0

    def _template(self, value: object, place: Place | None, block: str) -> object:
        if not isinstance(value, str) or "{{" not in value:
            return value
        field: Field = "auth"
        if self._is_exchange and block in ("request", "assertion", "cache_key"):
            field = "token_request"
        names: dict[str, Shape] = self._context.names(field)
        template = compile_template(
            value, names, self._context.findings, place, fragments=self._context.fragments
        )
        return template.render
