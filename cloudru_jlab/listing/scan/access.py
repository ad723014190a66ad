"""How the listing service touches a file system: directly where it is local, guarded where it may hang.

A call into a file system whose server went away never returns, and nothing can end the thread that made it. So all that
the service does to a directory (scan it, stat it, stat a page of rows, look for a name) goes through a
`FileSystemAccess`, and `FileSystems.access` chooses: `local` works in this process's threads, `guarded` in processes
that can be killed, each call under a timeout.

Failures are `OSError` as the system gives them, for `core.errors.from_os_error`; a file system that does not answer is
`TimeoutError` with errno ``ETIMEDOUT``, which becomes `core.errors.NotAnswering`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ...core.entries import Entry

#: Types of entries in `ScanChunk.types`; a symbolic link has the type of its target, a dangling one is a file.
FILE = 0
DIRECTORY = 1
#: Of `FileSystemAccess.kinds`: not there, or not listed.
ABSENT = 255


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
    """All that is done to the directories of one file system. Paths are absolute, raw bytes."""

    #: Whether calls are made in processes that can be killed (a file system over a network, or in user space). inotify
    #: does not see what other machines change there.
    guarded: bool
    #: How old a directory's mtime must be, in seconds, before an unchanged mtime tells that nothing was changed.
    settle_seconds: float

    async def scan(
        self,
        directory: bytes,
        sink: Callable[[ScanChunk], None],
        cancelled: Callable[[], bool] | None = None,
        *,
        hide_closed: bool = False,
    ) -> None:
        """Read all names of ``directory``; ``sink`` gets them chunk by chunk, never two at a time, on another thread.

        The first chunk is small, so that a first page need not wait. ``hide_closed`` leaves out directories that the
        server may not read or enter, as stock does where hidden files are not allowed.

        Cancelling the call ends the scan; so does ``cancelled`` soon after it turns true, and the call then raises
        `asyncio.CancelledError`. What ``sink`` raises ends the scan and is raised.
        """

    async def stat_directory(self, directory: bytes) -> DirectoryStat:
        """Stat ``directory``, following links; raises `NotADirectoryError` for anything else."""

    async def stat_rows(self, directory: bytes, names: Sequence[bytes]) -> list[Entry | None]:
        """Describe entries as `core.entries.read_entry` does, in the order of ``names``; None for one that is gone or
        cannot be stat'ed."""

    async def kinds(self, directory: bytes, names: Sequence[bytes], *, hide_closed: bool = False) -> bytes:
        """What `scan` would say of each name now, a byte each: `FILE`, `DIRECTORY`, or `ABSENT` where it would leave
        the name out."""

    async def numbers(self, directory: bytes, names: Sequence[bytes]) -> array[int]:
        """Three signed 64-bit numbers per name, as `read_entry` takes them from one lstat: size in bytes (0 for a
        directory), modification time and creation time, both in ns since 1970. All 0 for a name that is gone."""

    async def exists(self, directory: bytes, name: bytes) -> bool:
        """Whether there is an entry of that very name, a dangling link included."""


class FileSystems(Protocol):
    """Chooses how to touch a path."""

    def access(self, path: bytes) -> FileSystemAccess:
        """The access for ``path``, absolute. Cheap, never blocks on a hung file system: it reads the mount table, and
        touches the path only as far as that is local (symbolic links may lead to another file system)."""
