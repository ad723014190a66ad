"""A feed's server, its keys, and a board that keeps what is posted: what tests of feeds need."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cloudru_jlab.core.errors import BadParameter
from cloudru_jlab.notifications.models import NewNotification, Source

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.timezone.utc)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Clock:
    """The time, which passes when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


class Board:
    """Stands in for the notifications service: rows by dedupe key, in order, and all calls."""

    def __init__(self) -> None:
        self.rows: dict[str, NewNotification] = {}
        self.calls: list[tuple[str, str]] = []
        self.memory: dict[str, bytes] = {}
        self.refuse = False

    async def post(self, new: NewNotification, source: Source, user: str | None) -> Any:
        assert (source.kind, new.recipient, user) == ("operator", "all", None)
        if self.refuse:
            raise BadParameter("No.")
        assert new.dedupe_key is not None
        self.calls.append(("post", new.title))
        self.rows[new.dedupe_key] = new

    async def withdraw(self, source_kind: str, dedupe_key: str) -> None:
        assert source_kind == "operator"
        row = self.rows.pop(dedupe_key, None)
        self.calls.append(("withdraw", row.title if row else "?"))

    async def recall(self, name: str) -> bytes | None:
        return self.memory.get(name)

    async def remember(self, name: str, value: bytes) -> None:
        self.memory[name] = value

    @property
    def titles(self) -> list[str]:
        return [row.title for row in self.rows.values()]


def feed(*entries: dict[str, Any], **more: Any) -> bytes:
    """A feed in our own format; an entry without an id has its title for one."""
    return json.dumps(
        {"version": 1, "notifications": [{"id": entry.get("title"), **entry} for entry in entries], **more}
    ).encode()


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:news</id><updated>2026-05-04T10:00:00Z</updated>
%s</feed>"""


def atom(*entries: str) -> bytes:
    """An Atom feed of these entries."""
    return (ATOM % "".join(entries)).encode()


def atom_entry(identity: str, title: str, updated: str = "2026-05-01T10:00:00Z", more: str = "") -> str:
    """One entry of an Atom feed."""
    return f"<entry><id>{identity}</id><title>{title}</title><updated>{updated}</updated>{more}</entry>"


class Server(ThreadingHTTPServer):
    """Serves ``body`` with an ETag, or whatever ``answer`` does."""

    daemon_threads = True
    # a client that closes a connection early is what is tested
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.body = b""
        self.answer: Answer | None = None
        self.codes: list[int] = []
        self.seen: list[dict[str, str]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        if self.server.answer is not None:
            self.server.answer(self)
            return
        tag = f'"{hash(self.server.body)}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def send_response(self, code: int, message: str | None = None) -> None:
        self.server.codes.append(code)
        super().send_response(code, message)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(certificate: Path | None, port: int = 0) -> Iterator[Server]:
    """A server that runs; https where there is a ``certificate`` (with its key in the same file)."""
    server = Server(port)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # the handshake belongs to the thread of the connection, not to the one that accepts
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one PEM file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feed of a test")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        # what newer Pythons want of an authority
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


class Signer:
    """Signs feeds."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.generate()
        self.public_key = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, data: bytes) -> bytes:
        """``data`` in its envelope."""
        return envelope(data, self._key.sign(data))


def envelope(data: bytes, signature: bytes) -> bytes:
    """A signed feed as it travels."""
    return json.dumps(
        {"signed": base64.b64encode(data).decode(), "signature": base64.b64encode(signature).decode()}
    ).encode()


def openssl(*arguments: str, cwd: Path) -> None:
    """Run openssl, which the machine has."""
    program = shutil.which("openssl")
    assert program is not None
    subprocess.run([program, *arguments], cwd=cwd, check=True, capture_output=True, timeout=60)
