"""The collation keys of many names at once, by whole-array steps over slices of the names.

Every character gets its weight in the room of its own bytes, zero where it needs less; the bytes that are not zero, in
their order, are the keys. A name with something rare in it (see SCALAR) is encoded by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.numbers import MAX_DIGITS, MAX_MERGED, MAX_SHORT, lead_table
from cloudru_jlab.core.collation.scalar import ScalarEncoder
from cloudru_jlab.core.collation.slices import (
    Bytes,
    Characters,
    Flags,
    NameSlice,
    Offsets,
    Positions,
    find_characters,
    slices,
    take,
    total_length,
)
from cloudru_jlab.core.collation.table import BREVE, MARK, SCALAR, TABULATED
from cloudru_jlab.core.collation.watch import Watch
from cloudru_jlab.core.collation.weights import LEAD_NOT_UTF8, Weights

# Names encoded one by one between two looks at `cancelled`.
SCALAR_BATCH = 512

# Syllables of Hangul spell as two or three letters, of three bytes each (Unicode, section 3.12).
_SYLLABLES, _SYLLABLES_END = 0xAC00, 0xD7A4
_LEADING, _VOWEL, _TRAILING = 0x1100, 0x1161, 0x11A7
_VOWELS_TIMES_TRAILS, _TRAILS = 588, 28


@dataclass(frozen=True)
class Keys:
    """The keys of n names: key i begins at `words[offsets[i]]` and ends with the first word whose last byte is zero.

    `words` uint64: eight key bytes each, the first the most significant, zeros after the end. `offsets` (n,) uint32.
    """

    words: NDArray[np.uint64]
    offsets: NDArray[np.uint32]


class ArrayEncoder:
    """Encodes slices of names with the weights of one locale."""

    def __init__(self, weights: Weights, scalar: ScalarEncoder) -> None:
        self._weights = weights
        self._scalar = scalar
        self._leads = lead_table(weights.number_lead)
        self._breves = weights.breves()

    def encode(self, blob: Bytes, starts: Offsets, ends: Offsets, watch: Watch) -> Keys:
        """Keys of all names `blob[starts[i]:ends[i]]`; raises Cancelled through `watch`."""
        # A key is mostly not longer than its name; else the array grows. Untouched memory costs nothing.
        words = np.empty(total_length(starts, ends) // 8 + len(starts), np.uint64)
        offsets = np.empty(len(starts), np.uint32)
        used = 0
        for at in slices(starts, ends):
            part, counts = self._encode_slice(take(blob, starts[at], ends[at]), watch)
            if used + len(part) > len(words):
                words.resize(len(words) + len(words) // 4 + len(part), refcheck=False)
            words[used : used + len(part)] = part
            offsets[at] = used + np.cumsum(counts) - counts
            used += len(part)
            watch.check(at.stop - at.start)
        return Keys(words[:used], offsets)

    def _encode_slice(self, names: NameSlice, watch: Watch) -> tuple[NDArray[np.uint64], Positions]:
        """The words of all keys of a slice, and how many words each key has."""
        wide, characters = names, None
        if int(names.data.max()) >= 0x80:
            characters = find_characters(names)
            wide, characters = _make_room(names, characters)
        weight = np.frombuffer(bytearray(wide.data).translate(self._weights.ascii), np.uint8)
        rare = []
        if characters is not None:
            rare.append(self._write_characters(wide, characters, weight))
        if self._weights.natural:
            rare.append(self._write_numbers(wide, weight))
        keys: dict[int, bytes] = {}
        for count, index in enumerate(np.unique(np.concatenate(rare)).tolist() if rare else ()):
            keys[index] = self._scalar.key(names.data[names.begin[index] : names.end[index]].tobytes())
            weight[wide.begin[index] : wide.end[index]] = 0
            if count % SCALAR_BATCH == 0:
                watch.check()
        lengths = np.add.reduceat((weight != 0).view(np.uint8), wide.begin, dtype=np.int64)
        lengths[wide.begin == wide.end] = 0
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

    def _write_numbers(self, names: NameSlice, weight: Bytes) -> Positions:
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

    def _write_characters(self, names: NameSlice, characters: Characters, weight: Bytes) -> Positions:
        """Write the weights of all that is not ASCII; answer the names that need the scalar encoder."""
        at, length, point = characters.at, characters.length, characters.point
        known = np.minimum(point, TABULATED)
        slots = self._weights.slots
        weight[at] = slots[0][known]
        weight[at + 1] = slots[1][known]
        longer = np.flatnonzero(length > 2)
        weight[at[longer] + 2] = slots[2][known[longer]]
        weight[characters.invalid] = LEAD_NOT_UTF8
        weight[characters.invalid + 1] = names.data[characters.invalid]
        self._write_syllables(characters, weight)
        kind = self._weights.kinds[known]
        rare = [at[kind == SCALAR]]
        if (kind == MARK).any():
            chained = np.zeros(len(at), bool)
            chained[1:] = (kind[1:] == MARK) & (at[:-1] + length[:-1] == at[1:]) & ~names.starts_name[at[1:]]
            rare.append(self._contract(at, point, chained, weight))
        return names.names_at(np.concatenate(rare))

    def _write_syllables(self, characters: Characters, weight: Bytes) -> None:
        syllables = np.flatnonzero(_is_syllable(characters.point))
        if not syllables.size:
            return
        at, index = characters.at[syllables], characters.point[syllables] - _SYLLABLES
        trailing = index % _TRAILS
        letters = (
            _LEADING + index // _VOWELS_TIMES_TRAILS,
            _VOWEL + index % _VOWELS_TIMES_TRAILS // _TRAILS,
            _TRAILING + trailing,
        )
        for place, letter in enumerate(letters):
            for step in range(3):
                weight[at + 3 * place + step] = self._weights.slots[step][letter]
        for step in range(6, 9):
            weight[at[trailing == 0] + step] = 0

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


def _is_syllable(point: NDArray[np.int32]) -> Flags:
    return (point >= _SYLLABLES) & (point < _SYLLABLES_END)


def _make_room(names: NameSlice, characters: Characters) -> tuple[NameSlice, Characters]:
    """Widen what takes more room in a key than in its name: a byte that is not UTF-8 (2), a syllable of Hangul (9)."""
    syllables = characters.at[_is_syllable(characters.point)]
    if not syllables.size and not characters.invalid.size:
        return names, characters
    at = np.concatenate((characters.invalid, syllables))
    room = np.concatenate((np.full(characters.invalid.size, 1), np.full(syllables.size, 6)))
    wide, moved = names.with_room(at, room)
    return wide, Characters(moved[characters.at], characters.length, characters.point, moved[characters.invalid])
