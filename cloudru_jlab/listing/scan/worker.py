"""The process that touches a file system which may hang. Run by path with ``python -I -S``: standard library alone.

``worker.py scan POLICY ROOT INSIDE [closed]`` writes the names of a directory to standard output (``closed``: without
directories that may not be read or entered); ``worker.py serve THREADS`` answers requests from standard input until
that ends. The parent (`process.py`) kills it when it does not answer.

Frames are a little-endian uint32 length and that many bytes.

- A request is ``<IB`` (id, operation), and joined by NUL: the policy, which is what to do about links, and ``mounted``
  after a space where the root needs a mount; the root and the way inside it (see `core.access.Place`); and the names.
  It is done by one thread as a whole. A reply is ``<Ii`` (id, errno or 0) and a record (`RECORD`) for each name.
- Scan frames are a letter and its matter: ``O`` the directory is open, ``C`` a chunk (``<I`` count, uint16 lengths,
  types, names), ``E`` the end (``<i`` errno or 0).
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
import threading
import time
from _queue import Empty, SimpleQueue  # without the rest of `queue`, which costs milliseconds of start-up
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ...core.access import Place

#: Operations: stat the directory; stat names, with `permitted` true, or true where the entry may be written, or true
#: where it is no directory or may be read and entered; look for one name.
DIRECTORY, STAT, STAT_WRITABLE, STAT_OPEN, EXISTS = 1, 2, 3, 4, 5
HEADER = struct.Struct("<I")
REQUEST = struct.Struct("<IB")
REPLY = struct.Struct("<Ii")
#: found, is a directory (after links), permitted, mode, device, inode, size, mtime_ns, ctime_ns
RECORD = struct.Struct("<???IQQqqq")
_MISSING = RECORD.pack(False, False, False, 0, 0, 0, 0, 0, 0)
_OPEN_PATH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_FIRST_CHUNK, _CHUNK = 256, 2048
_UNLISTED = 2
_RESOLVERS = 16
#: Reading the types of a chunk for longer than this means that each costs a call to a server.
_PATIENCE_SECONDS = 0.01


def _beneath() -> Any:
    """`core.beneath`, loaded where a root needs it; by its path, because this process knows of no packages."""
    if __package__:
        from ...core import beneath

        return beneath
    here = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "core")
    if here not in sys.path:
        sys.path.append(here)
    return __import__("beneath")


def _write(fd: int, frame: bytes) -> None:
    view = memoryview(HEADER.pack(len(frame)) + frame)
    while view:
        view = view[os.write(fd, view) :]


def _read(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(fd, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _record(info: os.stat_result, is_dir: bool, permitted: bool) -> bytes:
    return RECORD.pack(
        True,
        is_dir,
        permitted,
        info.st_mode,
        info.st_dev,
        info.st_ino,
        info.st_size,
        info.st_mtime_ns,
        info.st_ctime_ns,
    )


class Where:
    """A `core.access.Place`, without what it costs to load that."""

    def __init__(self, policy: str, root: bytes, inside: bytes) -> None:
        self.symlinks: Any
        self.symlinks, _, mounted = policy.partition(" ")
        self.root, self.inside, self.mounted = root, inside, bool(mounted)

    @property
    def path(self) -> bytes:
        """See `core.access.Place.path`."""
        return os.path.join(self.root, self.inside) if self.inside else self.root


def _plain(place: Where | Place) -> bool:
    return place.symlinks == "follow" and not place.mounted


def open_directory(place: Where | Place) -> int:
    """A descriptor of ``place`` for calls relative to it, reached as its root's policy about links allows.

    Needs no permission to read the directory: what was listed before can still be shown. Raises `OSError`.
    """
    if _plain(place):
        return os.open(place.path, _OPEN_PATH)
    fd: int = _beneath().open_directory(place)
    return fd


def link_target(place: Where | Place, fd: int, name: bytes, ask: int = 0) -> tuple[os.stat_result, bool] | None:
    """What the link ``name`` leads to, and whether that may be done to it which `os.access` calls ``ask``.

    None where it leads nowhere, or where the policy of its root does not let it through. ``place``, which holds it, is
    open as ``fd``.
    """
    try:
        if place.symlinks == "follow":
            info = os.stat(name, dir_fd=fd)
            return info, not ask or os.access(name, ask, dir_fd=fd)
        if place.symlinks == "deny":
            return None
        beneath = _beneath()
        inside = place.inside + b"/" + name if place.inside else name
        target = beneath.open_path(Where(f"{place.symlinks}{' mounted' * place.mounted}", place.root, inside))
    except OSError:
        return None
    try:
        return os.fstat(target), not ask or os.access(beneath.fd_path(target), ask)
    finally:
        os.close(target)


def _row(place: Where, fd: int, name: bytes, operation: int) -> bytes:
    try:
        info = os.lstat(name, dir_fd=fd)
        is_dir, permitted = stat.S_ISDIR(info.st_mode), True
        if stat.S_ISLNK(info.st_mode):
            ask = os.W_OK if operation == STAT_WRITABLE else os.R_OK | os.X_OK if operation == STAT_OPEN else 0
            target = link_target(place, fd, name, ask)
            is_dir = target is not None and stat.S_ISDIR(target[0].st_mode)
            if operation == STAT_WRITABLE or is_dir:
                permitted = target is not None and target[1]
        elif operation == STAT_WRITABLE:
            permitted = os.access(name, os.W_OK, dir_fd=fd)
        elif operation == STAT_OPEN and is_dir:
            permitted = os.access(name, os.R_OK | os.X_OK, dir_fd=fd)
        return _record(info, is_dir, permitted)
    except OSError:
        return _MISSING


def _exists(fd: int, name: bytes) -> bytes:
    try:
        return _record(os.lstat(name, dir_fd=fd), False, True)
    except FileNotFoundError:
        return _MISSING


def _answer(operation: int, place: Where, names: list[bytes]) -> bytes:
    fd = open_directory(place)
    try:
        if operation == DIRECTORY:
            return _record(os.fstat(fd), True, os.access(".", os.W_OK, dir_fd=fd))
        if operation == EXISTS:
            return _exists(fd, names[0])
        return b"".join([_row(place, fd, name, operation) for name in names])
    finally:
        os.close(fd)


def serve(threads: int, source: int = 0, sink: int = 1) -> None:
    """Answer requests with ``threads`` threads until ``source`` ends. The main thread touches no file system."""
    requests: SimpleQueue[bytes] = SimpleQueue()
    lock = threading.Lock()

    def work() -> None:
        while True:
            request = requests.get()
            ident, operation = REQUEST.unpack_from(request)
            policy, root, inside, *names = request[REQUEST.size :].split(b"\0")
            try:
                reply = REPLY.pack(ident, 0) + _answer(operation, Where(policy.decode(), root, inside), names)
            except OSError as error:
                reply = REPLY.pack(ident, error.errno or errno.EIO)
            with lock:
                _write(sink, reply)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    while True:
        requests.put(_read(source, HEADER.unpack(_read(source, HEADER.size))[0]))


def directory_entry(place: Where | Place, fd: int, entry: os.DirEntry[bytes], *, closed: bool) -> bool | None:
    """Whether ``entry`` of ``place`` is a directory, or a link to one that the root's policy lets through; None for one
    that may not be read or entered, if ``closed`` asks for that. Raises `OSError` for a link that loops."""
    ask = os.R_OK | os.X_OK if closed else 0
    if place.symlinks == "follow" or not entry.is_symlink():
        if not entry.is_dir():
            return False
        return None if ask and not os.access(entry.path, ask) else True
    target = link_target(place, fd, entry.name, ask)
    if target is None or not stat.S_ISDIR(target[0].st_mode):
        return False
    return True if target[1] else None


def _type(place: Where, fd: int, entry: os.DirEntry[bytes], hide_closed: bool) -> int:
    """1 for a directory or a link to one, 0 for a file or another link, `_UNLISTED` for what stock does not list.

    No system call where the file system tells types (d_type), except for links.
    """
    try:
        is_dir = directory_entry(place, fd, entry, closed=hide_closed)
        if is_dir is None:
            return _UNLISTED
        return 1 if is_dir else 0 if entry.is_file(follow_symlinks=False) or entry.is_symlink() else _UNLISTED
    except OSError:
        return 0


def _types(place: Where, fd: int, entries: list[os.DirEntry[bytes]], hide_closed: bool) -> list[int]:
    """Types of ``entries``: by several threads from when they turn out to cost calls to a slow server."""
    types: list[int] = []
    started = time.monotonic()
    for index, entry in enumerate(entries):
        types.append(_type(place, fd, entry, hide_closed))
        if index % _RESOLVERS == _RESOLVERS - 1 and time.monotonic() - started > _PATIENCE_SECONDS:
            break
    todo: SimpleQueue[int] = SimpleQueue()
    for index in range(len(types), len(entries)):
        todo.put(index)
        types.append(0)

    def work() -> None:
        try:
            while True:
                index = todo.get(block=False)
                types[index] = _type(place, fd, entries[index], hide_closed)
        except Empty:
            return

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(_RESOLVERS, todo.qsize()))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return types


def _chunk(place: Where, fd: int, entries: list[os.DirEntry[bytes]], hide_closed: bool) -> bytes:
    types = _types(place, fd, entries, hide_closed)
    listed = [(entry.name, kind) for entry, kind in zip(entries, types, strict=True) if kind != _UNLISTED]
    names = [name for name, _ in listed]
    head = b"C" + HEADER.pack(len(names)) + array("H", map(len, names)).tobytes()
    return head + bytes([kind for _, kind in listed]) + b"".join(names)


class entries_of:
    """The entries of ``place``, and a descriptor of it, which is -1 where a path alone leads to it."""

    def __init__(self, place: Where | Place) -> None:
        self._place, self._fd = place, -1

    def __enter__(self) -> tuple[int, Iterator[os.DirEntry[bytes]]]:
        path = self._place.path
        if not _plain(self._place):
            beneath = _beneath()
            self._fd = beneath.open_directory(self._place, read=True)
            # a path, because names are text where a descriptor is scanned
            path = beneath.fd_path(self._fd)
        try:
            self._listing = os.scandir(path)
        except BaseException:
            self._close()
            raise
        return self._fd, self._listing

    def __exit__(self, *_: object) -> None:
        self._listing.close()
        self._close()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


def scan(place: Where, hide_closed: bool = False, sink: int = 1) -> None:
    """Write the names in ``place`` to ``sink``."""
    code = 0
    try:
        with entries_of(place) as (fd, listing):
            _write(sink, b"O")
            limit = _FIRST_CHUNK
            entries: list[os.DirEntry[bytes]] = []
            for entry in listing:
                entries.append(entry)
                if len(entries) >= limit:
                    _write(sink, _chunk(place, fd, entries, hide_closed))
                    entries, limit = [], _CHUNK
            _write(sink, _chunk(place, fd, entries, hide_closed))
    except BrokenPipeError:
        return
    except OSError as error:
        code = error.errno or errno.EIO
    _write(sink, b"E" + struct.pack("<i", code))


if __name__ == "__main__":
    try:
        if sys.argv[1] == "scan":
            scan(Where(sys.argv[2], *map(os.fsencode, sys.argv[3:5])), sys.argv[5:] == ["closed"])
        else:
            serve(int(sys.argv[2]))
    except (EOFError, BrokenPipeError):
        # The parent is gone; threads that hang in a call are left behind.
        os._exit(0)
