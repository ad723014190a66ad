"""Control groups of Linux, versions 1 and 2: what this process may use, and what it uses.

Limits nest: what holds is the least of all groups above, and of the machine. In a container the groups above its own
may be out of sight; version 1 tells their limit nevertheless (`hierarchical_memory_limit`).
See the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

#: Version 1 writes "no limit" as the greatest number of whole pages, 9223372036854771712 with pages of 4 KiB.
_UNLIMITED = 1 << 60
#: From this share of the limit on, each look tells the cache of files from the rest.
_CLOSE = 0.5
_RELAXED_SECONDS = 2.0
_BUFFER = 16 * 1024


class MemoryUse(NamedTuple):
    """Memory in bytes. ``used`` is without the cache of files, which is given up before anything is killed.
    ``container`` tells that a group limits it, and not the machine alone. ``peak`` is the highest use since the group
    (else this process) began, the cache of files included. ``oom_kills`` counts processes killed for memory; 0 where
    that is not told."""

    used: int
    limit: int
    container: bool
    peak: int
    oom_kills: int


class Group(NamedTuple):
    """Where a controller's files are: this process' group first, then the groups above that can be seen."""

    version: int
    folders: tuple[Path, ...]


def find_group(controller: str, proc: Path = Path("/proc/self"), root: Path = Path("/")) -> Group | None:
    """The group of this process for ``controller`` (`memory`, `cpu`), None where there is none. ``root`` is what mount
    points are below."""
    try:
        memberships = [line.split(":", 2) for line in (proc / "cgroup").read_text().splitlines()]
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
    except OSError:
        return None
    for version, path in (
        *((1, path) for _, names, path in memberships if controller in names.split(",")),
        *((2, path) for number, names, path in memberships if number == "0" and not names),
    ):
        for fields in mounts:
            separator = fields.index("-")
            kind, options = fields[separator + 1], fields[separator + 3].split(",")
            if kind != ("cgroup" if version == 1 else "cgroup2") or (version == 1 and controller not in options):
                continue
            top = root / _plain(fields[4]).lstrip("/")
            folders = _folders(top, _plain(fields[3]), path)
            if version == 1 or _controls(folders[0], controller):
                return Group(version, folders)
    return None


def _plain(field: str) -> str:
    """A field of mountinfo, in which blanks are written as numbers."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _folders(top: Path, mounted: str, path: str) -> tuple[Path, ...]:
    """From the group to the top of what is mounted. A path outside it, as in a container that shares the host's names
    of groups, is the top itself."""
    inside = path[len(mounted.rstrip("/")) :] if (path + "/").startswith(mounted.rstrip("/") + "/") else ""
    folder = top / inside.strip("/")
    if ".." in inside.split("/") or not folder.is_dir():
        folder = top
    folders = [folder]
    while folder != top:
        folder = folder.parent
        folders.append(folder)
    return tuple(folders)


def _controls(folder: Path, controller: str) -> bool:
    try:
        return controller in (folder / "cgroup.controllers").read_text().split()
    except OSError:
        return False


class _File:
    """A small file of the kernel that is kept open and read again and again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def read(self) -> bytes:
        """What it says now; empty where it is not there. A group that was made anew is found again."""
        for _ in range(2):
            try:
                if self._handle < 0:
                    self._handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
                return os.pread(self._handle, _BUFFER, 0)
            except OSError:
                self.close()
        return b""

    def number(self) -> int | None:
        """What it says as a number; None for `max` and for what is not there."""
        text = self.read().strip()
        return int(text) if text.isdigit() else None

    def field(self, name: bytes) -> int | None:
        """The number after ``name`` at the start of a line."""
        text = b"\n" + self.read()
        start = text.find(b"\n" + name + b" ")
        if start < 0:
            return None
        value = text[start + len(name) + 2 :].split(b"\n", 1)[0].strip()
        return int(value) if value.isdigit() else None

    def close(self) -> None:
        if self._handle >= 0:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = -1


_NAMES = {
    1: ("memory.usage_in_bytes", "memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"),
    2: ("memory.current", "memory.max", "memory.peak", "memory.events"),
}
_CACHE = {1: (b"total_inactive_file", b"total_active_file"), 2: (b"inactive_file", b"active_file")}


class MemoryGroup:
    """Reads the memory that this process may use, and uses together with its kernels. Cheap: some 50 µs.

    Parameters
    ----------
    proc, root:
        Where this process is described, and what mount points are below; other places in tests.
    clock:
        Seconds, monotonic.
    """

    def __init__(
        self,
        proc: Path = Path("/proc/self"),
        root: Path = Path("/"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = _File(proc.parent / "meminfo")
        self._clock = clock
        self._highest = 0
        self._looked = float("-inf")
        self._cache = 0
        self.group = find_group("memory", proc, root)
        folder = self.group.folders[0] if self.group is not None else None
        version = self.group.version if self.group is not None else 2
        _, self._limit_name, peak, kills = _NAMES[version]
        self._cached = _CACHE[version]
        self._peak = _File((folder or proc) / peak)
        self._kills = _File((folder or proc) / kills)
        self._stat_of_own = _File((folder or proc) / "memory.stat")
        self._limits = [_File(each / self._limit_name) for each in self.group.folders] if self.group else []
        self._bind(0)
        self._limit, self._container = self._read_limit()

    def usage(self) -> MemoryUse:
        """What is so now."""
        now = self._clock()
        relaxed = now - self._looked >= _RELAXED_SECONDS
        if relaxed:
            self._looked = now
            self._limit, self._container = self._read_limit()
        current = self._usage.number() if self._container else None
        if current is None:
            used = current = self._machine_use()
        else:
            if relaxed or current - self._cache > _CLOSE * self._limit:
                self._cache = sum(self._stat.field(name) or 0 for name in self._cached)
            used = max(current - self._cache, 0)
        self._highest = max(self._highest, current)
        peak = self._peak.number() if self._container else None
        return MemoryUse(
            min(used, self._limit), self._limit, self._container, max(peak or 0, self._highest), self.oom_kills()
        )

    def oom_kills(self) -> int:
        """How many processes of the group were killed for memory, since it began."""
        return self._kills.field(b"oom_kill") or 0

    def close(self) -> None:
        """Close the files."""
        for file in (self._machine, self._peak, self._kills, self._stat_of_own, self._usage, self._stat, *self._limits):
            file.close()

    def _bind(self, level: int) -> None:
        """Look at the use of the group whose limit holds: others may live in it beside us."""
        self._level = level
        folder = self.group.folders[level] if self.group is not None else Path("/nonexistent")
        for file in (getattr(self, "_usage", None), getattr(self, "_stat", None)):
            if file is not None:
                file.close()
        self._usage = _File(folder / _NAMES[self.group.version if self.group is not None else 2][0])
        self._stat = _File(folder / "memory.stat")

    def _read_limit(self) -> tuple[int, bool]:
        """The least limit, and whether a group sets it."""
        machine = self._of_machine(b"MemTotal:") or _UNLIMITED
        least, level = _UNLIMITED, 0
        for number, file in enumerate(self._limits):
            limit = file.number()
            # of two equal ones the upper: it is full first
            if limit is not None and limit <= least and limit < _UNLIMITED:
                least, level = limit, number
        if self.group is not None and self.group.version == 1:
            above = self._stat_of_own.field(b"hierarchical_memory_limit")
            if above is not None and above < least:
                least, level = above, len(self._limits) - 1
        if least >= machine:
            return machine, False
        if level != self._level:
            self._bind(level)
        return least, True

    def _machine_use(self) -> int:
        total = self._of_machine(b"MemTotal:")
        available = self._of_machine(b"MemAvailable:")
        return total - available if total is not None and available is not None else 0

    def _of_machine(self, name: bytes) -> int | None:
        for line in self._machine.read().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
        return None
