"""URLs: where they may lead, and how they and headers are put together. Nothing is sent here.

Hosts are judged in `hosts`; whoever connects judges the addresses that a name resolves to as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from .absent import Absent
from .errors import HostRefused, InvalidParameter
from .exchange import Reach
from .findings import Findings
from .hosts import BAD_IN_URL, PUBLIC_ONLY, normal_host, refuse_host
from .location import Place

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_RAW_IN_PATH: Final = re.compile(r'[<>"^`{|}]')
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# Headers that frame a message or belong to one connection: two of them are two readings of it.
_CONNECTION_HEADERS: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TYPED: Final = "An address that the user types is a credential of `format: url`."
# What RFC 3986 allows in a path segment and no server reads as a delimiter.
_SEGMENT_SAFE: Final = "-._~!$'()*,:@"
_QUERY_SAFE: Final = "-._~"


def origin(url: str) -> str:
    """Return scheme, host and port of `url` in one form: `https://host`, default port left out.

    Raises HostRefused for what is no http or https URL with a host, or has user info.
    """
    parts, host = _split(url)
    port = _port(parts, url)
    shown = f"[{host}]" if ":" in host else host
    if port == DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{shown}"
    return f"{parts.scheme}://{shown}:{port}"


def check_base_url(
    url: str,
    *,
    typed_by_user: bool = False,
    findings: Findings | None = None,
    place: Place | None = None,
) -> bool:
    """Judge a base URL by its text alone; True when it may be used.

    A user who typed it may choose http and private hosts; nobody may choose a metadata service
    or a link-local address. A fault becomes finding A503 if `findings` is given, else
    HostRefused is raised.
    """
    try:
        _judge_base_url(url, typed_by_user)
    except HostRefused as refused:
        if findings is None:
            raise
        findings.add(
            "A503",
            refused.message,
            place,
            help=f"Write it like https://api.acme.example/v1. {_TYPED}",
            length=max(1, len(url)),
        )
        return False
    return True


def check_reach(url: str, reach: Reach) -> None:
    """Judge the URL of a request by its text, right before it is sent.

    Raises HostRefused for a metadata service, and where `reach` is `public` for plain http, this
    machine and private networks.
    """
    # A query may hold a key, and is rarely the same twice: such a URL is not remembered.
    (_judge_reach if "?" in url else _known_reach)(url, reach)


def _judge_reach(url: str, reach: Reach) -> None:
    parts, host = _split(url)
    if reach == "public" and parts.scheme != "https":
        raise HostRefused(f"URL {_shown(url)!r}: it must begin with https://. {PUBLIC_ONLY}")
    is_any = reach == "any"
    refuse_host(host, f"URL {_shown(url)!r}", allow_private=is_any, help=PUBLIC_ONLY)


_known_reach = lru_cache(maxsize=256)(_judge_reach)


def reach_of(url: str, base: str, allow_hosts: Iterable[str]) -> Reach:
    """How far a URL may lead that stands beside a base URL or was sent by a server.

    At the base's own origin it is judged as the base is. Elsewhere it leads to public addresses,
    unless `allow_hosts` names its very host: then whoever wrote the spec has chosen it.
    """
    where = origin(url)
    named = where.partition("://")[2]
    if where == origin(base) or any(named == host.lower() for host in allow_hosts):
        return "any"
    return "public"


def host_allowed(url: str, allow_hosts: Sequence[str], base_origin: str | None) -> bool:
    """Whether `url` has the base's origin, or a host that one of the globs allows.

    A glob that names no port stands for the default one. Over plain http only the base's own
    origin is allowed. Malformed URLs and metadata services are not.
    """
    try:
        where = origin(url)
        refuse_host(normal_host(urlsplit(url).hostname or ""), url, allow_private=True)
    except HostRefused:
        return False
    if base_origin is not None and where == base_origin:
        return True
    scheme, _, host = where.partition("://")
    return scheme == "https" and any(fnmatchcase(host, glob.lower()) for glob in allow_hosts)


def check_destination(url: str, base: str) -> None:
    """Refuse a final URL that has left its base: another origin, or a path not below it.

    Raises HostRefused.
    """
    # A query may hold a key, and is rarely the same twice: such a URL is not remembered.
    (_judge_destination if "?" in url else _known_destination)(url, base)


def _judge_destination(url: str, base: str) -> None:
    if origin(url) != origin(base):
        raise HostRefused(
            f"The URL leads to {origin(url)!r}, away from {origin(base)!r}. "
            "Requests with credentials stay at the base URL's origin."
        )
    path, below = urlsplit(url).path, urlsplit(base).path.rstrip("/")
    if path != below and not path.startswith(f"{below}/"):
        raise HostRefused(f"The path {path!r} is not below that of the base URL, {below!r}.")
    _refuse_dots(path)


_known_destination = lru_cache(maxsize=256)(_judge_destination)


def encode_path(url: str) -> str:
    """Percent-encode what a path may not hold raw (`<`, `{`, `|` ...); the host stays as it is."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host}{slash}{_RAW_IN_PATH.sub(_percent, path)}"


def _percent(found: re.Match[str]) -> str:
    return quote(found[0], safe="")


def join_url(base: str, path: str, query: Iterable[tuple[str, object]] = ()) -> str:
    """Put a path, already encoded by segments, and query pairs below a base URL.

    One slash stands between base and path however they are written, and a query of the base
    comes first. Raises HostRefused when the path climbs with `.` or `..`.
    """
    head, _, own_query = base.partition("#")[0].partition("?")
    path, _, path_query = path.partition("#")[0].partition("?")
    _refuse_dots(path)
    url = f"{head.rstrip('/')}/{path.lstrip('/')}" if path else head
    for more in (own_query, path_query):
        url = f"{url}{'&' if '?' in url else '?'}{more}" if more else url
    return add_query(url, query)


def add_query(url: str, query: Iterable[tuple[str, object]]) -> str:
    """Append query pairs, encoded; a list gives its name once per item, Absent and None nothing."""
    pairs = [
        f"{quote(name, safe=_QUERY_SAFE)}={quote(_query_text(name, item), safe=_QUERY_SAFE)}"
        for name, value in query
        for item in (value if isinstance(value, list | tuple) else (value,))
        if item is not None and item is not Absent
    ]
    if not pairs:
        return url
    url, hash_mark, fragment = url.partition("#")
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{'&'.join(pairs)}{hash_mark}{fragment}"


def path_segment(text: str, *, name: str = "path") -> str:
    """Encode `text` as one segment of a path: `:` stays, `/` becomes `%2F`.

    Raises InvalidParameter, naming `name`, for an empty text, and for one with `.` or `..`
    between slashes, since some servers decode before they resolve.
    """
    if not text:
        raise InvalidParameter(f"{name}: it is empty; a part of the URL's path was expected.")
    if any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise InvalidParameter(
            f"{name}: {text!r} would climb in the URL's path. Leave out the dots."
        )
    if _has_control(text):
        raise InvalidParameter(f"{name}: {text!r} holds a control character.")
    try:
        return quote(text, safe=_SEGMENT_SAFE)
    except UnicodeEncodeError:
        raise InvalidParameter(f"{name}: {text!r} holds half of a surrogate pair.") from None


def path_segments(text: str, count: int, *, name: str = "path") -> str:
    """Encode `text` as up to `count` segments: its first slashes stay slashes."""
    return "/".join(path_segment(part, name=name) for part in text.split("/", count - 1))


def header_name(name: str) -> str:
    """Return a header's name in lower case.

    Raises InvalidParameter when it is none, or one that only the connection may set.
    """
    if not _HEADER_NAME.match(name):
        raise InvalidParameter(
            f"header {name!r}: not a header name; letters, digits and '-' were expected."
        )
    if (lower := name.lower()) in _CONNECTION_HEADERS:
        raise InvalidParameter(
            f"header {name!r}: it belongs to the connection, which sets it itself. Leave it out."
        )
    return lower


def header_value(name: str, value: str) -> str:
    """Return a header's value without blanks around it.

    Raises InvalidParameter, which names the header and never shows the value, when it holds CR,
    LF, NUL or what Latin-1 cannot carry.
    """
    if any(mark in value for mark in "\r\n\0"):
        raise InvalidParameter(
            f"header {name!r}: its value holds a line break or NUL. "
            "Pass it on one line; a copied key often ends with a line break."
        )
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidParameter(
            f"header {name!r}: its value holds a character that headers cannot carry (not Latin-1)."
        ) from None
    return value.strip(" \t")


def _split(url: str) -> tuple[SplitResult, str]:
    """Take a URL apart after refusing what different parsers read differently."""
    if found := BAD_IN_URL.search(url):
        raise HostRefused(f"URL {_shown(url)!r}: the character {found[0]!r} does not belong there.")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise HostRefused(f"URL {_shown(url)!r}: it cannot be read.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise HostRefused(f"URL {_shown(url)!r}: it must begin with https:// (or http://).")
    if "@" in parts.netloc:
        raise HostRefused(
            f"URL {_shown(url)!r}: user name and password do not belong in it. "
            "Declare a credential instead."
        )
    if not host:
        raise HostRefused(f"URL {_shown(url)!r}: it has no host.")
    return parts, normal_host(host)


def _shown(url: str) -> str:
    """The URL without its query and without user info, which may be secret."""
    head = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"//[^/]*@", "//***@", head)


def _port(parts: SplitResult, url: str) -> int:
    try:
        return parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise HostRefused(f"URL {_shown(url)!r}: its port is not a number up to 65535.") from None


@lru_cache(maxsize=256)
def _judge_base_url(url: str, typed_by_user: bool) -> None:
    parts, host = _split(url)
    _port(parts, url)
    if parts.scheme != "https" and not typed_by_user:
        raise HostRefused(
            f"URL {_shown(url)!r}: it must begin with https://. "
            "Plain http is for a URL that the user types: a credential of format url."
        )
    if parts.fragment:
        raise HostRefused(f"URL {_shown(url)!r}: a base URL has no fragment.")
    _refuse_dots(parts.path)
    refuse_host(host, f"URL {_shown(url)!r}", allow_private=typed_by_user)


def _refuse_dots(path: str) -> None:
    """Refuse a path that climbs, also when the dots or slashes are encoded, once or twice."""
    if "/." not in f"/{path}" and "\\" not in path and "%" not in path:
        return
    for form in (path, unquote(path), unquote(unquote(path))):
        if any(part in (".", "..") for part in re.split(r"[/\\]", form)):
            raise HostRefused(f"The path {path!r} climbs with '.' or '..'; write it without.")


def _has_control(text: str) -> bool:
    return any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text)


def _query_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _has_control(text.replace("\n", "").replace("\t", "")):
        raise InvalidParameter(f"query {name!r}: its value holds a control character.")
    return text
