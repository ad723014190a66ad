"""apprise itself forwards to a real service: it delivers, fails and hangs, and none of its secrets are told."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .forwarded import SECRET, Heard, Service, Waits, forwards, put, row

# apprise, and what it imports, may use what newer Pythons warn of
pytestmark = [
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise"),
]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    return tmp_path / "targets.json"


class Receiver(ThreadingHTTPServer):
    """A service that apprise sends to: keeps what it gets, answers ``status``, or hangs until it is let go."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.got: list[tuple[str, Any]] = []
        self.go = threading.Event()
        self.go.set()
        self.changed = threading.Event()

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_address[1]}/{SECRET}/?rto=60"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, json.loads(body)))
        self.server.changed.set()
        self.server.go.wait(60)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    receiver.go.set()
    receiver.shutdown()
    receiver.server_close()
    thread.join()


async def arrived(receiver: Receiver, number: int) -> None:
    while len(receiver.got) < number:
        receiver.changed.clear()
        if len(receiver.got) < number:
            assert await asyncio.to_thread(receiver.changed.wait, 120)


@pytest.fixture
def noisy(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log, with all that any package would say."""
    caplog.set_level(logging.DEBUG)
    for name in ("apprise", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


async def test_apprise_delivers(
    service: Service, targets: Path, receiver: Receiver, noisy: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops", "url": receiver.url})
    new = row(severity="critical", title="<b>Disk</b> full", body="1 & 2\n:smile: \\n")
    async with forwards(service, targets):
        service.posted(new, True)
        await arrived(receiver, 1)
        await service.until_nothing_waits("ops")
    path, message = receiver.got[0]
    assert SECRET in path
    assert (message["title"], message["message"], message["type"]) == (
        "<b>Disk</b> full", "1 & 2\n:smile: \\n\n— train.py", "failure",
    )  # fmt: skip
    assert SECRET not in noisy.text
    assert not [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("ThreadPool") and not thread.daemon and "asyncio" not in thread.name
    ]


async def test_apprise_fails(
    service: Service, targets: Path, receiver: Receiver, noisy: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops", "url": receiver.url})
    receiver.status = 500
    with Heard("given up") as given_up:
        async with forwards(service, targets, attempts=2, wait=Waits()):
            service.posted(row(), True)
            await given_up.once()
            assert len(receiver.got) == 2
            put(targets, {"name": "ops", "url": f"{SECRET}://{SECRET}"})
            service.posted(row("2"), True)
            await given_up.once()
            put(targets, {"name": "ops", "url": f"json://127.0.0.1:1/{SECRET}"})
            service.posted(row("3"), True)
            await given_up.once()
    assert [message.split("attempts: ")[1] for message in noisy.messages if "given up" in message] == [
        "its service could not be reached, or refused it.",
        "apprise does not understand its address.",
        "its service could not be reached, or refused it.",
    ]
    assert SECRET not in noisy.text


async def test_apprise_hangs(
    service: Service, targets: Path, receiver: Receiver, noisy: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops", "url": receiver.url})
    receiver.go.clear()
    async with forwards(service, targets, deadline_seconds=0.05, wait=Waits()):
        service.posted(row(), True)
        await arrived(receiver, 1)
        loop = asyncio.get_running_loop()
        # the event loop turns meanwhile
        for _ in range(100):
            turned = loop.create_future()
            loop.call_soon(turned.set_result, None)
            await turned
    # stop() waited for nothing; the thread that hangs does not keep the process either
    hanging = [thread for thread in threading.enumerate() if thread.name.startswith("cloudru-forwarding")]
    assert len(hanging) == 1
    assert hanging[0].daemon
    receiver.go.set()
    await asyncio.to_thread(hanging[0].join)
    assert SECRET not in noisy.text


async def test_an_error_of_apprise_tells_no_secret(
    service: Service, targets: Path, noisy: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})

    def send(target: Any, title: str, body: str, severity: str) -> str | None:
        logging.getLogger("apprise").warning("sending to %s", target.url)
        raise RuntimeError(target.url)

    with Heard("given up") as given_up:
        async with forwards(service, targets, send=send, attempts=1):
            service.posted(row(), True)
            await given_up.once()
    assert "apprise failed with RuntimeError" in noisy.text
    assert SECRET not in noisy.text
    assert SECRET not in repr(service.memory)
