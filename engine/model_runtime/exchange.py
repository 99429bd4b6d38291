"""Our own words for the wire: what flows ask for and what drivers answer.

A flow is a plain generator. It yields one of the asks below, receives the answer that the ask
names, and returns its result. Flows do no input or output; a driver (sync or async) runs them,
throws ConnectionFailed and TimedOut into them where they happen, and closes what they opened.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
# Which addresses a request may be sent to: any but metadata services and link-local ones, or
# public ones alone, over https.
Reach = Literal["any", "public"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to connect, to the first byte, between chunks, in all; None for no limit."""

    connect: float | None = 10.0
    first_byte: float | None = 60.0
    between_chunks: float | None = 60.0
    total: float | None = 600.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HttpRequest:
    """A request as it goes out. Header names are lower case; `body` is the final bytes.

    `reach` is `public` where the URL is not the user's own word: a server sent it, or it comes
    from an untrusted spec or credential. Its `repr` shows no header, query or body: tools that
    report errors print local variables.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reach: Reach = "any"

    @property
    def shown(self) -> str:
        """The request as messages name it: without query and user, where keys may stand."""
        try:
            parts = urlsplit(self.url)
            host = parts.netloc.rpartition("@")[2]
        except ValueError:
            return self.method
        return f"{self.method} {parts.scheme}://{host}{parts.path}"

    def __repr__(self) -> str:
        return f"HttpRequest({self.shown})"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply read to its end. Header names are lower case; repeated ones are joined by ', '."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class OpenReply:
    """A reply whose head has come, its body unread. `connection` belongs to the driver, `request`
    to the flow that opened it: what it asked for, before auth."""

    status: int
    headers: dict[str, str]
    connection: object = None
    request: HttpRequest | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole reply. Answer: HttpReply."""

    request: HttpRequest
    timeouts: Timeouts
    max_bytes: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request and read only the head. Answer: OpenReply; the flow's result takes it over,
    or the flow asks for `Drain`. A flow that fails after this leaves the closing to the driver."""

    request: HttpRequest
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class Drain:
    """Read an open reply to its end and close it. Answer: HttpReply."""

    reply: OpenReply
    max_bytes: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some seconds pass. Answer: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Run an inner flow while no other call runs one with the same key. Answer: its result.

    This is how concurrent calls share one token exchange: the inner flow looks into its cache
    first, so that the second caller finds what the first one fetched.
    """

    key: object
    flow: Callable[[], Flow[Any]]


@dataclass(frozen=True, slots=True)
class Work:
    """Run a function that waits for files, programs or services of its own, such as another
    library's search for credentials; under asyncio in a thread. Answer: what it returns."""

    function: Callable[[], Any]


Ask = Send | Open | Drain | Wait | Exclusive | Work
Flow = Generator[Ask, Any, T]
