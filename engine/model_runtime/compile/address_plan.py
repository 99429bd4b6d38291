"""Where a request goes: a path below the base URL, or a URL of its own that is checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_runtime.absent import Absent
from model_runtime.errors import HostRefused, InvalidParameter
from model_runtime.exchange import Reach
from model_runtime.network import (
    check_destination,
    host_allowed,
    join_url,
    origin,
    path_segment,
    reach_of,
)
from model_runtime.secrets import reveal

from .context import CompileContext
from .scopes import Field
from .templates import Template, compile_template
from .values import place_in

Scope = dict[str, object]


class AddressPlan:
    """The compiled `path` or `url` of a request.

    Each expression in them is one encoded segment; only a `url` that is nothing but an
    expression, such as one that the server sent, is taken as it is. A `url` that begins with `/`
    stands at the origin of the base URL. Any other must have that origin, or a host that
    `allow_hosts` of the request or of the provider names.
    """

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, operation: str, field: Field
    ) -> None:
        self._context = context
        self._names = context.names(field, operation)
        self._path = self._template(spec, "path", is_encoded=True)
        self._url = self._template(spec, "url", is_encoded=not _is_lone(spec.get("url")))
        self._allow_hosts = (*_hosts(spec), *_hosts(context.tree))
        self._stays = spec.get("same_origin_as") is not None

    def reach(self, url: str, base_url: str) -> Reach:
        """How far a URL that `build` gave may lead."""
        if self._url is None:
            return "any"
        named = () if self._context.is_untrusted else self._allow_hosts
        return reach_of(url, base_url, named)

    @property
    def templates(self) -> tuple[Template | None, ...]:
        """What is rendered to make the address."""
        return self._path, self._url

    def build(self, scope: Scope, base_url: str, query: Sequence[tuple[str, str]]) -> str:
        """Return the URL. HostRefused when it leads where the spec does not allow."""
        if self._url is not None:
            return self._own_url(self._url.render(scope), base_url, query)
        path = self._path.render(scope) if self._path is not None else ""
        url = join_url(base_url, str(path), query)
        check_destination(url, base_url)
        return url

    def _own_url(self, found: object, base_url: str, query: Sequence[tuple[str, str]]) -> str:
        if found is Absent or found is None:
            raise InvalidParameter("The URL of this request is absent; its spec reads it in `url`.")
        url, here = str(reveal(found)), origin(base_url)
        # Two slashes begin a host: no path, whatever a server meant by them.
        if url.startswith("/") and not url.startswith("//"):
            return join_url(here, url, query)
        url = join_url(url, "", query)
        if origin(url) == here:
            return url
        if self._stays or not host_allowed(url, self._allow_hosts, None):
            raise HostRefused(
                f"The URL leads to {origin(url)!r}, away from {here!r}. "
                "Only hosts that the spec names in allow_hosts may be reached beside it."
            )
        return url

    def _template(self, spec: Mapping[str, Any], key: str, *, is_encoded: bool) -> Template | None:
        if key not in spec:
            return None
        return compile_template(
            spec[key],
            self._names,
            self._context.findings,
            place_in(spec, key),
            fragments=self._context.fragments,
            encode=path_segment if is_encoded else None,
        )


def _is_lone(url: object) -> bool:
    """Whether a URL is one expression and nothing else."""
    text = url.strip() if isinstance(url, str) else ""
    return text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1


def _hosts(spec: Mapping[str, Any]) -> tuple[str, ...]:
    found = spec.get("allow_hosts")
    return tuple(str(host) for host in found) if isinstance(found, list) else ()
