"""Rows by name."""

from __future__ import annotations

import numpy as np

from .filter import matching
from .shown import Shown
from .slices import Cancelled, spans
from .snapshot import Snapshot

#: Rows looked at by one call while a prefix is searched.
_STEP = 1 << 14


def find_row(snapshot: Snapshot | None, shown: Shown, name: bytes) -> int | None:
    """The row of ``name``, None where the view does not show it. In a worker thread."""
    if snapshot is not None and snapshot.names is shown.source:
        ident = snapshot.finder().id_of(name)
    else:
        ident = _found_by_search(shown, name)
    return None if ident is None else shown.row(ident)


def _found_by_search(shown: Shown, name: bytes) -> int | None:
    for start, stop in spans(shown.source.count):
        blob, offsets = shown.source.part(start, stop)
        framed = b"\0" + blob.tobytes()
        at = framed.find(b"\0" + name + b"\0")
        if at >= 0:
            return start + int(np.searchsorted(offsets, at))
    return None


def first_with_prefix(
    snapshot: Snapshot | None, shown: Shown, prefix: str, after: int, cancelled: Cancelled
) -> int | None:
    """The first row from ``after`` on whose name starts with ``prefix``, going on from the top; in a worker thread.

    Raises `slices.WorkCancelled`.
    """
    total = shown.rows.total
    if snapshot is not None and snapshot.names is shown.source:
        # the next press of the same key asks the same
        matches = snapshot.mask(prefix, "prefix", cancelled)
    else:
        matches = matching(shown.source, 0, shown.source.count, prefix, "prefix", cancelled)
    if not matches.any():
        return None
    after = min(after, total)
    for low, high in ((after, total), (0, after)):
        for start, stop in spans(high - low, cancelled, _STEP):
            hits = np.flatnonzero(matches[shown.window(low + start, stop - start)])
            if len(hits):
                return low + start + int(hits[0])
    return None
