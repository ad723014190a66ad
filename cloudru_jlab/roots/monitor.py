"""How the roots are: looked at while somebody asks, and no more often than it is worth."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from logging import Logger
from weakref import WeakKeyDictionary

from ..core.ports import RootState
from ..core.tasks import TaskGroup
from .registry import WatchedRoot

_SILENT = RootState("not_answering", "It has not answered yet. It is asked again by itself.")


class Monitor:
    """Looks at roots, each in its own threads, never twice at a time.

    Parameters
    ----------
    interval:
        How long what was seen is good for, in seconds.
    patience:
        How long an answer waits for roots that are being looked at, in seconds; then what was seen before will do.
    """

    def __init__(
        self, *, interval: float, patience: float, log: Logger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = interval
        self._patience = patience
        self._clock = clock
        self._tasks = TaskGroup(log)
        self._looks: WeakKeyDictionary[WatchedRoot, asyncio.Task[None]] = WeakKeyDictionary()
        self._seen: WeakKeyDictionary[WatchedRoot, float] = WeakKeyDictionary()

    async def look(self, roots: Sequence[WatchedRoot], *, now: bool = False) -> None:
        """Look at those of ``roots`` that were not looked at lately; with ``now`` at all, and wait for all of it."""
        looks = [self._look(root, now) for root in roots]
        running = [look for look in looks if look is not None]
        if running:
            # a task that is waited for like this goes on when whoever asked has left
            await asyncio.wait(running, timeout=None if now else self._patience)

    def state(self, root: WatchedRoot) -> RootState:
        """How ``root`` was when it was last looked at. Cheap."""
        return root.state() if root in self._seen else _SILENT

    async def stop(self) -> None:
        """Look no more."""
        await self._tasks.stop()

    def _look(self, root: WatchedRoot, now: bool) -> asyncio.Task[None] | None:
        running = self._looks.get(root)
        if running is not None:
            return running
        seen = self._seen.get(root)
        if not now and seen is not None and self._clock() - seen < self._interval:
            return None
        look = self._looks[root] = self._tasks.start(self._look_at(root), name=f"look at root {root.info.name}")
        return look

    async def _look_at(self, root: WatchedRoot) -> None:
        try:
            await root.look()
            self._seen[root] = self._clock()
        finally:
            del self._looks[root]
