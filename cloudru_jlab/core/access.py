"""How directories are touched, whatever they lie on: directly where a file system is local, guarded where it may hang.

A call into a file system whose server went away never returns, and nothing can end the thread that made it. So all that
is done to list a directory (scan it, stat it, stat a page of rows, look for a name) goes through a `FileSystemAccess`,
and `FileSystems.access` chooses: `local` works in this process's threads, `guarded` in processes that can be killed,
each call under a timeout.

Failures are `OSError` as the system gives them, for `core.errors.from_os_error`; a file system that does not answer is
`TimeoutError` with errno ``ETIMEDOUT``, which becomes `core.errors.NotAnswering`.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from .entries import Entry

#: Types of entries in `ScanChunk.types`; a symbolic link has the type of its target, a dangling one is a file.
FILE = 0
DIRECTORY = 1
#: Of `FileSystemAccess.kinds`: not there, or not listed.
ABSENT = 255

#: What is done about symbolic links below a root: none is followed; those are that stay inside the root; all are.
Symlinks = Literal["deny", "inside", "follow"]


class Place(NamedTuple):
    """Something below a root: where the root is, and the way from there, which is `""` for the root itself.

    ``root`` is an absolute path of the machine, or a name that only its backend understands; ``inside`` has no leading
    or trailing slash, no empty part, and no ``.`` or ``..``. How far the links on the way are followed is up to
    ``symlinks``, and is decided on what was opened, never on a string (`core.beneath`). With ``mounted`` the root is
    there only while a file system is mounted on it: what lies in the directory below is not touched.
    """

    root: bytes
    inside: bytes
    symlinks: Symlinks = "follow"
    mounted: bool = False

    @property
    def path(self) -> bytes:
        """The absolute path, for messages, for inotify and for choosing how to touch it; never for touching it unless
        ``symlinks`` is ``"follow"``."""
        return os.path.join(self.root, self.inside) if self.inside else self.root

    def child(self, name: bytes) -> Place:
        """The entry ``name`` of this directory."""
        return self._replace(inside=self.inside + b"/" + name if self.inside else name)


class ScanChunk(NamedTuple):
    """Some entries of a directory, in the order the file system gives them.

    ``blob`` holds the names one after the other; ``lengths`` their lengths in bytes, uint16 of the machine's byte order
    each (CIFS and FUSE allow more than 255); ``types`` is `FILE` or `DIRECTORY`, uint8 each. Sockets, pipes and devices
    are left out, as stock does.
    """

    blob: bytes
    lengths: bytes
    types: bytes


class DirectoryStat(NamedTuple):
    """What one stat of a directory tells; ``(device, inode)`` says whether it is still the same one."""

    device: int
    inode: int
    mtime_ns: int
    ctime_ns: int
    writable: bool


class FileSystemAccess(Protocol):
    """All that is done to list the directories of one file system."""

    #: Whether calls are made in processes that can be killed (a file system over a network, or in user space). inotify
    #: does not see what other machines change there.
    guarded: bool
    #: How old a directory's mtime must be, in seconds, before an unchanged mtime tells that nothing was changed.
    settle_seconds: float

    async def scan(
        self,
        directory: Place,
        sink: Callable[[ScanChunk], None],
        cancelled: Callable[[], bool] | None = None,
        *,
        hide_closed: bool = False,
    ) -> None:
        """Read all names of ``directory``; ``sink`` gets them chunk by chunk, never two at a time, on another thread.

        The first chunk is small, so that a first page need not wait. ``hide_closed`` leaves out directories that the
        server may not read or enter, as stock does where hidden files are not allowed. A link that the place's
        ``symlinks`` does not let through is a file.

        Cancelling the call ends the scan; so does ``cancelled`` soon after it turns true, and the call then raises
        `asyncio.CancelledError`. What ``sink`` raises ends the scan and is raised.
        """

    async def stat_directory(self, directory: Place) -> DirectoryStat:
        """Stat ``directory``; raises `NotADirectoryError` for anything else."""

    async def stat_rows(self, directory: Place, names: Sequence[bytes]) -> list[Entry | None]:
        """Describe entries as `core.entries.read_entry` does, in the order of ``names``; None for one that is gone or
        cannot be stat'ed."""

    async def kinds(self, directory: Place, names: Sequence[bytes], *, hide_closed: bool = False) -> bytes:
        """What `scan` would say of each name now, a byte each: `FILE`, `DIRECTORY`, or `ABSENT` where it would leave
        the name out."""

    async def numbers(self, directory: Place, names: Sequence[bytes]) -> array[int]:
        """Three signed 64-bit numbers per name, as `read_entry` takes them from one lstat: size in bytes (0 for a
        directory), modification time and creation time, both in ns since 1970. All 0 for a name that is gone."""

    async def exists(self, directory: Place, name: bytes) -> bool:
        """Whether there is an entry of that very name, a dangling link included."""


@runtime_checkable
class FileSystems(Protocol):
    """Chooses how to touch a path of the machine. Provided by `listing` as a port."""

    def access(self, path: bytes) -> FileSystemAccess:
        """The access for ``path``, absolute. Cheap, never blocks on a hung file system: it reads the mount table, and
        touches the path only as far as that is local (symbolic links may lead to another file system)."""
