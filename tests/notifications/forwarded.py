"""What tests of forwarding need: a service that remembers, a stand-in for apprise, and rows."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cloudru_jlab.notifications.forwarding import NotificationForwarding
from cloudru_jlab.notifications.models import Notification, Severity, Source

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
