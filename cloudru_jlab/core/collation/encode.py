"""The collation keys of many names at once, by whole-array steps over slices of the names.

A slice is its names' bytes end to end. Every character gets its weight in the room of its own bytes, zero where it
needs less; the bytes that are not zero, in their order, are the keys. A name with something rare in it (see SCALAR) is
encoded by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.numbers import MAX_DIGITS, MAX_MERGED, MAX_SHORT, lead_table
from cloudru_jlab.core.collation.scalar import ScalarEncoder
from cloudru_jlab.core.collation.table import BREVE, MARK, SCALAR
from cloudru_jlab.core.collation.watch import Watch
from cloudru_jlab.core.collation.weights import Weights

Bytes: TypeAlias = NDArray[np.uint8]
Offsets: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64] | NDArray[np.int64]
Positions: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

# Small enough for the processor's cache, and for a call that holds the interpreter's lock to be over in a few ms.
SLICE_NAMES = 32_768
SLICE_BYTES = 1 << 20
# Names encoded one by one between two looks at `cancelled`.
SCALAR_BATCH = 1_024
# So many zero bytes follow a slice, that looking at the next bytes of a character needs no bounds check.
PADDING = 4

_UTF8_LENGTH = np.full(256, 4, np.uint8)
_UTF8_LENGTH[0xC2:0xE0] = 2
_UTF8_LENGTH[0xE0:0xF0] = 3


@dataclass(frozen=True)
class Keys:
    """The keys of n names: key i begins at `words[offsets[i]]` and ends with the first word whose last byte is zero.

    `words` uint64: eight key bytes each, the first the most significant, zeros after the end. `offsets` (n,) uint32.
    """

    words: NDArray[np.uint64]
    offsets: NDArray[np.uint32]


@dataclass(frozen=True)
class _Slice:
    """Names side by side: name i is `data[begin[i]:end[i]]`; bytes between names, and PADDING behind, are zero."""

    data: Bytes
    begin: Positions
    end: Positions
    starts_name: Flags  # (len(data),): a name begins here

    def names_at(self, positions: Positions) -> Positions:
        """The numbers of the names that hold these bytes."""
        return np.unique(np.searchsorted(self.begin, positions, side="right") - 1)


class ArrayEncoder:
    """Encodes slices of names with the weights of one locale."""

    def __init__(self, weights: Weights, scalar: ScalarEncoder) -> None:
        self._weights = weights
        self._scalar = scalar
        self._leads = lead_table(weights.number_lead)
        self._breves = weights.breves()

    def encode(self, blob: Bytes, starts: Offsets, ends: Offsets, watch: Watch) -> Keys:
        """Keys of all names `blob[starts[i]:ends[i]]`; raises Cancelled through `watch`."""
        # A key is at most as long as its name, expansions of rare names aside. Untouched memory costs nothing.
        words = np.empty(_total_length(starts, ends) // 8 + len(starts), np.uint64)
        offsets = np.empty(len(starts), np.uint32)
        used = 0
        for at in _slices(starts, ends):
            part, counts = self._encode_slice(_take(blob, starts[at], ends[at]), watch)
            if used + len(part) > len(words):
                words.resize(len(words) + len(words) // 4 + len(part), refcheck=False)
            words[used : used + len(part)] = part
            offsets[at] = used + np.cumsum(counts) - counts
            used += len(part)
            watch.check(at.stop - at.start)
        return Keys(words[:used], offsets)

    def _encode_slice(self, names: _Slice, watch: Watch) -> tuple[NDArray[np.uint64], Positions]:
        """The words of all keys of a slice, and how many words each key has."""
        weight = np.frombuffer(bytearray(names.data).translate(self._weights.ascii), np.uint8)
        rare = [self._write_characters(names, weight)] if int(names.data.max(initial=0)) >= 0x80 else []
        if self._weights.natural:
            rare.append(self._write_numbers(names, weight))
        keys: dict[int, bytes] = {}
        for count, index in enumerate(np.unique(np.concatenate(rare)).tolist() if rare else ()):
            begin, end = int(names.begin[index]), int(names.end[index])
            keys[index] = self._scalar.key(names.data[begin:end].tobytes())
            weight[begin:end] = 0
            if count % SCALAR_BATCH == 0:
                watch.check()
        lengths = np.add.reduceat((weight != 0).view(np.uint8), names.begin, dtype=np.int64)
        lengths[names.begin == names.end] = 0
        full_lengths = lengths.copy()
        full_lengths[list(keys)] = [len(key) for key in keys.values()]
        counts = full_lengths // 8 + 1
        out = np.zeros(int(counts.sum()) * 8, np.uint8)
        room = np.empty(2 * len(counts), np.int64)
        room[::2] = lengths
        room[1::2] = counts * 8 - lengths
        out[np.repeat(np.tile(np.array((True, False)), len(counts)), room)] = weight[np.flatnonzero(weight)]
        if keys:
            places = ((np.cumsum(counts) - counts) * 8).tolist()
            for index, key in keys.items():
                out[places[index] : places[index] + len(key)] = np.frombuffer(key, np.uint8)
        return out.view(">u8").astype(np.uint64), counts

    def _write_numbers(self, names: _Slice, weight: Bytes) -> Positions:
        """Write the weights of all runs of ASCII digits; answer the names whose numbers are too long."""
        value = names.data - np.uint8(ord("0"))
        digit = value < 10
        opens = digit.copy()
        opens[1:] &= ~digit[:-1]
        opens[names.begin] = digit[names.begin]
        closes = digit.copy()
        closes[:-1] &= ~digit[1:]
        closes[names.end - 1] = digit[names.end - 1]
        first = np.flatnonzero(opens)
        last = np.flatnonzero(closes)
        zeros = np.flatnonzero(value[first] == 0)
        while zeros.size:
            zeros = zeros[first[zeros] < last[zeros]]
            first[zeros] += 1
            zeros = zeros[value[first[zeros]] == 0]
        count = last - first + 1
        too_long = count > MAX_DIGITS
        rare = names.names_at(first[too_long])
        if rare.size:
            first, last, count = first[~too_long], last[~too_long], count[~too_long]
        # Two digits to a byte, from the end; with an odd count the first digit is left over.
        at, limit = last, first
        while at.size:
            inside = at > limit
            at, limit = at[inside], limit[inside]
            weight[at] = 10 * value[at - 1] + value[at] + 1
            at = at - 2
        weight[first] = self._leads[count, value[first]]
        alone = first[(count > MAX_MERGED) & (count % 2 == 1)]
        weight[alone + 1] = value[alone] + 1
        # LONG and the count go before all that is written: what stands at first + 1 and + 2 moves to a free byte.
        long = count > MAX_SHORT
        if long.any():
            start, odd = first[long], count[long] % 2
            weight[start[odd == 1] + 3] = weight[start[odd == 1] + 2]
            weight[start + 2] = weight[start + 1]
            weight[start + 1] = count[long]
        return rare

    def _write_characters(self, names: _Slice, weight: Bytes) -> Positions:
        """Write the weights of all characters of two and three bytes; answer the names that need the scalar encoder."""
        data = names.data
        at = np.flatnonzero(data >= 0xC0)
        length = _UTF8_LENGTH[data[at]]
        second, third = data[at + 1], data[at + 2]
        three = length == 3
        valid = ((second & 0xC0) == 0x80) & ~names.starts_name[at + 1] & (length < 4)
        valid &= ~three | (((third & 0xC0) == 0x80) & ~names.starts_name[at + 2])
        valid &= (data[at] != 0xE0) | (second >= 0xA0)
        valid &= (data[at] != 0xED) | (second < 0xA0)
        stray = (data & 0xC0) == 0x80
        stray[at[valid] + 1] = False
        stray[at[valid & three] + 2] = False
        rare = [at[~valid], np.flatnonzero(stray)]
        if rare[0].size:
            at, length, three, second, third = at[valid], length[valid], three[valid], second[valid], third[valid]
        point = np.where(
            three,
            (data[at].astype(np.int32) & 0x0F) << 12 | (second.astype(np.int32) & 0x3F) << 6 | (third & 0x3F),
            (data[at].astype(np.int32) & 0x1F) << 6 | (second & 0x3F),
        )
        slots = self._weights.slots
        weight[at] = slots[0][point]
        weight[at + 1] = slots[1][point]
        weight[at[three] + 2] = slots[2][point[three]]
        kind = self._weights.kinds[point]
        rare.append(at[kind == SCALAR])
        if (kind == MARK).any():
            chained = np.zeros(len(at), bool)
            chained[1:] = (kind[1:] == MARK) & (at[:-1] + length[:-1] == at[1:]) & ~names.starts_name[at[1:]]
            rare.append(self._contract(at, point, chained, weight))
        return names.names_at(np.concatenate(rare))

    def _contract(self, at: Positions, point: NDArray[np.int32], chained: Flags, weight: Bytes) -> Positions:
        """Write the contractions with a breve; answer where more marks follow than this can judge.

        `chained`: a mark that directly follows a character which is not ASCII. Only its base matters, the last
        character before it that is not chained itself: after any base but those few a mark weighs nothing.
        """
        marks = np.flatnonzero(chained)
        base = np.maximum.accumulate(np.where(chained, 0, np.arange(len(at))))[marks]
        doubtful = np.zeros(len(marks), bool)
        for letter, replacement in self._breves:
            of_letter = point[base] == letter
            doubtful |= of_letter & (marks > base + 1)
            met = at[base[of_letter & (marks == base + 1) & (point[marks] == BREVE)]]
            for step, byte in enumerate(replacement):
                weight[met + step] = byte
        return at[marks[doubtful]]


def _total_length(starts: Offsets, ends: Offsets) -> int:
    """The length of all names together, in bytes."""
    step = 1 << 18
    return sum(
        int(ends[first : first + step].sum(dtype=np.int64)) - int(starts[first : first + step].sum(dtype=np.int64))
        for first in range(0, len(starts), step)
    )


def _slices(starts: Offsets, ends: Offsets) -> Iterator[slice]:
    """Slices of about SLICE_NAMES names or SLICE_BYTES bytes, whichever is less."""
    first = 0
    while first < len(starts):
        stop = min(first + SLICE_NAMES, len(starts))
        total = (ends[first:stop].astype(np.int64) - starts[first:stop].astype(np.int64)).cumsum()
        stop = first + max(1, int(np.searchsorted(total, SLICE_BYTES, side="right")))
        yield slice(first, stop)
        first = stop


def _take(blob: Bytes, starts: Offsets, ends: Offsets) -> _Slice:
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
    starts_name = np.zeros(len(data), bool)
    starts_name[begin] = True
    return _Slice(data, begin, end, starts_name)
