"""Which names match what the user typed into the filter box.

Case is ignored and spellings in other compositions are equal, see `folding`. Names are matched as they are shown: what
is not UTF-8 as U+FFFD.

Names are searched together, a slice of the blob at a time, by numpy, which leaves the interpreter to others meanwhile:
slices of ASCII names, the rule, as bytes, others as UTF-16.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .folding import SPECIAL, Units, fold, fold_units, units
from .models import Match
from .names import Bytes, Ids, Mask
from .slices import Cancelled, never, spans

_SLICE, _FUZZY_SLICE = 1 << 15, 1 << 10
_LOWER_BIT = 0x20
_Places = NDArray[np.intp]


class Source(Protocol):
    """Where names are found by id: `names.Names`, or `names.Gathering` while it grows."""

    count: int

    def part(self, start: int, stop: int) -> tuple[Bytes, Ids]:
        """The names with ids from ``start`` to ``stop``, each ended by a NUL, and their offsets."""


def effective(match: Match, entries: int, fuzzy_limit: int) -> Match:
    """The kind of match that is used for a directory of ``entries`` entries."""
    return "substring" if match == "fuzzy" and entries > fuzzy_limit else match


def matching(source: Source, start: int, stop: int, text: str, match: Match, cancelled: Cancelled = never) -> Mask:
    """Which of the ids from ``start`` to ``stop`` match ``text``; raises `slices.WorkCancelled`."""
    found = np.zeros(stop - start, bool)
    needle = fold(text)
    for low, high in spans(stop - start, cancelled, _FUZZY_SLICE if match == "fuzzy" else _SLICE):
        blob, offsets = source.part(start + low, start + high)
        if match == "fuzzy":
            found[low:high] = _fuzzy(blob, needle)
        elif blob.max(initial=0) < 0x80:
            if needle.isascii():
                starts = offsets[:-1].astype(np.intp)
                found[low:high] = _holding(_lowered(blob), starts, needle.encode(), match)
        else:
            found[low:high] = _in_text(blob.tobytes().decode("utf-8", "replace"), needle, match)
    return found


def _lowered(blob: Bytes) -> Bytes:
    lowered: Bytes = blob.copy()
    np.bitwise_or(lowered, _LOWER_BIT, out=lowered, where=(blob >= ord("A")) & (blob <= ord("Z")))
    return lowered


def _in_text(text: str, needle: str, match: Match) -> Mask:
    """Which of the names in ``text``, each ended by a NUL, match."""
    folded = fold_units(units(text))
    ends = np.flatnonzero(folded == 0)
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    found = _holding(folded, starts, units(needle).tolist(), match)
    special = np.flatnonzero(folded == SPECIAL)
    if len(special):
        owners = np.unique(np.searchsorted(starts, special, side="right") - 1)
        names = text.split("\0")
        for owner in owners.tolist():
            name = fold(names[owner])
            found[owner] = name.startswith(needle) if match == "prefix" else needle in name
    return found


def _holding(characters: Bytes | Units, starts: _Places, needle: bytes | list[int], match: Match) -> Mask:
    """Which of the names that begin at ``starts`` hold ``needle``, or begin with it.

    Names end in NUL and the needle holds none: no comparison goes on beyond its name.
    """
    found = np.zeros(len(starts), bool)
    places = len(characters) - len(needle) + 1
    if places <= 0:
        return found
    if match == "prefix":
        at = starts[starts < places]
        at = at[characters[at] == needle[0]]
    else:
        hits = characters[:places] == needle[0]
        if len(needle) > 1:
            hits &= characters[1 : places + 1] == needle[1]
        at = np.flatnonzero(hits)
    for shift in range(1, len(needle)):
        if not len(at):
            return found
        at = at[characters[at + shift] == needle[shift]]
    found[np.searchsorted(starts, at, side="right") - 1] = True
    return found


def _fuzzy(blob: Bytes, needle: str) -> Mask:
    """Stock's fuzzy search: the characters of ``needle`` in this order, from a name's first letter or digit on.

    Stock looks from every word on for the best score to highlight; whether there is a match is decided by the first.
    """
    names = blob[:-1].tobytes().decode("utf-8", "replace").split("\0")
    return np.fromiter((_fuzzy_match(fold(name), needle) for name in names), bool, len(names))


def _fuzzy_match(name: str, needle: str) -> bool:
    at = next((index for index, character in enumerate(name) if _in_word(character)), -1)
    if at < 0:
        return False
    for character in needle:
        at = name.find(character, at) + 1
        if at == 0:
            return False
    return True


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
