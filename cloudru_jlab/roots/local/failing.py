"""What went wrong, in words of the domain."""

from __future__ import annotations

import errno

from ...core.errors import Conflict, DomainError, NoSpace, NotFound, from_os_error

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def failure(error: OSError, path: str) -> DomainError:
    """The domain error for an `OSError` about the entry at ``path``, an API path."""
    shown = path or "/"
    code = error.errno
    if code == errno.EEXIST:
        return Conflict(f"There is already an entry called {shown}. Choose another name.")
    if code == errno.ENOTEMPTY:
        return Conflict(f"{shown} is a folder that is not empty.")
    if code == errno.EISDIR:
        return Conflict(f"{shown} is a folder, not a file.")
    if code in _NO_SPACE:
        why = "There is not enough room on the disk for"
        return NoSpace(f"{why} {shown}. Delete files that you do not need, and try again.")
    if code == errno.EXDEV:
        return Conflict(f"{shown} lies on another file system. Copy it, and delete the old one.", cross_device=True)
    if code == errno.EBUSY:
        return Conflict(f"{shown} is a root, or holds a mounted file system: it stays where it is.")
    if code == errno.EINVAL:
        return Conflict(f"{shown} cannot be moved into itself.")
    if code == errno.ELOOP:
        return NotFound(f"{shown} is a link that leads nowhere.")
    return from_os_error(error, path)
