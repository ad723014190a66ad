"""Linux inotify through the C library: names of entries that came or went, see inotify(7)."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

_EVENT = struct.Struct("iIII")
_IN_MOVED_FROM, _IN_MOVED_TO, _IN_CREATE, _IN_DELETE = 0x40, 0x80, 0x100, 0x200
_IN_DELETE_SELF, _IN_MOVE_SELF = 0x400, 0x800
_IN_UNMOUNT, _IN_Q_OVERFLOW, _IN_IGNORED = 0x2000, 0x4000, 0x8000
_IN_ONLYDIR, _IN_EXCL_UNLINK = 0x1000000, 0x4000000
_NAMES = _IN_MOVED_FROM | _IN_MOVED_TO | _IN_CREATE | _IN_DELETE
_ENDS = _IN_DELETE_SELF | _IN_MOVE_SELF | _IN_UNMOUNT
_READ_BYTES = 256 * 1024
#: Reads per call, so that one flood cannot keep the event loop: 16 times 256 KiB hold about 100,000 events.
_READS = 16


class Unavailable(OSError):
    """There is no inotify here, or the user's limit of watches or instances is used up."""


class Event(NamedTuple):
    """Something happened: to the entry ``name`` of the watched directory, or to the directory itself (None).

    ``watch`` is -1 and ``overflow`` true where events were lost.
    """

    watch: int
    name: bytes | None
    overflow: bool = False


class Inotify:
    """One inotify instance. Its descriptor is readable when `read` has events."""

    def __init__(self) -> None:
        if not sys.platform.startswith("linux"):
            raise Unavailable(errno.ENOSYS, "inotify is a thing of Linux")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, directory: bytes) -> int:
        """Watch ``directory``; the same number comes back for a directory that is watched already.

        Raises
        ------
        Unavailable
            When no more can be watched (``fs.inotify.max_user_watches``).
        OSError
            When it is no directory that can be read.
        """
        mask = _NAMES | _ENDS | _IN_ONLYDIR | _IN_EXCL_UNLINK
        return self._checked(self._libc.inotify_add_watch(self.descriptor, directory, ctypes.c_uint32(mask)))

    def remove(self, watch: int) -> None:
        """Watch it no more; nothing happens for a watch that the kernel has ended."""
        self._libc.inotify_rm_watch(self.descriptor, watch)

    def read(self) -> Iterator[Event]:
        """The events there are, without waiting."""
        for _ in range(_READS):
            try:
                data = os.read(self.descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            yield from parse(data)

    def close(self) -> None:
        """End all watches."""
        os.close(self.descriptor)

    def _checked(self, result: int) -> int:
        if result >= 0:
            return result
        code = ctypes.get_errno()
        kind = Unavailable if code in (errno.ENOSPC, errno.EMFILE, errno.ENOMEM, errno.ENOSYS) else OSError
        raise kind(code, os.strerror(code))


def parse(data: bytes) -> Iterator[Event]:
    """The events in what was read from an inotify descriptor."""
    at = 0
    while at < len(data):
        watch, mask, _, length = _EVENT.unpack_from(data, at)
        at += _EVENT.size
        name = data[at : at + length].rstrip(b"\0")
        at += length
        if mask & _IN_Q_OVERFLOW:
            yield Event(-1, None, overflow=True)
        elif mask & _NAMES:
            yield Event(watch, name)
        elif mask & (_ENDS | _IN_IGNORED):
            yield Event(watch, None)
