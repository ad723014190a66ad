"""Large uploads that come in pieces, which lie in a hidden directory beside the file until the last one is there.

The pieces are appended to ``.cloudru-jlab-partial/upload-…`` in the directory of the file. Its name follows
from the file's, so that nothing is kept open between pieces. Blocking; errors are `OSError` as the system gives them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import time

from ...core.access import Place
from ...core.beneath import open_parent
from ...core.entries import Entry
from ...core.errors import Conflict
from .writing import publish_upload

_AREA = b".cloudru-jlab-partial"
_UPLOAD = b"upload-"
#: No upload pauses for as long.
_STALE_SECONDS = 86_400
_INTO = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def append_piece(place: Place, data: bytes, offset: int) -> None:
    """Write ``data`` at ``offset``, the end of what is there; 0 begins anew.

    Raises `Conflict` when something else is there: another upload to that file has begun meanwhile.
    """
    parent, leaf = open_parent(place)
    try:
        if offset == 0:
            _check_target(parent, leaf)
            with contextlib.suppress(FileExistsError):
                os.mkdir(_AREA, 0o700, dir_fd=parent)
        area = os.open(_AREA, _INTO, dir_fd=parent)
    finally:
        os.close(parent)
    try:
        _append(area, _name(leaf), data, offset)
    finally:
        os.close(area)


def finish_upload(place: Place, data: bytes, offset: int) -> Entry:
    """`append_piece` for the last one: the file gets its name."""
    append_piece(place, data, offset)
    parent, leaf = open_parent(place)
    try:
        area = os.open(_AREA, _INTO, dir_fd=parent)
        try:
            fd = os.open(_name(leaf), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=area)
            try:
                entry = publish_upload(place, area, _name(leaf), fd)
            finally:
                os.close(fd)
        finally:
            os.close(area)
        _tidy(parent)
        return entry
    finally:
        os.close(parent)


def give_up(place: Place) -> None:
    """Remove the pieces of an upload, if there are any."""
    parent, leaf = open_parent(place)
    try:
        area = os.open(_AREA, _INTO, dir_fd=parent)
        try:
            os.unlink(_name(leaf), dir_fd=area)
        finally:
            os.close(area)
            _tidy(parent)
    finally:
        os.close(parent)


def _name(leaf: bytes) -> bytes:
    return _UPLOAD + hashlib.sha256(leaf).hexdigest()[:40].encode()


def _check_target(parent: int, leaf: bytes) -> None:
    """What cannot be replaced in the end is refused in the beginning."""
    try:
        if stat.S_ISDIR(os.lstat(leaf, dir_fd=parent).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except FileNotFoundError:
        return


def _append(area: int, name: bytes, data: bytes, offset: int) -> None:
    if offset == 0:
        _clean(area, name)
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if offset == 0 else 0)
    fd = os.open(name, flags, 0o600, dir_fd=area)
    try:
        if os.fstat(fd).st_size != offset:
            raise Conflict("Another upload of this file has begun. Upload it again.")
        view = memoryview(data)
        while view:
            written = os.pwrite(fd, view, offset)
            offset += written
            view = view[written:]
    finally:
        os.close(fd)


def _clean(area: int, name: bytes) -> None:
    """Remove what is there of this upload, and of those that a server that ended left behind."""
    for other in os.listdir(area):
        raw = os.fsencode(other)
        with contextlib.suppress(FileNotFoundError):
            stale = raw.startswith(_UPLOAD) and time.time() - os.lstat(raw, dir_fd=area).st_mtime > _STALE_SECONDS
            if raw == name or stale:
                os.unlink(raw, dir_fd=area)


def _tidy(parent: int) -> None:
    # Others may have something there: then it is not empty.
    with contextlib.suppress(OSError):
        os.rmdir(_AREA, dir_fd=parent)
