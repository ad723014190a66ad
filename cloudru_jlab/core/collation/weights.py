"""Weights of characters: bytes that compare as ICU compares the characters at base sensitivity.

Each class of equal characters gets a code of one byte (classes with an ASCII character), two bytes (with a character
below U+0800) or three (the others), none of them zero. No code is a prefix of another, and codes ascend with the
classes, so concatenated codes compare as the characters do and zero bytes pad a shorter name before a longer one. A
code is at most as long as the character in UTF-8: names are encoded in the room that they take.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.numbers import LEADS
from cloudru_jlab.core.collation.table import BREVE, IGNORABLE, SCALAR, TABULATED, CharacterTable, load_table

# Lead bytes around those of the classes. ICU puts the noncharacter U+FFFE before all others. Code points that no class
# holds (unassigned, private, ideographs outside the BMP) stand after the classes in code point order, then U+FFFD, then
# U+FFFF; then bytes that are not UTF-8.
LEAD_LOWEST = 0x01
LEAD_UNLISTED = 0xFC
LEAD_REPLACEMENT = 0xFD
LEAD_HIGHEST = 0xFE
LEAD_NOT_UTF8 = 0xFF

_LONE = {0xFFFE: LEAD_LOWEST, 0xFFFD: LEAD_REPLACEMENT, 0xFFFF: LEAD_HIGHEST}
_TRAILS = 255  # the values of a byte that is not zero


@dataclass(frozen=True)
class Weights:
    """The weights of one locale, with numbers as numbers (natural) or as digits.

    `codes` (classes, 3) uint8: the code of each class, zeros after its end. `number_lead`: the first lead byte of
    numbers. `ascii` (256 bytes): the weight of each ASCII byte, zero for none (and for digits where they are numbers).
    `slots` (3, TABULATED + 1) uint8: the bytes that a character which is not ASCII puts in its place, zeros after their
    end. `kinds` (TABULATED + 1,) uint8: PLAIN, MARK or SCALAR.
    """

    table: CharacterTable
    natural: bool
    codes: NDArray[np.uint8]
    number_lead: int
    ascii: bytes
    slots: NDArray[np.uint8]
    kinds: NDArray[np.uint8]

    def of(self, point: int) -> bytes:
        """The weight of one code point that stands alone; empty for an ignorable one."""
        index = int(self.table.class_of[point])
        if index >= 0:
            return self.spelled((index,))
        if index == IGNORABLE:
            return b""
        if point in self.table.expansions:
            return self.spelled(self.table.expansions[point])
        if point in _LONE:
            return bytes((_LONE[point],))
        if 0xDC80 <= point <= 0xDCFF:  # surrogateescape: the byte that is not UTF-8
            return bytes((LEAD_NOT_UTF8, point - 0xDC00))
        high, low = divmod(point, _TRAILS)
        return bytes((LEAD_UNLISTED, high // _TRAILS + 1, high % _TRAILS + 1, low + 1))

    def spelled(self, classes: tuple[int, ...]) -> bytes:
        return b"".join(self.codes[index].tobytes().rstrip(b"\0") for index in classes)

    def breves(self) -> list[tuple[int, bytes]]:
        """The letters that contract with a breve (U+0306), and the weight of both together."""
        contractions = self.table.contractions.items()
        return [(points[0], self.spelled(spelling)) for points, spelling in contractions if points[1] == BREVE]


@lru_cache(maxsize=4)
def load_weights(*, cyrillic_first: bool, natural: bool) -> Weights:
    """Lay out the weights once for each combination."""
    table = load_table()
    sequence = np.arange(len(table.lowest))
    if cyrillic_first:
        first, after, before = table.cyrillic
        sequence[before:after] = [*range(first, after), *range(before, first)]
    codes, number_lead = _assign_codes(table, sequence)
    ascii_classes = table.class_of[:0x80]
    ascii_weights = np.zeros(256, np.uint8)
    ascii_weights[:0x80] = np.where(ascii_classes >= 0, codes[ascii_classes, 0], 0)
    slots = np.zeros((3, TABULATED + 1), np.uint8)
    points = np.flatnonzero(table.class_of[:TABULATED] >= 0)
    slots[:, points] = codes[table.class_of[points]].T
    weights = Weights(table, natural, codes, number_lead, b"", slots, table.kinds.copy())
    for point in table.expansions:
        weight = weights.of(point)
        if len(weight) > (2 if point < 0x800 else 3):
            weights.kinds[point] = SCALAR
        else:
            slots[: len(weight), point] = list(weight)
    if natural:
        ascii_weights[ord("0") : ord("9") + 1] = 0
        for zero in table.digit_zeros:
            weights.kinds[zero : zero + 10] = SCALAR
    return Weights(table, natural, codes, number_lead, ascii_weights.tobytes(), slots, weights.kinds)


def _assign_codes(table: CharacterTable, sequence: NDArray[np.int64]) -> tuple[NDArray[np.uint8], int]:
    """Code each class, in the order of `sequence`; also the first of the lead bytes kept free for numbers."""
    codes = np.zeros((len(sequence), 3), np.uint8)
    lowest = table.lowest[sequence]
    digit_zero = int(table.class_of[ord("0")])
    lead, second, number_lead = LEAD_LOWEST + 1, 0, 0
    done = 0
    for place in (*np.flatnonzero(lowest < 0x800).tolist(), len(sequence)):
        if place > done:  # the classes before this one are in no need of short codes: they share second bytes
            third = np.arange(place - done)
            page = second + third // _TRAILS
            codes[sequence[done:place]] = np.stack(
                (lead + page // _TRAILS, page % _TRAILS + 1, third % _TRAILS + 1), axis=1
            )
            lead, second = lead + (int(page[-1]) + 1) // _TRAILS, (int(page[-1]) + 1) % _TRAILS
        done = place + 1
        if place == len(sequence):
            break
        if lowest[place] >= 0x80:
            codes[sequence[place], :2] = lead, second + 1
            lead, second = lead + (second + 1) // _TRAILS, (second + 1) % _TRAILS
            continue
        lead, second = lead + (second > 0), 0
        if sequence[place] == digit_zero:
            number_lead = lead
            lead += LEADS
        codes[sequence[place], 0] = lead
        lead += 1
    if lead >= LEAD_UNLISTED:
        raise ValueError(f"the classes need {lead} lead bytes: there is no room for the others")
    return codes, number_lead
