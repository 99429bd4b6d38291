"""Connects to the addresses of a host: resolved once, each checked, and only those connected to.

A name that leads elsewhere when it is resolved again leads nowhere here: no other part of the
engine resolves names, and TLS still proves the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, Final

from model_runtime.hosts import check_addresses

from .transport import Address

# A family, and what a socket of that family connects to: its first member is the address.
Place = tuple[socket.AddressFamily, Any]

# One address may lead nowhere: so long is it waited for before the next one is tried beside it.
HEAD_START: Final = 0.25


def dial(address: Address, seconds: float | None) -> socket.socket:
    """Return a socket connected to the first address that answers; they share the time.

    Raises HostRefused when the name leads where it must not, OSError when nobody answers.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    places = _places(address) or _checked(
        address,
        socket.getaddrinfo(address.host, address.connect_port, type=socket.SOCK_STREAM),
    )
    failed: OSError | None = None
    for done, place in enumerate(places):
        share = None
        if ends is not None:
            share = max(ends - time.monotonic(), 0.001) / (len(places) - done)
        try:
            return _connected(place, share)
        except OSError as error:
            failed = error
    raise failed or OSError("the name has no address")


async def async_dial(address: Address) -> socket.socket:
    """Return a socket, not blocking, connected to the first address that answers.

    Raises as `dial` does; the caller limits the time.
    """
    places = _places(address)
    if not places:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address.host, address.connect_port, type=socket.SOCK_STREAM)
        places = _checked(address, found)
    if len(places) == 1:
        return await _async_connected(places[0])
    return await _first_to_answer(places)


def _places(address: Address) -> list[Place]:
    """The place of a host that is an address already, which nobody need be asked for."""
    try:
        literal = ipaddress.ip_address(address.host)
    except ValueError:
        return []
    check_addresses(address.host, [address.host], address.reach)
    if literal.version == 4:
        return [(socket.AF_INET, (address.host, address.connect_port))]
    return [(socket.AF_INET6, (address.host, address.connect_port, 0, 0))]


def _checked(address: Address, found: Iterable[Sequence[Any]]) -> list[Place]:
    """The places that may be connected to, the families by turns as RFC 8305 has it."""
    places = [(family, place) for family, _, _, _, place in found]
    allowed = check_addresses(address.host, [place[0] for _, place in places], address.reach)
    kept = [place for place in places if place[1][0] in allowed]
    first = [place for place in kept if place[0] == kept[0][0]]
    other = [place for place in kept if place[0] != kept[0][0]]
    return [place for pair in zip_longest(first, other) for place in pair if place is not None]


def _connected(place: Place, seconds: float | None) -> socket.socket:
    family, where = place
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(where)
    except BaseException:
        made.close()
        raise
    return made


async def _async_connected(place: Place) -> socket.socket:
    family, where = place
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, where)
    except BaseException:
        made.close()
        raise
    return made


async def _first_to_answer(places: Sequence[Place]) -> socket.socket:
    """Try one place after the other, each a little later than the one before."""
    waiting = deque(places)
    attempts: set[asyncio.Task[socket.socket]] = set()
    failed: BaseException | None = None
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_async_connected(waiting.popleft())))
            done, _ = await asyncio.wait(
                attempts,
                timeout=HEAD_START if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                attempts.discard(task)
                failed = task.exception()
                if failed is None:
                    return task.result()
    finally:
        await _give_up(attempts)
    raise failed or OSError("the name has no address")


async def _give_up(attempts: set[asyncio.Task[socket.socket]]) -> None:
    for task in attempts:
        task.cancel()
    for made in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(made, socket.socket):
            made.close()
