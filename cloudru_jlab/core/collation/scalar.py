"""The collation key of one name: the reference for the array encoder, and its help with rare names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from cloudru_jlab.core.collation.numbers import encode_number
from cloudru_jlab.core.collation.weights import Weights


class ScalarEncoder:
    """Encodes one name after another with the weights of one locale."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._weight = lru_cache(maxsize=4096)(lambda character: weights.of(ord(character)))
        self._seconds = frozenset(chr(points[1]) for points in weights.table.contractions)
        self._digits = {zero + value: value for zero in weights.table.digit_zeros for value in range(10)}
        zeros = "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in weights.table.digit_zeros)
        # Without natural order digits are characters like others.
        self._runs = re.compile(f"([{zeros}]+)" if weights.natural else "((?!))")

    def key(self, name: bytes) -> bytes:
        """Bytes that order as the name does; names that collate as equal have equal keys."""
        text = unicodedata.normalize("NFD", name.decode("utf-8", "surrogateescape"))
        parts: list[bytes] = []
        for index, run in enumerate(self._runs.split(text)):
            if index % 2:
                digits = run if run.isascii() else "".join(str(self._digits[ord(digit)]) for digit in run)
                parts.append(encode_number(digits, self._weights.number_lead))
            elif self._seconds.isdisjoint(run):
                parts.extend(map(self._weight, run))
            else:
                parts.extend(self._contracted(run))
        return b"".join(parts)

    def _contracted(self, run: str) -> Iterator[bytes]:
        """The weights of decomposed text with contractions, and what may stand between their parts (UTS 10, S2.1)."""
        contractions = self._weights.table.contractions
        rest = [ord(character) for character in run]
        start = 0
        while start < len(rest):
            matched: tuple[int, ...] = (rest[start],)
            start += 1
            place, blocked = start, 0
            while place < len(rest):
                order = unicodedata.combining(chr(rest[place]))
                if (place == start or order > blocked) and (*matched, rest[place]) in contractions:
                    matched = (*matched, rest.pop(place))
                    continue
                if order == 0:
                    break
                blocked = order
                place += 1
            if len(matched) > 1:
                yield self._weights.spelled(contractions[matched])
            else:
                yield self._weight(chr(matched[0]))
