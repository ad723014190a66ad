"""Names side by side in one array: a slice of a blob of names, and the characters in it that are not ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Offsets: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64] | NDArray[np.int64]
Positions: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

# Small enough for the processor's cache, and for a call that holds the interpreter's lock to be over in a few ms.
SLICE_NAMES = 32_768
SLICE_BYTES = 1 << 19
# So many zero bytes follow the names, that looking at the next bytes of a character needs no bounds check.
PADDING = 4

_UTF8_LENGTH = np.zeros(256, np.uint8)
_UTF8_LENGTH[0xC2:0xE0] = 2
_UTF8_LENGTH[0xE0:0xF0] = 3
_UTF8_LENGTH[0xF0:0xF5] = 4
_LEAD_BITS = np.array((0, 0, 0x1F, 0x0F, 0x07), np.int32)
# Lead bytes whose second byte may not have all values: no longer form than needed, no surrogate, none above U+10FFFF.
_SECOND_BYTES = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


@dataclass(frozen=True)
class NameSlice:
    """Name i is `data[begin[i]:end[i]]`; bytes between names, and the PADDING after them, are zero.

    `starts_name` (len(data),) bool: a name begins at this byte.
    """

    data: Bytes
    begin: Positions
    end: Positions
    starts_name: Flags

    def names_at(self, positions: Positions) -> Positions:
        """The numbers of the names that hold these bytes."""
        return np.unique(np.searchsorted(self.begin, positions, side="right") - 1)

    def with_room(self, at: Positions, room: Positions) -> tuple[NameSlice, Positions]:
        """The slice with the bytes at `at` repeated `room` times more, and the new position of each byte."""
        counts = np.ones(len(self.data), np.int64)
        counts[at] += room
        moved = np.cumsum(counts) - counts
        begin, end = moved[self.begin], moved[self.end]
        data = np.repeat(self.data, counts)
        return NameSlice(data, begin, end, _mark(begin, len(data))), moved


@dataclass(frozen=True)
class Characters:
    """The characters of two bytes and more in a slice, in their order, and the bytes that are not UTF-8.

    `at` (n,): where each begins. `length` (n,) uint8: its bytes. `point` (n,) int32: its code point. `invalid` (m,):
    bytes that Python's surrogateescape would escape.
    """

    at: Positions
    length: NDArray[np.uint8]
    point: NDArray[np.int32]
    invalid: Positions


def slices(starts: Offsets, ends: Offsets) -> Iterator[slice]:
    """Slices of at most SLICE_NAMES names with about SLICE_BYTES bytes."""
    first = 0
    while first < len(starts):
        stop = min(first + SLICE_NAMES, len(starts))
        total = (ends[first:stop].astype(np.int64) - starts[first:stop].astype(np.int64)).cumsum()
        stop = first + max(1, int(np.searchsorted(total, SLICE_BYTES, side="right")))
        yield slice(first, stop)
        first = stop


def total_length(starts: Offsets, ends: Offsets) -> int:
    """The length of all names together, in bytes."""
    step = 1 << 18
    return sum(
        int(ends[first : first + step].sum(dtype=np.int64)) - int(starts[first : first + step].sum(dtype=np.int64))
        for first in range(0, len(starts), step)
    )


def take(blob: Bytes, starts: Offsets, ends: Offsets) -> NameSlice:
    """Copy the bytes of some names; cheap where they stand in order with at most one byte between each two."""
    begin, end = starts.astype(np.int64), ends.astype(np.int64)
    gaps = begin[1:] - end[:-1]
    if gaps.size == 0 or (0 <= gaps.min() and gaps.max() <= 1):
        source = blob[begin[0] : end[-1]]
        begin, end = begin - begin[0], end - begin[0]
    else:
        lengths = end - begin
        shift = begin - (np.cumsum(lengths) - lengths)
        source = blob[np.repeat(shift, lengths) + np.arange(int(lengths.sum()))]
        begin, end = begin - shift, end - shift
        gaps = np.zeros(0, np.int64)
    data = np.zeros(len(source) + PADDING, np.uint8)
    data[: len(source)] = source
    if gaps.any():
        data[end[:-1][gaps == 1]] = 0
    return NameSlice(data, begin, end, _mark(begin, len(data)))


def find_characters(names: NameSlice) -> Characters:
    """Decode all that is not ASCII."""
    data = names.data
    follows = ((data & 0xC0) == 0x80) & ~names.starts_name
    at = np.flatnonzero(data >= 0xC0)
    lead, second = data[at], data[at + 1]
    length = _UTF8_LENGTH[lead]
    valid = follows[at + 1] & (length > 0)
    valid &= (length < 3) | follows[at + 2]
    if (length == 4).any():
        valid &= (length < 4) | follows[at + 3]
    for byte, (low, high) in _SECOND_BYTES.items():
        valid &= (lead != byte) | ((second >= low) & (second <= high))
    if not valid.all():
        at, length, lead, second = at[valid], length[valid], lead[valid], second[valid]
    stray = data >= 0x80
    stray[at] = stray[at + 1] = False
    point = (lead & _LEAD_BITS[length]) << 6 | (second & 0x3F)
    for step in (2, 3):
        longer = np.flatnonzero(length > step)
        point[longer] = point[longer] << 6 | (data[at[longer] + step] & 0x3F)
        stray[at[longer] + step] = False
    return Characters(at, length, point, np.flatnonzero(stray))


def _mark(positions: Positions, length: int) -> Flags:
    flags = np.zeros(length, bool)
    flags[positions] = True
    return flags
