"""Mitigation 6: URLs that a server sends lead to public addresses, whatever the base URL may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography")

from internet import PUBLIC, Internet, server_tls, write_certificate

from model_runtime.errors import HostRefused, InvokeError

CDN = "files.cdn.example"
KEY = "sk-hidden-0123456789"
SPEC = """
spec_version: 1
provider: acme
base_url: https://api.service.example
credentials: {{api_key: {{}}}}
auth: {{kind: bearer, token: "{{{{ credentials.api_key }}}}"}}
retry: {{times: 0}}
operations:
  tts:
    request: {{path: /say, body: {{text: "{{{{ text }}}}"}}}}
    response: {{audio: {{url: audio, allow_hosts: ["{hosts}"]}}}}
  speech2text:
    job:
      submit: {{request: {{path: /jobs, raw: "{{{{ file.content }}}}"}}, save: {{url: url}}}}
      poll:
        request: {{method: GET, url: "{{{{ job.url }}}}", allow_hosts: ["{hosts}"]}}
        status: {{path: status, map: {{done: done}}}}
    response: {{text: text}}
"""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from loopback import Loopback

    certificate = write_certificate(tmp_path, CDN)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Loopback()
    server.start(server_tls(certificate, []))
    yield server
    server.stop()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, web: Any, loopback: Any) -> Internet:
    made = Internet(monkeypatch, web)
    made.near.add(loopback.port)
    return made


@pytest.fixture
def call(
    make_door: Callable[..., Any], tmp_path: Path, loopback: Any
) -> Callable[[str, str, str], Any]:
    """Call an operation of a service on this machine that answers with a URL."""

    def run(kind: str, hosts: str, url: str) -> Any:
        file = tmp_path / "acme.yaml"
        file.write_text(SPEC.format(hosts=hosts), encoding="utf-8")
        given = {"acme": {"api_key": KEY}}
        door = make_door(specs=[file], base_urls={"acme": loopback.url}, credentials=given)
        body = f'{{"audio": "{url}", "url": "{url}"}}'.encode()
        loopback.answer(loopback.reply(body, content_type="application/json"))
        if kind == "tts":
            return door.call(lambda runtime: runtime.tts("acme/m").invoke("Hi"))
        return door.call(lambda runtime: runtime.speech2text("acme/m").invoke(b"RIFF"))

    return run


KINDS = pytest.mark.parametrize("kind", ["tts", "speech2text"])


@KINDS
@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1"])
def test_sent_name_that_leads_inside_is_refused(
    call: Callable[..., Any], internet: Internet, kind: str, address: str
) -> None:
    """A service on this machine may not make us reach another one, by a name that a glob allows."""
    internet.name(CDN, address)
    with pytest.raises(HostRefused, match="resolves to"):
        call(kind, "*.cdn.example", f"https://{CDN}/x")
    assert internet.reached == []


@KINDS
def test_sent_name_of_a_public_service_is_followed(
    call: Callable[..., Any], internet: Internet, web: Any, kind: str
) -> None:
    """What an allowed host resolves to is checked, and then called; a download gets no key."""
    internet.name(CDN, PUBLIC, "169.254.169.254")
    body = b'{"status": "done", "text": "Hi"}'
    web.answer(web.reply(body, content_type="application/json"))
    result = call(kind, "*.cdn.example", f"https://{CDN}/x")
    assert getattr(result, "text", None) == "Hi" or result.audio == body
    assert internet.reached == [PUBLIC]
    assert (KEY in str(web.requests[0].headers)) is (kind == "speech2text")


@KINDS
def test_host_that_a_spec_names_whole_may_be_private(
    call: Callable[..., Any], internet: Internet, kind: str
) -> None:
    """Whoever wrote the spec has chosen that very host; a metadata service it still is not."""
    internet.name(CDN, "10.0.0.1", "169.254.169.254")
    with pytest.raises(InvokeError, match="no connection"):
        call(kind, CDN, f"https://{CDN}/x")
    assert internet.reached == ["10.0.0.1"]
    with pytest.raises(HostRefused, match="metadata service"):
        call(kind, CDN, f"https://{CDN}/x")
    assert internet.reached == ["10.0.0.1"]


@KINDS
@pytest.mark.parametrize(
    "url",
    [
        "http://files.cdn.example/x",
        "https://10.0.0.1/x",
        "https://2852039166/x",
        "https://[::ffff:7f00:1]/x",
        "https://files.cdn.example@10.0.0.1/x",
        "https://files.cdn.example.evil.example/x",
        "ftp://files.cdn.example/x",
        "file:///etc/passwd",
        "gopher://files.cdn.example/x",
        "javascript:alert(1)",
        "//files.cdn.example.evil.example/x",
        "https://",
        "https://files.cdn.example:8443/x",
        "https://files.cdn.example\\\\@10.0.0.1/x",
    ],
)
def test_sent_url_elsewhere_is_refused(
    call: Callable[..., Any], internet: Internet, loopback: Any, kind: str, url: str
) -> None:
    """Another scheme, host or port, or a URL that two parsers read differently, is not called."""
    with pytest.raises(HostRefused):
        call(kind, "*.cdn.example", url)
    assert internet.asked == [] and len(loopback.requests) == 1


@KINDS
def test_sent_url_at_the_base_is_judged_as_the_base(
    call: Callable[..., Any], internet: Internet, loopback: Any, kind: str
) -> None:
    """A service on this machine may send URLs to itself."""
    body = b'{"status": "done", "text": "Hi"}'
    loopback.always(loopback.reply(body, content_type="application/json"))
    assert call(kind, "*.cdn.example", f"{loopback.url}/x")
    assert loopback.requests[-1].target == "/x" and internet.asked == []
