"""Looking at entries of a root, and reading files. Blocking; errors are `OSError` as the system gives them."""

from __future__ import annotations

import errno
import os
import stat

from ...core.access import Place
from ...core.beneath import fd_path, open_file, open_parent, open_path
from ...core.entries import Entry, describe

#: Bytes that are read at a time.
PIECE = 1 << 20


def entry_of(place: Place, *, writable: bool) -> Entry:
    """What ``place`` is: of a link, what it leads to. ``writable`` tells whether the root is.

    Raises `PermissionError` for pipes, sockets and devices, besides what `core.beneath.open_path` does.
    """
    fd = open_path(place)
    try:
        info = os.fstat(fd)
        if not (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return described(place, info, writable=writable and os.access(fd_path(fd), os.W_OK))
    finally:
        os.close(fd)


def own_entry(place: Place) -> Entry:
    """`entry_of`, but a link that leads nowhere or where it may not, and what is no file, are described themselves."""
    try:
        return entry_of(place, writable=True)
    except (FileNotFoundError, PermissionError):
        parent, leaf = open_parent(place)
        try:
            return described(place, os.lstat(leaf, dir_fd=parent), writable=False)
        finally:
            os.close(parent)


def described(place: Place, info: os.stat_result, *, writable: bool) -> Entry:
    """The entry ``place`` from what was opened there."""
    name = place.inside.rpartition(b"/")[2]
    return describe(name, info, is_dir=stat.S_ISDIR(info.st_mode), writable=writable)


def open_for_reading(place: Place, start: int, stop: int | None) -> tuple[int, bytes]:
    """A descriptor of the file, and the first piece of the bytes ``[start, stop)``.

    The descriptor is -1 where that is all: most files then cost one call.
    """
    fd = open_file(place)
    try:
        end = os.fstat(fd).st_size if stop is None else stop
        piece = read_piece(fd, start, stop)
        if len(piece) < PIECE and start + len(piece) >= end:
            os.close(fd)
            return -1, piece
    except BaseException:
        os.close(fd)
        raise
    return fd, piece


def read_piece(fd: int, start: int, stop: int | None) -> bytes:
    """Some of the bytes ``[start, stop)``; none at the end of the file."""
    size = PIECE if stop is None else min(PIECE, stop - start)
    return os.pread(fd, size, start) if size > 0 else b""
