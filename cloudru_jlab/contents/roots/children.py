"""The children of a directory of a root as contents models: capped, in the order in which JupyterLab shows them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import partial

import numpy as np

from ...core.access import DIRECTORY, ScanChunk
from ...core.entries import Entry
from ...core.errors import DomainError
from ...core.ports import DirectoryHead, DirectoryIndex
from ..directory import Model, first_in_order
from .describing import model_of
from .spots import Spot

#: Entries that are described at a time: a call into a slow file system stays within its deadline.
_ROWS = 500


class _TooManyError(Exception):
    """There are more than the answer may hold."""


class Children:
    """Lists one directory.

    Parameters
    ----------
    spot:
        The directory.
    limit:
        Most children given; 0 for no limit.
    should_list:
        Whether a name is listed at all; called in other threads.
    in_thread:
        Runs work that only computes.
    """

    def __init__(
        self,
        spot: Spot,
        limit: int,
        *,
        should_list: Callable[[str], bool],
        in_thread: Callable[[Callable[[], DirectoryHead]], Awaitable[DirectoryHead]],
    ) -> None:
        self._spot = spot
        self._limit = limit
        self._hidden = spot.root.info.hidden
        self._should_list = should_list
        self._in_thread = in_thread
        self._access, self._place = spot.root.place(spot.inside)

    async def read(self, index: DirectoryIndex | None) -> tuple[list[Model], int]:
        """The models, and the number of all children.

        Raises
        ------
        OSError
            As the file system gives it.
        core.errors.DomainError
            When the root cannot be used.
        """
        missing = 0
        try:
            names = await self._names()
        except _TooManyError:
            head = await self._head(index)
            names = [name for name in head.names if self._is_listed(name)]
            missing = max(0, head.total - len(head.names))
        models = [self._model(entry) for entry in await self._entries(names)]
        return models, len(models) + missing

    async def is_empty(self, but_for: bytes) -> bool:
        """Whether nothing lies here, hidden entries included, but for an entry of that name."""

        def sink(chunk: ScanChunk) -> None:
            if any(name != but_for for name in _names_of(chunk)):
                raise _TooManyError

        try:
            await self._access.scan(self._place, sink)
        except _TooManyError:
            return False
        return True

    async def _names(self) -> list[bytes]:
        names: list[bytes] = []

        def sink(chunk: ScanChunk) -> None:
            names.extend(filter(self._is_listed, _names_of(chunk)))
            if self._limit and len(names) > self._limit:
                raise _TooManyError

        await self._access.scan(self._place, sink, hide_closed=not self._hidden)
        return names

    async def _head(self, index: DirectoryIndex | None) -> DirectoryHead:
        if index is not None:
            try:
                head = await index.head(self._spot.path, self._limit, hidden=self._hidden)
            except DomainError:
                # it is scanned below, and what is wrong shows there
                pass
            else:
                # there are more than the limit, we have seen them: an index with fewer lags behind
                if len(head.names) >= self._limit:
                    return head
        blob, groups = bytearray(), bytearray()

        def sink(chunk: ScanChunk) -> None:
            for name, kind in zip(_names_of(chunk), chunk.types, strict=True):
                if self._is_listed(name):
                    blob.extend(name + b"/")
                    groups.append(kind != DIRECTORY)

        await self._access.scan(self._place, sink, hide_closed=not self._hidden)
        return await self._in_thread(partial(first_in_order, blob, groups, self._limit))

    async def _entries(self, names: list[bytes]) -> list[Entry]:
        found: list[Entry] = []
        for first in range(0, len(names), _ROWS):
            rows = await self._access.stat_rows(self._place, names[first : first + _ROWS])
            found += [row for row in rows if row is not None]
        return found

    def _is_listed(self, name: bytes) -> bool:
        return (self._hidden or not name.startswith(b".")) and self._should_list(os.fsdecode(name))

    def _model(self, entry: Entry) -> Model:
        return model_of(self._spot.child(os.fsdecode(entry.name)), entry)


def _names_of(chunk: ScanChunk) -> list[bytes]:
    lengths = np.frombuffer(chunk.lengths, dtype=np.uint16).astype(np.int64)
    ends = np.cumsum(lengths)
    spans = zip((ends - lengths).tolist(), ends.tolist(), strict=True)
    return [chunk.blob[start:end] for start, end in spans]
