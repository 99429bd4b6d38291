"""Mitigation 6: a name is resolved once, every address is judged, and only those are connected to.

Each test runs through both drivers, with connections of the engine's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("cryptography")

from internet import PUBLIC, Internet, server_tls, write_certificate

from model_runtime.errors import ConnectionFailed, HostRefused, TimedOut
from model_runtime.exchange import Flow, HttpReply, HttpRequest, Reach, Send, Timeouts
from model_runtime.hosts import check_addresses
from model_runtime.runtime import SyncDriver

NAME = "api.service.example"
# What clouds answer with credentials, and what no router hands on, in each spelling of a resolver.
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.23",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:1:2:3:4:5601:5601",
]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
]


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback: Any) -> Iterator[Any]:
    """A secure server to which every public address leads, trusted for its name alone."""
    from loopback import Loopback

    certificate = write_certificate(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Loopback()
    server.names = []  # type: ignore[attr-defined]
    server.start(server_tls(certificate, server.names))  # type: ignore[attr-defined]
    yield server
    server.stop()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, web: Any) -> Internet:
    return Internet(monkeypatch, web)


def send(url: str, reach: Reach = "public", **waits: float) -> Flow[HttpReply]:
    request = HttpRequest(method="GET", url=url, headers={"x-key": "k"}, reach=reach)
    return (yield Send(request, Timeouts(**waits)))


@pytest.mark.parametrize("reach", ["any", "public"])
@pytest.mark.parametrize("address", NEVER)
def test_name_that_resolves_to_a_metadata_service_is_refused(
    drive: Any, internet: Internet, address: str, reach: Reach
) -> None:
    """A harmless name for 169.254.169.254 is no way to it, whoever wrote the name."""
    internet.name(NAME, address)
    with pytest.raises(HostRefused, match=f"{NAME} resolves to"):
        drive.run(send(f"https://{NAME}/latest", reach))
    assert internet.reached == []


@pytest.mark.parametrize("address", PRIVATE)
def test_name_that_resolves_to_a_private_address_is_refused(
    drive: Any, internet: Internet, address: str
) -> None:
    """Where only public addresses may be reached, the inside of a network may not."""
    internet.name(NAME, address)
    with pytest.raises(HostRefused, match="no public one"):
        drive.run(send(f"https://{NAME}/"))
    assert internet.reached == []


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.0.1", "fd12::1"])
def test_name_that_a_user_typed_may_be_private(
    drive: Any, internet: Internet, address: str
) -> None:
    """A company's own resolver may lead a base URL into the company."""
    internet.name(NAME, address)
    with pytest.raises(ConnectionFailed):
        drive.run(send(f"https://{NAME}/", "any"))
    assert internet.reached == [address]


def test_checked_address_is_the_one_connected_to(drive: Any, internet: Internet, web: Any) -> None:
    """The name is resolved once; TLS and the Host header still carry the name."""
    internet.name(NAME, PUBLIC, "169.254.169.254")
    web.answer(web.reply(b"hello"))
    assert drive.run(send(f"https://{NAME}/v1")).body == b"hello"
    assert internet.asked == [NAME] and internet.reached == [PUBLIC]
    assert web.names == [NAME] and web.requests[0].headers["host"] == NAME


def test_name_is_judged_anew_for_each_connection(drive: Any, internet: Internet, web: Any) -> None:
    """A name that was public before and is a metadata service now is refused now."""
    internet.name(NAME, PUBLIC, "169.254.169.254")
    web.answer(web.reply(b"hello"), web.CLOSE)
    drive.run(send(f"https://{NAME}/v1"))
    assert web.wait_for(lambda: web.alive == 0)
    with pytest.raises(HostRefused, match=r"169\.254\.169\.254"):
        drive.run(send(f"https://{NAME}/v1"))
    assert internet.asked == [NAME, NAME] and internet.reached == [PUBLIC]


def test_one_bad_address_speaks_against_a_public_name(drive: Any, internet: Internet) -> None:
    """A name with a public and a private address is a trick."""
    internet.name(NAME, [PUBLIC, "10.0.0.1"])
    with pytest.raises(HostRefused, match=r"10\.0\.0\.1"):
        drive.run(send(f"https://{NAME}/"))
    assert internet.reached == []


def test_link_local_address_of_a_machine_nearby_is_left_out(
    drive: Any, internet: Internet, web: Any
) -> None:
    """A machine in one's own network announces one beside its usual address."""
    internet.name(NAME, ["fe80::1%eth0", PUBLIC])
    web.answer(web.reply(b"hello"))
    assert drive.run(send(f"https://{NAME}/", "any")).body == b"hello"
    assert internet.reached == [PUBLIC]


def test_next_address_is_tried_when_one_is_dead(drive: Any, internet: Internet, web: Any) -> None:
    """Both families are tried, and within one family each address."""
    internet.dead = {"93.184.216.35"}
    internet.name(NAME, ["2606:4700::1111", "2606:4700::1112", "93.184.216.35", PUBLIC])
    web.answer(web.reply(b"hello"))
    assert drive.run(send(f"https://{NAME}/")).body == b"hello"
    assert internet.reached == ["2606:4700::1111", "93.184.216.35", "2606:4700::1112", PUBLIC]


def test_connection_of_a_typed_url_is_not_used_for_a_sent_one(
    drive: Any, internet: Internet, web: Any
) -> None:
    """A kept connection was judged by other rules: the same host is dialled and judged anew."""
    internet.name(NAME, PUBLIC, "10.0.0.1")
    web.answer(web.reply(b"hello"))
    drive.run(send(f"https://{NAME}/", "any"))
    with pytest.raises(HostRefused, match=r"10\.0\.0\.1"):
        drive.run(send(f"https://{NAME}/", "public"))
    assert web.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
        "https://169.254.43518/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::]/",
        "https://169.254.169.254./",
        "https://169\u3002254\u3002169\u3002254/",
        "https://\uff11\uff16\uff19.254.169.254/",
        "https://metadata.google.internal/",
        "https://METADATA./",
    ],
)
@pytest.mark.parametrize("reach", ["any", "public"])
def test_metadata_service_is_refused_before_anything_is_resolved(
    drive: Any, internet: Internet, url: str, reach: Reach
) -> None:
    """The driver itself judges each request, whatever the flow before it has checked."""
    with pytest.raises(HostRefused):
        drive.run(send(url, reach))
    assert internet.asked == [] and internet.reached == []


@pytest.mark.parametrize(
    "url",
    [
        "http://api.service.example/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://x.localhost./",
        "https://printer/",
        "https://db.internal/",
        "https://nas.lan/",
        "https://10.0.0.1/?key=secret",
    ],
)
def test_private_host_is_refused_by_its_text(drive: Any, internet: Internet, url: str) -> None:
    """What a server sent is https and public, and the message shows no query."""
    with pytest.raises(HostRefused, match="over https") as caught:
        drive.run(send(url))
    assert internet.asked == [] and "secret" not in str(caught.value)


def test_certificate_of_another_name_is_refused(drive: Any, internet: Internet, web: Any) -> None:
    """An address that was checked is no proof of the name: the certificate must be its own."""
    internet.name("other.service.example", PUBLIC)
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        drive.run(send("https://other.service.example/"))
    assert web.requests == []


def test_unknown_name_is_a_failed_connection(drive: Any, internet: Internet) -> None:
    """A name without an address is no refusal: it may be there tomorrow."""
    with pytest.raises(ConnectionFailed, match="no such name"):
        drive.run(send("https://nowhere.example/"))


def test_addresses_share_the_time_to_connect(internet: Internet) -> None:
    """Many dead addresses take no longer together than one may."""
    waited: list[float] = []

    def answer_nothing(made: Any, where: Any) -> None:
        waited.append(made.gettimeout())
        raise TimeoutError

    internet.name(NAME, [f"93.184.216.{last}" for last in range(1, 9)])
    internet.connect = answer_nothing
    driver = SyncDriver()
    with pytest.raises(TimedOut, match="no connection within 4 s"):
        driver.run(send(f"https://{NAME}/", connect=4.0))
    driver.close()
    # The first has an eighth of the time; what one leaves over goes to those after it.
    assert len(waited) == 8 and waited[0] <= 0.5 and max(waited) <= 4.0


def test_client_of_the_host_is_judged_by_the_text_alone(make_drive: Callable[..., Any]) -> None:
    """What a host's own client resolves nobody sees, so literal addresses are refused before."""
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(200, content=b"hello")

    transport = httpx.MockTransport(answer)
    client: Any = httpx.Client(transport=transport)
    if make_drive.mode == "async":  # type: ignore[attr-defined]
        client = httpx.AsyncClient(transport=transport)
    drive = make_drive(client)
    for url in ("https://169.254.169.254/", "https://10.0.0.1/", "http://api.service.example/"):
        with pytest.raises(HostRefused):
            drive.run(send(url))
    assert sent == []
    assert drive.run(send(f"https://{NAME}/")).body == b"hello"


def test_request_through_a_proxy_is_judged_by_the_text_alone(
    monkeypatch: pytest.MonkeyPatch, drive: Any, loopback: Any
) -> None:
    """A proxy resolves names itself; literal addresses do not get as far as it."""
    monkeypatch.setenv("HTTPS_PROXY", loopback.url)
    monkeypatch.setenv("HTTP_PROXY", loopback.url)
    for url in ("https://2852039166/", "https://[::ffff:10.0.0.1]/", "http://a.example/"):
        with pytest.raises(HostRefused):
            drive.run(send(url))
    with pytest.raises(HostRefused, match="metadata"):
        drive.run(send("http://169.254.169.254/", "any"))
    assert loopback.requests == []


def test_all_addresses_are_judged_when_any_may_be_reached() -> None:
    """Left out are those that are never reached, and nothing else."""
    found = ["169.254.169.254", "10.0.0.1", "fe80::1%2", "8.8.8.8"]
    assert check_addresses("a.example", found, "any") == ["10.0.0.1", "8.8.8.8"]
    with pytest.raises(HostRefused):
        check_addresses("a.example", ["8.8.8.8", "10.0.0.1"], "public")
    assert check_addresses("a.example", ["8.8.8.8", "2606:4700::1111"], "public") == [
        "8.8.8.8",
        "2606:4700::1111",
    ]
