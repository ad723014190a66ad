"""The values that entries are sorted by when that is not the name: read on demand, with progress, and cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .models import SortKey
from .orders import Numbers

if TYPE_CHECKING:
    from .directory import Directory
    from .snapshot import Snapshot

#: Where `core.access.FileSystemAccess.numbers` has each key.
_COLUMNS: dict[SortKey, int] = {"size": 0, "modified": 1, "created": 2}
#: Names stat'ed by one call.
_BATCH = 2_000
#: Stock compares times by the millisecond: JavaScript knows no less.
_NS_PER_MS = 1_000_000
#: Values are read again when they are older than this many times what reading them took, and at least so many seconds.
_REREAD_FACTOR, _REREAD_SECONDS = 10.0, 10.0


class StatOrders:
    """Reads the values of one directory's entries; one reading for all who ask."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._readings: dict[SortKey, asyncio.Task[None]] = {}
        self._shares: dict[SortKey, float] = {}
        self._refused: set[SortKey] = set()
        self._read_at: dict[SortKey, tuple[float, float]] = {}

    def progress(self, sort: SortKey) -> float | None:
        """The share of entries read for ``sort`` so far, None when no reading runs."""
        return self._shares.get(sort)

    def permit(self, sort: SortKey) -> None:
        """A user asks for ``sort``: an earlier cancellation no longer counts."""
        self._refused.discard(sort)

    def begin(self, sort: SortKey) -> asyncio.Task[None] | None:
        """The reading of the values for ``sort``, started if need be; None where the user cancelled it."""
        if sort in self._refused:
            return None
        task = self._readings.get(sort)
        if task is None:
            directory = self._directory
            self._shares[sort] = 0.0
            name = f"listing stat of {directory.path or '/'}"
            task = self._readings[sort] = directory.context.tasks.start(self._read(sort), name=name)
        return task

    def refresh(self, sort: SortKey) -> None:
        """Read the values for ``sort`` again if they are old: files grow while the directory stays the same."""
        snapshot = self._directory.snapshot
        limit = self._directory.context.settings.stat_sort_limit
        if snapshot is None or snapshot.entries > limit or sort in self._readings:
            return
        at, took = self._read_at.get(sort, (0.0, 0.0))
        if time.monotonic() - at > max(_REREAD_SECONDS, took * _REREAD_FACTOR):
            self.begin(sort)

    def cancel(self, sort: SortKey | None = None) -> None:
        """End the reading for ``sort`` until a user asks again, or all of them."""
        if sort is not None:
            self._refused.add(sort)
        for key in list(self._readings) if sort is None else [sort]:
            task = self._readings.pop(key, None)
            self._shares.pop(key, None)
            if task is not None:
                task.cancel()

    async def numbers_of(self, snapshot: Snapshot, names: Sequence[bytes]) -> dict[SortKey, Numbers]:
        """Values of ``names`` for each key that ``snapshot`` has values for."""
        if not snapshot.numbers:
            return {}
        columns = await self._columns(names)
        return {sort: columns[sort] for sort in snapshot.numbers}

    async def _read(self, sort: SortKey) -> None:
        directory = self._directory
        me = asyncio.current_task()
        begun = time.monotonic()
        try:
            snapshot = directory.snapshot
            if snapshot is None:
                return
            small = snapshot.entries <= directory.context.settings.stat_sort_limit
            # one stat tells all three; of a huge directory only the one that was asked for is worth its memory
            sorts = list(_COLUMNS) if small else [sort]
            parts: dict[SortKey, list[Numbers]] = {key: [] for key in sorts}
            done = await self._read_from(snapshot, 0, sort, parts)
            async with directory.editor.lock:
                await self._read_from(snapshot, done, sort, parts)
                if directory.snapshot is snapshot:
                    self._install(snapshot, sort, {key: np.concatenate(part) for key, part in parts.items() if part})
            now = time.monotonic()
            self._read_at.update(dict.fromkeys(sorts, (now, now - begun)))
        except OSError as error:
            directory.context.log.warning("Sorting %s by %s ended: %s", directory.path or "/", sort, error.strerror)
            self._refused.add(sort)
        finally:
            if self._readings.get(sort) is me:
                del self._readings[sort]
                self._shares.pop(sort, None)

    async def _read_from(
        self, snapshot: Snapshot, start: int, sort: SortKey, parts: dict[SortKey, list[Numbers]]
    ) -> int:
        names = snapshot.names
        while start < names.count:
            stop = min(start + _BATCH, names.count)
            blob, _ = names.part(start, stop)
            columns = await self._columns(blob[:-1].tobytes().split(b"\0"))
            for key, values in parts.items():
                values.append(columns[key])
            start = stop
            self._shares[sort] = start / names.count
        return start

    def _install(self, snapshot: Snapshot, sort: SortKey, numbers: dict[SortKey, Numbers]) -> None:
        old = snapshot.numbers
        if all(key in old and np.array_equal(old[key], values) for key, values in numbers.items()):
            return
        snapshot.renumber(numbers)
        self._directory.context.listener.ready(self._directory)

    async def _columns(self, names: Sequence[bytes]) -> dict[SortKey, Numbers]:
        found = await self._directory.access.numbers(self._directory.place, names)
        table = np.frombuffer(found, np.int64).reshape(-1, 3)
        size, modified, created = (table[:, column].copy() for column in range(3))
        return {"size": size, "modified": modified // _NS_PER_MS, "created": created // _NS_PER_MS}
