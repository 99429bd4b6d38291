"""Sends the questions of a probe and keeps what every reply was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime.errors import InvokeError
from model_runtime.exchange import Flow, HttpReply, HttpRequest, Send, Timeouts
from model_runtime.multipart import encode_multipart
from model_runtime.runtime.sync_driver import SyncDriver
from model_runtime.secrets import Redactor

PATIENCE: Final = Timeouts(connect=10, first_byte=60, between_chunks=30, total=90)
_MOST_BYTES: Final = 8 * 1024 * 1024
_EXCERPT: Final = 110
# Statuses of a path that is not there. 501 is what servers say that know a path and lack the rest.
_ABSENT: Final = frozenset({404, 405, 410, 501})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to one question; `status` 0 says that nothing came, and `text` why."""

    asked: str
    status: int
    text: str
    content_type: str = ""
    body: bytes = b""

    @property
    def is_ok(self) -> bool:
        """Whether the service did what it was asked."""
        return 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Whether credentials are missing or wrong."""
        return self.status in (401, 403)

    @property
    def is_absent(self) -> bool:
        """Whether there is no such path. A 404 that speaks of the model says that there is."""
        return self.status in _ABSENT and not (self.status == 404 and "model" in self.text.lower())

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def at(self, *path: str | int) -> Any:
        """What stands at a path of the JSON body; None when nothing does."""
        found = self.json
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    @property
    def evidence(self) -> str:
        """The question and its answer in a few words, of characters that are harmless."""
        said = f": {self.text}" if self.text and not self.is_ok else ""
        return f"{self.asked}: {self.status or 'no answer'}{said}"


@dataclass(frozen=True, slots=True)
class KeyStyle:
    """A way to send a key: the header, and what stands before the key in it."""

    header: str
    prefix: str = ""


BEARER: Final = KeyStyle("authorization", "Bearer ")
KEY_STYLES: Final = (
    BEARER,
    KeyStyle("x-api-key"),
    KeyStyle("api-key"),
    KeyStyle("authorization"),
)


@dataclass(slots=True)
class Service:
    """A service at an address. The key goes there and nowhere else: redirects are not followed."""

    base_url: str
    driver: SyncDriver
    key: str | None = None
    style: KeyStyle = BEARER
    failures: list[Answer] = field(default_factory=list)

    def get(self, path: str, *, style: KeyStyle | None = None) -> Answer:
        """Ask with GET."""
        return self._ask("GET", path, b"", "", style or self.style)

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        style: KeyStyle | None = None,
        bare: bool = False,
    ) -> Answer:
        """Ask with a JSON body; `bare` leaves the key out."""
        text = json.dumps(body).encode()
        chosen = None if bare else style or self.style
        return self._ask("POST", path, text, "application/json", chosen)

    def post_form(self, path: str, fields: list[tuple[str, Any]]) -> Answer:
        """Ask with a form of fields and files."""
        body, content_type = encode_multipart(fields)
        return self._ask("POST", path, body, content_type, self.style)

    def _ask(
        self, method: str, path: str, body: bytes, content_type: str, style: KeyStyle | None
    ) -> Answer:
        headers = {"content-type": content_type} if content_type else {}
        if self.key and style:
            headers[style.header] = style.prefix + self.key
        request = HttpRequest(method=method, url=self.base_url + path, headers=headers, body=body)
        try:
            reply = self.driver.run(_sent(request))
        except InvokeError as error:
            return Answer(f"{method} {path}", 0, self._excerpt(str(error)))
        answer = self._read(f"{method} {path}", reply)
        if not answer.is_ok:
            # Some servers refuse a request without reading its body, and then take what is left
            # of it for the next request on that connection.
            self.driver.close()
        if reply.status >= 400 and isinstance(answer.json, dict):
            self.failures.append(answer)
        return answer

    def _read(self, asked: str, reply: HttpReply) -> Answer:
        text = self._excerpt(reply.body[: _EXCERPT * 4].decode("utf-8", "replace"))
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(asked, reply.status, text, kind, reply.body)

    def _excerpt(self, text: str) -> str:
        """Some words of a reply, without the key, and fit for a comment."""
        words = " ".join(Redactor([self.key or ""])(text).split())
        shown = "".join(letter if letter.isprintable() else "?" for letter in words)
        return shown if len(shown) <= _EXCERPT else shown[: _EXCERPT - 3] + "..."


def _sent(request: HttpRequest) -> Flow[HttpReply]:
    reply: HttpReply = yield Send(request, PATIENCE, _MOST_BYTES)
    return reply
