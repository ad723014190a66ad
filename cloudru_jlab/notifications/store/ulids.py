"""Ids that sort by when they were made (https://github.com/ulid/spec), and grow even where the clock goes back."""

from __future__ import annotations

import secrets
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26
_RANDOM_BITS = 80


class Ulids:
    """Makes ids, each larger than the last.

    Parameters
    ----------
    clock:
        Seconds since 1970.
    after:
        The largest id made so far, `""` for none; raises `ValueError` for what is no id.
    """

    def __init__(self, clock: Callable[[], float], after: str = "") -> None:
        self._clock = clock
        self._last = _decoded(after) if after else 0

    @property
    def last(self) -> str:
        """The largest id made so far, `""` for none."""
        return _encoded(self._last) if self._last else ""

    def next(self) -> str:
        """A new id. In the same millisecond, and while the clock is behind, it is the last one and a little more."""
        now = max(0, int(self._clock() * 1_000))
        if now > self._last >> _RANDOM_BITS:
            # the highest bit stays free, so that counting up does not run into the time
            self._last = now << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
        else:
            self._last += 1
        return _encoded(self._last)


def _encoded(number: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def _decoded(text: str) -> int:
    if len(text) != _LENGTH or not set(text) <= _VALUES.keys():
        raise ValueError(f"{text!r} is no ULID")
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number
