"""One directory's life in the service: scanned once for all who ask, kept fresh, changed in place.

All state is changed on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from logging import Logger
from typing import NamedTuple, Protocol

import numpy as np

from ..core.collation import Cancelled as SortCancelled
from ..core.collation import Collator
from ..core.errors import DomainError, Vanished, from_os_error
from ..core.tasks import TaskGroup
from .globs import HiddenGlobs
from .models import View
from .names import DIRECTORY, Gathering, Names, flags_of
from .orders import ByName
from .placing import Edits
from .preview import Preview
from .scan.access import ABSENT, DirectoryStat, FileSystemAccess
from .scan.access import DIRECTORY as DIRECTORY_KIND
from .settings import ListingSettings
from .signatures import Signatures
from .slices import Cancelled
from .snapshot import Snapshot
from .stat_orders import StatOrders
from .workers import Workers

#: Directories up to this size are read again whenever they may have changed; larger ones a tenth of the time.
SMALL = 5_000
#: So many entries are sorted in a moment, and a first answer waits so long for it, in seconds.
_QUICK, _QUICK_SECONDS = 50_000, 1.0
#: The share of the time that goes into reading a large directory again.
_RESCAN_SHARE = 0.1
#: More changed names than this at once are not applied one by one.
_MANY_CHANGES = 5_000
#: Changes that come this soon after others were applied wait and go together, in seconds.
_BREATH = 0.03


class Listener(Protocol):
    """Whom a directory tells of its news."""

    def changed(self, directory: Directory) -> None:
        """There is a new generation."""

    def ready(self, directory: Directory) -> None:
        """An order that was waited for is there."""

    def watch(self, directory: Directory) -> bool:
        """Report changes of the directory to `Directory.touch` from now on; whether that works."""


class Context(NamedTuple):
    """What all directories of a service share."""

    log: Logger
    tasks: TaskGroup
    settings: ListingSettings
    workers: Workers
    listener: Listener
    epoch: Callable[[], str]


class Directory:
    """A directory that somebody asked for lately.

    Attributes
    ----------
    path, os_path:
        API path, and absolute path.
    snapshot:
        The sorted listing, None before there is one.
    preview, gathering:
        What the first scan has found so far, None otherwise.
    """

    def __init__(
        self,
        context: Context,
        access: FileSystemAccess,
        path: str,
        os_path: bytes,
        *,
        globs: HiddenGlobs,
        hide_closed: bool,
    ) -> None:
        self.path, self.os_path = path, os_path
        self.access = access
        self.context = context
        self.globs, self.hide_closed = globs, hide_closed
        self.asked = time.monotonic()
        self.watched = False
        self.snapshot: Snapshot | None = None
        self.gathering: Gathering | None = None
        self.preview: Preview | None = None
        self._unsorted: tuple[str, Preview] | None = None
        self.preview_epoch = ""
        self.sorting: float | None = None
        self.signatures = Signatures()
        self.stat_orders = StatOrders(self)
        self.scans = 0
        self._stamp: DirectoryStat | None = None
        self._settled = False
        self._stale = False
        self._scan: asyncio.Task[None] | None = None
        self._failure: DomainError | None = None
        self._scan_ended = 0.0
        self._scan_seconds = 0.0
        self._later: asyncio.TimerHandle | None = None
        self._orders: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._touched: set[bytes] = set()
        self._touched_in_scan: set[bytes] = set()
        self._applying: asyncio.Task[None] | None = None
        self.editing = asyncio.Lock()

    # --- what is asked ---

    @property
    def scanning(self) -> bool:
        """Whether a scan runs."""
        return self._scan is not None

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.snapshot.nbytes if self.snapshot else 0

    async def look(self) -> DirectoryStat:
        """One stat of the directory; starts what it shows to be needed. Raises `DomainError`."""
        self.asked = time.monotonic()
        try:
            stamp = await self.access.stat_directory(self.os_path)
        except OSError as error:
            self.forget()
            raise from_os_error(error, self.path) from None
        if self._stamp is not None and not _same(self._stamp, stamp):
            # another directory of the same name
            self.forget()
        if self.snapshot is None:
            self._begin(stamp)
        else:
            if not self.watched:
                self._stale = self._stale or not self._settled or stamp.mtime_ns != self._stamp_mtime
                self.watched = self.context.listener.watch(self)
            if self._stale:
                self._rescan()
        return stamp

    async def refreshed(self) -> None:
        """Wait for a scan that began because a small directory changed: it takes no longer than a stat or two."""
        if self.snapshot is not None and self._scan is not None and self.snapshot.entries <= SMALL:
            await asyncio.wait({self._scan})
        if self._applying is not None and self.snapshot is not None and self.snapshot.entries <= SMALL:
            await asyncio.wait({self._applying})

    async def opened(self, view: View, rows: int) -> None:
        """Wait until there is something to show of ``view``: its order, or for want of it a preview of ``rows`` rows.

        Raises
        ------
        DomainError
            Why the directory cannot be listed.
        """
        begun = time.monotonic()
        patience = self.context.settings.preview_patience
        while self._missing(view):
            waiting = self._scan if self.snapshot is None else self._sort(view)
            if waiting is None:
                raise self._failed()
            found = self.snapshot is not None or (self.gathering is not None and self.gathering.count > 0)
            if self.sorting is not None and self.gathering is not None and self.gathering.count <= _QUICK:
                # about to be sorted: rows that need not move are worth the moment
                patience = _QUICK_SECONDS
            left = begun + patience - time.monotonic()
            if left <= 0 and found:
                return
            await asyncio.wait({waiting}, timeout=max(left, 0.005))
            if waiting.done() and self._failure is not None:
                raise self._failed()

    async def sorted(self, view: View) -> Snapshot:
        """The snapshot, once it holds the order of names for ``view``; raises `DomainError`."""
        while self._missing(view):
            waiting = self._scan if self.snapshot is None else self._sort(view)
            if waiting is None:
                raise self._failed()
            await asyncio.wait({waiting})
            if self._failure is not None:
                raise self._failed()
        assert self.snapshot is not None  # noqa: S101 - that is what was waited for
        return self.snapshot

    def unsorted(self, snapshot: Snapshot) -> Preview:
        """A preview of ``snapshot``, for a locale whose order is not there yet."""
        if self._unsorted is None or self._unsorted[0] != snapshot.generation:
            self._unsorted = (snapshot.generation, Preview(snapshot.names))
        return self._unsorted[1]

    def _missing(self, view: View) -> bool:
        return self.snapshot is None or self.snapshot.by_name(view) is None

    def _failed(self) -> DomainError:
        failure = self._failure
        self._failure = None
        return failure or Vanished("The folder went away while it was read. Go back to the one above it.")

    # --- scans ---

    @property
    def _stamp_mtime(self) -> int:
        return self._stamp.mtime_ns if self._stamp else -1

    def forget(self) -> None:
        """Drop all that is known and end all work for it."""
        for task in (self._scan, self._applying, *self._orders.values()):
            if task is not None:
                task.cancel()
        self.stat_orders.cancel()
        if self._later is not None:
            self._later.cancel()
        self._scan = self._applying = self._later = None
        self._orders.clear()
        self._touched.clear()
        self._touched_in_scan.clear()
        self.snapshot = self.gathering = self.preview = self._stamp = None
        self._stale = False
        self._scan_ended = 0.0

    def _begin(self, stamp: DirectoryStat) -> None:
        if self._scan is None:
            self._failure = None
            # before the scan, so that no change can fall between the two
            self.watched = self.context.listener.watch(self)
            self._scan = self.context.tasks.start(self._read(stamp), name=f"listing scan of {self.path or '/'}")

    def _rescan(self) -> None:
        """Read the directory again, now or as soon as the share of the time allows."""
        if self._scan is not None or self._later is not None or self.snapshot is None:
            return
        pause = 0.0
        if self.snapshot.entries > SMALL:
            pause = self._scan_ended + self._scan_seconds * (1 / _RESCAN_SHARE - 1) - time.monotonic()
        if pause <= 0:
            self._scan = self.context.tasks.start(self._reread(), name=f"listing rescan of {self.path or '/'}")
        else:
            self._later = asyncio.get_running_loop().call_later(pause, self._rescan_later)

    def _rescan_later(self) -> None:
        self._later = None
        if time.monotonic() - self.asked < self.context.settings.watch_seconds:
            self._rescan()

    def mark_stale(self) -> None:
        """Changes were missed: what is known must be read again."""
        self._stale = True
        self._rescan()

    async def _reread(self) -> None:
        try:
            stamp = await self.access.stat_directory(self.os_path)
        except OSError:
            self.forget()
            return
        await self._read(stamp)

    async def _read(self, stamp: DirectoryStat) -> None:
        """Scan and sort; ends with a snapshot or with a failure for those who wait."""
        begun = time.monotonic()
        me = asyncio.current_task()
        gathering = Gathering(self.globs, self.context.settings.memory_limit)
        epoch = self.context.epoch()
        settled = time.time_ns() - stamp.mtime_ns > self.access.settle_seconds * 1e9
        self._touched_in_scan.clear()
        self.scans += 1
        if self.snapshot is None:
            self.gathering, self.preview, self.preview_epoch = gathering, Preview(gathering), epoch
            self.signatures = Signatures()
            self._stamp = stamp
        self._stale = False
        try:
            await self.access.scan(self.os_path, gathering.add, hide_closed=self.hide_closed)
            after = await self.access.stat_directory(self.os_path)
            if not _same(stamp, after):
                raise FileNotFoundError
            self.sorting = 0.0
            await self._take(gathering.freeze(), epoch)
            self._stamp, self._settled = stamp, settled
        except OSError as error:
            self._give_up(self._vanished() if isinstance(error, FileNotFoundError) else from_os_error(error, self.path))
        except DomainError as error:
            self._give_up(error)
        except asyncio.CancelledError:
            if self._scan is me:
                self._give_up(self._vanished())
            raise
        finally:
            if self._scan is me:
                self._scan = self.gathering = self.preview = self.sorting = None
                self._scan_ended = time.monotonic()
                self._scan_seconds = self._scan_ended - begun
        if self._touched_in_scan:
            self.touch(self._touched_in_scan)
            self._touched_in_scan = set()

    def _vanished(self) -> DomainError:
        return Vanished(f"{self.path or 'The folder'} was moved or deleted while it was read. Go back to its parent.")

    def _give_up(self, failure: DomainError) -> None:
        self._failure = failure
        self.snapshot = self._stamp = None

    async def _take(self, names: Names, epoch: str) -> None:
        """Make ``names`` the current listing, or find that nothing changed."""
        old = self.snapshot
        if old is not None:
            if await self._unchanged(old, names):
                return
            if max(old.entries, names.count) <= SMALL and await self._differences(old, names):
                return
        view = self.wanted
        if old is not None:
            locale, natural = next(reversed(old.orders))
            view = View(locale=locale, natural=natural)
        order = await sort_names(self.context.workers, names, view, self._progress)
        snapshot = Snapshot(epoch, names, Signatures() if old else self.signatures)
        snapshot.add_order(view, order)
        self.signatures = snapshot.signatures
        self.snapshot = snapshot
        self.stat_orders.cancel()
        if old is None:
            self.context.listener.ready(self)
        else:
            self.context.listener.changed(self)

    #: The view that made the first scan begin: its order is the first one to be sorted.
    wanted = View()

    def _progress(self, share: float) -> None:
        self.sorting = share

    async def _unchanged(self, old: Snapshot, names: Names) -> bool:
        if old.edited or (old.names.count, old.names.used) != (names.count, names.used):
            return False

        def equal(_: Cancelled) -> bool:
            mine = old.names
            return np.array_equal(mine.blob[: mine.used], names.blob[: names.used]) and np.array_equal(
                mine.flags[: mine.count], names.flags[: names.count]
            )

        return await self.context.workers.view(equal)

    async def _differences(self, old: Snapshot, names: Names) -> bool:
        """Apply what changed in place, so that a small directory keeps its generation where nothing did."""
        before = {old.names[int(i)]: int(old.names.flags[i]) & DIRECTORY for i in next(iter(old.orders.values())).ids}
        after = {names[i]: int(names.flags[i]) & DIRECTORY for i in range(names.count)}
        differing = {name for name, _ in before.items() ^ after.items()}
        if differing:
            await self._apply(differing)
        return True

    # --- orders by name ---

    def _sort(self, view: View) -> asyncio.Task[None]:
        tongue = (view.locale, view.natural)
        task = self._orders.get(tongue)
        if task is None:
            work = self._sort_again(view)
            task = self._orders[tongue] = self.context.tasks.start(work, name=f"listing sort of {self.path or '/'}")
        return task

    async def _sort_again(self, view: View) -> None:
        try:
            snapshot = self.snapshot
            while snapshot is not None and snapshot.by_name(view) is None:
                revision = snapshot.revision
                ids = next(iter(snapshot.orders.values())).ids
                order = await sort_names(self.context.workers, snapshot.names, view, self._progress, np.sort(ids))
                async with self.editing:
                    if self.snapshot is snapshot and snapshot.revision == revision:
                        snapshot.add_order(view, order)
                        self.context.listener.ready(self)
                snapshot = self.snapshot
        finally:
            self.sorting = self._unsorted = None
            self._orders.pop((view.locale, view.natural), None)

    # --- changes in place ---

    def touch(self, names: Iterable[bytes]) -> None:
        """These entries may have come, gone or become another kind. Cheap."""
        if self.snapshot is None:
            if self._scan is not None and len(self._touched_in_scan) <= _MANY_CHANGES:
                self._touched_in_scan.update(names)
            return
        names = list(names)
        if self._scan is not None:
            self._touched_in_scan.update(names)
        self._touched.update(names)
        if self._applying is None and self._touched:
            name = f"listing changes of {self.path or '/'}"
            self._applying = self.context.tasks.start(self._apply_touched(), name=name)

    async def _apply_touched(self) -> None:
        me = asyncio.current_task()
        try:
            while self._touched and self.snapshot is not None:
                batch, self._touched = self._touched, set()
                if len(batch) > _MANY_CHANGES:
                    self.mark_stale()
                    return
                if await self._apply(batch):
                    self.context.listener.changed(self)
                if self._touched:
                    await asyncio.sleep(_BREATH)
        except OSError:
            # the directory itself is gone or silent; whoever asks next is told
            self._stale = True
        finally:
            if self._applying is me:
                self._applying = None

    async def _apply(self, batch: Iterable[bytes]) -> bool:
        """Bring the snapshot up to date about the names in ``batch``; whether that made a new generation."""
        async with self.editing:
            snapshot = self.snapshot
            names = [name for name in batch if not self.globs.hides(name)]
            if snapshot is None or not names:
                return False
            kinds = await self.access.kinds(self.os_path, names, hide_closed=self.hide_closed)
            edits = await self.context.workers.view(lambda _: plan(snapshot, names, kinds))
            if not edits:
                return False
            numbers = await self.stat_orders.numbers_of(edits.names)
            applied = await asyncio.shield(
                asyncio.ensure_future(self.context.workers.view(lambda _: snapshot.prepare(edits, numbers)))
            )
            snapshot.apply(applied)
            return self.snapshot is snapshot


def plan(snapshot: Snapshot, names: list[bytes], kinds: bytes) -> Edits:
    """What must change in ``snapshot`` for ``names`` to be as ``kinds`` says."""
    finder, _ = snapshot.finder()
    edits = Edits([], [], [])
    for name, kind in zip(names, kinds, strict=True):
        ident = finder.id_of(name)
        is_dir = kind == DIRECTORY_KIND
        if ident is not None and (kind == ABSENT or bool(snapshot.names.flags[ident] & DIRECTORY) != is_dir):
            edits.gone.append(ident)
        elif ident is not None:
            continue
        if kind != ABSENT:
            edits.names.append(name)
            edits.flags.append(flags_of(name, is_dir=is_dir))
    return edits


async def sort_names(
    workers: Workers, names: Names, view: View, progress: Callable[[float], None], ids: np.ndarray | None = None  # type: ignore[type-arg]
) -> ByName:
    """The ids (all of ``names``, or ``ids``) in the order of ``view``'s names; raises `asyncio.CancelledError`."""

    def work(cancelled: Cancelled) -> ByName:
        chosen = slice(0, names.count) if ids is None or len(ids) == names.count else ids
        offsets = names.offsets
        if isinstance(chosen, slice):
            starts, ends = offsets[: names.count], offsets[1 : names.count + 1] - np.uint32(1)
        else:
            starts, ends = offsets[chosen], offsets[chosen + np.uint32(1)] - np.uint32(1)
        others = 1 - (names.flags[chosen] & DIRECTORY)
        directories = len(others) - int(np.count_nonzero(others))
        collator = Collator(view.locale, view.natural)
        places = collator.argsort(
            names.blob, starts, ends, groups=others, cancelled=cancelled, progress=progress
        )
        order = places if isinstance(chosen, slice) else chosen[places]
        return ByName(order, directories)

    try:
        return await workers.sort(work)
    except SortCancelled:
        raise asyncio.CancelledError from None


def _same(one: DirectoryStat, other: DirectoryStat) -> bool:
    return (one.device, one.inode) == (other.device, other.inode)
