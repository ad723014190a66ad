"""What is done to one open file of a draft."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .errors import Busy

#: How long another server may hold a draft, in seconds: it may have been stopped while it did.
_LOCK_S = 3.0
#: Nothing is waited for in opening: what is no regular file cannot be read then.
FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def all_of(fd: int) -> bytes:
    """All that is in the file; raises `OSError`."""
    pieces: list[bytes] = []
    at = 0
    while piece := os.pread(fd, 16 << 20, at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def write(fd: int, lines: Sequence[bytes]) -> None:
    """Write ``lines``; raises `OSError`."""
    view = memoryview(b"".join(lines))
    while view:
        view = view[os.write(fd, view) :]


def extend(fd: int, end: int, lines: Sequence[bytes]) -> None:
    """Write ``lines`` at ``end``, to the disk; where that fails, nothing of them stays. Raises `OSError`."""
    if os.fstat(fd).st_size != end:
        # A line that was cut off: nobody was told that it is there.
        os.ftruncate(fd, end)
    os.lseek(fd, end, os.SEEK_SET)
    try:
        write(fd, lines)
        os.fdatasync(fd)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(fd, end)
        raise


def lock(fd: int) -> None:
    """Keep other servers out until the file is closed; raises `Busy`. A file system that has no locks does without."""
    end = time.monotonic() + _LOCK_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise Busy("Another server holds this draft. Try again in a moment.") from None
            time.sleep(0.01)
        except OSError:
            return


def fsync_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk, where that can be done."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
