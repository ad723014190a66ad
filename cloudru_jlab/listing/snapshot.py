"""A sorted listing of one directory, shared by all who look at it and changed in place.

The state is replaced on the event loop only; what takes long is computed in worker threads from what was current when
they began, and kept only if it still is.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.collation import Collator
from .filter import matching
from .models import Match, SortKey, View
from .names import GONE, Mask, Names
from .orders import Arranged, ByName, Numbers, arrange, narrow
from .placing import Edits, Finder, edited
from .signatures import Signatures
from .slices import Cancelled

Tongue = tuple[str, bool]
#: Views and filters kept ready per snapshot, besides the orders of names.
_VIEWS, _MASKS, _ORDERS = 16, 4, 3
#: Of a directory with more entries than this, only so many views are kept: each may take 4 bytes per entry.
_HUGE, _HUGE_VIEWS = 500_000, 3
#: Changes kept to tell what an older generation showed.
_HISTORY = 20_000


class ViewKey(NamedTuple):
    """What tells two views of a snapshot apart."""

    sort: SortKey
    backwards: bool
    locale: str
    natural: bool
    notebooks_first: bool
    hidden: bool
    dirs_only: bool
    filter: str
    match: Match
    filter_directories: bool


def view_key(view: View, *, filtered: bool) -> ViewKey:
    """The key of ``view``, with or without its filter."""
    return ViewKey(
        view.sort,
        # by name, both directions share one array
        view.sort != "name" and view.order == "desc",
        view.locale,
        view.natural,
        view.notebooks_first,
        view.hidden,
        view.dirs_only,
        view.filter if filtered else "",
        view.match if filtered else "substring",
        view.filter_directories if filtered else True,
    )


class Applied(NamedTuple):
    """The orders as they are after a batch of edits, computed beside the snapshot."""

    edits: Edits
    first: int
    orders: dict[Tongue, ByName]
    added_numbers: dict[SortKey, Numbers]


class Snapshot:
    """All entries of a directory in at least one order of names.

    Attributes
    ----------
    epoch, revision:
        Make up the generation: the epoch is the scan's, the revision counts what was applied since, from 1.
    added:
        Per id above ``names.scanned``, the revision that brought it.
    graves:
        Per id that is gone, the revision that took it; the latest ones.
    """

    def __init__(self, epoch: str, names: Names, signatures: Signatures) -> None:
        self.epoch = epoch
        self.revision = 1
        self.edited = False
        self.names = names
        self.signatures = signatures
        self.added: list[int] = []
        self.graves: dict[int, int] = {}
        #: What left before this revision is forgotten.
        self.remembers = 1
        #: Before this revision, orders by other things than names were others.
        self.renumbered = 1
        self.orders: OrderedDict[Tongue, ByName] = OrderedDict()
        self.numbers: dict[SortKey, Numbers] = {}
        self._views: OrderedDict[ViewKey, Arranged] = OrderedDict()
        self._masks: OrderedDict[tuple[str, Match], Mask] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def generation(self) -> str:
        """The current generation."""
        return f"{self.epoch}-{self.revision}"

    @property
    def entries(self) -> int:
        """How many entries there are, hidden ones included."""
        return len(next(iter(self.orders.values())).ids)

    @property
    def wasteful(self) -> bool:
        """Whether most of the names are of entries long gone, so that it is time to scan again."""
        return self.names.count > 2 * self.entries + _HISTORY

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        arrays: list[NDArray[Any]] = [order.ids for order in self.orders.values()]
        arrays += self.numbers.values()
        arrays += (view.ids for view in self._views.values())
        arrays += self._masks.values()
        # views often share an order's array
        return self.names.nbytes + sum({id(a): a.nbytes for a in arrays if a.base is None}.values())

    def by_name(self, view: View) -> ByName | None:
        """The order of names that ``view`` is derived from, None where it has not been sorted yet."""
        tongue = (view.locale, view.natural)
        order = self.orders.get(tongue)
        if order is not None:
            self.orders.move_to_end(tongue)
        return order

    def add_order(self, view: View, order: ByName) -> None:
        """Keep an order that was sorted for ``view``."""
        self.orders[view.locale, view.natural] = order
        while len(self.orders) > _ORDERS:
            self.orders.popitem(last=False)

    def ready(self, view: View, *, filtered: bool = True) -> Arranged | None:
        """The rows of ``view`` where they are at hand."""
        key = view_key(view, filtered=filtered)
        arranged = self._views.get(key)
        if arranged is None:
            return None
        self._views.move_to_end(key)
        return arranged._replace(backwards=view.sort == "name" and view.order == "desc")

    def keep(self, view: View, revision: int, arranged: Arranged, *, filtered: bool) -> None:
        """Keep rows that were computed for ``revision``, unless the snapshot has moved on."""
        if revision == self.revision:
            self._views[view_key(view, filtered=filtered)] = arranged
            most = _VIEWS if self.entries <= _HUGE else _HUGE_VIEWS
            while len(self._views) > most:
                self._views.popitem(last=False)

    def arranged(self, view: View, by_name: ByName, numbers: Numbers | None, cancelled: Cancelled) -> Arranged:
        """The rows of ``view`` without its filter; in a worker thread. Raises `slices.WorkCancelled`."""
        return arrange(by_name, self.names.flags, view, numbers, cancelled)

    def narrowed(self, view: View, plain: Arranged, cancelled: Cancelled) -> Arranged:
        """Those rows of ``plain`` that match; in a worker thread. Raises `slices.WorkCancelled`."""
        return narrow(plain, self.mask(view.filter, view.match, cancelled), self.names.flags, view, cancelled)

    def mask(self, text: str, match: Match, cancelled: Cancelled) -> Mask:
        """Which ids match; names that were added since the last time are matched now."""
        key, count = (text, match), self.names.count
        with self._lock:
            known = self._masks.get(key)
        done = 0 if known is None else len(known)
        if known is not None and done >= count:
            return known
        fresh = matching(self.names, done, count, text, match, cancelled)
        mask = fresh if known is None else np.concatenate((known, fresh))
        with self._lock:
            self._masks[key] = mask
            self._masks.move_to_end(key)
            while len(self._masks) > _MASKS:
                self._masks.popitem(last=False)
        return mask

    def finder(self) -> Finder:
        """Finds names, in the order that was used last."""
        tongue = next(reversed(self.orders))
        return Finder(self.names, self.orders[tongue], Collator(*tongue))

    def prepare(self, edits: Edits, numbers: dict[SortKey, Numbers]) -> Applied:
        """All orders with ``edits`` applied, to be called in a worker thread while nothing else edits.

        ``numbers`` are the values of the new names for each key in `numbers`.
        """
        first = self.names.append(edits.names, edits.flags)
        come = range(first, first + len(edits.names))
        orders = {
            tongue: edited(self.names, order, Collator(*tongue), edits.gone, come)
            for tongue, order in list(self.orders.items())
        }
        return Applied(edits, first, orders, numbers)

    def caught_up(self, view: View, order: ByName, revision: int, _: Cancelled) -> ByName:
        """``order``, sorted from what there was at ``revision``, with what has changed since; in a worker thread while
        nothing edits."""
        if revision == self.revision:
            return order
        flags = self.names.flags
        come = [ident for ident in range(self.first_after(revision), self.names.count) if not flags[ident] & GONE]
        gone = self.left_after(revision)
        return edited(self.names, order, Collator(view.locale, view.natural), gone, come)

    def apply(self, applied: Applied) -> None:
        """Make ``applied`` the current state: a new generation."""
        self.revision += 1
        self.edited = True
        for tongue, order in applied.orders.items():
            self.orders[tongue] = order
        for tongue in [tongue for tongue in self.orders if tongue not in applied.orders]:
            # sorted while the edits were prepared, and without them
            del self.orders[tongue]
        for sort, numbers in list(self.numbers.items()):
            added = applied.added_numbers.get(sort)
            if added is None or len(added) != len(applied.edits.names):
                del self.numbers[sort]
            else:
                self.numbers[sort] = np.concatenate((numbers, added))
        self.added += [self.revision] * len(applied.edits.names)
        for ident in applied.edits.gone:
            self.graves[ident] = self.revision
            self.names.flags[ident] |= GONE
        self._forget()
        self._views.clear()

    def renumber(self, numbers: dict[SortKey, Numbers]) -> None:
        """Take new values to sort by, which makes a new generation of the same entries."""
        self.numbers.update(numbers)
        self.revision += 1
        self.renumbered = self.revision
        self._views.clear()

    def _forget(self) -> None:
        while len(self.graves) > _HISTORY:
            ident = next(iter(self.graves))
            self.remembers = self.graves.pop(ident) + 1

    def first_after(self, revision: int) -> int:
        """The first id that came after ``revision``; so did all that follow."""
        return self.names.scanned + bisect_right(self.added, revision)

    def left_after(self, revision: int) -> list[int]:
        """The ids of ``revision`` that have gone since; only for a revision that is not before `remembers`."""
        scanned, added = self.names.scanned, self.added
        return [
            ident
            for ident, left in list(self.graves.items())
            if left > revision and (ident < scanned or added[ident - scanned] <= revision)
        ]
