"""Touching local file systems, in threads of the feature's own."""

from __future__ import annotations

import asyncio
import os
import stat
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from operator import attrgetter, methodcaller
from typing import TypeVar

from ...core.access import ABSENT, DIRECTORY, FILE, DirectoryStat, Place, ScanChunk
from ...core.entries import Entry, describe, is_listed, read_entry
from .worker import directory_entry, entries_of, link_target, open_directory

T = TypeVar("T")

_name = attrgetter("name")
_is_regular = methodcaller("is_file", follow_symlinks=False)
_FIRST_CHUNK, _CHUNK = 256, 2048


class LocalAccess:
    """A `FileSystemAccess` for file systems that answer at once.

    One directory is scanned by one thread: several are slower (measured). The threads are not those of the server's
    shared pool, which a few calls into a hung file system would exhaust.
    """

    guarded = False
    #: The kernel takes times from its clock tick, which is at most 10 ms long.
    settle_seconds = 0.05

    def __init__(self) -> None:
        self._scans = ThreadPoolExecutor(8, "listing-scan")
        self._calls = ThreadPoolExecutor(8, "listing-call")

    def close(self) -> None:
        """Let the threads end when they are done."""
        self._scans.shutdown(wait=False, cancel_futures=True)
        self._calls.shutdown(wait=False, cancel_futures=True)

    async def scan(
        self,
        directory: Place,
        sink: Callable[[ScanChunk], None],
        cancelled: Callable[[], bool] | None = None,
        *,
        hide_closed: bool = False,
    ) -> None:
        """See `FileSystemAccess.scan`."""
        stopped = False

        def stop() -> bool:
            return stopped or (cancelled is not None and cancelled())

        # Root enters every directory: asking would only cost time.
        hide_closed = hide_closed and os.geteuid() != 0
        loop = asyncio.get_running_loop()
        try:
            whole = await loop.run_in_executor(self._scans, _scan, directory, sink, stop, hide_closed)
        finally:
            stopped = True
        if not whole:
            raise asyncio.CancelledError

    async def stat_directory(self, directory: Place) -> DirectoryStat:
        """See `FileSystemAccess.stat_directory`."""
        return await self._call(_stat_directory, directory)

    async def stat_rows(self, directory: Place, names: Sequence[bytes]) -> list[Entry | None]:
        """See `FileSystemAccess.stat_rows`."""
        return await self._call(_stat_rows, directory, names)

    async def kinds(self, directory: Place, names: Sequence[bytes], *, hide_closed: bool = False) -> bytes:
        """See `FileSystemAccess.kinds`."""
        return await self._call(_kinds, directory, names, hide_closed and os.geteuid() != 0)

    async def numbers(self, directory: Place, names: Sequence[bytes]) -> array[int]:
        """See `FileSystemAccess.numbers`."""
        return await self._call(_numbers, directory, names)

    async def exists(self, directory: Place, name: bytes) -> bool:
        """See `FileSystemAccess.exists`."""
        return await self._call(_exists, directory, name)

    async def _call(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._calls, function, *arguments)


@contextmanager
def _opened(directory: Place) -> Iterator[int]:
    descriptor = open_directory(directory)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _stat_directory(directory: Place) -> DirectoryStat:
    with _opened(directory) as descriptor:
        info = os.fstat(descriptor)
        writable = os.access(".", os.W_OK, dir_fd=descriptor)
    return DirectoryStat(info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns, writable)


def _stat_rows(directory: Place, names: Sequence[bytes]) -> list[Entry | None]:
    entries: list[Entry | None] = []
    with _opened(directory) as descriptor:
        read = read_entry if directory.symlinks == "follow" else partial(_read_entry, directory)
        for name in names:
            try:
                entries.append(read(descriptor, name))
            except OSError:
                entries.append(None)
    return entries


def _read_entry(directory: Place, descriptor: int, name: bytes) -> Entry:
    """`core.entries.read_entry`, with links followed as far as the root's policy allows."""
    info = os.lstat(name, dir_fd=descriptor)
    if not stat.S_ISLNK(info.st_mode):
        return read_entry(descriptor, name)
    target = link_target(directory, descriptor, name, os.W_OK)
    if target is None:
        return describe(name, info, is_dir=False, writable=False)
    return describe(name, info, is_dir=stat.S_ISDIR(target[0].st_mode), writable=target[1])


def _exists(directory: Place, name: bytes) -> bool:
    with _opened(directory) as descriptor:
        try:
            os.lstat(name, dir_fd=descriptor)
        except OSError:
            return False
    return True


def _scan(
    directory: Place, sink: Callable[[ScanChunk], None], cancelled: Callable[[], bool], hide_closed: bool
) -> bool:
    """Whether the directory was read to its end."""
    size = _FIRST_CHUNK
    with entries_of(directory) as (descriptor, entries):
        while chunk := list(islice(entries, size)):
            if cancelled():
                return False
            size = _CHUNK
            regular = bytes(map(_is_regular, chunk))
            types = bytes(len(chunk))
            if 0 in regular:
                chunk, types = _listed(directory, descriptor, chunk, regular, hide_closed)
            names = list(map(_name, chunk))
            sink(ScanChunk(b"".join(names), array("H", map(len, names)).tobytes(), types))
    return True


def _listed(
    place: Place, descriptor: int, chunk: list[os.DirEntry[bytes]], regular: bytes, hide_closed: bool
) -> tuple[list[os.DirEntry[bytes]], bytes]:
    """What stock lists of ``chunk``, and its types."""
    kept: list[os.DirEntry[bytes]] = []
    types = bytearray()
    for entry, plain in zip(chunk, regular, strict=True):
        kind = FILE
        if not plain:
            try:
                directory = directory_entry(place, descriptor, entry, closed=hide_closed)
            except OSError:
                # a looping link, which stock lists as a file
                directory = False
            if directory is None or not (directory or entry.is_symlink()):
                continue
            if directory:
                kind = DIRECTORY
        kept.append(entry)
        types.append(kind)
    return kept, bytes(types)


def _kinds(directory: Place, names: Sequence[bytes], hide_closed: bool) -> bytes:
    with _opened(directory) as descriptor:
        return bytes(_kind(directory, descriptor, name, hide_closed) for name in names)


def _kind(place: Place, descriptor: int, name: bytes, hide_closed: bool) -> int:
    try:
        info = os.lstat(name, dir_fd=descriptor)
    except OSError:
        return ABSENT
    if not is_listed(info):
        return ABSENT
    ask = os.R_OK | os.X_OK if hide_closed else 0
    if stat.S_ISLNK(info.st_mode):
        target = link_target(place, descriptor, name, ask)
        if target is None or not stat.S_ISDIR(target[0].st_mode):
            return FILE
        return DIRECTORY if target[1] else ABSENT
    if not stat.S_ISDIR(info.st_mode):
        return FILE
    return ABSENT if ask and not os.access(name, ask, dir_fd=descriptor) else DIRECTORY


def _leads_to_directory(place: Place, descriptor: int, name: bytes, info: os.stat_result) -> bool:
    """Whether ``name``, of which ``info`` is the lstat, is a directory or a link to one."""
    if not stat.S_ISLNK(info.st_mode):
        return stat.S_ISDIR(info.st_mode)
    target = link_target(place, descriptor, name)
    return target is not None and stat.S_ISDIR(target[0].st_mode)


def _numbers(directory: Place, names: Sequence[bytes]) -> array[int]:
    found = array("q")
    with _opened(directory) as descriptor:
        for name in names:
            try:
                info = os.lstat(name, dir_fd=descriptor)
            except OSError:
                found.extend((0, 0, 0))
                continue
            size = 0 if _leads_to_directory(directory, descriptor, name, info) else info.st_size
            found.extend((size, info.st_mtime_ns, info.st_ctime_ns))
    return found
