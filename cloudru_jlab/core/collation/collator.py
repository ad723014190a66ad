"""Order file names (bytes) as the stock browser does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.scalar import ScalarEncoder
from cloudru_jlab.core.collation.weights import load_weights

Offsets: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64] | NDArray[np.int64]


class Cancelled(Exception):
    """The caller asked for the sort to stop."""


class Collator:
    """Immutable and thread-safe: the order of names for one locale, natural or not."""

    def __init__(self, locale: str = "en", natural: bool = True) -> None:
        language = locale.replace("_", "-").split("-")[0].lower()
        self._weights = load_weights(cyrillic_first=language == "ru", natural=natural)
        self._scalar = ScalarEncoder(self._weights)

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
        """Row numbers in ascending (group, collation, raw bytes) order; name ``i`` is ``blob[starts[i]:ends[i]]``."""
        if cancelled is not None and cancelled():
            raise Cancelled
        names = [blob[start:end].tobytes() for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        ranks = [0] * len(names) if groups is None else groups.tolist()
        keys = [self.key(name) for name in names]
        order = sorted(range(len(names)), key=lambda i: (ranks[i], keys[i], names[i]))
        if progress is not None:
            progress(1.0)
        return np.array(order, dtype=np.uint32)
