"""Names and addresses of a test's own: a resolver that it scripts, and a network that it watches.

Public addresses lead to a server on this machine; every other one leads nowhere and is noted all
the same. So a test can tell which address a name became, without anything leaving the machine.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections import deque
from pathlib import Path
from typing import Any

import pytest

PUBLIC = "93.184.216.34"


class Internet:
    """The resolver and the network. `asked` holds the names, `reached` the addresses."""

    def __init__(self, patch: pytest.MonkeyPatch, server: Any) -> None:
        self.asked: list[str] = []
        self.reached: list[str] = []
        self.dead: set[str] = set()
        # The ports of this machine that a test may reach as what they are.
        self.near: set[int] = {server.port}
        self._server = server
        self._names: dict[str, deque[list[str]]] = {}
        self.connect = socket.socket.connect
        patch.setattr(socket, "getaddrinfo", self._resolve)
        connect = self._reach
        patch.setattr(socket.socket, "connect", lambda made, where: connect(made, where))

    def name(self, host: str, *answers: str | list[str]) -> None:
        """Let a name resolve to each of the answers in turn, and to the last one from then on."""
        self._names[host] = deque([one] if isinstance(one, str) else one for one in answers)

    def _resolve(self, host: Any, port: Any, *_args: Any, **_options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else str(host)
        self.asked.append(name)
        answers = self._names.get(name)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        found = answers.popleft() if len(answers) > 1 else answers[0]
        return [self._place(address, port) for address in found]

    @staticmethod
    def _place(address: str, port: int) -> Any:
        kind = socket.SOCK_STREAM
        if ":" in address:
            return (socket.AF_INET6, kind, 6, "", (address, port, 0, 0))
        return (socket.AF_INET, kind, 6, "", (address, port))

    def _reach(self, made: socket.socket, where: Any) -> None:
        if made.family not in (socket.AF_INET, socket.AF_INET6):
            return self.connect(made, where)
        if where[0] == "127.0.0.1" and where[1] in self.near:
            return self.connect(made, where)
        self.reached.append(where[0])
        if made.family == socket.AF_INET6 or where[0] in self.dead:
            raise OSError("nobody answers there")
        if not ipaddress.ip_address(where[0]).is_global:
            raise OSError(f"a test was to reach {where[0]}")
        return self.connect(made, ("127.0.0.1", self._server.port))


def write_certificate(folder: Path, *names: str) -> Path:
    """Write a certificate for some names or addresses, signed by itself, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*map(_named, names)]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _named(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def server_tls(certificate: Path, asked: list[str | None]) -> ssl.SSLContext:
    """A server's TLS, which notes the names that clients ask for."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    made.sni_callback = lambda _socket, name, _context: asked.append(name)
    return made
