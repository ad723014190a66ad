"""Notifications leave the server: to whom they should, once, without holding anything up, and without any secret."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

from cloudru_jlab.notifications.forwarding import NotificationForwarding, forwarding
from cloudru_jlab.notifications.forwarding.outbox import MOST_WAITING
from cloudru_jlab.notifications.models import Link, Notification, Severity, Source, Text

# apprise, and what it imports, may use what newer Pythons warn of
pytestmark = [
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise"),
]

NOW = datetime(2026, 5, 4, tzinfo=timezone.utc)
SECRET = "zebra4711"


def row(identity: str = "1", severity: Severity = "error", **changes: Any) -> Notification:
    fields: dict[str, Any] = {
        "id": identity,
        "seq": 1,
        "recipient": "me",
        "source": Source("program", "train.py"),
        "severity": severity,
        "title": f"Title {identity}",
        "body": "Body",
        "category": "general",
        "texts": {},
        "links": [],
        "action": None,
        "progress": None,
        "dedupe_key": None,
        "created": NOW,
        "updated": NOW,
        "expires": None,
        "read": False,
        "dismissed": False,
        "shown": False,
    }
    return Notification(**{**fields, **changes})


class Service:
    """Stands in for the notifications service; its memory outlasts the forwarding."""

    def __init__(self) -> None:
        self.memory: dict[str, bytes] = {}
        self._saved = asyncio.Event()
        self.posted: Callable[[Notification, bool], None] = lambda notification, created: None

    def on_posted(self, callback: Callable[[Notification, bool], None]) -> None:
        self.posted = callback

    async def recall(self, name: str) -> bytes | None:
        return self.memory.get(name)

    async def remember(self, name: str, value: bytes) -> None:
        await asyncio.sleep(0)
        self.memory[name] = value
        self._saved.set()

    async def until_nothing_waits(self, name: str) -> None:
        while self.waiting[name]:
            self._saved.clear()
            await self._saved.wait()

    @property
    def waiting(self) -> dict[str, list[str]]:
        memory = json.loads(self.memory.get("forwarding", b'{"waiting": {}}'))
        return {name: [letter["title"] for letter in letters] for name, letters in memory["waiting"].items()}


class Post:
    """Stands in for apprise: keeps what is sent, and fails or hangs where it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.tries = 0
        self.problems: list[str | None] = []
        self.go = threading.Event()
        self.go.set()
        self._waiters: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def __call__(self, target: Any, title: str, body: str, severity: str) -> str | None:
        self.tries += 1
        self._tell()
        assert self.go.wait(60)
        problem = self.problems.pop(0) if self.problems else None
        if problem is None:
            self.sent.append((target.name, title))
        self._tell()
        return problem

    def _tell(self) -> None:
        for event, loop in list(self._waiters.items()):
            loop.call_soon_threadsafe(event.set)

    async def until(self, condition: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        self._waiters[changed] = asyncio.get_running_loop()
        while not condition():
            changed.clear()
            await changed.wait()
        del self._waiters[changed]
        # what follows from it on the event loop
        for _ in range(20):
            await asyncio.sleep(0)

    def close(self) -> None:
        self.go.set()


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    yield post
    post.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    return tmp_path / "targets.json"


def put(path: Path, *targets: dict[str, Any]) -> None:
    path.write_text(json.dumps({"targets": [{"url": f"json://{SECRET}", **target} for target in targets]}))
    path.chmod(0o600)


def damage(path: Path, content: str) -> None:
    path.write_text(content)


class Heard(logging.Handler):
    """Lets a test wait until the log says something."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self._said = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self._said.set()

    def __enter__(self) -> Heard:
        logging.getLogger("forwards").addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        logging.getLogger("forwards").removeHandler(self)

    async def once(self) -> None:
        await self._said.wait()
        self._said.clear()


@asynccontextmanager
async def forwards(service: Service, path: Path, **options: Any) -> AsyncIterator[NotificationForwarding]:
    part = NotificationForwarding(service, targets_file=str(path), log=logging.getLogger("forwards"), **options)
    await part.start()
    # the first turns of its tasks
    for _ in range(5):
        await asyncio.sleep(0)
    try:
        yield part
    finally:
        await part.stop()


class Waits:
    """Lets no time pass, and keeps how much should have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


async def test_who_gets_what(service: Service, post: Post, targets: Path) -> None:
    put(
        targets,
        {"name": "errors"},
        {"name": "all", "minimum": "info"},
        {"name": "alerts", "minimum": "info", "categories": ["alert"]},
        {"name": "operator", "minimum": "info", "sources": ["operator"]},
        {"name": "ann", "minimum": "info", "recipients": ["ann"]},
    )
    async with forwards(service, targets, send=post):
        service.posted(row("1", "info"), True)
        service.posted(row("2", "error"), True)
        service.posted(row("3", "critical", category="alert", source=Source("operator", "x"), recipient="all"), True)
        service.posted(row("4", "critical", recipient="ann"), True)
        await post.until(lambda: len(post.sent) >= 8)
    assert sorted(post.sent) == [
        ("alerts", "Title 3"), ("all", "Title 1"), ("all", "Title 2"), ("all", "Title 3"), ("ann", "Title 4"),
        ("errors", "Title 2"), ("errors", "Title 3"), ("operator", "Title 3"),
    ]  # fmt: skip


async def test_an_update_is_news_where_it_is_worse(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1", "info", title="started"), True)
        service.posted(row("1", "info", title="half"), False)
        service.posted(row("1", "error", title="failed"), False)
        service.posted(row("1", "error", title="failed, in other words"), False)
        service.posted(row("1", "success", title="resolved"), False)
        service.posted(row("1", "critical", title="again"), False)
        await post.until(lambda: len(post.sent) >= 2)
    assert [title for _, title in post.sent] == ["failed", "again"]


async def test_nothing_is_forwarded_twice_after_a_restart(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
    async with forwards(service, targets, send=post):
        # the feed or Alertmanager says it again
        service.posted(row("1"), False)
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert post.sent == [("ops", "Title 1"), ("ops", "Title 2")]


async def test_what_is_being_sent_when_the_server_dies_is_not_sent_again(
    service: Service, post: Post, targets: Path
) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        for number in "123":
            service.posted(row(number), True)
        await post.until(lambda: post.tries == 1)
        # as kill -9 leaves it
        dead = dict(service.memory)
    service.memory = dead
    assert service.waiting == {"ops": ["Title 2", "Title 3"]}
    post.go.set()
    await post.until(lambda: len(post.sent) == 1)
    async with forwards(service, targets, send=post):
        await post.until(lambda: len(post.sent) == 3)
    assert [title for _, title in post.sent] == ["Title 1", "Title 2", "Title 3"]


async def test_what_fails_is_tried_again_in_order_and_given_up(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    waits = Waits()
    post.problems = ["no"] * 2 + [None] + ["no"] * 5
    async with forwards(service, targets, send=post, wait=waits):
        for number in "123":
            service.posted(row(number), True)
        await post.until(lambda: len(post.sent) == 2)
    assert [title for _, title in post.sent] == ["Title 1", "Title 3"]
    assert (post.tries, waits.seconds) == (9, [10, 20, 10, 20, 40, 80])
    assert caplog.messages == ["A notification was not forwarded to 'ops', and is given up after 5 attempts: no."]
    assert service.waiting == {"ops": []}


async def test_one_target_that_hangs_keeps_no_other(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "hangs"}, {"name": "works"})
    forever = threading.Event()
    threads = []

    def send(target: Any, title: str, body: str, severity: str) -> str | None:
        if target.name == "hangs":
            threads.append(threading.current_thread())
            forever.wait(60)
            return None
        return post(target, title, body, severity)

    async with forwards(service, targets, send=send, deadline_seconds=0.01, attempts=100, wait=Waits()):
        for number in "12345":
            service.posted(row(number), True)
        await post.until(lambda: len(post.sent) == 5)
        assert all(thread.daemon for thread in threads)
    assert len(threads) == 1
    forever.set()
    threads[0].join()


async def test_what_was_sent_late_is_not_sent_again(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    waited = asyncio.Event()

    async def wait(seconds: float) -> None:
        waited.set()
        post.go.set()
        await post.until(lambda: len(post.sent) == 1)

    async with forwards(service, targets, send=post, deadline_seconds=0.01, attempts=100, wait=wait):
        service.posted(row("1"), True)
        await waited.wait()
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert post.sent == [("ops", "Title 1"), ("ops", "Title 2")]
    assert post.tries == 2


async def test_a_flood_is_cut(service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        service.posted(row("first"), True)
        await post.until(lambda: post.tries == 1)
        for number in range(3_000):
            service.posted(row(str(number)), True)
        service.posted(row("last"), True)
        post.go.set()
        await post.until(lambda: len(post.sent) == MOST_WAITING + 1)
    assert caplog.messages == ["More than 100 notifications wait to be forwarded to 'ops': more are left out."]


async def test_texts_and_links(service: Service, targets: Path) -> None:
    put(targets, {"name": "ops"})
    sent: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def send(target: Any, title: str, body: str, severity: str) -> None:
        loop.call_soon_threadsafe(sent.put_nowait, (title, body))

    new = row(
        texts={"ru": Text("Заголовок", "Текст")}, links=[Link("Log", "https://x/log"), Link("Notebook", "/lab/tree/x")]
    )
    async with forwards(service, targets, send=send, language="ru", prefix="[lab-7] "):
        service.posted(new, True)
        assert await sent.get() == ("[lab-7] Заголовок", "Текст\nLog: https://x/log\n— train.py")
        service.posted(row("2", body="", texts={"de": Text("x")}), True)
        assert await sent.get() == ("[lab-7] Title 2", "— train.py")


async def test_targets_may_change(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with forwards(service, targets, send=post, wait=Waits()):
        service.posted(row("0"), True)
        put(targets, {"name": "one"})
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) >= 1)
        put(targets, {"name": "another"})
        service.posted(row("2"), True)
        await post.until(lambda: post.sent[-1:] == [("another", "Title 2")])
        damage(targets, "zebra")
        service.posted(row("3"), True)
        await post.until(lambda: post.sent[-1:] == [("another", "Title 3")])
    assert "is not as it should be" in caplog.messages[-1]
    assert "zebra" not in caplog.text


async def test_what_waits_for_a_target_that_is_gone(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        for number in "12":
            service.posted(row(number), True)
        await post.until(lambda: post.tries == 1)
    put(targets, {"name": "new"})
    post.go.set()
    async with forwards(service, targets, send=post):
        service.posted(row("3"), True)
        await post.until(lambda: ("new", "Title 3") in post.sent)
        await service.until_nothing_waits("ops")
    assert "1 notifications are not forwarded to 'ops', which is no longer a target." in caplog.messages


@pytest.mark.parametrize(
    "content",
    [
        "",
        SECRET,
        "[]",
        json.dumps({"targets": [{"name": SECRET}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}", SECRET: 1}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}", "minimum": SECRET}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}"}] * 2}),
        json.dumps({"targets": [{"name": f"{SECRET}/", "url": "json://x"}]}),
        json.dumps({"targets": [{"name": str(n), "url": "json://x"} for n in range(21)]}),
    ],
)
async def test_files_that_cannot_be_used(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
        damage(targets, content)
        # what was there before stays
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert len(caplog.messages) == 1
    assert SECRET not in caplog.text


async def test_others_may_read_the_file(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    os.chmod(targets, 0o644)
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
    assert "make their file 0600" in caplog.text


async def test_without_apprise(
    service: Service, targets: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(forwarding, "available", lambda: False)
    async with forwards(service, targets):
        service.posted(row(), True)
    assert "pip install 'cloudru_jlab[forward]'" in caplog.text
    assert service.memory == {}


async def test_nothing_happens_unless_it_is_configured(service: Service) -> None:
    before = threading.active_count()
    part = NotificationForwarding(service)
    await part.start()
    service.posted(row(), True)
    await part.stop()
    assert (threading.active_count(), service.memory) == (before, {})


@pytest.mark.parametrize("options", [{"attempts": 0}, {"retry_seconds": 0}, {"deadline_seconds": -1}])
def test_configurations_that_cannot_be_used(service: Service, options: dict[str, Any]) -> None:
    with pytest.raises(TraitError, match=r"NotificationForwarding\."):
        NotificationForwarding(service, **options)


# --- with apprise itself


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
