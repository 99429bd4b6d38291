"""What every request passes before any page or path sees it.

Plain ASGI: a middleware that wrapped replies in tasks would cost every streamed chunk.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
TOKEN_COOKIE: Final = "model_runtime_token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With none at all a browser would name no origin for our own forms either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the guard holds to.

    `hosts` are the names under which the app may be asked, None for any. `max_body` is bytes.
    """

    hosts: Collection[str] | None = LOOPBACK_HOSTS
    max_body: int = 64 * 1024 * 1024


class Guard:
    """Refuses strange hosts, foreign pages and bodies that are too large; adds safe headers.

    A page of another site may make a browser send requests here. Such a request names its
    origin, and changes nothing.
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        answer: ASGIApp = self._app if refusal is None else refusal
        limited = _Limited(receive, self._rules.max_body)
        try:
            await answer(scope, limited, _with_headers(send))
        except _TooLarge:
            if not limited.answered:
                await _too_large(self._rules.max_body)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self._rules.hosts is not None and name not in self._rules.hosts:
            return PlainTextResponse(
                f"This server is not asked as {name!r}. Name it with --host or allowed hosts.\n",
                421,
            )
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._rules.max_body:
            return _too_large(self._rules.max_body)
        if scope["method"] not in _SAFE and not _same_origin(headers, host):
            return PlainTextResponse("A page of another site may not ask for this.\n", 403)
        return None


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether the request comes from a page of this server, or from no page at all."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


def is_same_text(given: str | None, wanted: str) -> bool:
    """Whether a token is the right one, in a time that tells nothing of it."""
    return given is not None and hmac.compare_digest(given.encode(), wanted.encode())


class _TooLarge(Exception):
    """The body has outgrown the limit while it was read."""


class _Limited:
    """Counts the bytes of a body as they are read."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.answered = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLarge
        return message


def _too_large(most: int) -> Response:
    return PlainTextResponse(f"The body is larger than {most:,} bytes.\n", 413)


def _with_headers(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return add
