"""How a root is: there or not, on which file system, and how much room there is. Blocking."""

from __future__ import annotations

import errno
import os
import re
import stat

from ...core.ports import RootState

_MOUNTINFO = "/proc/self/mountinfo"
_OCTAL = re.compile(rb"\\([0-7]{3})")
_SILENT = (errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN, errno.ESTALE, errno.EIO)

MISSING = RootState("missing", "The folder of this root does not exist on the server.")
NO_FOLDER = RootState("missing", "What this root is configured to be is no folder.")
NOT_MOUNTED = RootState("not_mounted", "The file system of this root is not mounted.")
DENIED = RootState("permission_denied", "The server may not read the folder of this root.")
SILENT = RootState("not_answering", "The file system of this root does not answer.")


def failed(error: OSError) -> RootState | None:
    """The state of a root that could not be opened because of ``error``; None where that says nothing."""
    if isinstance(error, FileNotFoundError):
        return MISSING
    if isinstance(error, NotADirectoryError):
        return NO_FOLDER
    if isinstance(error, PermissionError):
        return DENIED
    return SILENT if error.errno in _SILENT else None


def look(root: bytes, *, mount_required: bool) -> tuple[RootState, tuple[int, int] | None]:
    """The state, and which directory it was that was seen, as device and inode; None where none was seen."""
    try:
        info = os.stat(root)
        if not stat.S_ISDIR(info.st_mode):
            return NO_FOLDER, None
        point, kind = mounted_on(os.path.realpath(root))
        if mount_required and point != os.path.realpath(root):
            return NOT_MOUNTED, None
        if not os.access(root, os.R_OK | os.X_OK):
            return DENIED, None
        space = os.statvfs(root)
    except OSError as error:
        return failed(error) or RootState("not_answering", os.strerror(error.errno or errno.EIO)), None
    state = RootState(
        "available",
        None,
        kind,
        space.f_bavail * space.f_frsize if space.f_blocks else None,
        space.f_blocks * space.f_frsize or None,
        space.f_favail if space.f_files else None,
        space.f_files or None,
    )
    return state, (info.st_dev, info.st_ino)


def mounted_on(path: bytes, mountinfo: str = _MOUNTINFO) -> tuple[bytes, str | None]:
    """The mount point that holds ``path``, absolute and free of links, and the type of the file system there
    (proc_pid_mountinfo(5)); ``b""`` and None where there is no such table."""
    found: tuple[bytes, str | None] = (b"", None)
    try:
        with open(mountinfo, "rb") as table:
            for line in table:
                before, _, after = line.partition(b" - ")
                fields = before.split(b" ")
                point = _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), fields[4]) if len(fields) > 4 else b""
                # Of several on one point the last is the one that is seen.
                if _below(path, point) and len(point) >= len(found[0]):
                    found = point, os.fsdecode(after.split(b" ")[0])
    except OSError:
        return b"", None
    return found


def _below(path: bytes, point: bytes) -> bool:
    return point == b"/" or path == point or (point != b"" and path.startswith(point + b"/"))
