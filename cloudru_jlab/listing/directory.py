"""One directory's life in the service: scanned once for all who ask, kept fresh, changed in place.

All state is changed on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from ..core.access import DirectoryStat, FileSystemAccess, Place
from ..core.errors import DomainError, FileSystemError, Vanished, from_os_error
from .context import Context
from .editing import Editor, differing
from .globs import HiddenGlobs
from .models import View
from .names import Gathering, Names
from .preview import Preview
from .signatures import Signatures
from .slices import Cancelled
from .snapshot import Snapshot
from .sorting import sort_names
from .stat_orders import StatOrders

#: Directories up to this size are read again whenever they may have changed; larger ones a tenth of the time.
SMALL = 5_000
#: So many entries are sorted in a moment, and a first answer waits so long for it, in seconds.
_QUICK, _QUICK_SECONDS = 50_000, 1.0
#: Memory that a directory takes besides its names and orders, in bytes, about.
_OVERHEAD = 8 * 1024
#: The share of the time that goes into reading a large directory again.
_RESCAN_SHARE = 0.1


class Directory:
    """A directory that somebody asked for lately.

    Attributes
    ----------
    path, place:
        API path, with the prefix of its root; and where that is.
    watchable, root_writable:
        Whether inotify sees all changes of it, and whether its root may be changed at all.
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
        place: Place,
        *,
        globs: HiddenGlobs,
        hide_closed: bool,
        watchable: bool = True,
    ) -> None:
        self.path, self.place = path, place
        self.access = access
        self.context = context
        self.globs, self.hide_closed = globs, hide_closed
        self.watchable, self.root_writable = watchable, True
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
        self.editor = Editor(self)

    # --- what is asked ---

    @property
    def scanning(self) -> bool:
        """Whether a scan runs."""
        return self._scan is not None

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return _OVERHEAD + (self.snapshot.nbytes if self.snapshot else 0)

    @property
    def behind(self) -> bool:
        """Whether the snapshot is known to lack changes of the directory."""
        return self._stale or self.scanning or self.editor.running is not None

    async def look(self) -> DirectoryStat:
        """One stat of the directory; starts what it shows to be needed. Raises `DomainError`."""
        self.asked = time.monotonic()
        unsure = not self.watched
        if self.snapshot is not None and unsure:
            # before the stat, so that no change can fall between the two
            self.watched = self.context.listener.watch(self)
        try:
            stamp = await self.access.stat_directory(self.place)
        except OSError as error:
            self.failed(error)
            raise from_os_error(error, self.path) from None
        if self._stamp is not None and not _same(self._stamp, stamp):
            # another directory of the same name
            self.forget()
        if self.snapshot is None:
            self._begin(stamp)
        else:
            if unsure and (not self._settled or self._stamp is None or stamp.mtime_ns != self._stamp.mtime_ns):
                self._stale = True
            if self._stale:
                self._rescan()
        return stamp

    async def leave(self, unwatch: Callable[[Directory], None]) -> None:
        """End the watch, such that later changes are found by the directory's mtime."""
        try:
            stamp = await self.access.stat_directory(self.place)
        except OSError as error:
            unwatch(self)
            self.failed(error)
            return
        # hands over what happened before: what is not in the stamp is in there
        unwatch(self)
        if self._stamp is not None and _same(self._stamp, stamp) and not self._stale:
            self._stamp, self._settled = stamp, self._is_settled(stamp)

    def failed(self, error: OSError) -> None:
        """A call about the directory failed: what is known is worth keeping only where it will answer again."""
        if not isinstance(error, TimeoutError):
            self.forget()

    def lost(self) -> None:
        """The directory was deleted or moved: whoever asks next is told."""
        self.forget()
        self.context.listener.changed(self)

    async def refreshed(self) -> None:
        """Wait for a scan that began because a small directory changed: it takes no longer than a stat or two."""
        if self.snapshot is not None and self._scan is not None and self.snapshot.entries <= SMALL:
            await asyncio.wait({self._scan})
        applying = self.editor.running
        if applying is not None and self.snapshot is not None and self.snapshot.entries <= SMALL:
            await asyncio.wait({applying})

    async def opened(self, view: View) -> None:
        """Wait until there is something to show of ``view``: its order, or for want of it a preview.

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
        return self._failure or self._vanished()

    # --- scans ---

    def _is_settled(self, stamp: DirectoryStat) -> bool:
        """Whether a change after ``stamp`` was taken is sure to show another mtime."""
        return time.time_ns() - stamp.mtime_ns > self.access.settle_seconds * 1e9

    def forget(self) -> None:
        """Drop all that is known and end all work for it."""
        for task in (self._scan, *self._orders.values()):
            if task is not None:
                task.cancel()
        self.stat_orders.cancel()
        self.editor.forget()
        if self._later is not None:
            self._later.cancel()
        self._scan = self._later = None
        self._orders.clear()
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

    def reread(self) -> None:
        """Much was changed, and no more will be: read the directory now, whatever share of the time that is."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._scan_ended = 0.0
        self.mark_stale()

    async def _reread(self) -> None:
        try:
            stamp = await self.access.stat_directory(self.place)
        except OSError as error:
            self._scan = None
            self.failed(error)
            return
        await self._read(stamp)

    async def _read(self, stamp: DirectoryStat) -> None:
        """Scan and sort; ends with a snapshot or with a failure for those who wait."""
        begun = time.monotonic()
        me = asyncio.current_task()
        gathering = Gathering(self.globs, self.context.settings.memory_limit)
        epoch = self.context.epoch()
        settled = self._is_settled(stamp)
        self.editor.scan_begins()
        self.scans += 1
        if self.snapshot is None:
            self.gathering, self.preview, self.preview_epoch = gathering, Preview(gathering), epoch
            self.signatures = Signatures()
            self._stamp = stamp
        self._stale = False
        try:
            await self.access.scan(self.place, gathering.add, hide_closed=self.hide_closed)
            after = await self.access.stat_directory(self.place)
            if not _same(stamp, after):
                raise FileNotFoundError
            self.sorting = 0.0
            await self._take(gathering.freeze(), epoch)
            self._stamp, self._settled, self._failure = stamp, settled, None
        except OSError as error:
            self._give_up(self._vanished() if isinstance(error, FileNotFoundError) else from_os_error(error, self.path))
        except DomainError as error:
            self._give_up(error)
        except asyncio.CancelledError:
            if self._scan is me:
                self._give_up(self._vanished())
            raise
        except Exception:
            shown = self.path or "The folder"
            self._give_up(FileSystemError(f"{shown} could not be listed. The server's log says why."))
            raise
        finally:
            if self._scan is me:
                self._scan = self.gathering = self.preview = self.sorting = None
                self._scan_ended = time.monotonic()
                self._scan_seconds = self._scan_ended - begun
        self.editor.scan_ended()

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
            if max(old.entries, names.count) <= SMALL and not old.wasteful:
                changed = await self.context.workers.view(partial(differing, old, names))
                if changed:
                    await self.editor.apply(changed)
                    self.context.listener.changed(self)
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
                async with self.editor.lock:
                    if self.snapshot is snapshot and snapshot.remembers <= revision:
                        late = partial(snapshot.caught_up, view, order, revision)
                        snapshot.add_order(view, await self.context.workers.view(late))
                        self.context.listener.ready(self)
                snapshot = self.snapshot
        finally:
            self.sorting = self._unsorted = None
            self._orders.pop((view.locale, view.natural), None)

    def touch(self, names: Iterable[bytes]) -> None:
        """These entries may have come, gone or become another kind. Cheap."""
        self.editor.touch(names)


def _same(one: DirectoryStat, other: DirectoryStat) -> bool:
    return (one.device, one.inode) == (other.device, other.inode)
