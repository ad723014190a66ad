"""Disks: room, inodes, and whether they still take a write."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from ...core.ports import Reading
from ..models import Disk
from . import wording
from .lane import Lane, Stuck

#: A named file changes its directory, which others watch: where nothing else works it is made this seldom, in seconds.
_NAMED_SECONDS = 60.0
_FULL = {errno.ENOSPC, errno.EDQUOT}
#: What the operator's own permissions forbid is no failure.
_NOT_OURS = {errno.EACCES, errno.EPERM}
_UNNAMED_IMPOSSIBLE = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}


class Watched(NamedTuple):
    """A root on this machine. ``name`` tells it from the others, ``title`` is what users call it."""

    name: str
    title: str
    folder: bytes
    writable: bool


class _Seen(NamedTuple):
    free: int
    total: int
    free_inodes: int | None
    total_inodes: int | None
    failure: OSError | None


class Disks:
    """The probe of all roots' disks: each in its own lane, so that one that hangs keeps no other.

    Parameters
    ----------
    roots:
        The roots of now.
    """

    name = "disks"

    def __init__(self, roots: Callable[[], Iterable[Watched]], interval_seconds: float, timeout_seconds: float) -> None:
        self.interval_seconds = interval_seconds
        self.timeout_seconds = timeout_seconds + 1.0
        self._patience = timeout_seconds
        self._roots = roots
        self._lanes: dict[tuple[str, bytes], Lane] = {}
        self._tests: dict[tuple[str, bytes], WriteTest] = {}
        self.disks: list[Disk] = []

    async def read(self) -> list[Reading]:
        """See `core.ports.HealthProbe`."""
        roots = list(self._roots())
        keys = {(root.name, root.folder) for root in roots}
        # a lane that hangs is kept: a root that comes and goes must not begin another each time
        self._lanes = {key: lane for key, lane in self._lanes.items() if key in keys or lane.busy}
        self._tests = {key: test for key, test in self._tests.items() if key in keys}
        looks = await asyncio.gather(*(self._look(root) for root in roots))
        self.disks = [disk for disk, _ in looks]
        return [reading for _, reading in looks]

    async def _look(self, root: Watched) -> tuple[Disk, Reading]:
        key = (root.name, root.folder)
        lane = self._lanes.setdefault(key, Lane(f"disk {root.name}"))
        test = self._tests.setdefault(key, WriteTest()) if root.writable else None
        unknown = Disk(root.name, root.title, None, None, None, None)
        try:
            seen = await lane.run(lambda: look(root.folder, test), self._patience)
        except Stuck:
            return unknown, wording.disk_silent(root.name, root.title)
        except OSError as error:
            return unknown, wording.disk_missing(root.name, root.title, error)
        disk = Disk(root.name, root.title, seen.free, seen.total, seen.free_inodes, seen.total_inodes)
        return disk, _judge(disk, seen.failure)


def look(folder: bytes, test: WriteTest | None) -> _Seen:
    """How the disk below ``folder`` is; raises `OSError`. Blocks."""
    state = os.statvfs(folder)
    total_inodes = state.f_files or None
    # what the kernel gives to root alone is not there for users
    free_inodes = state.f_favail if total_inodes else None
    failure = None
    if test is not None:
        try:
            test.run(folder)
        except OSError as error:
            failure = error
    return _Seen(state.f_bavail * state.f_frsize, state.f_blocks * state.f_frsize, free_inodes, total_inodes, failure)


class WriteTest:
    """Writes a little, and leaves nothing: a file without a name where the file system can, else a hidden one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._named = False
        self._next_named = 0.0
        self._last: OSError | None = None

    def run(self, folder: bytes) -> None:
        """Raises `OSError` where nothing can be written. Blocks."""
        if not self._named and hasattr(os, "O_TMPFILE"):
            try:
                handle = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            except OSError as error:
                if error.errno in _NOT_OURS:
                    return
                if error.errno not in _UNNAMED_IMPOSSIBLE:
                    raise
            else:
                _fill(handle)
                return
        self._named = True
        now = self._clock()
        if now >= self._next_named:
            self._next_named = now + _NAMED_SECONDS
            self._last = self._named_file(folder)
        if self._last is not None:
            raise self._last

    @staticmethod
    def _named_file(folder: bytes) -> OSError | None:
        path = os.path.join(folder, b".cloudru-health-" + secrets.token_hex(8).encode())
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            return None if error.errno in _NOT_OURS else error
        try:
            _fill(handle)
        except OSError as error:
            return error
        finally:
            with suppress(OSError):
                os.unlink(path)
        return None


def _fill(handle: int) -> None:
    try:
        os.write(handle, b"\0" * 4096)
    finally:
        # file systems of a network tell of a full disk here
        os.close(handle)


def _judge(disk: Disk, failure: OSError | None) -> Reading:
    assert disk.free is not None and disk.total is not None  # noqa: S101, PT018 - it was looked at
    if failure is not None:
        if failure.errno in _FULL:
            if disk.free_inodes is not None and disk.free_inodes < 1 and disk.free > 0:
                return wording.disk_no_inodes(disk, "fail")
            return wording.disk_full(disk)
        return wording.disk_refuses(disk, failure)
    if disk.total and disk.free < min(disk.total // 100, 100 << 20):
        return wording.disk_low(disk, "fail")
    if disk.total_inodes and disk.free_inodes is not None and disk.free_inodes < max(disk.total_inodes // 100, 1):
        return wording.disk_no_inodes(disk, "fail" if disk.free_inodes < 1 else "warn")
    if disk.total and disk.free < min(disk.total // 10, 2 << 30):
        return wording.disk_low(disk, "warn")
    return wording.disk_well(disk)
