"""The user's trash in the home directory, as freedesktop.org's trash specification 1.0 has it. Blocking.

`send2trash` takes a path, and a path may lead elsewhere by the time it is used. So entries go from the directory that
was opened to the trash that it would use.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from datetime import datetime
from urllib.parse import quote

from ...core.access import Place
from ...core.beneath import fd_target, open_parent
from ...core.renaming import rename_noreplace

_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC


def home_trash() -> bytes | None:
    """Where `send2trash` would put what lies on the file system of the home directory; None where it is not known."""
    try:
        from send2trash.plat_other import HOMETRASH_B  # type: ignore[import-untyped]
    except (ImportError, AttributeError):
        return None
    return bytes(HOMETRASH_B)


def serves(trash: bytes, root: bytes) -> bool:
    """Whether entries of ``root`` can be renamed into ``trash``: both are on one file system."""
    place = trash
    while True:
        try:
            return os.stat(place).st_dev == os.stat(root).st_dev
        except FileNotFoundError:
            if place == (place := os.path.dirname(place)):
                return False
        except OSError:
            return False


def throw_away(place: Place, trash: bytes) -> None:
    """Move the entry ``place``, a link itself, to ``trash``.

    Raises `OSError` with ``EXDEV`` where it lies on another file system than the trash.
    """
    parent, name = open_parent(place)
    try:
        info = os.lstat(name, dir_fd=parent)
        files, infos = (_open(os.path.join(trash, part)) for part in (b"files", b"info"))
        try:
            if os.fstat(files).st_dev != info.st_dev:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            free = _announce(infos, name, os.path.join(fd_target(parent), name))
            try:
                rename_noreplace(parent, name, files, free)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(free + b".trashinfo", dir_fd=infos)
                raise
        finally:
            os.close(files)
            os.close(infos)
    finally:
        os.close(parent)


def _open(directory: bytes) -> int:
    os.makedirs(directory, 0o700, exist_ok=True)
    fd = os.open(directory, _DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY))
    if not stat.S_ISDIR(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return fd


def _announce(infos: int, name: bytes, path: bytes) -> bytes:
    """Write where the entry came from; the name that is its own in the trash from then on."""
    text = f"[Trash Info]\nPath={quote(path)}\nDeletionDate={datetime.now():%Y-%m-%dT%H:%M:%S}\n".encode()
    # Room for the number and the suffix in the 255 bytes that most file systems have for a name.
    base, dot, extension = name[:200].rpartition(b".")
    if not base:
        base, dot, extension = name[:200], b"", b""
    for number in itertools.count():
        free = base + (b" %d" % number if number else b"") + dot + extension
        try:
            fd = os.open(free + b".trashinfo", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=infos)
        except FileExistsError:
            continue
        try:
            os.write(fd, text)
        finally:
            os.close(fd)
        return free
    raise AssertionError("there are more numbers than files")
