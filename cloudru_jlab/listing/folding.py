"""Text without case and composition, so that two spellings of a name compare as equal.

Case goes by Unicode's full case folding; composed and decomposed characters are equal (macOS writes ``й`` as two).
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.uint16]

#: What `fold_units` puts for a character that does not fold alone. No text holds it: it is a noncharacter.
SPECIAL = 0xFFFF
_UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def fold(text: str) -> str:
    """``text`` such that two texts that differ in case or composition alone give the same."""
    if text.isascii():
        return text.lower()
    return _composed(_composed(text).casefold())


def units(text: str) -> Units:
    """The UTF-16 code units of ``text``."""
    return np.frombuffer(text.encode(_UTF16, "surrogatepass"), np.uint16)


def fold_units(characters: Units) -> Units:
    """The units of folded characters, and `SPECIAL` for those whose folding takes more than a look at the one."""
    return _table()[characters]


def _composed(text: str) -> str:
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


@cache
def _table() -> Units:
    """The folded unit of each unit. Takes about 0.1 s to make."""
    table = np.full(0x10000, SPECIAL, np.uint16)
    for code in range(0xD800):
        _enter(table, code)
    for code in range(0xE000, SPECIAL):
        _enter(table, code)
    # whatever may melt together with the character before it
    for code in range(0xFFFF):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            second = int(parts[1], 16)
            if second <= SPECIAL:
                table[second] = SPECIAL
    table[0x1100:0x1200] = SPECIAL
    table.setflags(write=False)
    return table


def _enter(table: Units, code: int) -> None:
    character = chr(code)
    folded = fold(character)
    alone = not unicodedata.combining(character) and unicodedata.is_normalized("NFC", character)
    if alone and len(folded) == 1 and ord(folded) < SPECIAL:
        table[code] = ord(folded)
