"""A URL of the server that is followed anywhere.

What it checks
    A request whose `url` comes from a reply has `same_origin_as` or `allow_hosts`; so has
    `audio.url`.

Why
    A reply must not choose where the next request goes, which carries the key.

Example
    poll: {request: {method: GET, url: "{{ job.url }}"}}

Instead
    poll: {request: {method: GET, url: "{{ job.url }}", same_origin_as: base_url}}

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import place_of

_FROM_REPLY: Final = re.compile(r"\{\{[^}]*\b(?:job|steps)\.")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell URLs out of replies that nothing holds, and lists that hold nothing."""
    for holder in (provider.tree, *(request for _, request in provider.requests())):
        for index, host in enumerate(holder.get("allow_hosts") or ()):
            if isinstance(host, str) and not host.strip("*."):
                yield Finding(
                    code="A504",
                    message=f"`allow_hosts` with {host!r} allows every host.",
                    place=place_of(holder["allow_hosts"], index),
                    help='Name the hosts: "files.acme.example", or "*.cdn.acme.example".',
                    length=len(host),
                )
    general = bool(provider.tree.get("allow_hosts"))
    for path, request in provider.requests():
        url = request.get("url")
        is_held = general or "same_origin_as" in request or "allow_hosts" in request
        if isinstance(url, str) and _FROM_REPLY.match(url.strip()) and not is_held:
            yield Finding(
                code="A504",
                message=f"`{path}.url` comes from a reply and may lead to any host.",
                place=place_of(request, "url"),
                help="Add `same_origin_as: base_url`, or `allow_hosts` with the hosts.",
            )
    for name, operation in provider.model_operations():
        audio = block(operation, "response", "audio")
        if "url" in audio and not audio.get("allow_hosts"):
            yield Finding(
                code="A504",
                message=f"`operations.{name}.response.audio.url` may lead to any host.",
                place=place_of(audio, "url"),
                help="Add `allow_hosts` with the hosts that audio is fetched from.",
            )
