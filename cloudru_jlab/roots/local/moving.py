"""Renaming and removing entries of a root. Blocking; errors are `OSError` as the system gives them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from ...core.access import Place
from ...core.beneath import open_parent
from ...core.renaming import rename_noreplace

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
