"""Sort many names by their keys, eight bytes at a time, without a Python object for each.

A most-significant-first sort of uint64 words. A long range is first dealt into buckets around sampled words (a sampled
word has a bucket of its own, which is then sorted by the next word: that is how common prefixes are passed over); a
short one is sorted in the cache by numpy's argsort, and its ties are refined by the next words, all together.
Names with equal keys are sorted in the same way by the words of their raw bytes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.encode import Keys
from cloudru_jlab.core.collation.slices import Bytes, Flags, Offsets, Positions
from cloudru_jlab.core.collation.watch import Watch

Order: TypeAlias = NDArray[np.uint32]
Words: TypeAlias = NDArray[np.uint64]

# Names sorted by one argsort: they and their words fit in the cache, and their tied groups count to less than 2**16.
SHORT = 65_536
SLICE = 65_536
SAMPLE = 4_096
MAX_SPLITTERS = 127  # two buckets each and one more: numbered in a byte

_LAST_BYTE = np.uint64(0xFF)


class _Source(Protocol):
    """Strings of bytes as words: the last word of a string, and no other, ends with a zero byte."""

    def words(self, ids: Order, depth: int) -> Words: ...


class _KeyWords:
    def __init__(self, keys: Keys) -> None:
        self._words, self._offsets = keys.words, keys.offsets

    def words(self, ids: Order, depth: int) -> Words:
        words: Words = np.take(self._words, self._offsets[ids] + np.uint32(depth))
        return words


class _NameWords:
    """The raw bytes of names. A file name holds no zero byte."""

    def __init__(self, blob: Bytes, starts: Offsets, ends: Offsets) -> None:
        self._blob, self._starts, self._ends = blob, starts, ends

    def words(self, ids: Order, depth: int) -> Words:
        at = self._starts[ids].astype(np.int64) + 8 * depth
        left = self._ends[ids].astype(np.int64) - at
        words = np.zeros(len(ids), np.uint64)
        for step in range(8):
            words <<= np.uint64(8)
            inside = left > step
            words[inside] |= self._blob[at[inside] + step]
        return words


def argsort_keys(
    keys: Keys, blob: Bytes, starts: Offsets, ends: Offsets, groups: NDArray[np.uint8] | None, watch: Watch
) -> Order:
    """(n,) uint32: the names in ascending order of (group, key, raw bytes); raises Cancelled through `watch`."""
    order = np.arange(len(starts), dtype=np.uint32)
    bounds = [0, len(order)]
    if groups is not None:
        bounds = _deal(order, groups, watch)
    sorter = _Sorter(order, (_KeyWords(keys), _NameWords(blob, starts, ends)), watch)
    for low, high in pairwise(bounds):
        sorter.sort(low, high)
    return order


class _Sorter:
    def __init__(self, order: Order, sources: tuple[_Source, _Source], watch: Watch) -> None:
        self._order = order
        self._sources = sources
        self._watch = watch
        self._random = np.random.default_rng(0)  # not always the same stride: names come in patterns

    def sort(self, low: int, high: int) -> None:
        """Sort order[low:high] by the sources, one after the other."""
        todo = [(low, high, 0, 0)]
        while todo:
            low, high, source, depth = todo.pop()
            if high - low > SHORT:
                todo.extend(self._split(low, high, source, depth))
            elif high - low > 1:
                self._sort_short(low, high, source, depth)
            self._watch.check(high - low if high - low <= SHORT else 0)

    def _split(self, low: int, high: int, source: int, depth: int) -> list[tuple[int, int, int, int]]:
        """Deal a long range into buckets; answer those that are still to be sorted."""
        order, words = self._order[low:high], self._sources[source].words
        sample = np.sort(words(order[self._random.integers(0, len(order), SAMPLE)], depth))
        wanted = min(MAX_SPLITTERS, SAMPLE // 2, 2 * len(order) // SHORT)
        splitters = np.unique(sample[SAMPLE // (2 * wanted) :: SAMPLE // wanted])
        upper = np.append(splitters, np.uint64(0))
        buckets = np.empty(len(order), np.uint8)
        for first in range(0, len(order), SLICE):
            word = words(order[first : first + SLICE], depth)
            place = np.searchsorted(splitters, word)
            equal = (upper[place] == word) & (place < len(splitters))
            buckets[first : first + SLICE] = 2 * place + equal
            self._watch.check()
        bounds = [low + bound for bound in _deal(order, buckets, self._watch)]
        todo = []
        for bucket in range(2 * len(splitters) + 1):
            begin, end = bounds[bucket], bounds[bucket + 1]
            if bucket % 2 == 0:
                todo.append((begin, end, source, depth))
            elif splitters[bucket // 2] & _LAST_BYTE:
                todo.append((begin, end, source, depth + 1))
            elif source + 1 < len(self._sources):
                todo.append((begin, end, source + 1, 0))
        return todo

    def _sort_short(self, low: int, high: int, source: int, depth: int) -> None:
        ids = self._order[low:high]
        self._refine(ids, np.arange(len(ids)), np.zeros(len(ids), np.uint16), source, depth)

    def _refine(self, ids: Order, at: Positions, group: NDArray[np.uint16], source: int, depth: int) -> None:
        """Sort, inside each group, the ids at the positions `at`; ids is changed in place.

        `at` (m,) ascends and `group` (m,) numbers its groups in ascending order.
        """
        while at.size:
            current = ids[at]
            word = self._sources[source].words(current, depth)
            same_group = group[1:] == group[:-1]
            if not (~same_group | (word[1:] >= word[:-1])).all():
                by_word = np.argsort(word)
                if not same_group.all():
                    by_word = by_word[np.argsort(group[by_word], kind="stable")]
                word = word[by_word]
                ids[at] = current[by_word]
            tied = np.zeros(len(at) + 1, bool)
            tied[1:-1] = same_group & (word[1:] == word[:-1])
            member = tied[:-1] | tied[1:]
            if not member.any():
                return
            opens = member & ~tied[:-1]
            ended = member & ((word & _LAST_BYTE) == 0)
            if source + 1 < len(self._sources) and ended.any():
                self._refine(ids, at[ended], _number(opens[ended]), source + 1, 0)
            member &= ~ended
            at, group, depth = at[member], _number(opens[member]), depth + 1


def _number(opens: Flags) -> NDArray[np.uint16]:
    """The number of the group that each position is in, where `opens` marks the first of each group."""
    return (np.cumsum(opens) - 1).astype(np.uint16)


def _deal(order: Order, buckets: NDArray[np.uint8], watch: Watch) -> list[int]:
    """Reorder `order` stably by bucket, in place; answer the bounds of buckets 0 to 255 in it."""
    counts = np.zeros(256, np.int64)
    for first in range(0, len(order), SLICE):
        counts += np.bincount(buckets[first : first + SLICE], minlength=256)
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    if counts.max(initial=0) < len(order):
        dealt = np.empty_like(order)
        free = bounds[:-1].copy()
        for first in range(0, len(order), SLICE):
            bucket = buckets[first : first + SLICE]
            taken = np.bincount(bucket, minlength=256)
            shift = np.repeat(free - (np.cumsum(taken) - taken), taken)
            by_bucket = np.argsort(bucket, kind="stable")
            dealt[shift + np.arange(len(shift))] = order[first : first + SLICE][by_bucket]
            free += taken
            watch.check()
        order[:] = dealt
    result: list[int] = bounds.tolist()
    return result
