"""On which file system a path lies, found without touching a file system that may hang.

The kernel's mount table (`/proc/self/mountinfo`, see proc_pid_mountinfo(5)) says where file systems begin; asking the
path itself (`stat`, `statfs`) would block for ever where a server is gone.
"""

from __future__ import annotations

import os
import re
import select
import stat
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

_MOUNTINFO = "/proc/self/mountinfo"
_OCTAL = re.compile(rb"\\([0-7]{3})")
#: As many symbolic links as the kernel follows in one path (path_resolution(7)).
_LINK_LIMIT = 40


class Mount(NamedTuple):
    """One mounted file system; ``ident`` is unique while it is mounted."""

    ident: int
    parent: int
    point: bytes
    kind: str


def _unescape(field: bytes) -> bytes:
    return _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field)


def parse_mountinfo(text: bytes) -> list[Mount]:
    """The mounts in the text of a mountinfo file; lines that are not understood are left out."""
    mounts = []
    for line in text.splitlines():
        before, _, after = line.partition(b" - ")
        fields, tail = before.split(b" "), after.split(b" ")
        if len(fields) < 6 or not tail[0]:
            continue
        mounts.append(Mount(int(fields[0]), int(fields[1]), _unescape(fields[4]), os.fsdecode(tail[0])))
    return mounts


def _below(path: bytes, point: bytes) -> bool:
    return point == b"/" or path == point or path.startswith(point + b"/")


class MountTable:
    """The mount table, read again when the kernel says that it changed.

    Parameters
    ----------
    remote, local:
        Patterns (`fnmatch`) of file system types. A mount is remote when its type matches one of ``remote`` and none
        of ``local``.
    source:
        The mountinfo file; where there is none (not Linux), everything is local.
    """

    def __init__(self, remote: Iterable[str], local: Iterable[str] = (), *, source: str = _MOUNTINFO) -> None:
        self._remote = tuple(remote)
        self._local = tuple(local)
        self._children: dict[int, list[Mount]] = {}
        self._root: Mount | None = None
        self._any_remote = False
        self.mounts: dict[int, Mount] = {}
        self._poll: select.poll | None = None
        self._fd = -1
        try:
            self._fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        # A mountinfo file that changed since it was last polled polls with POLLERR (proc_pid_mountinfo(5)).
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLERR | select.POLLPRI)
        self._read()

    def close(self) -> None:
        """Close the table; every path is local from then on."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._poll, self._root, self._any_remote = -1, None, None, False

    def _read(self) -> None:
        text = b""
        os.lseek(self._fd, 0, os.SEEK_SET)
        while part := os.read(self._fd, 1 << 16):
            text += part
        self.mounts = {mount.ident: mount for mount in parse_mountinfo(text)}
        self._children, self._root = {}, None
        for mount in self.mounts.values():
            if mount.parent in self.mounts and mount.parent != mount.ident:
                self._children.setdefault(mount.parent, []).append(mount)
            elif mount.point == b"/":
                self._root = mount
        self._any_remote = any(self.is_remote(mount) for mount in self.mounts.values())

    def _refresh(self) -> None:
        if self._poll is not None and self._poll.poll(0):
            self._read()

    def is_remote(self, mount: Mount) -> bool:
        """Whether the type of ``mount`` is one that may hang."""
        return any(fnmatchcase(mount.kind, pattern) for pattern in self._remote) and not any(
            fnmatchcase(mount.kind, pattern) for pattern in self._local
        )

    def find(self, path: bytes) -> Mount | None:
        """The mount that holds ``path``, absolute and free of symbolic links."""
        self._refresh()
        return self._find(path)

    def _find(self, path: bytes) -> Mount | None:
        # Down the tree, not by the longest prefix alone: a mount over a directory hides the mounts below it.
        mount = self._root
        while mount is not None:
            inner = [
                child
                for child in self._children.get(mount.ident, ())
                if _below(path, child.point) and _below(child.point, mount.point)
            ]
            if not inner:
                break
            mount = min(inner, key=lambda child: len(child.point))
        return mount

    def remote_mount(self, path: bytes) -> Mount | None:
        """The first remote mount on the way to ``path`` (absolute), links followed; None where the way is local.

        Touches the disk only as far as the way is local, to read symbolic links.
        """
        self._refresh()
        if not self._any_remote:
            return None
        links = 0
        resolved = b""
        parts = [part for part in reversed(path.split(b"/")) if part and part != b"."]
        while True:
            mount = self._find(resolved or b"/")
            if mount is not None and self.is_remote(mount):
                return mount
            if not parts:
                return None
            part = parts.pop()
            if part == b"..":
                resolved = resolved.rpartition(b"/")[0]
                continue
            candidate = resolved + b"/" + part
            mount = self._find(candidate)
            if mount is not None and self.is_remote(mount):
                return mount
            try:
                target = os.readlink(candidate) if stat.S_ISLNK(os.lstat(candidate).st_mode) else None
            except OSError:
                # Missing or not to be read: the way ends here, on a local file system.
                return None
            if target is None:
                resolved = candidate
                continue
            links += 1
            if links > _LINK_LIMIT:
                return None
            if target.startswith(b"/"):
                resolved = b""
            parts += [part for part in reversed(target.split(b"/")) if part and part != b"."]
