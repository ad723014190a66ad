"""Order file names (bytes); the interface, with a simple implementation that is not ICU's order yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Offsets: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64] | NDArray[np.int64]
_DIGITS = re.compile(r"[0-9]+")


class Cancelled(Exception):
    """The caller asked for the sort to stop."""


class Collator:
    """Immutable and thread-safe: the order of names for one locale, natural or not."""

    def __init__(self, locale: str = "en", natural: bool = True) -> None:
        self._locale = locale
        self._natural = natural

    def key(self, name: bytes) -> bytes:
        """Bytes such that ``(key(name), name)`` orders as :meth:`argsort` does."""
        text = unicodedata.normalize("NFKD", name.decode("utf-8", "surrogateescape")).casefold()
        if self._natural:
            text = _DIGITS.sub(lambda m: f"0{len(m[0].lstrip('0')):03d}{m[0].lstrip('0')}", text)
        return text.encode("utf-8", "surrogateescape")

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
