"""Addresses are judged in every spelling, and URLs are put together without surprises."""

from __future__ import annotations

import pytest

from model_runtime.absent import Absent
from model_runtime.errors import HostRefused, InvalidParameter
from model_runtime.findings import Findings
from model_runtime.hosts import check_address, normal_host
from model_runtime.location import Place
from model_runtime.network import (
    add_query,
    check_base_url,
    check_destination,
    header_name,
    header_value,
    host_allowed,
    join_url,
    origin,
    path_segment,
    path_segments,
)

NEVER = [
    "http://169.254.169.254/",
    "http://169.254.170.2/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0xA9.0xFE.0xA9.0xFE/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://169.16689662/",
    "http://169.254.169.254./",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[FD00:0EC2:0:0:0:0:0:254]/",
    "http://100.100.100.200/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://METADATA.google.internal./",
    "http://metadata/",
    "http://\uff11\uff16\uff19.254.169.254/",
    "http://169\u3002254\u3002169\u3002254/",
    "http://\u2460\u2465\u2468.254.169.254/",
]
PRIVATE = [
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:10.0.0.1]/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://[fd12::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://x.localhost/",
]
MALFORMED = [
    "https://good.example@evil.example/",
    "https://user:secret@good.example/",
    "https://",
    "https:///path",
    "ftp://a.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//a.example/",
    "a.example/v1",
    "https://a.example:99999/",
    "https://a.example:x/",
    "https://a.example\\@evil.example/",
    "https://a.exa\nmple/",
    "https://a.example/\tv1",
    "https://a b/",
    "https://{{ host }}/",
    "https://%31%32%37.0.0.1/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://[zz]/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://a.example.1/",
    "https://99999999999/",
    "https://a.example/v1/../../x",
    "https://a.example/v1/%2e%2E/x",
    "https://a.example/v1/%252e%252e/x",
    "https://a.example/v1#x",
]


@pytest.mark.parametrize("url", NEVER)
def test_metadata_services_are_refused_whoever_typed_the_url(url: str) -> None:
    """No spelling of a metadata or link-local address passes, not even for the user himself."""
    with pytest.raises(HostRefused, match="metadata service or a link-local"):
        check_base_url(url, typed_by_user=True)
    with pytest.raises(HostRefused):
        check_base_url(url.replace("http:", "https:"))
    assert not host_allowed(url.replace("http:", "https:"), ["*"], None)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_hosts_are_for_users_only(url: str) -> None:
    """A spec leads to no private host; a URL that the user types may."""
    with pytest.raises(HostRefused, match="private network"):
        check_base_url(url)
    assert check_base_url(url, typed_by_user=True)
    assert check_base_url(url.replace("https:", "http:"), typed_by_user=True)


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_urls_are_refused_whoever_typed_them(url: str) -> None:
    """What two parsers may read differently is refused, without showing a password."""
    with pytest.raises(HostRefused) as caught:
        check_base_url(url, typed_by_user=True)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "https://api.example.com:8443",
        "https://8.8.8.8/",
        "https://b\u00fccher.example/",
    ],
)
def test_public_https_urls_are_accepted(url: str) -> None:
    """An ordinary base URL passes."""
    assert check_base_url(url)


def test_plain_http_is_for_users_only() -> None:
    """A spec's base URL is https; the message says who may use http."""
    with pytest.raises(HostRefused, match="credential of format url"):
        check_base_url("http://api.example.com/")
    assert check_base_url("http://api.example.com/", typed_by_user=True)


def test_fault_becomes_a_finding_at_its_place() -> None:
    """A compiler passes findings and gets one with the code and place instead of an error."""
    findings, place = Findings(), Place("a.yaml", 3, 11, "base_url")
    assert not check_base_url("http://169.254.169.254/", findings=findings, place=place)
    assert [(found.code, found.place) for found in findings] == [("A503", place)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Api.Example.com/v1?x=1", "https://api.example.com"),
        ("https://a.example:443/", "https://a.example"),
        ("http://a.example:443/", "http://a.example:443"),
        ("http://0x7f.1:8080/", "http://127.0.0.1:8080"),
        ("https://[::ffff:127.0.0.1]/", "https://127.0.0.1"),
        ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]"),
    ],
)
def test_origin_has_one_form(url: str, expected: str) -> None:
    """Spellings of one origin are equal."""
    assert origin(url) == expected


def test_names_that_only_look_like_numbers_are_names() -> None:
    """Hexadecimal words and digits inside names are no addresses."""
    assert normal_host("0xcafe.example.com") == "0xcafe.example.com"
    assert normal_host("1.example.com") == "1.example.com"
    assert normal_host("cafe") == "cafe"


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1"])
def test_resolved_link_local_address_is_refused(address: str) -> None:
    """A harmless name that resolves to a metadata service is caught by its address."""
    with pytest.raises(HostRefused):
        check_address(address, allow_private=True)


def test_resolved_private_address_needs_permission() -> None:
    """The address of a name is judged as a typed one is."""
    check_address("10.0.0.1", allow_private=True)
    check_address("93.184.216.34", allow_private=False)
    with pytest.raises(HostRefused):
        check_address("10.0.0.1", allow_private=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/files/1", True),
        ("https://cdn.example.net/x", True),
        ("https://CDN.example.net./x", True),
        ("https://a.cdn.example.net/x", False),
        ("https://files.example.org/x", True),
        ("https://files.example.org.evil.example/x", False),
        ("https://evilfiles.example.org/x", True),
        ("http://cdn.example.net/x", False),
        ("https://cdn.example.net:8443/x", False),
        ("https://cdn.example.net@evil.example/x", False),
        ("file:///etc/passwd", False),
        ("https://evil.example/cdn.example.net", False),
        ("http://api.example.com/x", False),
    ],
)
def test_host_is_allowed_by_origin_or_glob(url: str, expected: bool) -> None:
    """A URL that a server sends must lead to the base or to an allowed host, over https."""
    globs = ["cdn.example.net", "*files.example.org"]
    assert host_allowed(url, globs, "https://api.example.com") is expected


def test_base_origin_may_be_plain_http() -> None:
    """A local server that the user typed may send URLs to itself."""
    assert host_allowed("http://127.0.0.1:8080/next", [], "http://127.0.0.1:8080")
    assert not host_allowed("http://127.0.0.1:8081/next", [], "http://127.0.0.1:8080")


def test_glob_with_many_stars_is_quick() -> None:
    """A hostile pattern costs no more than a long one."""
    assert not host_allowed(f"https://{'a' * 60}.example/", ["*a" * 30 + "b"], None)


@pytest.mark.parametrize(
    ("base", "path", "query", "expected"),
    [
        ("https://a/v1", "/chat", [], "https://a/v1/chat"),
        ("https://a/v1/", "chat", [], "https://a/v1/chat"),
        ("https://a/v1/", "/chat/", [], "https://a/v1/chat/"),
        ("https://a/v1", "", [], "https://a/v1"),
        ("https://a", "x", [("q", "a b&c=d+e/\u00e9")], "https://a/x?q=a%20b%26c%3Dd%2Be%2F%C3%A9"),
        ("https://a/v1?v=1", "x", [("q", 2)], "https://a/v1/x?v=1&q=2"),
        ("https://a/v1?v=1", "x?alt=sse", [("q", 2)], "https://a/v1/x?v=1&alt=sse&q=2"),
        (
            "https://a",
            "x",
            [("t", ["a", "b"]), ("u", True), ("n", None), ("o", Absent)],
            "https://a/x?t=a&t=b&u=true",
        ),
    ],
)
def test_url_is_joined(
    base: str, path: str, query: list[tuple[str, object]], expected: str
) -> None:
    """One slash between base and path; queries follow each other, encoded."""
    assert join_url(base, path, query) == expected


def test_query_goes_before_a_fragment() -> None:
    """A pair added to a URL with a fragment stands where servers read it."""
    assert add_query("https://a/x#part", [("q", "1")]) == "https://a/x?q=1#part"


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "%2e%2e/x", "a/%2E./x", ".%252e/x", "a\\..\\x"]
)
def test_joined_path_does_not_climb(path: str) -> None:
    """No spelling of two dots leaves the base."""
    with pytest.raises(HostRefused, match="climbs"):
        join_url("https://a/v1", path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt-4o", "gpt-4o"),
        ("anthropic.model-v1:0", "anthropic.model-v1:0"),
        ("org/model", "org%2Fmodel"),
        ("a?x=1#y", "a%3Fx%3D1%23y"),
        ("%2e%2e", "%252e%252e"),
        ("a b\u00e9", "a%20b%C3%A9"),
        ("..a", "..a"),
        ("v1.2", "v1.2"),
    ],
)
def test_segment_is_encoded(text: str, expected: str) -> None:
    """A model id stays one segment, whatever it holds."""
    assert path_segment(text) == expected


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../../v1/keys", "a/../b", "..\\x", "a\nb", "a\0b", "a\ud800"]
)
def test_segment_that_climbs_or_breaks_is_refused(text: str) -> None:
    """The message names what held the text."""
    with pytest.raises(InvalidParameter, match="model"):
        path_segment(text, name="model")


def test_segments_keep_their_first_slashes() -> None:
    """A name of two parts fills two segments, and no more."""
    assert path_segments("owner/name:1/x", 2) == "owner/name:1%2Fx"
    with pytest.raises(InvalidParameter):
        path_segments("owner//x", 3)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/chat",
        "http://a.example/v1/chat",
        "https://a.example:8443/v1/chat",
        "https://a.example/v2/chat",
        "https://a.example/v10",
        "https://a.example/v1/../keys",
        "https://a.example/v1/%2e%2e/keys",
        "https://a.example@evil.example/v1/chat",
    ],
)
def test_destination_away_from_its_base_is_refused(url: str) -> None:
    """A request with credentials stays at the base's origin and below its path."""
    with pytest.raises(HostRefused):
        check_destination(url, "https://a.example/v1")


def test_destination_below_its_base_is_accepted() -> None:
    """The base itself and what lies below it pass."""
    check_destination("https://A.example:443/v1/chat?x=..", "https://a.example/v1/")
    check_destination("https://a.example/v1", "https://a.example/v1")


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0b", "key\n"], ids=ascii)
def test_header_value_with_line_break_is_refused_unseen(value: str) -> None:
    """The message names the header and does not show what it would hold."""
    with pytest.raises(InvalidParameter, match="header 'x-key'") as caught:
        header_value("x-key", value)
    assert value not in str(caught.value)


def test_header_value_beyond_latin_1_is_refused() -> None:
    """An emoji cannot travel in a header; accented letters can."""
    with pytest.raises(InvalidParameter, match="header 'x-title'"):
        header_value("x-title", "hi \U0001f600")
    assert header_value("x-title", " caf\u00e9\t") == "caf\u00e9"


@pytest.mark.parametrize("name", ["X:\r\nY", "", "a b", "a:", "\u00e9", "a\n"], ids=ascii)
def test_header_name_is_checked(name: str) -> None:
    """Only tokens are header names."""
    with pytest.raises(InvalidParameter, match="not a header name"):
        header_name(name)


def test_header_name_is_lower_case() -> None:
    """Requests hold header names in one case."""
    assert header_name("X-Api-Key") == "x-api-key"
