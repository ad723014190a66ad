"""What ICU knows of characters at base sensitivity: the order of their classes, expansions, contractions, digits.

Read from `weights.json.gz`, which `scripts/generate_collation.mjs` learns from `Intl.Collator`; see there what a class,
an expansion and a contraction are. The terms of the order itself are those of UTS 10 (primary weights) and of CLDR's
root collation; `ru` is the root order with the Cyrillic script moved before the Latin one.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# In CharacterTable.class_of, where there is no class.
IGNORABLE = -1
UNLISTED = -2  # or an expansion

# What a character asks of the array encoder.
PLAIN = 0  # its slot is its weight, whatever stands beside it
MARK = 1  # a combining mark of no weight, which counts only after a base that it contracts with
SCALAR = 2  # the name is left to the scalar encoder: long expansions, contractions, digits of other scripts

# The array encoder knows the characters below; all others are SCALAR, as the entry at TABULATED stands for.
TABULATED = 0x20000
BREVE = 0x306
_HANGUL_SYLLABLES = slice(0xAC00, 0xD7A4)


@dataclass(frozen=True)
class CharacterTable:
    """Classes are numbered in the ascending order of the root locale.

    `class_of` (0x110000,) int32: class of each code point, IGNORABLE or UNLISTED. `lowest` (classes,) int32: the lowest
    code point of each class. `expansions`: code point to classes. `contractions`: code points to classes.
    `digit_zeros`: the zeros of the sets of ten digits that numbers are written with. `cyrillic`: in `ru` the classes
    from the first to before the second stand before the third. `kinds` (TABULATED + 1,) uint8: PLAIN, MARK or SCALAR,
    with digits as characters.
    """

    source: dict[str, str]
    class_of: NDArray[np.int32]
    lowest: NDArray[np.int32]
    expansions: dict[int, tuple[int, ...]]
    contractions: dict[tuple[int, ...], tuple[int, ...]]
    digit_zeros: tuple[int, ...]
    cyrillic: tuple[int, int, int]
    kinds: NDArray[np.uint8]


@lru_cache(maxsize=1)
def load_table() -> CharacterTable:
    """Read the table once."""
    packed = json.loads(gzip.decompress(files(__package__).joinpath("weights.json.gz").read_bytes()))
    order = _expand_runs(packed["order"])
    points, classes = np.array(packed["members"], np.int32).reshape(-1, 2).cumsum(axis=0, dtype=np.int32).T
    class_of = np.full(0x110000, UNLISTED, np.int32)
    class_of[_expand_runs(packed["ignorable"])] = IGNORABLE
    class_of[order] = np.arange(len(order))
    class_of[points] = classes
    lowest = order.copy()
    np.minimum.at(lowest, classes, points)
    expansions = {point: tuple(spelling) for point, *spelling in packed["expansions"]}
    contractions = {tuple(points): tuple(spelling) for points, spelling in packed["contractions"]}
    kinds = np.where(class_of[: TABULATED + 1] >= IGNORABLE, PLAIN, SCALAR).astype(np.uint8)
    kinds[list(expansions)] = PLAIN
    marks = [point for point in _expand_runs(packed["marks"]).tolist() if unicodedata.combining(chr(point))]
    kinds[marks] = np.where(class_of[marks] == IGNORABLE, MARK, SCALAR)
    kinds[_expand_runs(packed["contracting"])] = SCALAR
    kinds[_HANGUL_SYLLABLES] = PLAIN
    kinds[TABULATED] = SCALAR
    first, after, before = packed["cyrillic"]
    return CharacterTable(
        source=packed["source"],
        class_of=class_of,
        lowest=lowest,
        expansions=expansions,
        contractions=contractions,
        digit_zeros=tuple(packed["digits"]),
        cyrillic=(first, after, before),
        kinds=kinds,
    )


def _expand_runs(flat: list[int]) -> NDArray[np.int32]:
    """[gap since the run before, length, ...] to the numbers of all runs."""
    gaps, lengths = np.array(flat, np.int32).reshape(-1, 2).T
    firsts = np.cumsum(gaps) + np.cumsum(lengths) - lengths
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    numbers: NDArray[np.int32] = (np.repeat(firsts, lengths) + within).astype(np.int32)
    return numbers

