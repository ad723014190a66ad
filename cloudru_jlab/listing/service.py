"""The listing service: pages, polls and look-ups of directories of any size. Knows nothing of the web layer."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from logging import Logger

from ..core.access import DirectoryStat, FileSystems
from ..core.collation import Collator
from ..core.entries import Entry
from ..core.errors import BadParameter, Conflict, DomainError, StaleGeneration, from_os_error
from ..core.paths import split
from ..core.ports import DirectoryHead, RootRegistry
from ..core.tasks import TaskGroup
from .context import Context
from .directory import Directory
from .doorbell import Doorbell
from .globs import HiddenGlobs
from .local_contents import Contents
from .locating import find_row, first_with_prefix
from .models import (
    ChangedRow,
    Changes,
    ChangesQuery,
    LocateQuery,
    Location,
    OrderQuery,
    Page,
    PageQuery,
    Row,
    Selection,
    View,
)
from .roots import Roots, Spot
from .rows import row, vanished_row
from .selection import Selected, select_entries
from .settings import ListingSettings
from .shown import Shown, generation, granted, head, show
from .watching import Watching
from .workers import Workers

_HOUSEKEEPING_SECONDS = 5.0


class ListingService:
    """All directories that were asked for lately, and the answers about them.

    Parameters
    ----------
    contents:
        Gives the contents manager's values of now, None where its contents are not local.
    file_systems:
        Chooses how to touch a path.
    ring:
        Emits an event: (path, generation, kind, job).
    registry:
        Gives the roots of now, None where there is the contents root alone.
    """

    def __init__(
        self,
        *,
        log: Logger,
        settings: ListingSettings,
        contents: Callable[[], Contents | None],
        file_systems: FileSystems,
        ring: Callable[[str, str, str, str | None], None],
        registry: Callable[[], RootRegistry | None] = lambda: None,
    ) -> None:
        self.log = log
        self.settings = settings
        self._roots = Roots(contents, registry, file_systems)
        self._tasks = TaskGroup(log)
        self._workers = Workers()
        self._doorbell = Doorbell(ring)
        self._watching = Watching(log) if settings.watch else None
        self._epochs = count(1)
        self._born = f"{time.time_ns() // 1_000_000:x}"
        self._context = Context(log, self._tasks, settings, self._workers, self, self._epoch)
        self._directories: OrderedDict[tuple[str, str], Directory] = OrderedDict()
        self._globs: tuple[tuple[str, ...], HiddenGlobs] = ((), HiddenGlobs())

    # --- life ---

    async def start(self) -> None:
        """Begin to clear up what nobody asks for any more."""
        self._tasks.start(self._keep_house(), name="listing housekeeping")
        # the table of weights is read now, and not while the first user waits
        self._tasks.start(self._workers.sort(lambda _: Collator()), name="listing warm-up")

    async def stop(self) -> None:
        """End all work."""
        for directory in self._directories.values():
            directory.forget()
        self._directories.clear()
        self._doorbell.stop()
        if self._watching is not None:
            self._watching.stop()
        await self._tasks.stop()
        self._workers.close()

    # --- answers ---

    async def page(self, query: PageQuery) -> Page:
        """A page of rows; raises `DomainError`."""
        directory, view = self._open(query.path, query)
        if query.generation is None or directory.snapshot is None:
            if view.sort != "name":
                directory.stat_orders.permit(view.sort)
            await directory.look()
            await directory.refreshed()
        directory.asked = time.monotonic()
        await directory.opened(view)
        shown = await show(directory, view)
        if query.generation is not None and query.generation != shown.generation:
            raise StaleGeneration(
                "The folder has changed. Ask for its rows again.",
                generation=shown.generation,
                total=shown.rows.total,
            )
        ids, stamp, entries, names = await self._read(directory, shown, query.offset, query.limit)
        directory.signatures.shown(ids, entries)
        rows = self._rows(directory, shown, ids, names, entries, stamp)
        self._touch_vanished(directory, names, entries)
        writable = stamp.writable and directory.root_writable
        return Page(**head(directory, shown), offset=query.offset, writable=writable, rows=rows)

    async def changes(self, query: ChangesQuery) -> Changes:
        """What is new in a window; raises `DomainError`."""
        directory, view = self._open(query.path, query)
        stamp = await directory.look()
        await directory.refreshed()
        await directory.opened(view)
        shown = await show(directory, view)
        if shown.generation != query.generation:
            return Changes(**head(directory, shown), rows=[])
        ids, stamp, entries, names = await self._read(directory, shown, query.offset, query.limit)
        changed = directory.signatures.changed(ids, entries, query.since)
        rows = self._rows(directory, shown, ids, names, entries, stamp, changed)
        self._touch_vanished(directory, names, entries)
        return Changes(
            **head(directory, shown),
            rows=[ChangedRow(query.offset + index, row) for index, row in zip(changed, rows, strict=True)],
        )

    async def locate(self, query: LocateQuery) -> Location:
        """Where a name stands; raises `DomainError`."""
        if (query.name is None) == (query.prefix is None):
            raise BadParameter("Give either “name” or “prefix”.")
        directory, view = self._open(query.path, query)
        await directory.look()
        await directory.opened(view)
        shown = await show(directory, view)
        if query.prefix is not None:
            return await self._locate_prefix(directory, shown, query.prefix, query.after)
        return await self._locate_name(directory, shown, query.name or "")

    async def cancel_order(self, query: OrderQuery) -> None:
        """End a sort by time or size; raises `DomainError` for the path only."""
        directory, _ = self._open(query.path, View())
        directory.stat_orders.cancel(query.sort)

    async def resolve_selection(self, path: str, view: View, generation: str, selection: Selection) -> Selected:
        """The entries that a user selected in ``view`` of ``generation``, and that are still there.

        Entries that came after that generation are never among them.

        Raises
        ------
        StaleGeneration
            When it can no longer be told what ``generation`` showed.
        DomainError
            When the directory cannot be listed.
        """
        directory, view = self._open(path, view)
        await directory.look()
        await directory.refreshed()
        await directory.sorted(view)
        return await select_entries(directory, view, generation, selection)

    def ring_job(self, path: str, job: str) -> None:
        """Tell clients that look at ``path`` of news about a bulk action."""
        directory = self._known(path)
        current = generation(directory, View()) if directory else ""
        self._doorbell.ring(path, current, "job", job)

    # --- port: core.ports.DirectoryIndex ---

    async def head(self, api_path: str, limit: int, *, hidden: bool) -> DirectoryHead:
        """See `core.ports.DirectoryIndex.head`."""
        view = View(hidden=hidden)
        directory, view = self._open(api_path, view)
        await directory.look()
        await directory.refreshed()
        await directory.sorted(view)
        shown = await show(directory, view)
        if directory.behind:
            # who lists a directory whole has no later page that would mend it
            raise Conflict("The folder is changing.")
        return DirectoryHead(shown.source.pick(shown.window(0, limit)), shown.rows.total)

    def entry_created(self, api_path: str) -> None:
        """See `core.ports.DirectoryIndex.entry_created`."""
        self.touch(api_path)

    def entry_deleted(self, api_path: str) -> None:
        """See `core.ports.DirectoryIndex.entry_deleted`."""
        self.touch(api_path)

    def entry_renamed(self, old_api_path: str, new_api_path: str) -> None:
        """See `core.ports.DirectoryIndex.entry_renamed`."""
        self.touch(old_api_path)
        self.touch(new_api_path)

    def touch(self, api_path: str) -> None:
        """The entry at ``api_path`` may have come or gone: look, and put it right in place."""
        parent, name = split(api_path)
        directory = self._known(parent)
        if directory is not None and name:
            directory.touch([os.fsencode(name)])

    def touch_names(self, path: str, names: Iterable[bytes]) -> None:
        """Like `touch` for many entries of one directory."""
        directory = self._known(path)
        if directory is not None:
            directory.touch(names)

    def reread(self, path: str) -> None:
        """So much was changed in this directory that it is read again at once."""
        directory = self._known(path)
        if directory is not None:
            directory.reread()

    # --- news from directories: directory.Listener ---

    def changed(self, directory: Directory) -> None:
        """See `directory.Listener.changed`."""
        self._doorbell.ring(directory.path, generation(directory, directory.wanted), "changed")

    def ready(self, directory: Directory) -> None:
        """See `directory.Listener.ready`."""
        self._shrink(keep=directory)
        self._doorbell.ring(directory.path, generation(directory, directory.wanted), "ready")

    def watch(self, directory: Directory) -> bool:
        """See `directory.Listener.watch`."""
        return self._watching is not None and directory.watchable and self._watching.add(directory)

    # --- inside ---

    def _epoch(self) -> str:
        return f"{self._born}.{next(self._epochs):x}"

    def find(self, api_path: str) -> Spot:
        """Where ``api_path`` lies; raises as `roots.Roots.find`."""
        return self._roots.find(api_path)

    def _known(self, api_path: str) -> Directory | None:
        try:
            return self._directories.get(self._roots.find(api_path, waiting=False).key)
        except DomainError:
            return None

    def _open(self, api_path: str, view: View) -> tuple[Directory, View]:
        """The directory, and ``view`` as far as this server grants it."""
        spot = self._roots.find(api_path)
        view = granted(view, allow_hidden=spot.hidden)
        directory = self._directories.get(spot.key)
        globs = self._hidden_globs(spot.hide_globs)
        hide_closed = not spot.hidden
        if directory is not None and (
            (directory.globs, directory.hide_closed, directory.place) != (globs, hide_closed, spot.place)
        ):
            self._drop(spot.key, directory)
            directory = None
        if directory is None:
            directory = Directory(
                self._context,
                spot.access,
                spot.path,
                spot.place,
                globs=globs,
                hide_closed=hide_closed,
                watchable=spot.local and not spot.access.guarded,
            )
            directory.wanted = view
            self._directories[spot.key] = directory
        directory.root_writable = spot.writable
        self._directories.move_to_end(spot.key)
        return directory, view

    def _drop(self, key: tuple[str, str], directory: Directory) -> None:
        if self._watching is not None:
            self._watching.remove(directory)
        directory.forget()
        del self._directories[key]

    def _hidden_globs(self, globs: tuple[str, ...]) -> HiddenGlobs:
        if self._globs[0] != globs:
            self._globs = (globs, HiddenGlobs(globs))
        return self._globs[1]

    async def _read(
        self, directory: Directory, shown: Shown, offset: int, limit: int
    ) -> tuple[list[int], DirectoryStat, list[Entry | None], list[bytes]]:
        ids = shown.window(offset, limit)
        names = shown.source.pick(ids)
        try:
            stamp, entries = await asyncio.gather(
                directory.access.stat_directory(directory.place), directory.access.stat_rows(directory.place, names)
            )
        except OSError as error:
            directory.failed(error)
            raise from_os_error(error, directory.path) from None
        return ids.tolist(), stamp, entries, names

    def _rows(
        self,
        directory: Directory,
        shown: Shown,
        ids: list[int],
        names: list[bytes],
        entries: list[Entry | None],
        stamp: DirectoryStat,
        which: list[int] | None = None,
    ) -> list[Row]:
        rows = []
        for index in range(len(ids)) if which is None else which:
            entry = entries[index]
            if entry is not None:
                if not directory.root_writable:
                    entry = entry._replace(writable=False)
                rows.append(row(directory.path, entry))
            else:
                flags = int(shown.source.flags_part(ids[index], ids[index] + 1)[0])
                rows.append(vanished_row(directory.path, names[index], flags, stamp))
        return rows

    def _touch_vanished(self, directory: Directory, names: list[bytes], entries: list[Entry | None]) -> None:
        gone = [name for name, entry in zip(names, entries, strict=True) if entry is None]
        if gone:
            directory.touch(gone)

    async def _locate_prefix(self, directory: Directory, shown: Shown, prefix: str, after: int) -> Location:
        if not prefix:
            raise BadParameter("“prefix” must not be empty.")
        snapshot = directory.snapshot
        index = await self._workers.view(partial(first_with_prefix, snapshot, shown, prefix, after))
        name = None
        if index is not None:
            name = shown.source.pick(shown.window(index, 1))[0].decode("utf-8", "replace")
        return _location(shown, index, name, exists=index is not None)

    async def _locate_name(self, directory: Directory, shown: Shown, name: str) -> Location:
        if "/" in name or name in ("", ".", ".."):
            raise BadParameter("“name” must be the name of one entry.")
        try:
            raw = os.fsencode(name)
            exists = "\0" not in name and await directory.access.exists(directory.place, raw)
        except (OSError, UnicodeEncodeError):
            exists = False
        index = None
        if exists:
            index = await self._workers.view(lambda _: find_row(directory.snapshot, shown, raw))
        return _location(shown, index, name if exists else None, exists=exists)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            await self.keep_house()

    async def keep_house(self) -> None:
        """End scans that nobody waits for, and stop watching what nobody looks at."""
        now = time.monotonic()
        for key, directory in list(self._directories.items()):
            idle = now - directory.asked
            if directory.snapshot is None and (idle > self.settings.abandoned_seconds):
                directory.forget()
                del self._directories[key]
            elif directory.watched and idle > self.settings.watch_seconds and self._watching is not None:
                await directory.leave(self._watching.remove)
        self._shrink()

    def _shrink(self, keep: Directory | None = None) -> None:
        """Drop the directories asked for longest ago until the rest fits in the memory there is."""
        used = sum(directory.nbytes for directory in self._directories.values())
        # the one asked for last stays however large it is: it would only be read again
        for key, directory in list(self._directories.items())[:-1]:
            if used <= self.settings.memory_limit:
                return
            if directory is keep or directory.scanning:
                continue
            used -= directory.nbytes
            self._drop(key, directory)


def _location(shown: Shown, index: int | None, name: str | None, *, exists: bool) -> Location:
    return Location(generation=shown.generation, total=shown.rows.total, index=index, name=name, exists=exists)
