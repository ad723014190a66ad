"""Tells the user of what is wrong: one notification for each incident, gone when it is over."""

from __future__ import annotations

import asyncio
from logging import Logger

from ...core.ports import Message, Notifier, Reading
from ...core.tasks import TaskGroup

#: What is normal to happen now and then, or told by somebody else.
_SILENT = frozenset({"cpu", "event_loop", "kernel"})
_NAME = "healthcheck"
_TITLES = {
    "memory": ("Memory is running out", "Заканчивается память"),
    "disk": ("A disk needs attention", "Проблема с диском"),
    "descriptors": ("The server runs out of open files", "У сервера заканчиваются открытые файлы"),
    "gpu": ("A GPU needs attention", "Проблема с GPU"),
    "gateway": ("The kernel gateway does not answer", "Шлюз ядер не отвечает"),
    "feature": ("A part of the server has failed", "Часть сервера не работает"),
}


class Incidents:
    """Posts, replaces and withdraws, one after the other."""

    def __init__(self, notifier: Notifier | None, log: Logger) -> None:
        self._notifier = notifier
        self._tasks = TaskGroup(log)
        self._log = log
        self._queue: asyncio.Queue[tuple[str, Message | None]] = asyncio.Queue()

    def changed(self, key: tuple[str, str], was: Reading | None, now: Reading | None) -> None:
        """A component's status has changed."""
        component, id_ = key
        if self._notifier is None or component in _SILENT:
            return
        dedupe = f"healthcheck:{component}:{id_}"[:200]
        if now is not None and now.status != "pass":
            self._queue.put_nowait((dedupe, _message(now, dedupe)))
        elif was is None or was.status != "pass":
            # at the first look too: the server before this one may have left its own
            self._queue.put_nowait((dedupe, None))

    async def start(self) -> None:
        """Begin to tell."""
        if self._notifier is not None and not len(self._tasks):
            self._tasks.start(self._keep_telling(self._notifier), name="tell of incidents")

    async def stop(self) -> None:
        """Tell no more."""
        await self._tasks.stop()

    async def _keep_telling(self, notifier: Notifier) -> None:
        while True:
            dedupe, message = await self._queue.get()
            try:
                if message is None:
                    await notifier.withdraw(dedupe)
                else:
                    await notifier.notify(message, name=_NAME)
            except Exception:
                self._log.exception("An incident could not be told: %s", dedupe)


def _message(reading: Reading, dedupe: str) -> Message:
    english, russian = _TITLES.get(reading.component, (reading.component, reading.component))
    texts = {}
    for language, (message, advice) in (reading.texts or {}).items():
        texts[language] = (russian if language == "ru" else english, f"{message} {advice}".strip())
    return Message(
        title=english,
        body=f"{reading.message} {reading.advice}".strip(),
        severity="error" if reading.status == "fail" else "warning",
        category="resource",
        texts=texts or None,
        dedupe_key=dedupe,
    )
