"""What a view shows, as an array of ids: derived from one shared order, never sorted by name again.

`arrange` starts from all ids in the order of names, directories first, and only leaves out, splits or stably sorts
again, so that all views of a directory agree on ties.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .models import View
from .names import DIRECTORY, HIDDEN, NOTEBOOK, Bytes, Ids, Mask
from .slices import Cancelled, join, never, select, spans, with_flag, without_flag

Numbers = NDArray[np.int64]


class ByName(NamedTuple):
    """All ids of a snapshot in the order of names: the first ``directories`` ones are directories."""

    ids: Ids
    directories: int


class Arranged(NamedTuple):
    """The rows of a view: ``ids`` ascending inside the groups that ``bounds`` delimits, ``backwards`` read from each
    group's end."""

    ids: Ids
    bounds: tuple[int, ...]
    backwards: bool = False

    @property
    def total(self) -> int:
        """Number of rows."""
        return len(self.ids)

    def window(self, offset: int, limit: int) -> Ids:
        """The ids of the rows ``[offset, offset + limit)``."""
        stop = min(offset + limit, len(self.ids))
        if not self.backwards:
            return self.ids[offset:stop]
        rows = np.arange(offset, max(stop, offset))
        return self.ids[self._mirrored(rows)]

    def rows(self, ids: Ids) -> NDArray[np.intp]:
        """The rows of those of ``ids`` that the view shows, ascending."""
        if len(ids) == 1:
            at = np.flatnonzero(self.ids == ids[0])
        else:
            at = np.flatnonzero(np.isin(self.ids, ids))
        return np.sort(self._mirrored(at)) if self.backwards else at

    def _mirrored(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        bounds = np.array(self.bounds)
        group = np.searchsorted(bounds, rows, side="right")
        mirrored: NDArray[np.intp] = bounds[group - 1] + bounds[np.minimum(group, len(bounds) - 1)] - 1 - rows
        return mirrored


def arrange(
    by_name: ByName, flags: Bytes, view: View, numbers: Numbers | None = None, cancelled: Cancelled = never
) -> Arranged:
    """The rows of ``view`` without its filter; ``numbers`` are the values to sort by, per id, unless by name."""
    directories, others = by_name.ids[: by_name.directories], by_name.ids[by_name.directories :]
    shared: Ids | None = by_name.ids
    if not view.hidden:
        visible = without_flag(flags, HIDDEN)
        fewer, less = select(directories, visible, cancelled), select(others, visible, cancelled)
        if fewer is not directories or less is not others:
            directories, others, shared = fewer, less, None
    groups = [directories]
    if view.dirs_only:
        shared = directories
    elif view.notebooks_first:
        notebooks = select(others, with_flag(flags, NOTEBOOK), cancelled)
        if 0 < len(notebooks) < len(others):
            groups += [notebooks, select(others, without_flag(flags, NOTEBOOK), cancelled)]
            shared = None
        else:
            groups.append(others)
    else:
        groups.append(others)
    if numbers is not None:
        ascending = _ascending(view)
        groups = [_sorted(group, numbers, ascending, cancelled) for group in groups]
        shared = None
    bounds = tuple(int(n) for n in np.cumsum([0, *map(len, groups)]))
    ids = shared if shared is not None else join(groups)
    return Arranged(ids, bounds, backwards=numbers is None and view.order == "desc")


def narrow(arranged: Arranged, matches: Mask, flags: Bytes, view: View, cancelled: Cancelled = never) -> Arranged:
    """``arranged`` with only the rows that match; ``matches`` is per id."""

    def wanted(ids: Ids) -> Mask:
        found = matches[ids]
        return found if view.filter_directories else found | ((flags[ids] & DIRECTORY) != 0)

    groups = [
        select(arranged.ids[start:stop], wanted, cancelled)
        for start, stop in zip(arranged.bounds, arranged.bounds[1:], strict=False)
    ]
    bounds = tuple(int(n) for n in np.cumsum([0, *map(len, groups)]))
    ids = arranged.ids if bounds == arranged.bounds else join(groups)
    return Arranged(ids, bounds, arranged.backwards)


def _ascending(view: View) -> bool:
    """Whether ``view`` has the smaller number first.

    Stock's comparison of times is the opposite of its comparison of names and sizes: its "ascending" shows the newest
    first, and the smallest (`Private.sort` in the listing of `@jupyterlab/filebrowser`).
    """
    return (view.order == "asc") == (view.sort == "size")


def _sorted(ids: Ids, numbers: Numbers, ascending: bool, cancelled: Cancelled) -> Ids:
    """``ids`` by their numbers; equal ones stay in the order of names, whatever the direction, as in stock."""
    keys = np.empty(len(ids), np.int64)
    for start, stop in spans(len(ids), cancelled):
        np.take(numbers, ids[start:stop], out=keys[start:stop], mode="clip")
    if not ascending:
        np.negative(keys, out=keys)
    places = np.argsort(keys, kind="stable")
    del keys
    ordered = np.empty(len(ids), np.uint32)
    for start, stop in spans(len(ids), cancelled):
        ordered[start:stop] = ids[places[start:stop]]
    return ordered
