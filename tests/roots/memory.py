"""A root in memory: the smallest `RootBackend`, which shows that nobody needs a file system."""

from __future__ import annotations

import asyncio
import os
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from cloudru_jlab.core.access import ABSENT, DIRECTORY, FILE, DirectoryStat, FileSystemAccess, Place, ScanChunk
from cloudru_jlab.core.entries import Entry, entry_type
from cloudru_jlab.core.errors import Conflict, NotADirectory, NotFound, PermissionDenied, ReadOnlyRoot
from cloudru_jlab.core.paths import normalise
from cloudru_jlab.core.ports import Capability, RootInfo, RootState


class Node:
    """A file, or a directory where ``children`` is not None."""

    def __init__(self, children: dict[bytes, Node] | None = None, data: bytes = b"") -> None:
        self.children, self.data = children, data
        self.created = self.modified = datetime.now(timezone.utc)

    def touch(self) -> None:
        self.modified = datetime.now(timezone.utc)


def tree() -> Node:
    """An empty root."""
    return Node({})


class MemoryBackend:
    """See `core.ports.RootBackend`; several may show one tree."""

    def __init__(self, info: RootInfo, top: Node) -> None:
        self.info, self.top = info, top
        self.capabilities: frozenset[Capability] = frozenset({"write"} if info.writable else set())
        self._shown: frozenset[str] = frozenset()
        self._uploads: dict[str, list[bytes]] = {}

    def state(self) -> RootState:
        return RootState("available", None, "memory")

    def with_hidden(self, name: str) -> MemoryBackend:
        other = MemoryBackend(self.info, self.top)
        other._shown = self._shown | {name}
        return other

    def place(self, path: str) -> tuple[FileSystemAccess, Place]:
        return MemoryAccess(self), Place(b"memory", os.fsencode(self._clean(path)), self.info.symlinks)

    async def real_path(self, path: str) -> str | None:
        self.find(path)
        return None

    async def stat(self, path: str) -> Entry:
        return self._entry(path)

    async def read(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        node = self.find(path)
        if node.children is not None:
            raise Conflict(f"{path} is a folder.")
        data = node.data

        async def pieces() -> AsyncIterator[bytes]:
            for begin in range(start, len(data) if stop is None else min(stop, len(data)), 1 << 16):
                yield data[begin : min(begin + (1 << 16), len(data) if stop is None else stop)]

        return pieces()

    async def write(self, path: str, data: bytes, *, create_only: bool = False) -> Entry:
        children, name = self._parent(path, writing=True)
        node = children.get(name)
        if node is not None and (create_only or node.children is not None):
            raise Conflict(f"There is {path}.")
        if node is None:
            children[name] = Node(data=data)
        else:
            node.data = data
            node.touch()
        return self._entry(path)

    async def write_chunk(self, path: str, number: int, data: bytes) -> Entry | None:
        children, name = self._parent(path, writing=True)
        if name in children and children[name].children is not None:
            raise Conflict(f"{path} is a folder.")
        key = self._clean(path)
        if number == 1:
            self._uploads[key] = []
        pieces = self._uploads.get(key)
        if pieces is None or number not in (-1, len(pieces) + 1):
            self._uploads.pop(key, None)
            raise Conflict("This is not the next piece.")
        pieces.append(data)
        if number != -1:
            return None
        return await self.write(path, b"".join(self._uploads.pop(key)))

    async def make_directory(self, path: str) -> Entry:
        children, name = self._parent(path, writing=True)
        if name in children:
            raise Conflict(f"There is {path}.")
        children[name] = Node({})
        return self._entry(path)

    async def rename(self, old: str, new: str) -> Entry:
        source, name = self._parent(old, writing=True)
        target, new_name = self._parent(new, writing=True)
        node = self.find(old)
        if target.get(new_name) is not node:
            if new_name in target:
                raise Conflict(f"There is {new}.")
            if (self._clean(new) + "/").startswith(self._clean(old) + "/"):
                raise Conflict("It cannot be moved into itself.")
            target[new_name] = source.pop(name)
        return self._entry(new)

    async def delete(self, path: str, *, recursive: bool = False, trash: bool = False) -> None:
        children, name = self._parent(path, writing=True)
        node = self.find(path)
        if trash:
            raise PermissionDenied("There is no trash.")
        if node.children and not recursive:
            raise Conflict("It is not empty.")
        del children[name]

    async def copy(self, source: str, target: str) -> Entry:
        children, name = self._parent(target, writing=True)
        node = self.find(source)
        if node.children is not None or name in children:
            raise Conflict("It cannot be copied.")
        children[name] = Node(data=node.data)
        return self._entry(target)

    # --- inside

    def _clean(self, path: str) -> str:
        return normalise(path, hidden=self.info.hidden, shown=self._shown)

    def find(self, path: str) -> Node:
        node = self.top
        for part in self._clean(path).split("/"):
            if part:
                if node.children is None:
                    raise NotADirectory(path)
                if os.fsencode(part) not in node.children:
                    raise NotFound(path)
                node = node.children[os.fsencode(part)]
        return node

    def _parent(self, path: str, *, writing: bool) -> tuple[dict[bytes, Node], bytes]:
        if writing and not self.info.writable:
            raise ReadOnlyRoot(self.info.title)
        parent, _, name = self._clean(path).rpartition("/")
        if not name:
            raise PermissionDenied("That is the root itself.")
        children = self.find(parent).children
        if children is None:
            raise NotADirectory(parent)
        return children, os.fsencode(name)

    def _entry(self, path: str) -> Entry:
        return entry_of(os.fsencode(self._clean(path).rpartition("/")[2]), self.find(path), self.info.writable)


def entry_of(name: bytes, node: Node, writable: bool) -> Entry:
    directory = node.children is not None
    return Entry(
        name=name,
        type=entry_type(name, is_dir=directory),
        size=None if directory else len(node.data),
        created=node.created,
        last_modified=node.modified,
        mimetype=None,
        writable=writable,
        signature=hash((node.modified, node.data, directory)),
    )


class MemoryAccess:
    """See `core.access.FileSystemAccess`."""

    guarded = True
    settle_seconds = 0.0

    def __init__(self, backend: MemoryBackend) -> None:
        self._backend = backend

    def _children(self, directory: Place) -> dict[bytes, Node]:
        node = self._backend.find(os.fsdecode(directory.inside))
        if node.children is None:
            raise NotADirectoryError
        return node.children

    async def scan(
        self,
        directory: Place,
        sink: Callable[[ScanChunk], None],
        cancelled: Callable[[], bool] | None = None,
        *,
        hide_closed: bool = False,
    ) -> None:
        children = self._children(directory)
        lengths = array("H", map(len, children)).tobytes()
        chunk = ScanChunk(b"".join(children), lengths, await self.kinds(directory, list(children)))
        await asyncio.get_running_loop().run_in_executor(None, sink, chunk)

    async def stat_directory(self, directory: Place) -> DirectoryStat:
        node = self._backend.find(os.fsdecode(directory.inside))
        stamp = hash(tuple(self._children(directory)))
        return DirectoryStat(1, id(node), stamp, stamp, self._backend.info.writable)

    async def stat_rows(self, directory: Place, names: Sequence[bytes]) -> list[Entry | None]:
        children = self._children(directory)
        writable = self._backend.info.writable
        return [entry_of(name, children[name], writable) if name in children else None for name in names]

    async def kinds(self, directory: Place, names: Sequence[bytes], *, hide_closed: bool = False) -> bytes:
        found: list[Any] = [self._children(directory).get(name) for name in names]
        return bytes(ABSENT if node is None else FILE if node.children is None else DIRECTORY for node in found)

    async def numbers(self, directory: Place, names: Sequence[bytes]) -> array[int]:
        found = array("q")
        for row in await self.stat_rows(directory, names):
            time = 0 if row is None else int(row.last_modified.timestamp() * 10**9)
            found.extend((0 if row is None else row.size or 0, time, time))
        return found

    async def exists(self, directory: Place, name: bytes) -> bool:
        return name in self._children(directory)
