"""Changes of a directory, applied to its snapshot in place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..core.access import ABSENT
from ..core.access import DIRECTORY as DIRECTORY_KIND
from .names import DIRECTORY, Names, flags_of
from .placing import Edits
from .slices import Cancelled
from .snapshot import Snapshot

if TYPE_CHECKING:
    from .directory import Directory

#: More changed names than this at once are not applied one by one.
MANY = 5_000
#: Changes that come this soon after others were applied wait and go together, in seconds.
_BREATH = 0.03


class Editor:
    """Applies what is told about entries of one directory, in batches and one batch at a time.

    What is told are names to look at; what is there then decides, so that order and repetition do not matter.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._touched: set[bytes] = set()
        self._in_scan: set[bytes] = set()
        self._task: asyncio.Task[None] | None = None
        #: Held while the snapshot is changed, and by who must not miss a change.
        self.lock = asyncio.Lock()

    @property
    def running(self) -> asyncio.Task[None] | None:
        """The task that applies changes, if there are any."""
        return self._task

    def touch(self, names: Iterable[bytes]) -> None:
        """These entries may have come, gone or become another kind. Cheap."""
        names = [name for name in names if not self._directory.globs.hides(name)]
        if not names:
            return
        if self._directory.scanning and len(self._in_scan) <= MANY:
            # the scan may have passed them by
            self._in_scan.update(names)
        if self._directory.snapshot is not None:
            self._touched.update(names)
            self._begin()

    def scan_begins(self) -> None:
        """From now on a scan may miss what changes."""
        self._in_scan = set()

    def scan_ended(self) -> None:
        """The snapshot is the scan's: apply what it may have missed."""
        self._touched |= self._in_scan
        self._in_scan = set()
        if self._directory.snapshot is not None:
            self._begin()

    def forget(self) -> None:
        """End all work; the snapshot is gone."""
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self._touched = set()
        self._in_scan = set()

    def _begin(self) -> None:
        if self._task is None and self._touched:
            name = f"listing changes of {self._directory.path or '/'}"
            self._task = self._directory.context.tasks.start(self._run(), name=name)

    async def _run(self) -> None:
        directory = self._directory
        try:
            while self._touched and directory.snapshot is not None:
                batch, self._touched = self._touched, set()
                if len(batch) > MANY:
                    directory.mark_stale()
                    return
                if await self.apply(batch):
                    directory.context.listener.changed(directory)
                if self._touched:
                    await asyncio.sleep(_BREATH)
        except OSError:
            # the directory itself is gone or silent: whoever asks next is told
            directory.mark_stale()
        finally:
            if self._task is asyncio.current_task():
                self._task = None
                self._begin()

    async def apply(self, batch: Iterable[bytes]) -> bool:
        """Bring the snapshot up to date about the names in ``batch``; whether that made a new generation."""
        directory = self._directory
        async with self.lock:
            snapshot, names = directory.snapshot, list(batch)
            if snapshot is None:
                return False
            kinds = await directory.access.kinds(directory.place, names, hide_closed=directory.hide_closed)
            edits = await directory.context.workers.view(lambda _: plan(snapshot, names, kinds))
            if not edits:
                return False
            numbers = await directory.stat_orders.numbers_of(snapshot, edits.names)
            applied = await directory.context.workers.view(lambda _: snapshot.prepare(edits, numbers))
            snapshot.apply(applied)
            current = directory.snapshot is snapshot
        if current and snapshot.wasteful:
            directory.mark_stale()
        return current


def plan(snapshot: Snapshot, names: Sequence[bytes], kinds: bytes) -> Edits:
    """What must change in ``snapshot`` for ``names`` to be of ``kinds``; in a worker thread."""
    finder = snapshot.finder()
    edits = Edits([], [], [])
    for name, kind in zip(names, kinds, strict=True):
        ident, is_dir = finder.id_of(name), kind == DIRECTORY_KIND
        if ident is not None:
            if kind != ABSENT and bool(snapshot.names.flags[ident] & DIRECTORY) == is_dir:
                continue
            edits.gone.append(ident)
        if kind != ABSENT:
            edits.names.append(name)
            edits.flags.append(flags_of(name, is_dir=is_dir))
    return edits


def differing(old: Snapshot, names: Names, _: Cancelled) -> set[bytes]:
    """What came, went or changed its kind: applied in place, it keeps a small directory's generation where nothing
    did. In a worker thread."""
    ids = next(iter(old.orders.values())).ids
    kinds = (old.names.flags[ids] & DIRECTORY).tolist()
    before = set(zip(old.names.pick(ids), kinds, strict=True))
    every = np.arange(names.count, dtype=np.uint32)
    after = set(zip(names.pick(every), (names.flags[every] & DIRECTORY).tolist(), strict=True))
    return {name for name, _ in before ^ after}
