"""Hosts: one form for every spelling, and which of them may be reached.

A host can be written in many ways (decimal, hexadecimal, octal, short, mapped into IPv6, in
wide digits); all are brought to one form before they are judged.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from .errors import HostRefused
from .exchange import Reach

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Link-local networks, and the addresses at which clouds hand credentials to whoever asks.
NEVER_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
    )
)
NEVER_HOSTS: Final = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
# IPv6 networks whose last 32 bits are an IPv4 address: mapped, translated, and compatible.
_HOLD_IPV4: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)
# Whose addresses are for everybody, beside what older Pythons do not know of the registries.
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
_RESERVED: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
)
# Endings of names that lead nowhere but into one's own network.
_PRIVATE_ENDINGS: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".localdomain",
    ".lan",
    ".intranet",
    ".home.arpa",
)
PUBLIC_ONLY: Final = (
    "A URL that a server sent, or that comes from an untrusted spec or credential, leads to "
    "public addresses only, over https."
)
_TYPED_ONLY: Final = "Only a URL that the user types may lead there: a credential of format url."
# What no URL holds raw, and no host either.
BAD_IN_URL: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"^`{|}]")


# A process calls few hosts and base URLs, each of them over and over.
@lru_cache(maxsize=1024)
def normal_host(host: str) -> str:
    """Bring a host to one form: an address as it is usually written, or a lower-case name.

    Understands all that a system resolver takes for an address: `2852039166`, `0x7f.1`,
    `0251.0376.0251.0376`, and IPv4 inside IPv6. Raises HostRefused for what is no host.
    """
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower()
    plain = plain.removeprefix("[").removesuffix("]").rstrip(".")
    if not plain or BAD_IN_URL.search(plain) or any(mark in plain for mark in "%/?#@"):
        raise HostRefused(f"{host!r} is not a host name or address.")
    if ":" in plain:
        return str(_inner_ipv4(_ipv6(plain, host)))
    numbers = _ipv4_number(plain)
    return plain if numbers is None else str(ipaddress.IPv4Address(numbers))


def is_private(host: str) -> bool:
    """Whether a host in normal form is this machine, a private network, or no public address.

    A name of one word is private: only resolvers of one's own network know such names.
    """
    address = _address(host)
    if address is None:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return True
    is_reserved = any(address in network for network in _RESERVED)
    return is_reserved or not address.is_global or address.is_multicast


def refuse_host(host: str, where: str, *, allow_private: bool, help: str = _TYPED_ONLY) -> None:
    """Refuse a host in normal form that must never, or not here, be reached.

    `where` begins the message and `help` ends that of a private one. Raises HostRefused.
    """
    address = _address(host)
    is_never = host in NEVER_HOSTS or (
        address is not None and any(address in network for network in NEVER_NETWORKS)
    )
    if is_never:
        raise HostRefused(
            f"{where}: {host} is a metadata service or a link-local address. "
            "Such addresses are never reached."
        )
    if not allow_private and is_private(host):
        raise HostRefused(f"{where}: {host} is on this machine or a private network. {help}")


def check_address(address: str, *, allow_private: bool) -> None:
    """Refuse an address that a host name resolved to; `allow_private` as for a typed URL.

    Raises HostRefused.
    """
    refuse_host(normal_host(address), f"Address {address}", allow_private=allow_private)


def check_addresses(host: str, addresses: Iterable[str], reach: Reach) -> list[str]:
    """Return the addresses that `host` resolved to and that may be connected to.

    Where only public ones may be reached, one that is not speaks against all. Elsewhere those
    that are never reached are left out: a machine in one's own network has a link-local address
    beside its usual one. Raises HostRefused when none is left.
    """
    kept: list[str] = []
    refused: HostRefused | None = None
    for address in addresses:
        # A link-local address may come with the name of its interface.
        plain = address.partition("%")[0]
        try:
            check_address(plain, allow_private=reach == "any")
            kept.append(address)
        except HostRefused:
            refused = _resolved_badly(host, plain, reach)
    if refused is not None and (reach == "public" or not kept):
        raise refused
    return kept


def _resolved_badly(host: str, address: str, reach: Reach) -> HostRefused:
    if reach == "any":
        return HostRefused(
            f"{host} resolves to {address}, a metadata service or a link-local address. "
            "Such addresses are never reached."
        )
    return HostRefused(f"{host} resolves to {address}, which is no public one. {PUBLIC_ONLY}")


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ipv6(text: str, host: str) -> ipaddress.IPv6Address:
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        raise HostRefused(f"{host!r} is not a host name or address.") from None


def _inner_ipv4(address: ipaddress.IPv6Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, or the address itself."""
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    # :: and ::1 lie in the last of the networks and are addresses of their own.
    if int(address) > 1 and any(address in network for network in _HOLD_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _ipv4_number(host: str) -> int | None:
    """Read a host as C's inet_aton does: one to four numbers, the last of which fills the rest.

    None when it is a name. A name whose last part is a number cannot exist and is refused.
    """
    parts = host.split(".")
    numbers = [_number(part) for part in parts]
    if numbers[-1] is None:
        return None
    *first, last = [number for number in numbers if number is not None]
    fits = len(first) == len(parts) - 1 <= 3 and all(number < 256 for number in first)
    if not fits or last >= 256 ** (4 - len(first)):
        raise HostRefused(f"{host!r} is not a host name or address.")
    for index, number in enumerate(first):
        last += number << 8 * (3 - index)
    return last


def _number(text: str) -> int | None:
    """A decimal, octal (leading 0) or hexadecimal (leading 0x) number, or None."""
    if re.fullmatch(r"0x[0-9a-f]{0,32}", text):
        return int(text[2:] or "0", 16)
    if re.fullmatch(r"0[0-7]{1,32}", text):
        return int(text, 8)
    return int(text) if re.fullmatch(r"[0-9]{1,32}", text) else None
