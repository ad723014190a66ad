"""In-place changes: where names belong in a sorted array of ids, and the array with them in their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..core.collation import Collator
from .names import DIRECTORY, Ids, Names
from .orders import ByName

Place = tuple[bytes, bytes]
_Step = tuple[int, int, Place, int]


class Finder:
    """Finds names in one order by binary search; the keys that the searches of a batch share are made once."""

    def __init__(self, names: Names, order: ByName, collator: Collator) -> None:
        self._names = names
        self._order = order
        self._collator = collator
        self._keys: dict[int, Place] = {}

    def key(self, name: bytes) -> Place:
        """What orders ``name`` among names of its group."""
        return self._collator.key(name), name

    def find(self, name: bytes, *, is_dir: bool) -> tuple[int, bool]:
        """Where ``name`` is, or where it belongs, among directories or the rest; and whether it is there."""
        ids, directories = self._order
        low, high = (0, directories) if is_dir else (directories, len(ids))
        wanted, end = self.key(name), high
        while low < high:
            middle = (low + high) // 2
            if self._place(int(ids[middle])) < wanted:
                low = middle + 1
            else:
                high = middle
        return low, low < end and self._names[int(ids[low])] == name

    def id_of(self, name: bytes) -> int | None:
        """The id of ``name``, None where the order has none."""
        for is_dir in (False, True):
            at, found = self.find(name, is_dir=is_dir)
            if found:
                return int(self._order.ids[at])
        return None

    def _place(self, ident: int) -> Place:
        place = self._keys.get(ident)
        if place is None:
            place = self._keys[ident] = self.key(self._names[ident])
        return place


class Edits(NamedTuple):
    """A batch of changes: ids to take out, and names with flags to put in."""

    gone: list[int]
    names: list[bytes]
    flags: list[int]

    def __bool__(self) -> bool:
        return bool(self.gone or self.names)


def edited(names: Names, order: ByName, collator: Collator, gone: Iterable[int], come: Iterable[int]) -> ByName:
    """``order`` without the ids ``gone``, and with the ids ``come`` in their places.

    Copies the array once, piece by piece; its cost is that of a few memory copies, whatever the number of entries.
    """
    finder = Finder(names, order, collator)
    steps: list[_Step] = []
    directories = order.directories
    for ident in gone:
        is_dir = bool(names.flags[ident] & DIRECTORY)
        at, found = finder.find(names[ident], is_dir=is_dir)
        if found:
            # sorts behind what is inserted at the same place
            steps.append((at, 1, (b"", b""), -1))
            directories -= is_dir
    for ident in come:
        name, is_dir = names[ident], bool(names.flags[ident] & DIRECTORY)
        at, _ = finder.find(name, is_dir=is_dir)
        # at the border between the groups a directory stands before the first of the rest
        steps.append((at, -1 if is_dir else 0, finder.key(name), ident))
        directories += is_dir
    steps.sort()
    return ByName(_applied(order.ids, steps), directories)


def _applied(ids: Ids, steps: Sequence[_Step]) -> Ids:
    removed = sum(ident < 0 for *_, ident in steps)
    whole = np.empty(len(ids) + len(steps) - 2 * removed, np.uint32)
    read = written = 0
    for at, _, _, ident in steps:
        length = at - read
        whole[written : written + length] = ids[read:at]
        read, written = at, written + length
        if ident < 0:
            read += 1
        else:
            whole[written] = ident
            written += 1
    whole[written:] = ids[read:]
    return whole
