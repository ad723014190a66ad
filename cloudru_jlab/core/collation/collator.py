"""Order file names (bytes) as the stock browser does: `localeCompare` with `sensitivity: 'base'`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.encode import ArrayEncoder, Offsets
from cloudru_jlab.core.collation.order import argsort_keys
from cloudru_jlab.core.collation.scalar import ScalarEncoder
from cloudru_jlab.core.collation.watch import Watch
from cloudru_jlab.core.collation.weights import load_weights


class Collator:
    """Immutable and thread-safe: the order of names for one locale, natural (`numeric`) or not.

    `ru` has ICU's Russian order, every other locale the root order, which is that of `en`. All characters of the BMP
    and most others stand exactly where ICU puts them; ideographs outside the BMP, private and unassigned characters
    follow in code point order; bytes that are not UTF-8 come after everything valid, byte by byte.
    """

    def __init__(self, locale: str = "en", natural: bool = True) -> None:
        language = locale.replace("_", "-").split("-")[0].lower()
        weights = load_weights(cyrillic_first=language == "ru", natural=natural)
        self._scalar = ScalarEncoder(weights)
        self._arrays = ArrayEncoder(weights, self._scalar)

    def key(self, name: bytes) -> bytes:
        """Bytes such that ``(key(name), name)`` orders as :meth:`argsort` does."""
        return self._scalar.key(name)

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
        keys = self._arrays.encode(blob, starts, ends, watch)
        order = argsort_keys(keys, blob, starts, ends, groups, watch)
        if progress is not None:
            progress(1.0)
        return order
