"""Order file names (bytes) as the stock browser does: `localeCompare` with `sensitivity: 'base'`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.encode import ArrayEncoder
from cloudru_jlab.core.collation.order import argsort_keys
from cloudru_jlab.core.collation.scalar import ScalarEncoder
from cloudru_jlab.core.collation.slices import Offsets
from cloudru_jlab.core.collation.watch import Watch
from cloudru_jlab.core.collation.weights import load_weights


@lru_cache(maxsize=4)
def _encoders(cyrillic_first: bool, natural: bool) -> tuple[ScalarEncoder, ArrayEncoder]:
    """Made at the first use, in the thread that sorts: the table takes some 30 ms to lay out."""
    weights = load_weights(cyrillic_first=cyrillic_first, natural=natural)
    scalar = ScalarEncoder(weights)
    return scalar, ArrayEncoder(weights, scalar)


class Collator:
    """Immutable and thread-safe: the order of names for one locale, natural (`numeric`) or not.

    `ru` has ICU's Russian order, every other locale the root order, which is that of `en`. All characters stand where
    ICU puts them, but for ideographs outside the BMP, private and unassigned characters: these follow all others in
    code point order. Bytes that are not UTF-8 come after everything valid, byte by byte.
    """

    def __init__(self, locale: str = "en", natural: bool = True) -> None:
        self._cyrillic_first = locale.replace("_", "-").split("-")[0].lower() == "ru"
        self._natural = natural

    def key(self, name: bytes) -> bytes:
        """Bytes such that ``(key(name), name)`` orders as :meth:`argsort` does."""
        scalar, _ = _encoders(self._cyrillic_first, self._natural)
        return scalar.key(name)

    def argsort(
        self,
        blob: NDArray[np.uint8],
        starts: Offsets,
        ends: Offsets,
        *,
        groups: NDArray[np.uint8] | None = None,
        cancelled: Callable[[], bool] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.uint32]:
        """The names in ascending order of (group, collation, raw bytes).

        Name i is ``blob[starts[i]:ends[i]]``; `starts`, `ends` and `groups` have the shape (n,). Names that stand one
        after the other in the blob, with at most one byte between two, are the fastest. Meant to run in a thread: the
        interpreter's lock is held for a few ms at most. `cancelled` is asked at least every 50 ms of work, and
        `progress` is told the part done (0..1).

        Raises Cancelled when `cancelled` answers true.
        """
        watch = Watch(2 * len(starts), cancelled, progress)
        watch.check()
        _, arrays = _encoders(self._cyrillic_first, self._natural)
        keys = arrays.encode(blob, starts, ends, watch)
        order = argsort_keys(keys, blob, starts, ends, groups, watch)
        if progress is not None:
            progress(1.0)
        return order
