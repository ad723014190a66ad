"""A directory's rows in the order in which they are found, for as long as there is no sorted order."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from typing import NamedTuple, Protocol

import numpy as np

from .filter import matching
from .models import Match, View
from .names import DIRECTORY, GONE, HIDDEN, Bytes, Ids
from .slices import Cancelled, spans


class PreviewSource(Protocol):
    """Where names are found by id: `names.Gathering` while it grows, or `names.Names`."""

    count: int

    def part(self, start: int, stop: int) -> tuple[Bytes, Ids]:
        """The names with ids from ``start`` to ``stop``, each ended by a NUL, and their offsets."""

    def flags_part(self, start: int, stop: int) -> Bytes:
        """Flags of the ids from ``start`` to ``stop``."""


class _Wanted(NamedTuple):
    hidden: bool
    dirs_only: bool
    filter: str
    match: Match
    filter_directories: bool


class _Rows:
    """Ids that are wanted, of the first ``done`` ones. Rows are only added, so each keeps its index."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ids = array("I")
        self.done = 0


class Preview:
    """Rows of unsorted names; what was looked at is not looked at again."""

    def __init__(self, source: PreviewSource) -> None:
        self._source = source
        self._views: OrderedDict[_Wanted, _Rows] = OrderedDict()

    def rows(self, view: View, cancelled: Cancelled) -> PreviewRows:
        """The rows of ``view`` among the names there are now; in a worker thread. Raises `slices.WorkCancelled`."""
        wanted = _Wanted(view.hidden, view.dirs_only, view.filter, view.match, view.filter_directories)
        count = self._source.count
        rows = self._extended(wanted, count, cancelled)
        if view.filter:
            plain = self._extended(wanted._replace(filter="", match="substring"), count, cancelled)
            return PreviewRows(rows.ids, len(rows.ids), len(plain.ids))
        return PreviewRows(rows.ids, len(rows.ids), len(rows.ids))

    def _extended(self, wanted: _Wanted, count: int, cancelled: Cancelled) -> _Rows:
        rows = self._views.setdefault(wanted, _Rows())
        self._views.move_to_end(wanted)
        while len(self._views) > 4:
            self._views.popitem(last=False)
        with rows.lock:
            begun = rows.done
            for start, stop in spans(max(0, count - begun), cancelled):
                self._extend(rows, wanted, begun + start, begun + stop, cancelled)
        return rows

    def _extend(self, rows: _Rows, wanted: _Wanted, start: int, stop: int, cancelled: Cancelled) -> None:
        flags = self._source.flags_part(start, stop)
        keep = (flags & (GONE if wanted.hidden else GONE | HIDDEN)) == 0
        is_dir = (flags & DIRECTORY) != 0
        if wanted.dirs_only:
            keep &= is_dir
        if wanted.filter:
            found = matching(self._source, start, stop, wanted.filter, wanted.match, cancelled)
            keep &= found if wanted.filter_directories else found | is_dir
        rows.ids.frombytes((np.flatnonzero(keep) + start).astype(np.uint32).tobytes())
        rows.done = stop


class PreviewRows(NamedTuple):
    """Rows of a preview: ``total`` of them, ``unfiltered`` were there no filter. See `orders.Arranged`."""

    ids: array[int]
    total: int
    unfiltered: int

    def window(self, offset: int, limit: int) -> Ids:
        """The ids of the rows ``[offset, offset + limit)``."""
        return np.array(self.ids[offset : min(offset + limit, self.total)], np.uint32)

    def row(self, ident: int) -> int | None:
        """The row of ``ident``, None where it is not shown (yet)."""
        at = bisect_left(self.ids, ident, 0, self.total)
        return at if at < self.total and self.ids[at] == ident else None
