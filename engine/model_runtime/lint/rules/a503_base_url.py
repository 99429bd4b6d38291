"""A base URL that a spec may not choose.

What it checks
    `base_url` is https and has no user name in it; to this machine and private networks it may
    be http. Only a credential of `format: url`, alone, may be the host; any other in it has a
    `pattern` or `options`. It ends before the paths of the operations.

Why
    The key goes wherever the base URL leads. A spec must not be able to send it to a place
    that the user has not chosen.

Example
    base_url: "https://{{ credentials.region }}.acme.example"   # and region has no pattern

Instead
    credentials: {region: {type: text-input, pattern: "^[a-z0-9-]+$"}}

See
    docs/writing-a-provider.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from model_runtime.errors import HostRefused
from model_runtime.findings import Finding, Findings
from model_runtime.hosts import is_private, normal_host
from model_runtime.lint.subject import Leaf, Subject, leaves
from model_runtime.location import Place
from model_runtime.network import check_base_url

_EXPRESSION: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_CREDENTIAL: Final = re.compile(r"\bcredentials\.(\w+)")
_LONE: Final = re.compile(r"\s*\{\{[^{}]*\}\}/*\s*")
_DIRECTIVE_ARGUMENTS: Final = frozenset({"$if", "$switch", "$each", "$as", "$use"})


def check(provider: Subject) -> Iterator[Finding]:
    """Judge the text of the base URL, or each text that it may be."""
    found = provider.tree.get("base_url")
    rows = {row.variable: row for row in provider.form}
    bounded = {name for name, row in rows.items() if row.pattern or row.options}
    typed = {name for name, row in rows.items() if row.format == "url"}
    for leaf in leaves({"base_url": found}):
        if leaf.keys[-1] not in _DIRECTIVE_ARGUMENTS:
            yield from _judge(leaf, provider, bounded, typed, set(rows))


def _judge(
    leaf: Leaf, provider: Subject, bounded: set[str], typed: set[str], rows: set[str]
) -> Iterator[Finding]:
    place = leaf.place or (
        getattr(provider.tree, "value_places", {}).get("base_url") or provider.place
    )
    if "{{" not in leaf.text:
        findings = Findings()
        # Whoever writes a spec for a server of his own has chosen that address himself.
        own = _is_local(leaf.text)
        check_base_url(leaf.text, typed_by_user=own, findings=findings, place=place)
        yield from findings
        yield from _doubled(leaf.text, provider, place)
        yield from _with_query(leaf.text, place)
        return
    host = _host(leaf.text)
    names = set(_CREDENTIAL.findall(" ".join(_EXPRESSION.findall(host))))
    fault = ""
    if _LONE.fullmatch(leaf.text):
        free = names - typed - bounded
        fault = f"`{free.pop()}` is not of `format: url`" if free else ""
    elif not leaf.text.startswith("https://") and not names & typed:
        fault = "it does not begin with https://"
    elif "@" in host:
        fault = "it has a user name in it"
    elif unbounded := sorted((names & rows) - bounded - typed):
        fault = f"`credentials.{unbounded[0]}` may be any host, as it has no `pattern`"
    if fault:
        yield Finding(
            code="A503",
            message=f"the base URL may not be used: {fault}.",
            place=place,
            help="Give the credential a `pattern` or `options`, or let the user type the whole "
            "URL with `format: url`.",
        )


def _with_query(url: str, place: Place | None) -> Iterator[Finding]:
    """Tell what paths would be put behind, where it is lost."""
    mark = next((mark for mark in url if mark in "?#"), "")
    if mark:
        start = url.index(mark)
        yield Finding(
            code="A503",
            message=f"the base URL ends with {url[start:]!r}, and paths are added behind it.",
            place=place.within(start) if place else None,
            help="Write query values under `query`." if mark == "?" else "Remove it.",
            length=len(url) - start,
        )


def _doubled(url: str, provider: Subject, place: Place | None) -> Iterator[Finding]:
    """Tell a whole endpoint, copied out of a manual, where its beginning belongs."""
    for name, request in provider.requests():
        path = request.get("path")
        if isinstance(path, str) and len(path) > 1 and url.rstrip("/").endswith(path.rstrip("/")):
            yield Finding(
                code="A503",
                message=f"the base URL ends with {path!r}, which `{name}` adds once more.",
                place=place,
                help=f"Leave {path} out of it.",
            )
            return


def _is_local(url: str) -> bool:
    """Whether a URL leads to this machine, a private network, or a host of one word."""
    try:
        host = normal_host(urlsplit(url).hostname or "")
    except (ValueError, HostRefused):
        return False
    return is_private(host) or "." not in host


def _host(text: str) -> str:
    """The part before the first slash, which may be inside an expression."""
    rest = text.partition("://")[2] or text
    masked = _EXPRESSION.sub(lambda found: "\0" * len(found[0]), rest)
    return rest[: len(re.split(r"[/?#]", masked, maxsplit=1)[0])]
