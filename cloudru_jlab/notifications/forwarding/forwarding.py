"""Forwarding outwards: who is not in JupyterLab learns of it too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from traitlets import Float, Integer, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable

from ...core.tasks import TaskGroup
from ..models import Notification
from .carrier import Carrier, Send, available, send_by_apprise, silence
from .outbox import Letter, Outbox
from .targets import RANKS, Target, TargetsFile

#: The name of our part of the service's memory.
_MEMORY = "forwarding"
#: So many rows are remembered to have been forwarded, and so many may wait to be looked at.
_MOST_KNOWN = 2_000


class Service(Protocol):
    """What the notifications service does for us."""

    def on_posted(self, callback: Callable[[Notification, bool], None]) -> None:
        """Call ``callback`` with each notification that is new (True) or has changed."""

    async def recall(self, name: str) -> bytes | None:
        """What was remembered under ``name``."""

    async def remember(self, name: str, value: bytes) -> None:
        """Keep ``value`` under ``name``."""


class Memory(msgspec.Struct):
    """What lasts over a restart: how severe each forwarded row was, by its id, and what waits, by target."""

    known: dict[str, int] = {}
    waiting: dict[str, list[Letter]] = {}


class NotificationForwarding(LoggingConfigurable):
    """Forwards notifications to messengers and mail, by apprise (the extra ``forward``).

    Parameters
    ----------
    service:
        The notifications service.
    send, wait:
        How to send, and how to let time pass (a coroutine function of seconds).
    """

    targets_file = Unicode(
        "",
        help="""A JSON file with the targets, {"targets": [{"name", "url", "minimum", "categories", "sources",
        "recipients"}]}; ``url`` as apprise takes it (https://github.com/caronc/apprise). Nobody but the server's user
        should be able to read it. ``~`` and ``${VARIABLES}`` expand. It is read again when it changes.""",
    ).tag(config=True)
    prefix = Unicode("", help="What the title of all that is forwarded begins with: the server's name, say.").tag(
        config=True
    )
    language = Unicode("en", help="The language, where a notification has texts in several.").tag(config=True)
    attempts = Integer(5, help="How often it is tried.").tag(config=True)
    retry_seconds = Float(
        10.0, help="How long to wait after the first attempt that failed; each further wait is twice as long."
    ).tag(config=True)
    deadline_seconds = Float(30.0, help="How long one attempt may take.").tag(config=True)

    def __init__(
        self,
        service: Service,
        *,
        send: Send = send_by_apprise,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._service = service
        self._send = send
        self._wait = wait
        self._tasks = TaskGroup(self.log)
        self._memory = Memory()
        self._outboxes: dict[str, Outbox] = {}
        self._news: asyncio.Queue[tuple[Notification, bool]] = asyncio.Queue(_MOST_KNOWN)
        self._saving = asyncio.Lock()
        self._file = TargetsFile(os.path.expandvars(os.path.expanduser(self.targets_file)), self.log)

    async def start(self) -> None:
        """Begin to forward; returns at once. Nothing happens without a file of targets."""
        if not self.targets_file:
            return
        if not available():
            self.log.error(
                "Notifications are not forwarded: c.NotificationForwarding.targets_file is set, and apprise is not "
                "installed. pip install 'cloudru_jlab[forward]'"
            )
            return
        silence()
        self._service.on_posted(self._posted)
        self._tasks.start(self._run(), name="forward notifications")

    async def stop(self) -> None:
        """Forward no more; what waits is kept for the next start."""
        await self._tasks.stop()

    def _posted(self, notification: Notification, created: bool) -> None:
        try:
            self._news.put_nowait((notification, created))
        except asyncio.QueueFull:
            # a flood: the targets' own queues have been full for long
            return

    async def _run(self) -> None:
        data = await self._service.recall(_MEMORY)
        try:
            self._memory = msgspec.json.decode(data or b"{}", type=Memory)
        except msgspec.DecodeError:
            self.log.warning("What waited to be forwarded is damaged, and lost.")
        for name, letters in self._memory.waiting.items():
            if letters:
                self._outbox(name)
        while True:
            news = [await self._news.get()]
            targets = await asyncio.to_thread(self._file.read) or {}
            while not self._news.empty():
                news.append(self._news.get_nowait())
            # all of them, whatever the first one says
            if any([self._forward(notification, created, targets) for notification, created in news]):
                await self._save()

    def _forward(self, notification: Notification, created: bool, targets: dict[str, Target]) -> bool:
        """Put ``notification`` where it belongs; whether there is anything to be kept."""
        wanting = [name for name, target in targets.items() if target.wants(notification)]
        known = self._memory.known
        if not wanting and notification.id not in known:
            return False
        rank = RANKS[notification.severity]
        # an update is news where it is worse than before; progress is none
        worse = created or rank > known.pop(notification.id, -1)
        known[notification.id] = rank
        while len(known) > _MOST_KNOWN:
            del known[next(iter(known))]
        if worse:
            letter = self._letter(notification)
            for name in wanting:
                self._outbox(name).put(msgspec.structs.replace(letter))
        return True

    def _letter(self, notification: Notification) -> Letter:
        text = notification.texts.get(self.language)
        title, body = (notification.title, notification.body) if text is None else (text.title, text.body)
        lines = [body, *(f"{link.label}: {link.url}" for link in notification.links if link.url[:1] != "/")]
        lines.append(f"— {notification.source.name}")
        return Letter(
            key=f"{notification.id} {notification.severity}",
            title=f"{self.prefix}{title}",
            body="\n".join(filter(None, lines)),
            severity=notification.severity,
        )

    def _outbox(self, name: str) -> Outbox:
        outbox = self._outboxes.get(name)
        if outbox is None:

            async def target() -> Target | None:
                while (targets := await asyncio.to_thread(self._file.read)) is None:
                    await self._wait(self.retry_seconds)
                return targets.get(name)

            outbox = self._outboxes[name] = Outbox(
                name,
                self._memory.waiting.setdefault(name, []),
                carrier=Carrier(self._send, self.deadline_seconds),
                target=target,
                save=self._save,
                wait=self._wait,
                attempts=self.attempts,
                retry_seconds=self.retry_seconds,
                log=self.log,
            )
            self._tasks.start(outbox.run(), name=f"forward notifications to {name}")
        return outbox

    async def _save(self) -> None:
        async with self._saving:
            await self._service.remember(_MEMORY, msgspec.json.encode(self._memory))

    @validate("attempts")
    def _valid_attempts(self, proposal: Any) -> int:
        if not 1 <= proposal["value"] <= 100:
            raise TraitError("c.NotificationForwarding.attempts takes 1 to 100.")
        return int(proposal["value"])

    @validate("retry_seconds", "deadline_seconds")
    def _valid_seconds(self, proposal: Any) -> float:
        if not 0 < proposal["value"] <= 3_600:
            raise TraitError(f"c.NotificationForwarding.{proposal['trait'].name} takes more than 0, up to 3600.")
        return float(proposal["value"])
