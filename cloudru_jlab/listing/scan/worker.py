"""The process that touches a file system which may hang. Run by path with ``python -I -S``: standard library alone.

``worker.py scan DIRECTORY [closed]`` writes the names of a directory to standard output (``closed``: without
directories that may not be read or entered); ``worker.py serve THREADS`` answers requests from standard input until
that ends. The parent (`process.py`) kills it when it does not answer.

Frames are a little-endian uint32 length and that many bytes.

- A request is ``<IB`` (id, operation), the directory, NUL, and the names joined by NUL. It is done by one thread as a
  whole. A reply is ``<Ii`` (id, errno or 0) and a record (`RECORD`) for each name.
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


def _row(fd: int, name: bytes, operation: int) -> bytes:
    try:
        info = os.lstat(name, dir_fd=fd)
        is_dir = stat.S_ISDIR(info.st_mode)
        if stat.S_ISLNK(info.st_mode):
            try:
                is_dir = stat.S_ISDIR(os.stat(name, dir_fd=fd).st_mode)
            except OSError:
                is_dir = False
        permitted = True
        if operation == STAT_WRITABLE:
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


def _answer(operation: int, directory: bytes, names: list[bytes]) -> bytes:
    if operation == DIRECTORY:
        info = os.stat(directory)
        if not stat.S_ISDIR(info.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return _record(info, True, os.access(directory, os.W_OK))
    fd = os.open(directory, _OPEN_PATH)
    try:
        if operation == EXISTS:
            return _exists(fd, names[0])
        return b"".join([_row(fd, name, operation) for name in names])
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
            directory, _, rest = request[REQUEST.size :].partition(b"\0")
            try:
                reply = REPLY.pack(ident, 0) + _answer(operation, directory, rest.split(b"\0"))
            except OSError as error:
                reply = REPLY.pack(ident, error.errno or errno.EIO)
            with lock:
                _write(sink, reply)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    while True:
        requests.put(_read(source, HEADER.unpack(_read(source, HEADER.size))[0]))


def _type(entry: os.DirEntry[bytes], hide_closed: bool) -> int:
    """1 for a directory or a link to one, 0 for a file or another link, `_UNLISTED` for what stock does not list.

    No system call where the file system tells types (d_type), except for links.
    """
    try:
        if entry.is_dir():
            return _UNLISTED if hide_closed and not os.access(entry.path, os.R_OK | os.X_OK) else 1
        return 0 if entry.is_file(follow_symlinks=False) or entry.is_symlink() else _UNLISTED
    except OSError:
        return 0


def _types(entries: list[os.DirEntry[bytes]], hide_closed: bool) -> list[int]:
    """Types of ``entries``: by several threads from when they turn out to cost calls to a slow server."""
    types: list[int] = []
    started = time.monotonic()
    for index, entry in enumerate(entries):
        types.append(_type(entry, hide_closed))
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
                types[index] = _type(entries[index], hide_closed)
        except Empty:
            return

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(_RESOLVERS, todo.qsize()))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return types


def _chunk(entries: list[os.DirEntry[bytes]], hide_closed: bool) -> bytes:
    types = _types(entries, hide_closed)
    listed = [(entry.name, kind) for entry, kind in zip(entries, types, strict=True) if kind != _UNLISTED]
    names = [name for name, _ in listed]
    head = b"C" + HEADER.pack(len(names)) + array("H", map(len, names)).tobytes()
    return head + bytes([kind for _, kind in listed]) + b"".join(names)


def scan(directory: bytes, hide_closed: bool = False, sink: int = 1) -> None:
    """Write the names in ``directory`` to ``sink``."""
    code = 0
    try:
        with os.scandir(directory) as listing:
            _write(sink, b"O")
            limit = _FIRST_CHUNK
            entries: list[os.DirEntry[bytes]] = []
            for entry in listing:
                entries.append(entry)
                if len(entries) >= limit:
                    _write(sink, _chunk(entries, hide_closed))
                    entries, limit = [], _CHUNK
            _write(sink, _chunk(entries, hide_closed))
    except BrokenPipeError:
        return
    except OSError as error:
        code = error.errno or errno.EIO
    _write(sink, b"E" + struct.pack("<i", code))


if __name__ == "__main__":
    try:
        if sys.argv[1] == "scan":
            scan(os.fsencode(sys.argv[2]), sys.argv[3:] == ["closed"])
        else:
            serve(int(sys.argv[2]))
    except (EOFError, BrokenPipeError):
        # The parent is gone; threads that hang in a call are left behind.
        os._exit(0)
