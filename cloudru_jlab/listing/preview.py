"""A directory's rows in the order in which they are found, for as long as there is no sorted order."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple, Protocol

import numpy as np

from .filter import matching
from .models import Match, View
from .names import DIRECTORY, GONE, HIDDEN, Bytes, Ids, Mask
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
    """Which of the first ``done`` ids are wanted. Rows are only added, so each keeps its index.

    Attributes
    ----------
    blocks:
        One mask for each span of ids that was looked at.
    starts, before:
        The first id of each block, and the number of rows before it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks: list[Mask] = []
        self.starts: list[int] = []
        self.before: list[int] = []
        self.done = self.total = 0

    def add(self, block: Mask) -> None:
        """Take the mask of the next ids."""
        self.blocks.append(block)
        self.starts.append(self.done)
        self.before.append(self.total)
        self.done += len(block)
        self.total += int(np.count_nonzero(block))


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
            return PreviewRows(rows, rows.total, plain.total)
        return PreviewRows(rows, rows.total, rows.total)

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
        rows.add(keep)


class PreviewRows(NamedTuple):
    """Rows of a preview: ``total`` of them, ``unfiltered`` were there no filter. See `orders.Arranged`."""

    found: _Rows
    total: int
    unfiltered: int

    def window(self, offset: int, limit: int) -> Ids:
        """The ids of the rows ``[offset, offset + limit)``."""
        rows, stop = self.found, min(offset + limit, self.total)
        parts = [np.empty(0, np.uint32)]
        block = max(0, bisect_right(rows.before, offset) - 1)
        while offset < stop:
            ids = np.flatnonzero(rows.blocks[block]) + rows.starts[block]
            first = offset - rows.before[block]
            parts.append(ids[first : first + stop - offset].astype(np.uint32))
            offset += len(parts[-1])
            block += 1
        return np.concatenate(parts)

    def row(self, ident: int) -> int | None:
        """The row of ``ident``, None where it is not shown (yet)."""
        rows = self.found
        block = bisect_right(rows.starts, ident) - 1
        if block < 0 or ident >= rows.starts[block] + len(rows.blocks[block]):
            return None
        at = ident - rows.starts[block]
        row = rows.before[block] + int(np.count_nonzero(rows.blocks[block][:at]))
        return row if rows.blocks[block][at] and row < self.total else None
