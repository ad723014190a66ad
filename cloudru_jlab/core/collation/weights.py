"""Weights of characters, in bytes that compare as ICU compares characters at base sensitivity.

The table beside this file (`weights.json.gz`) is learned from `Intl.Collator` by `scripts/generate_collation.mjs`. It
also says what a class, an expansion and a contraction are. The terms of the order itself are those of UTS 10 (primary
weights) and of CLDR's root collation; `ru` is the root order with the Cyrillic script moved before the Latin one.

Each class of equal characters gets a code of one byte (classes with an ASCII character), two bytes (with a character
below U+0800) or three (the others), none of them zero. No code is a prefix of another, and codes ascend with the
classes, so concatenated codes compare as the characters do and zero bytes pad a shorter name before a longer one. A
code is at most as long as the character in UTF-8: names are encoded in the room that they take.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation.numbers import LEADS

# Lead bytes around those of the classes. ICU puts the noncharacter U+FFFE before all others. Code points that no class
# holds (unassigned, private, ideographs outside the BMP) stand after the classes in code point order, then U+FFFD, then
# U+FFFF; then bytes that are not UTF-8.
LEAD_LOWEST = 0x01
LEAD_UNLISTED = 0xFC
LEAD_REPLACEMENT = 0xFD
LEAD_HIGHEST = 0xFE
LEAD_NOT_UTF8 = 0xFF

# What a character asks of the encoder (Weights.kinds).
PLAIN = 0  # its slot is its weight, whatever stands beside it
MARK = 1  # a combining mark of no weight, which counts only after a base that it contracts with
SCALAR = 2  # the name is left to the scalar encoder: long expansions, contractions, digits of other scripts

_LONE = {0xFFFE: LEAD_LOWEST, 0xFFFD: LEAD_REPLACEMENT, 0xFFFF: LEAD_HIGHEST}
_BMP = 0x10000
_HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)
_HANGUL_LETTERS = range(0x1100, 0x1200)


@dataclass(frozen=True)
class Weights:
    """The weights of one locale, with numbers as numbers (natural) or as digits.

    `slots` (3, 65536) uint8: the bytes that a BMP character of two or three UTF-8 bytes puts in their place, left
    aligned, zero where there is none. `kinds` (65536,) uint8: PLAIN, MARK or SCALAR. `ascii` 256 bytes: the weight of
    each ASCII byte, zero for none (and for digits where they are numbers). `codes`: the code of each class.
    """

    natural: bool
    number_lead: int
    codes: list[bytes]
    ascii: bytes
    slots: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    classes: dict[int, int]
    expansions: dict[int, tuple[int, ...]]
    contractions: dict[tuple[int, ...], tuple[int, ...]]
    digit_zeros: tuple[int, ...]

    def of(self, point: int) -> bytes:
        """The weight of one code point that stands alone; empty for an ignorable one."""
        index = self.classes.get(point)
        if index is not None:
            return self.codes[index] if index >= 0 else b""
        spelling = self.expansions.get(point)
        if spelling is not None:
            return self.spelled(spelling)
        if point in _LONE:
            return bytes((_LONE[point],))
        if 0xDC80 <= point <= 0xDCFF:  # surrogateescape: the byte that is not UTF-8
            return bytes((LEAD_NOT_UTF8, point - 0xDC00))
        high, low = divmod(point, 255)
        return bytes((LEAD_UNLISTED, high // 255 + 1, high % 255 + 1, low + 1))

    def spelled(self, spelling: tuple[int, ...]) -> bytes:
        return b"".join(self.codes[index] for index in spelling)


@lru_cache(maxsize=4)
def load_weights(*, cyrillic_first: bool, natural: bool) -> Weights:
    """Read and lay out the table (about 0.1 s, then kept)."""
    table = _read()
    order = _expand_runs(table["order"])
    members = _sum_rows(table["members"], 2)
    classes: dict[int, int] = {point: -1 for point in _expand_runs(table["ignorable"])}
    classes.update(zip(order, range(len(order)), strict=True))
    classes.update(members)
    lowest = list(order)
    for point, index in members:
        lowest[index] = min(lowest[index], point)
    expansions = {point: tuple(spelling) for point, *spelling in table["expansions"]}
    contractions = {tuple(points): tuple(spelling) for points, spelling in table["contractions"]}
    first, after, before = table["cyrillic"]
    sequence = list(range(len(order)))
    if cyrillic_first:
        sequence[before:after] = [*range(first, after), *range(before, first)]
    codes, number_lead = _assign_codes(sequence, lowest, number_at=classes[ord("0")])
    weights = Weights(
        natural=natural,
        number_lead=number_lead,
        codes=codes,
        ascii=_ascii(classes, codes, natural),
        slots=np.zeros((3, _BMP), np.uint8),
        kinds=np.full(_BMP, SCALAR, np.uint8),
        classes=classes,
        expansions=expansions,
        contractions=contractions,
        digit_zeros=tuple(table["digits"]),
    )
    _fill_slots(weights)
    return weights


def table_source() -> dict[str, str]:
    """The versions of ICU, CLDR and Unicode that the table was learned from."""
    return dict(_read()["source"])


def _read() -> Any:
    packed = files(__package__).joinpath("weights.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))


def _expand_runs(flat: list[int]) -> list[int]:
    points: list[int] = []
    end = 0
    for gap, length in zip(flat[::2], flat[1::2], strict=True):
        points.extend(range(end + gap, end + gap + length))
        end += gap + length
    return points


def _sum_rows(flat: list[int], width: int) -> list[tuple[int, int]]:
    rows = np.array(flat, np.int64).reshape(-1, width).cumsum(axis=0)
    return [(point, index) for point, index in rows.tolist()]


def _assign_codes(sequence: list[int], lowest: list[int], *, number_at: int) -> tuple[list[bytes], int]:
    """Code each class, in the order of `sequence`; also the first of the lead bytes kept free for numbers."""
    codes = [b""] * len(sequence)
    lead, second, third = LEAD_LOWEST + 1, 0, 0
    number_lead = 0
    for index in sequence:
        point = lowest[index]
        if point < 0x80 or index == number_at:
            lead, second, third = lead + (second > 0), 0, 0
        if index == number_at:
            number_lead = lead
            lead += LEADS
        if point < 0x80:
            codes[index] = bytes((lead,))
            lead += 1
            continue
        if point < 0x800 or third in (0, 255):
            second, third = second + 1, 0
            if second > 255:
                lead, second = lead + 1, 1
        if point < 0x800:
            codes[index] = bytes((lead, second))
        else:
            third += 1
            codes[index] = bytes((lead, second, third))
    if lead >= LEAD_UNLISTED:
        raise ValueError(f"the classes need {lead} lead bytes: there is no room for the others")
    return codes, number_lead


def _ascii(classes: dict[int, int], codes: list[bytes], natural: bool) -> bytes:
    table = bytearray(256)
    for byte in range(0x80):
        index = classes[byte]
        if index >= 0 and not (natural and chr(byte).isdigit()):
            table[byte] = codes[index][0]
    return bytes(table)


def _fill_slots(weights: Weights) -> None:
    """Write the slots and kinds of all BMP characters that need no look at their neighbours."""
    slots, kinds = weights.slots, weights.kinds
    contracting = {point for pair in weights.contractions for point in pair}
    # й is common in names that come from macOS, in two characters: the array encoder knows this one contraction.
    contracting -= {point for pair in breve_bases(weights) for point in pair}
    digits = {zero + value for zero in weights.digit_zeros for value in range(10)} if weights.natural else set()
    for point in (*weights.classes, *weights.expansions):
        if point >= _BMP or point in digits or point in _HANGUL_LETTERS:
            continue
        if not contracting.isdisjoint(map(ord, unicodedata.normalize("NFD", chr(point)))):
            continue
        weight = weights.of(point)
        is_mark = unicodedata.combining(chr(point)) != 0
        if len(weight) > (2 if point < 0x800 else 3) or (is_mark and weight):
            continue
        kinds[point] = MARK if is_mark else PLAIN
        slots[: len(weight), point] = list(weight)


def breve_bases(weights: Weights) -> dict[tuple[int, ...], bytes]:
    """The contractions of a Cyrillic letter with a breve (U+0306): (letter, breve) to weight."""
    return {
        points: weights.spelled(spelling) for points, spelling in weights.contractions.items() if points[1] == 0x306
    }
