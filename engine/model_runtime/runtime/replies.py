"""A reply whose head has come, the same whoever sent the request: own connection or httpx."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from .http1 import RawHeaders

C = TypeVar("C", Iterator[bytes], AsyncIterator[bytes])
R = TypeVar("R", None, Awaitable[None])


@dataclass(slots=True)
class Incoming(Generic[C, R]):
    """The head, the body's bytes, and how to let go of the connection.

    `is_decoded` tells that the body is no longer compressed: a host's client may have read it.
    """

    status: int
    headers: RawHeaders
    chunks: C
    close: Callable[[], R]
    find_socket: Callable[[], object]
    is_decoded: bool = False


SyncIncoming = Incoming[Iterator[bytes], None]
AsyncIncoming = Incoming[AsyncIterator[bytes], Awaitable[None]]


def from_httpx(response: httpx.Response) -> SyncIncoming:
    """Wrap a response of httpx."""
    # A hook of the host's client may have read the body; a stub of a transport always has.
    is_read = response.is_stream_consumed
    chunks: Iterator[bytes]
    if is_read:
        chunks = iter([response.content])
    else:
        assert isinstance(response.stream, httpx.SyncByteStream)
        chunks = iter(response.stream)
    return Incoming(
        response.status_code,
        response.headers.raw,
        chunks,
        response.close,
        lambda: _extra(response, "socket"),
        is_decoded=is_read,
    )


def from_async_httpx(response: httpx.Response) -> AsyncIncoming:
    """Wrap a response of an async transport of httpx."""
    is_read = response.is_stream_consumed
    chunks: AsyncIterator[bytes]
    if is_read:
        chunks = _single(response.content)
    else:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        chunks = aiter(response.stream)
    return Incoming(
        response.status_code,
        response.headers.raw,
        chunks,
        response.aclose,
        lambda: _extra(response, "socket"),
        is_decoded=is_read,
    )


def is_idle(response: httpx.Response) -> bool:
    """Whether the connection of a response that was read to its end can be used again."""
    # An idle connection has nothing to read; one that is closed here or there tells that it has.
    return not _extra(response, "is_readable")


def plain_socket(incoming: SyncIncoming) -> socket.socket | None:
    """The socket under a reply, if it has one."""
    found = incoming.find_socket()
    return found if isinstance(found, socket.socket) else None


def _extra(response: httpx.Response, name: str) -> object:
    stream = response.extensions.get("network_stream")
    found: object = stream.get_extra_info(name) if stream is not None else None
    return found


async def _single(content: bytes) -> AsyncIterator[bytes]:
    yield content
