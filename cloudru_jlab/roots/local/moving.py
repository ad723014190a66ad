"""Renaming and removing entries of a root. Blocking; errors are `OSError` as the system gives them."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Callable
from functools import lru_cache

from ...core.access import Place
from ...core.beneath import open_parent

_RENAME_NOREPLACE = 1
#: What a kernel or a file system says that knows no RENAME_NOREPLACE.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
#: What a file system says that has no hard links, or has none of this file.
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EINVAL)
_INTO = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def rename_entry(old: Place, new: Place) -> None:
    """Rename ``old``, a link itself, to ``new``; `FileExistsError` where there is an entry."""
    source, name = open_parent(old)
    try:
        target, new_name = open_parent(new)
        try:
            if _same_name(source, name, target, new_name):
                os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
            else:
                rename_noreplace(source, name, target, new_name)
        finally:
            os.close(target)
    finally:
        os.close(source)


def _same_name(source: int, name: bytes, target: int, new_name: bytes) -> bool:
    """Whether the two are one entry: the same name, or, where upper and lower case are one, the same but for case."""
    if os.fsdecode(name).casefold() != os.fsdecode(new_name).casefold():
        return False
    if not os.path.samestat(os.fstat(source), os.fstat(target)):
        return False
    before = os.lstat(name, dir_fd=source)
    if name == new_name:
        return True
    try:
        there = os.lstat(new_name, dir_fd=target)
    except FileNotFoundError:
        return False
    # Not two hard links to one file, between which rename(2) does nothing.
    return os.path.samestat(before, there) and (before.st_nlink == 1 or stat.S_ISDIR(before.st_mode))


def rename_noreplace(source: int, name: bytes, target: int, new_name: bytes) -> None:
    """Rename between two open directories; `FileExistsError` where there is an entry of the new name."""
    rename = _renameat2()
    if rename is not None:
        try:
            rename(source, name, target, new_name)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
        else:
            return
    if stat.S_ISDIR(os.lstat(name, dir_fd=source).st_mode):
        _claim_directory(source, name, target, new_name)
    else:
        _link_file(source, name, target, new_name)


def _claim_directory(source: int, name: bytes, target: int, new_name: bytes) -> None:
    # An empty directory can be renamed over, and only one can make it.
    os.mkdir(new_name, 0o700, dir_fd=target)
    try:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.rmdir(new_name, dir_fd=target)
        raise


def _link_file(source: int, name: bytes, target: int, new_name: bytes) -> None:
    try:
        os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        os.unlink(name, dir_fd=source)
        return
    # Nothing better is left: whoever makes the file between these two calls loses it.
    try:
        os.lstat(new_name, dir_fd=target)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


@lru_cache(maxsize=1)
def _renameat2() -> Callable[[int, bytes, int, bytes], None] | None:
    """renameat2(2) with RENAME_NOREPLACE, or None where the C library has none."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_int
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]

    def rename(source: int, name: bytes, target: int, new_name: bytes) -> None:
        if function(source, name, target, new_name, _RENAME_NOREPLACE) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return rename


def remove_entry(place: Place, recursive: bool, beat: Callable[[], None]) -> None:
    """Remove a file, a link itself or an empty directory; with ``recursive`` a directory and all in it.

    Nothing of another file system that is mounted below is touched: `OSError` with ``EBUSY``.
    """
    parent, name = open_parent(place)
    try:
        info = os.lstat(name, dir_fd=parent)
        if not stat.S_ISDIR(info.st_mode):
            os.unlink(name, dir_fd=parent)
            return
        if recursive:
            _empty(parent, name, os.fstat(parent).st_dev, beat)
        os.rmdir(name, dir_fd=parent)
    finally:
        os.close(parent)


def _empty(parent: int, name: bytes, device: int, beat: Callable[[], None]) -> None:
    """Remove all in the directory ``name``: depth first, each directory through its open parent and through no link."""
    open_directories = [(_enter(parent, name, device), b"")]
    try:
        while open_directories:
            fd, own_name = open_directories[-1]
            inner = _remove_files(fd, beat)
            if inner:
                open_directories.append((_enter(fd, inner, device), inner))
                continue
            os.close(fd)
            open_directories.pop()
            if open_directories:
                os.rmdir(own_name, dir_fd=open_directories[-1][0])
    finally:
        for fd, _ in open_directories:
            os.close(fd)


def _enter(parent: int, name: bytes, device: int) -> int:
    fd = os.open(name, _INTO, dir_fd=parent)
    if os.fstat(fd).st_dev != device:
        os.close(fd)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    return fd


def _remove_files(fd: int, beat: Callable[[], None]) -> bytes:
    """Remove what is no directory from ``fd``; the name of a directory there, or nothing."""
    directory = b""
    with os.scandir(fd) as entries:
        for entry in entries:
            beat()
            if entry.is_dir(follow_symlinks=False):
                directory = os.fsencode(entry.name)
            else:
                os.unlink(entry.name, dir_fd=fd)
    return directory
