"""A credential that goes to another host.

What it checks
    A request with a `url` of its own leads to the host of `base_url`, or to one that
    `allow_hosts` names; so does a token request.

Why
    Who reads the spec must see at one place where the key goes.

Example
    auth: {kind: token_exchange, request: {url: https://login.other.example/token}}

Instead
    allow_hosts: [login.other.example]

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.location import Place
from model_runtime.network import host_allowed
from model_runtime.spec.tree import place_of

_FILLED: Final = re.compile(r"\{\{[^}]*\}\}")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell literal URLs that lead away from `base_url` without leave."""
    base = _host(str(provider.tree.get("base_url", "")))
    general = _globs(provider.tree)
    for path, request, place in _urls(provider):
        url = str(request["url"])
        host = _host(url)
        if not host or host == base or url.startswith("{{"):
            continue
        filled = _FILLED.sub("x", url)
        if not host_allowed(filled, [*general, *_globs(request)], None):
            yield Finding(
                code="A505",
                message=f"`{path}.url` leads to {host!r}, which is not the host of `base_url`.",
                place=place,
                help="Name the host in `allow_hosts`.",
            )


def _urls(provider: Subject) -> Iterator[tuple[str, Mapping[str, Any], Place | None]]:
    auth = provider.block("auth")
    ways = [("auth", auth)]
    ways += [(f"auth.any.{name}", way) for name, way in provider.block("auth", "any").items()]
    for path, way in ways:
        request = way.get("request") if isinstance(way, Mapping) else None
        if isinstance(request, Mapping) and isinstance(request.get("url"), str):
            yield f"{path}.request", request, place_of(request, "url")
    for path, request in provider.requests():
        if isinstance(request.get("url"), str):
            yield path, request, place_of(request, "url")


def _globs(spec: Mapping[str, Any]) -> list[str]:
    found = spec.get("allow_hosts")
    return [str(glob) for glob in found] if isinstance(found, list) else []


def _host(url: str) -> str:
    """The host of a URL as it is written; templates in it stay."""
    return urlsplit(url).netloc if "://" in url else ""
