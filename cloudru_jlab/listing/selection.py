"""What a bulk action is about: the entries a user selected in a view, as ids of a snapshot."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

import numpy as np

from ..core.collation import Collator
from ..core.errors import StaleGeneration
from .directory import Directory
from .models import Selection, View
from .names import DIRECTORY, GONE, Ids, Mask, Names
from .orders import Arranged
from .placing import edited
from .preview import PreviewRows
from .shown import Shown, show
from .slices import Cancelled, spans
from .snapshot import Snapshot

_GENERATION = re.compile(r"(.+)-(\d+)(p?)")


class Selected:
    """Selected entries, in no particular order and without a Python object for each.

    ``len()`` is what is compared with the count that the user confirmed; ``generation`` is the current one.
    """

    def __init__(self, names: Names, ids: Ids, generation: str) -> None:
        self._names = names
        self._ids = ids
        self.generation = generation

    def __len__(self) -> int:
        return len(self._ids)

    def batches(self, size: int = 1000) -> Iterator[list[tuple[bytes, bool]]]:
        """The raw names, each with whether it is a directory, at most ``size`` at a time."""
        for start in range(0, len(self._ids), size):
            ids = self._ids[start : start + size]
            directories = (self._names.flags[ids] & DIRECTORY).astype(bool).tolist()
            yield list(zip(self._names.pick(ids), directories, strict=True))


async def select_entries(directory: Directory, view: View, generation: str, selection: Selection) -> Selected:
    """See `service.ListingService.resolve_selection`."""
    snapshot = await directory.sorted(view)
    shown = await show(directory, view)
    known = _GENERATION.fullmatch(generation)
    if known is None or known[1] != snapshot.epoch or shown.source is not snapshot.names:
        raise _stale(shown)
    revision = int(known[2])
    ranged = bool(selection.ranges)
    if ranged and (known[3] or revision < max(1, snapshot.remembers)):
        # the rows of a preview are no longer where they were
        raise _stale(shown)
    if ranged and view.sort != "name" and revision < snapshot.renumbered:
        raise _stale(shown)
    current = snapshot.generation

    def work(cancelled: Cancelled) -> Selected:
        chosen = np.zeros(snapshot.names.count, bool)
        if selection.all:
            _mark(chosen, shown.rows, 0, shown.rows.total, cancelled)
        if ranged:
            rows = _rows_then(snapshot, shown, revision, cancelled)
            for start, stop in selection.ranges:
                _mark(chosen, rows, start, min(stop, rows.total), cancelled)
        _mark_names(chosen, snapshot, selection.names, wanted=True)
        # what was created after the generation is out of reach, by its name too
        chosen[snapshot.first_after(revision) :] = False
        _mark_names(chosen, snapshot, selection.excluded, wanted=False)
        for start, stop in spans(len(chosen), cancelled):
            chosen[start:stop] &= (snapshot.names.flags[start:stop] & GONE) == 0
        return Selected(snapshot.names, np.flatnonzero(chosen).astype(np.uint32), current)

    return await directory.context.workers.view(work)


def _mark(chosen: Mask, rows: Arranged | PreviewRows, start: int, stop: int, cancelled: Cancelled) -> None:
    for low, high in spans(stop - start, cancelled):
        chosen[rows.window(start + low, high - low)] = True


def _mark_names(chosen: Mask, snapshot: Snapshot, names: Iterable[str], *, wanted: bool) -> None:
    finder = snapshot.finder()
    for name in names:
        try:
            ident = finder.id_of(os.fsencode(name))
        except UnicodeEncodeError:
            continue
        if ident is not None and ident < len(chosen):
            chosen[ident] = wanted


def _rows_then(snapshot: Snapshot, shown: Shown, revision: int, cancelled: Cancelled) -> Arranged:
    """The rows of the view as they were at ``revision``: ranges count those."""
    view, names = shown.view, snapshot.names
    if shown.generation == f"{snapshot.epoch}-{revision}" and isinstance(shown.rows, Arranged):
        return shown.rows
    order = snapshot.by_name(view)
    assert order is not None  # noqa: S101 - `select_entries` has looked
    collator = Collator(view.locale, view.natural)
    came = range(snapshot.first_after(revision), names.count)
    then = edited(names, order, collator, came, snapshot.left_after(revision))
    numbers = None if view.sort == "name" else snapshot.numbers[view.sort]
    rows = snapshot.arranged(view, then, numbers, cancelled)
    return snapshot.narrowed(view, rows, cancelled) if view.filter else rows


def _stale(shown: Shown) -> StaleGeneration:
    return StaleGeneration(
        "The folder has changed too much since it was shown. Look at it again, and repeat the action.",
        generation=shown.generation,
        total=shown.rows.total,
    )
