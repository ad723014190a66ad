"""Which rows changed since a client last looked: the bookkeeping behind ``seq``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from ..core.entries import Entry

_GONE = 0


class Signatures:
    """The last seen signature of rows that clients were shown, and when each one changed.

    ``seq`` counts the looks that found a change. Only the ``capacity`` rows looked at last are remembered; one that
    was forgotten counts as changed, so that a client rather gets a row too many than keeps a stale one.
    """

    def __init__(self, capacity: int = 16_384) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[int, tuple[int, int]] = OrderedDict()
        self._forgot = False
        self.seq = 1

    def shown(self, ids: Sequence[int], entries: Sequence[Entry | None]) -> None:
        """A page with these rows goes to a client, who then knows them."""
        self._look(ids, entries, known=True)

    def changed(self, ids: Sequence[int], entries: Sequence[Entry | None], since: int) -> list[int]:
        """The indices into ``ids`` of the rows that changed after ``since``."""
        stamps = self._look(ids, entries, known=False)
        return [index for index, stamp in enumerate(stamps) if stamp > since]

    def _look(self, ids: Sequence[int], entries: Sequence[Entry | None], *, known: bool) -> list[int]:
        later = self.seq + 1
        stamps: list[int] = []
        for ident, entry in zip(ids, entries, strict=True):
            signature = _GONE if entry is None else entry.signature
            old = self._seen.get(ident)
            if old is not None and old[0] == signature:
                stamp = old[1]
            elif old is None and known and not self._forgot:
                stamp = self.seq
            else:
                stamp = later
            self._seen[ident] = (signature, stamp)
            self._seen.move_to_end(ident)
            stamps.append(stamp)
        if later in stamps:
            self.seq = later
        while len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
            # from now on a row that is not known may be one that a client knows
            self._forgot = True
        return stamps
