"""Which names match what the user typed into the filter box.

Case is ignored by Unicode's full case folding, and composed and decomposed spellings are equal (macOS writes ``й`` as
two characters). Names are matched as they are shown: what is not UTF-8 as U+FFFD.

Names are searched together, a slice of the blob at a time. Pure ASCII slices, the rule, are compared by numpy, which
leaves the interpreter to others meanwhile; the rest is decoded and folded in smaller slices.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .models import Match
from .names import U8, Bytes, Ids, Mask
from .slices import Cancelled, never, spans

_ASCII_SLICE, _FOLDED_SLICE, _FUZZY_SLICE = 1 << 15, 1 << 12, 1 << 10
_LOWER_BIT = 0x20


class Source(Protocol):
    """Where names are found by id: `names.Names`, or `names.Gathering` while it grows."""

    count: int

    def part(self, start: int, stop: int) -> tuple[Bytes, Ids]:
        """The names with ids from ``start`` to ``stop``, each ended by a NUL, and their offsets."""


def fold(text: str) -> str:
    """``text`` such that two texts that differ in case or composition alone give the same."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def effective(match: Match, entries: int, fuzzy_limit: int) -> Match:
    """The kind of match that is used for a directory of ``entries`` entries."""
    return "substring" if match == "fuzzy" and entries > fuzzy_limit else match


def matching(source: Source, start: int, stop: int, text: str, match: Match, cancelled: Cancelled = never) -> Mask:
    """Which of the ids from ``start`` to ``stop`` match ``text``; raises `slices.WorkCancelled`."""
    found = np.zeros(stop - start, bool)
    needle = fold(text)
    size = _FUZZY_SLICE if match == "fuzzy" else _ASCII_SLICE
    for low, high in spans(stop - start, cancelled, size):
        blob, offsets = source.part(start + low, start + high)
        if match == "fuzzy":
            found[low:high] = _fuzzy(blob, needle)
        elif blob.max(initial=0) < 0x80:
            if needle.isascii():
                found[low:high] = _in_ascii(blob, offsets, needle.encode(), match)
        else:
            for first, last in spans(high - low, cancelled, _FOLDED_SLICE):
                piece = blob[int(offsets[first]) : int(offsets[last])]
                found[low + first : low + last] = _in_folded(piece, needle, match)
    return found


def _in_ascii(blob: Bytes, offsets: Ids, needle: bytes, match: Match) -> Mask:
    starts = offsets[:-1].astype(np.intp)
    if match == "prefix":
        # Names end in NUL and the needle holds none: a comparison stops to be true before it leaves its name.
        at = starts[np.diff(offsets) > len(needle)]
        for place, byte in enumerate(needle):
            at = at[_equal(blob[at + place], byte)]
        found = np.zeros(len(starts), bool)
        found[np.searchsorted(starts, at)] = True
        return found
    return _holding(blob, starts, needle, lambda values, byte: _equal(values, byte))


def _in_folded(blob: Bytes, needle: str, match: Match) -> Mask:
    folded = np.frombuffer(fold(blob.tobytes().decode("utf-8", "replace")).encode(), U8)
    ends = np.flatnonzero(folded == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sought = needle.encode("utf-8", "replace")
    return _holding(folded, starts, sought, lambda values, byte: values == byte, at_start=match == "prefix")


def _holding(
    blob: Bytes,
    starts: NDArray[np.intp],
    needle: bytes,
    equal: Callable[[Bytes, int], Mask],
    *,
    at_start: bool = False,
) -> Mask:
    """Which of the names that begin at ``starts`` hold ``needle``."""
    found = np.zeros(len(starts), bool)
    places = len(blob) - len(needle) + 1
    if places <= 0:
        return found
    hits = equal(blob[:places], needle[0])
    for shift in range(1, len(needle)):
        hits &= equal(blob[shift : places + shift], needle[shift])
    at = np.flatnonzero(hits)
    names = np.searchsorted(starts, at, side="right") - 1
    if at_start:
        names = names[starts[names] == at]
    found[names] = True
    return found


def _equal(values: Bytes, byte: int) -> Mask:
    """Where ``values`` are ``byte``, a folded one, whatever the case."""
    if ord("a") <= byte <= ord("z"):
        return (values | _LOWER_BIT) == byte
    return values == byte


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
