"""Copying one entry, data and all, to where nobody sees it yet."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Set
from typing import NamedTuple

from .places import Identity, identity
from .removing import MAX_DEPTH, too_deep

#: So much is copied between two looks at whether to go on, and so much written before it must be on the disk.
_SLICE, _DURABLE = 4 << 20, 32 << 20
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_NO_COPY_CALL = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


class Seen(NamedTuple):
    """What was copied: a file as it was before and after, or a directory with what it held."""

    signature: tuple[int, int, int]
    inner: dict[bytes, Seen] | None = None


def signature(info: os.stat_result) -> tuple[int, int, int]:
    """Changes when the content does."""
    return info.st_ino, info.st_size, info.st_mtime_ns


class Changed(OSError):
    """The source was written while it was copied."""

    def __init__(self) -> None:
        super().__init__(None, "It was written while it was copied.")


class Copier:
    """Copies entries between directories.

    ``follow`` copies what symbolic links lead to, as stock does for copies; without it they stay links, as stock does
    for moves across file systems. ``faithful`` keeps all that a file's inode tells, is sure that the source did not
    change, and writes large files to the disk.

    Parameters
    ----------
    tick:
        Called between the steps; may raise to end the work.
    forbidden:
        Directories that must not be copied, because the copy lies in them.
    """

    def __init__(
        self, tick: Callable[[], None], forbidden: Set[Identity] = frozenset(), *, follow: bool, faithful: bool
    ) -> None:
        self._tick, self._forbidden = tick, forbidden
        self._follow, self._faithful = follow, faithful
        self._copy_call = hasattr(os, "copy_file_range")

    def copy(self, source: int, name: bytes, target: int, new_name: bytes) -> Seen:
        """Copy ``name`` in ``source`` to ``new_name`` in ``target``, which must be free; raises `OSError`."""
        return self._entry(source, name, target, new_name, top=True, above=())

    def _look(self, directory: int, name: bytes) -> os.stat_result:
        info = os.lstat(name, dir_fd=directory)
        if self._follow and stat.S_ISLNK(info.st_mode):
            # A link that leads nowhere is copied as it is.
            with contextlib.suppress(FileNotFoundError):
                info = os.stat(name, dir_fd=directory)
        return info

    def _entry(
        self, source: int, name: bytes, target: int, new_name: bytes, *, top: bool, above: tuple[Identity, ...]
    ) -> Seen:
        self._tick()
        info = self._look(source, name)
        if stat.S_ISDIR(info.st_mode):
            return self._directory(source, name, target, new_name, info, above)
        if stat.S_ISLNK(info.st_mode):
            os.symlink(os.readlink(name, dir_fd=source), new_name, dir_fd=target)
            return Seen(signature(info))
        if stat.S_ISREG(info.st_mode):
            return self._file(source, name, target, new_name, keep=self._faithful or not top)
        if top or self._faithful:
            raise OSError(None, "It is neither a file nor a folder.")
        # Sockets and pipes in a directory hold no data: a copy of one is of no use.
        return Seen(signature(info))

    def _directory(
        self,
        source: int,
        name: bytes,
        target: int,
        new_name: bytes,
        info: os.stat_result,
        above: tuple[Identity, ...],
    ) -> Seen:
        me = identity(info)
        if me in self._forbidden:
            raise OSError(None, "A folder cannot be put into itself.")
        if me in above:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if len(above) > MAX_DEPTH:
            raise too_deep()
        follow = 0 if self._follow else os.O_NOFOLLOW
        old = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow, dir_fd=source)
        try:
            os.mkdir(new_name, 0o700, dir_fd=target)
            new = os.open(new_name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=target)
            try:
                inner = {}
                for child in map(os.fsencode, os.listdir(old)):
                    inner[child] = self._entry(old, child, new, child, top=False, above=(*above, me))
                # The top one is writable for us until it has its name: a directory is renamed by who may write it.
                self._keep(old, new, info, stat.S_IMODE(info.st_mode) | (0 if above else 0o700))
            finally:
                os.close(new)
        finally:
            os.close(old)
        return Seen(signature(info), inner)

    def _file(self, source: int, name: bytes, target: int, new_name: bytes, *, keep: bool) -> Seen:
        old = os.open(name, _READ | (0 if self._follow else os.O_NOFOLLOW), dir_fd=source)
        try:
            before = os.fstat(old)
            # A copy is a new file, as stock makes it: writable and of now. But a program stays one.
            mode = 0o600 if keep else 0o666 | (before.st_mode & 0o111)
            new = os.open(
                new_name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=target
            )
            try:
                size = self._data(old, new, before)
                after = os.fstat(old)
                if self._faithful and (signature(before) != signature(after) or size != after.st_size):
                    raise Changed
                if keep:
                    self._keep(old, new, before, stat.S_IMODE(before.st_mode))
            finally:
                os.close(new)
        finally:
            os.close(old)
        return Seen(signature(before))

    def _keep(self, old: int, new: int, info: os.stat_result, mode: int) -> None:
        """Give the copy what the original's inode tells, as `shutil.copystat` does; what cannot be kept is not."""
        if hasattr(os, "listxattr"):
            with contextlib.suppress(OSError):
                for attribute in os.listxattr(old):
                    with contextlib.suppress(OSError):
                        os.setxattr(new, attribute, os.getxattr(old, attribute))
        with contextlib.suppress(OSError):
            os.fchmod(new, mode if self._faithful else mode & 0o1777)
        with contextlib.suppress(OSError):
            os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))

    def _data(self, old: int, new: int, info: os.stat_result) -> int:
        """Copy the bytes, holes left out; the size of the copy."""
        sparse = info.st_blocks * 512 < info.st_size
        position = flushed = 0
        while True:
            self._tick()
            limit = _SLICE
            if sparse:
                try:
                    start = os.lseek(old, position, os.SEEK_DATA)
                    limit = min(limit, os.lseek(old, start, os.SEEK_HOLE) - start)
                    position = start
                except OSError as error:
                    if error.errno == errno.ENXIO and position < info.st_size:
                        # nothing but a hole to the end
                        os.ftruncate(new, info.st_size)
                        return info.st_size
                    sparse = False
            copied = self._slice(old, new, position, limit)
            if copied == 0:
                return position
            position += copied
            if self._faithful and position - flushed >= _DURABLE:
                os.fdatasync(new)
                flushed = position

    def _slice(self, old: int, new: int, position: int, size: int) -> int:
        if self._copy_call:
            try:
                copied = os.copy_file_range(old, new, size, position, position)
                if copied:
                    return copied
                # 0 may also mean a file system that cannot: reading tells.
            except OSError as error:
                if error.errno not in _NO_COPY_CALL:
                    raise
                self._copy_call = False
        data = os.pread(old, min(size, 1 << 20), position)
        view = memoryview(data)
        written = 0
        while written < len(data):
            written += os.pwrite(new, view[written:], position + written)
        return len(data)


def weigh(source: int, name: bytes, tick: Callable[[], None], *, follow: bool) -> int:
    """About how many bytes a copy of ``name`` takes; what cannot be read counts nothing."""
    return _weigh(source, name, tick, follow, ())


def _weigh(source: int, name: bytes, tick: Callable[[], None], follow: bool, above: tuple[Identity, ...]) -> int:
    tick()
    try:
        info = os.stat(name, dir_fd=source, follow_symlinks=follow)
        if stat.S_ISREG(info.st_mode):
            return min(info.st_size, info.st_blocks * 512)
        if not stat.S_ISDIR(info.st_mode) or identity(info) in above or len(above) > MAX_DEPTH:
            return 0
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=source)
    except OSError:
        return 0
    try:
        children = os.listdir(fd)
        return sum(_weigh(fd, os.fsencode(child), tick, follow, (*above, identity(info))) for child in children)
    except OSError:
        return 0
    finally:
        os.close(fd)
