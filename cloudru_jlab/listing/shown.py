"""What a request sees of a directory: the rows of its view in the current generation."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np

from .directory import Directory
from .filter import effective
from .models import Mode, View
from .names import Gathering, Ids, Names
from .orders import Arranged
from .preview import PreviewRows
from .slices import WorkCancelled
from .snapshot import Snapshot

#: Directories up to this size are sorted by time or size before the first answer: so many stats take a moment.
_QUICK_STATS = 20_000
_QUICK_SECONDS = 0.25


class Shown(NamedTuple):
    """The rows of a view and its state, from one moment.

    ``view`` is what was really applied; ``source`` has the names of the ids that ``rows`` gives.
    """

    generation: str
    view: View
    mode: Mode
    complete: bool
    progress: float | None
    scanned: int
    unfiltered: int
    deferred: bool
    rows: Arranged | PreviewRows
    source: Names | Gathering

    def row(self, ident: int) -> int | None:
        """The row of ``ident``, None where the view does not show it."""
        if isinstance(self.rows, PreviewRows):
            return self.rows.row(ident)
        found = self.rows.rows(np.array([ident], np.uint32))
        return int(found[0]) if len(found) else None

    def window(self, offset: int, limit: int) -> Ids:
        """The ids of the rows ``[offset, offset + limit)``."""
        return self.rows.window(offset, limit)


def generation(directory: Directory, view: View) -> str:
    """The current generation of ``view``; a preview's is its own, because its order is."""
    snapshot = directory.snapshot
    if snapshot is None:
        return f"{directory.preview_epoch}-0"
    return snapshot.generation if snapshot.by_name(view) is not None else f"{snapshot.generation}p"


async def show(directory: Directory, view: View) -> Shown:
    """``view`` of a directory that was opened (`Directory.opened`); raises what that raises."""
    while True:
        snapshot = directory.snapshot
        try:
            if snapshot is not None and snapshot.by_name(view) is not None:
                return await _show_sorted(directory, snapshot, view)
            if snapshot is not None or directory.gathering is not None:
                return await _show_preview(directory, snapshot, view)
        except WorkCancelled:
            raise asyncio.CancelledError from None
        await directory.opened(view)


async def _show_preview(directory: Directory, snapshot: Snapshot | None, view: View) -> Shown:
    """Rows in the order in which they were found."""
    current = generation(directory, view)
    source: Names | Gathering | None = snapshot.names if snapshot else directory.gathering
    preview = directory.unsorted(snapshot) if snapshot else directory.preview
    assert source is not None  # noqa: S101 - one of the two is there, see `show`
    assert preview is not None  # noqa: S101 - comes and goes with `gathering`
    limit = directory.context.settings.fuzzy_limit
    applied = _by_name(view) if view.sort != "name" else view
    applied = msgspec.structs.replace(applied, match=effective(view.match, source.count, limit))
    scanning = snapshot is None and directory.sorting is None
    rows = await directory.context.workers.view(lambda cancelled: preview.rows(applied, cancelled))
    return Shown(
        current, applied, "preview", not scanning, directory.sorting, source.count, rows.unfiltered, False, rows, source
    )


async def _show_sorted(directory: Directory, snapshot: Snapshot, view: View) -> Shown:
    """The sorted rows of one moment, which may be over when they are there: the generation tells."""
    settings = directory.context.settings
    progress, deferred = None, False
    if view.sort != "name" and view.sort not in snapshot.numbers:
        deferred = snapshot.entries > settings.stat_sort_limit and not view.force
        if not deferred:
            reading = directory.stat_orders.begin(view.sort)
            if reading is not None and snapshot.entries <= _QUICK_STATS:
                await asyncio.wait({reading}, timeout=_QUICK_SECONDS)
            progress = directory.stat_orders.progress(view.sort)
        if view.sort not in snapshot.numbers:
            view = _by_name(view)
    elif view.sort != "name":
        directory.stat_orders.refresh(view.sort)
    view = msgspec.structs.replace(view, match=effective(view.match, snapshot.entries, settings.fuzzy_limit))
    revision, current = snapshot.revision, snapshot.generation
    plain = await _plain_rows(directory, snapshot, view)
    rows = plain
    if view.filter:
        ready = snapshot.ready(view) if revision == snapshot.revision else None
        if ready is not None:
            rows = ready
        else:
            rows = await directory.context.workers.view(partial(snapshot.narrowed, view, plain))
        snapshot.keep(view, revision, rows, filtered=True)
    return Shown(
        current, view, "sorted", True, progress, snapshot.names.count, plain.total, deferred, rows, snapshot.names
    )


async def _plain_rows(directory: Directory, snapshot: Snapshot, view: View) -> Arranged:
    rows = snapshot.ready(view, filtered=False)
    if rows is None:
        revision, by_name = snapshot.revision, snapshot.by_name(view)
        assert by_name is not None  # noqa: S101 - `show` has looked
        numbers = snapshot.numbers.get(view.sort)
        rows = await directory.context.workers.view(partial(snapshot.arranged, view, by_name, numbers))
        snapshot.keep(view, revision, rows, filtered=False)
    return rows


def _by_name(view: View) -> View:
    return msgspec.structs.replace(view, sort="name", order="asc")


def granted(view: View, *, allow_hidden: bool) -> View:
    """``view`` without what the server does not allow, and with a locale that stands for all that sort like it."""
    language = view.locale.replace("_", "-").split("-")[0].lower()
    return msgspec.structs.replace(view, hidden=view.hidden and allow_hidden, locale="ru" if language == "ru" else "en")


def head(directory: Directory, shown: Shown) -> dict[str, Any]:
    """The fields of `models.Head`."""
    return {
        "path": directory.path,
        "generation": shown.generation,
        "seq": directory.signatures.seq,
        "total": shown.rows.total,
        "unfiltered": shown.unfiltered,
        "complete": shown.complete,
        "mode": shown.mode,
        "progress": shown.progress,
        "scanned": shown.scanned,
        "sort": shown.view.sort,
        "order": shown.view.order,
        "match": shown.view.match,
        "deferred": shown.deferred,
        "watched": directory.watched,
    }
