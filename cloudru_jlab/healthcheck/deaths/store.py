"""The last deaths: in memory, and on disk for after a restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from logging import Logger
from pathlib import Path

from msgspec import Struct, field

from ...core.state import Document
from ...core.tasks import TaskGroup
from ..models import Death
from ..supervisor.lane import Lane

MOST = 200
_TIMEOUT_SECONDS = 10.0


class _Kept(Struct):
    last: int = 0
    deaths: list[Death] = field(default_factory=list)


class DeathStore:
    """At most `MOST` deaths, in the order of their numbers. A disk that is full or hangs costs only what outlasts the
    server: nothing here raises for it."""

    def __init__(self, folder: Path, log: Logger) -> None:
        self._document = Document(folder, "deaths", _Kept, log)
        self._lane = Lane("deaths")
        self._log = log
        self._tasks = TaskGroup(log)
        self._dirty = False
        self._writing = False
        self._loaded = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self.last = 0
        self._deaths: list[Death] = []

    async def start(self) -> None:
        """Know those from before the restart."""
        try:
            kept = await self._lane.run(self._document.read, _TIMEOUT_SECONDS)
        except (OSError, TimeoutError) as error:
            self._log.warning("The deaths of kernels from before the start could not be read: %s", error)
            return
        finally:
            self._loaded.set()
        shift = self.last
        self.last = kept.last + shift
        for death in self._deaths:
            death.seq += kept.last
        self._deaths = [*kept.deaths, *self._deaths][-MOST:]

    async def loaded(self) -> None:
        """Wait until those from before the start are known, or cannot be."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), _TIMEOUT_SECONDS)

    async def stop(self) -> None:
        """Write what is not written yet."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._written.wait(), _TIMEOUT_SECONDS)
        await self._tasks.stop()
        if self._dirty:
            await self._write()

    def after(self, seq: int, kernel: str = "") -> list[Death]:
        """What is new since ``seq``; of one kernel, where one is given. The oldest first."""
        return [death for death in self._deaths if death.seq > seq and kernel in ("", death.kernel_id)]

    def find(self, identifier: str) -> Death | None:
        """One of them."""
        return next((death for death in self._deaths if death.id == identifier), None)

    def put(self, death: Death) -> int:
        """Keep it, or what has become of it, under the next number."""
        self.last += 1
        death.seq = self.last
        self._deaths = [*(each for each in self._deaths if each.id != death.id), death][-MOST:]
        self._changed()
        return self.last

    def remove(self, identifier: str) -> None:
        """It was no death."""
        self._deaths = [each for each in self._deaths if each.id != identifier]
        self.last += 1
        self._changed()

    def _changed(self) -> None:
        self._dirty = True
        if not self._writing:
            self._writing = True
            self._written.clear()
            self._tasks.start(self._keep_writing(), name="keep the deaths of kernels")

    async def _keep_writing(self) -> None:
        try:
            while self._dirty:
                await self._write()
        finally:
            self._writing = False
            self._written.set()

    async def _write(self) -> None:
        self._dirty = False
        kept = _Kept(self.last, list(self._deaths))
        try:
            await self._lane.run(lambda: self._document.write(kept), _TIMEOUT_SECONDS)
        except (OSError, TimeoutError) as error:
            self._log.warning("The deaths of kernels are kept in memory alone: %s", error)
