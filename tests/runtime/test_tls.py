"""Secure connections: certificates are checked, names too, and connections are kept."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from internet import write_certificate

from model_runtime.errors import ConnectionFailed
from model_runtime.exchange import Flow, HttpReply, HttpRequest, Send, Timeouts

pytest.importorskip("cryptography")

REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Server:
    """Answers every request on every connection with the same reply."""

    def __init__(self, certificate: Path) -> None:
        self.certificate = certificate
        self.connections = 0
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        with plain, suppress(OSError), self._tls.wrap_socket(plain, server_side=True) as secure:
            while secure.recv(65536):
                secure.sendall(REPLY)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(write_certificate(tmp_path, "127.0.0.1"))
    yield made
    made.close()


def send(url: str) -> Flow[HttpReply]:
    return (yield Send(HttpRequest(method="GET", url=url), Timeouts()))


def test_trusted_certificate_is_taken_and_the_connection_kept(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, server: Server
) -> None:
    """A certificate file that the environment names is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    drive = make_drive()
    for _ in range(3):
        assert drive.run(send(f"https://127.0.0.1:{server.port}/")).body == b"hi"
    assert server.connections == 1


def test_unknown_certificate_is_refused(make_drive: Any, server: Server) -> None:
    """Nothing is sent to a server that cannot prove who it is."""
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        make_drive().run(send(f"https://127.0.0.1:{server.port}/"))


def test_certificate_of_another_host_is_refused(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, server: Server
) -> None:
    """A trusted certificate counts for the names in it alone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        make_drive().run(send(f"https://localhost:{server.port}/"))
