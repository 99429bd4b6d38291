"""How a quirk's service is reached: limits of time by its spec, all else as the host has set."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from internet import write_certificate
from quirks.table import SPECS
from wire import SSE, chunk, packed, sse

from model_runtime import LLMResult, ModelRuntime
from model_runtime.errors import ConnectionFailed, TimedOut

SPEC = "q11_limits_of_time"
PATIENT = {"first_byte": 20, "between_chunks": 20}
PONG = packed({"choices": [{"message": {"content": "pong"}, "finish_reason": "stop"}]})


def ask(url: str, client: httpx.Client | None = None) -> LLMResult:
    """Call the quirk's service at an address."""
    with runtime(url, client) as made:
        return made.llm(f"{SPEC}/small").invoke("ping", timeout=PATIENT)


def runtime(url: str, client: httpx.Client | None = None) -> ModelRuntime:
    """A runtime whose quirk's service is at an address."""
    return ModelRuntime(
        specs=[str(SPECS)],
        credentials={SPEC: {"api_key": "k"}},
        base_urls={SPEC: url},
        client=client,
        retries=0,
    )


# ---- limits of time


def test_first_token_that_does_not_come_ends_the_call(loopback: Any) -> None:
    """The spec says how long it may take."""
    loopback.answer(loopback.HOLD)
    with runtime(loopback.url) as made, pytest.raises(TimedOut) as caught:
        made.llm(f"{SPEC}/small").invoke("ping")
    assert caught.value.phase == "first_byte"


def test_stream_that_falls_silent_ends_with_what_has_come(loopback: Any) -> None:
    """The spec says how long a pause between two pieces may be."""
    begun = loopback.chunked(sse(chunk("po"), end=b""), end=False, **SSE)
    loopback.answer(*begun, loopback.HOLD)
    seen: list[str] = []
    with (
        runtime(loopback.url) as made,
        pytest.raises(TimedOut) as caught,
        made.llm(f"{SPEC}/small").stream("ping", timeout={"first_byte": 20}) as stream,
    ):
        for event in stream:
            seen.append(event.text)
    assert caught.value.phase == "between_chunks"
    assert seen == ["po"]


# ---- certificates


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """A server with a certificate that nobody has signed, and its file."""
    from loopback import Loopback

    certificate = write_certificate(tmp_path, "127.0.0.1")
    server = Loopback()
    server.always(server.reply(PONG, content_type="application/json"))
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    server.start(made)
    yield server, certificate
    server.stop()


def test_certificate_of_ones_own_is_trusted(
    secure: tuple[Any, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment names its file; without it nothing is sent."""
    server, certificate = secure
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        ask(server.url)
    assert server.requests == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(server.url).text == "pong"


def test_host_may_leave_certificates_unchecked(secure: tuple[Any, Path]) -> None:
    """With a client of its own; no spec can say so."""
    server, _ = secure
    with httpx.Client(verify=False) as client:
        assert ask(server.url, client).text == "pong"


def test_client_proves_itself_by_a_certificate(tmp_path: Path) -> None:
    """With a client of the host's that has one."""
    from loopback import Loopback

    certificate = write_certificate(tmp_path, "127.0.0.1")
    demanding = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
    demanding.load_cert_chain(certificate)
    demanding.verify_mode = ssl.CERT_REQUIRED
    server = Loopback()
    server.always(server.reply(PONG, content_type="application/json"))
    server.start(demanding)
    trust = ssl.create_default_context(cafile=str(certificate))
    with httpx.Client(verify=trust) as client, pytest.raises(ConnectionFailed):
        ask(server.url, client)
    trust.load_cert_chain(certificate)
    with httpx.Client(verify=trust) as client:
        assert ask(server.url, client).text == "pong"
    server.stop()


# ---- proxies


def test_proxy_of_the_environment_is_used_and_left_aside(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is asked for everything but what NO_PROXY names."""
    loopback.always(loopback.reply(PONG, content_type="application/json"))
    monkeypatch.setenv("HTTP_PROXY", loopback.url)
    assert ask("http://127.0.0.2:9/v1").text == "pong"
    assert loopback.requests[-1].target == "http://127.0.0.2:9/v1/chat/completions"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert ask(loopback.url).text == "pong"
    assert loopback.requests[-1].target == "/chat/completions"


class SocksProxy:
    """A SOCKS5 proxy for one connection, which leads to a server whatever is asked for."""

    def __init__(self, port: int) -> None:
        self.asked: list[bytes] = []
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"socks5://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        near, _ = self._socket.accept()
        with near, socket.create_connection(("127.0.0.1", self._port)) as far:
            near.recv(64)
            near.sendall(b"\x05\x00")
            self.asked.append(near.recv(512))
            near.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            pipe = threading.Thread(target=self._copy, args=(near, far))
            pipe.start()
            self._copy(far, near)
            pipe.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_proxy_of_the_environment_may_speak_socks(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the package `socksio` installed; the proxy is told where to."""
    loopback.always(loopback.reply(PONG, content_type="application/json"))
    proxy = SocksProxy(loopback.port)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    assert ask("http://127.0.0.2:9/v1").text == "pong"
    proxy.close()
    assert proxy.asked == [b"\x05\x01\x00\x01\x7f\x00\x00\x02\x00\x09"]


# ---- HTTP/2


class Http2Server:
    """Answers one request in HTTP/2, and notes its path and body."""

    def __init__(self, certificate: Path) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)
        self._tls.set_alpn_protocols(["h2"])
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        plain, _ = self._socket.accept()
        with plain, self._tls.wrap_socket(plain, server_side=True) as secure, suppress(OSError):
            config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
            connection = h2.connection.H2Connection(config)
            connection.initiate_connection()
            path, body = "", b""
            while data := secure.recv(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        path = dict(event.headers)[":path"]
                    elif isinstance(event, h2.events.DataReceived):
                        body += event.data
                    elif isinstance(event, h2.events.StreamEnded):
                        self.requests.append((path, body))
                        head = [(":status", "200"), ("content-type", "application/json")]
                        connection.send_headers(event.stream_id, head)
                        connection.send_data(event.stream_id, PONG, end_stream=True)
                secure.sendall(connection.data_to_send())


def test_host_may_force_http_2(tmp_path: Path) -> None:
    """With a client that speaks nothing else."""
    certificate = write_certificate(tmp_path, "127.0.0.1")
    server = Http2Server(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    with httpx.Client(http1=False, http2=True, verify=trust) as client:
        assert ask(server.url, client).text == "pong"
    server.close()
    ((path, body),) = server.requests
    assert path == "/chat/completions"
    assert json.loads(body)["messages"] == [{"role": "user", "content": "ping"}]
