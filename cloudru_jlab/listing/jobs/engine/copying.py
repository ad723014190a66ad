"""Copying one entry, data and all, to where nobody sees it yet."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Set
from hashlib import blake2b
from typing import NamedTuple

from .places import Identity, identity
from .reading import Source, refused_link
from .removing import MAX_DEPTH, too_deep
from .words import INTO_ITSELF

#: So much is copied between two looks at whether to go on, and so much written before it must be on the disk.
_SLICE, _DURABLE = 4 << 20, 32 << 20
_READ_BYTES, _DIGEST_BYTES = 1 << 20, 16
_NO_COPY_CALL = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


class Proof(NamedTuple):
    """What a file's copy must hold: the hash of the data in ``spans`` (start and end in bytes), and holes elsewhere."""

    digest: bytes
    spans: list[tuple[int, int]]
    size: int


class Seen(NamedTuple):
    """What was copied: a file as it was before and after, or a directory with what it held.

    ``proof`` is there for the files of a faithful copy, ``link`` for its links.
    """

    signature: tuple[int, int, int]
    inner: dict[bytes, Seen] | None = None
    proof: Proof | None = None
    link: bytes | None = None


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
    change, writes large files to the disk, and gives what `verify` needs.

    Parameters
    ----------
    tick:
        Called between the steps; may raise to end the work.
    forbidden:
        Directories that must not be copied, because the copy lies in them.
    links:
        Whether links that are not followed may be copied as links.
    wrote:
        Told of the bytes written.
    """

    def __init__(
        self,
        tick: Callable[[], None],
        forbidden: Set[Identity] = frozenset(),
        *,
        follow: bool,
        faithful: bool,
        links: bool = True,
        wrote: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._tick, self._forbidden, self._wrote = tick, forbidden, wrote
        self._follow, self._faithful, self._links = follow, faithful, links
        # The kernel's own copy shows nobody the data, so there is no hash of it.
        self._copy_call = not faithful and hasattr(os, "copy_file_range")
        self._proof: Proof | None = None
        #: The mode that the copied directory is to get with its name; None where it has it.
        self.mode: int | None = None

    def copy(self, source: Source, name: bytes, target: int, new_name: bytes) -> Seen:
        """Copy ``name`` in ``source`` to ``new_name`` in ``target``, which must be free; raises `OSError`."""
        self.mode = None
        return self._entry(source, name, target, new_name, top=True, above=())

    def _entry(
        self, source: Source, name: bytes, target: int, new_name: bytes, *, top: bool, above: tuple[Identity, ...]
    ) -> Seen:
        self._tick()
        info, linked = source.look(name, follow=self._follow)
        if stat.S_ISDIR(info.st_mode):
            return self._directory(source, name, target, new_name, info, above, linked=linked)
        if stat.S_ISLNK(info.st_mode):
            if not self._links:
                raise refused_link()
            leads = os.readlink(name, dir_fd=source.fd)
            os.symlink(leads, new_name, dir_fd=target)
            return Seen(signature(info), link=leads)
        if stat.S_ISREG(info.st_mode):
            return self._file(source, name, target, new_name, keep=self._faithful or not top, linked=linked)
        if top or self._faithful:
            raise OSError(None, "It is neither a file nor a folder.")
        # Sockets and pipes in a directory hold no data: a copy of one is of no use.
        return Seen(signature(info))

    def _directory(
        self,
        source: Source,
        name: bytes,
        target: int,
        new_name: bytes,
        info: os.stat_result,
        above: tuple[Identity, ...],
        *,
        linked: bool,
    ) -> Seen:
        me = identity(info)
        if me in self._forbidden:
            raise OSError(None, INTO_ITSELF)
        if me in above:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if len(above) > MAX_DEPTH:
            raise too_deep()
        inside = source.directory(name, linked=linked)
        old = inside.fd
        try:
            os.mkdir(new_name, 0o700, dir_fd=target)
            new = os.open(new_name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=target)
            try:
                inner = {}
                for child in map(os.fsencode, os.listdir(old)):
                    inner[child] = self._entry(inside, child, new, child, top=False, above=(*above, me))
                # The top one is writable for us until it has its name: a directory is renamed by who may write it.
                mode = stat.S_IMODE(info.st_mode)
                self._keep(old, new, info, mode | (0 if above else 0o700))
                if not above and mode & 0o700 != 0o700:
                    self.mode = mode
            finally:
                os.close(new)
        finally:
            os.close(old)
        return Seen(signature(info), inner)

    def _file(self, source: Source, name: bytes, target: int, new_name: bytes, *, keep: bool, linked: bool) -> Seen:
        old = source.file(name, linked=linked)
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
        return Seen(signature(before), proof=self._proof)

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
        hashing = blake2b(digest_size=_DIGEST_BYTES) if self._faithful else None
        spans: list[tuple[int, int]] = []

        def ended(size: int) -> int:
            self._proof = None if hashing is None else Proof(hashing.digest(), spans, size)
            return size

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
                        return ended(info.st_size)
                    sparse = False
            copied = self._slice(old, new, position, limit, hashing)
            if copied == 0:
                return ended(position)
            if spans and spans[-1][1] == position:
                spans[-1] = (spans[-1][0], position + copied)
            else:
                spans.append((position, position + copied))
            position += copied
            self._wrote(copied)
            if self._faithful and position - flushed >= _DURABLE:
                os.fdatasync(new)
                flushed = position

    def _slice(self, old: int, new: int, position: int, size: int, hashing: blake2b | None) -> int:
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
        data = os.pread(old, min(size, _READ_BYTES), position)
        if hashing is not None:
            hashing.update(data)
        view = memoryview(data)
        written = 0
        while written < len(data):
            written += os.pwrite(new, view[written:], position + written)
        return len(data)


def verify(directory: int, name: bytes, seen: Seen, tick: Callable[[], None]) -> bool:
    """Whether the copy ``name`` holds what was read when it was made (`Copier` with ``faithful``).

    Its files are read again. They must be on the disk already: what the system keeps of them in memory is dropped
    first, where that can be, so that the disk or the server is what is asked. Raises `OSError`.
    """
    tick()
    if seen.inner is not None:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            if not set(map(os.fsencode, os.listdir(fd))) <= seen.inner.keys():
                return False
            return all(verify(fd, child, inner, tick) for child, inner in seen.inner.items())
        finally:
            os.close(fd)
    if seen.link is not None:
        return os.readlink(name, dir_fd=directory) == seen.link
    if seen.proof is None:
        return True
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        return _holds(fd, seen.proof, tick)
    finally:
        os.close(fd)


def _holds(fd: int, proof: Proof, tick: Callable[[], None]) -> bool:
    if os.fstat(fd).st_size != proof.size:
        return False
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    hashing = blake2b(digest_size=_DIGEST_BYTES)
    for start, stop in proof.spans:
        position = start
        while position < stop:
            tick()
            data = os.pread(fd, min(stop - position, _READ_BYTES), position)
            if not data:
                return False
            hashing.update(data)
            position += len(data)
    return hashing.digest() == proof.digest


def weigh(source: Source, name: bytes, tick: Callable[[], None], *, follow: bool) -> int:
    """About how many bytes a copy of ``name`` takes; what cannot be read counts nothing."""
    return _weigh(source, name, tick, follow, ())


def _weigh(source: Source, name: bytes, tick: Callable[[], None], follow: bool, above: tuple[Identity, ...]) -> int:
    tick()
    try:
        info, linked = source.look(name, follow=follow)
        if stat.S_ISREG(info.st_mode):
            return min(info.st_size, info.st_blocks * 512)
        if not stat.S_ISDIR(info.st_mode) or identity(info) in above or len(above) > MAX_DEPTH:
            return 0
        inside = source.directory(name, linked=linked)
    except OSError:
        return 0
    try:
        children = os.listdir(inside.fd)
        return sum(_weigh(inside, os.fsencode(child), tick, follow, (*above, identity(info))) for child in children)
    except OSError:
        return 0
    finally:
        os.close(inside.fd)
