"""Domain errors: each one is a status, a machine-readable reason and a sentence a person can act on.

Services raise these and know nothing of the web layer; `core.handlers.ApiHandler` turns them into the one JSON error
envelope. A message names things by their API path: an absolute path of the server must never travel.
"""

from __future__ import annotations

import errno
from typing import Any, ClassVar

from .beneath import NOT_MOUNTED


class DomainError(Exception):
    """Base of all errors that reach the client as themselves.

    Attributes
    ----------
    status:
        HTTP status.
    reason:
        Short code that programs test for.
    details:
        What a client needs to recover, JSON-serialisable.
    """

    status: ClassVar[int] = 400
    reason: ClassVar[str] = "bad_request"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadParameter(DomainError):
    """A parameter is missing, malformed or out of range."""

    status = 400
    reason = "bad_parameter"


class NotADirectory(DomainError):
    """The path names something that is not a directory."""

    status = 400
    reason = "not_a_directory"


class PermissionDenied(DomainError):
    """The server's user may not do this to this path."""

    status = 403
    reason = "permission_denied"


class ReadOnlyRoot(PermissionDenied):
    """The operator made this root read-only."""

    reason = "read_only_root"


class NotFound(DomainError):
    """Nothing there, or hidden, or outside the root: the three are told apart by nobody outside."""

    status = 404
    reason = "not_found"


class Conflict(DomainError):
    """The state of the thing forbids what was asked."""

    status = 409
    reason = "conflict"


class StaleGeneration(Conflict):
    """The generation asked for is no longer the current one."""

    reason = "stale_generation"


class CountChanged(Conflict):
    """The number of selected entries is not what the user confirmed."""

    reason = "count_changed"


class Vanished(DomainError):
    """The directory went away while it was read."""

    status = 410
    reason = "vanished"


class FileSystemError(DomainError):
    """The file system answered with an error that no other class describes."""

    status = 500
    reason = "file_system_error"


class NotAnswering(DomainError):
    """The file system did not answer in time."""

    status = 504
    reason = "not_answering"


class RootUnavailable(DomainError):
    """The root is not there, or did not answer lately: nothing is tried until it is seen again."""

    status = 503
    reason = "root_unavailable"


class NoSpace(DomainError):
    """There is not enough room for what is to be written."""

    status = 507
    reason = "no_space"


_GONE = {errno.ENOENT, errno.ESTALE}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SILENT = {errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN, errno.EHOSTUNREACH}


def from_os_error(error: OSError, api_path: str) -> DomainError:
    """The domain error for an `OSError` about the entry at ``api_path``; the server's own path is left out."""
    shown = api_path or "/"
    code = error.errno
    if code in _GONE:
        return NotFound(f"{shown} does not exist. It may have been moved or deleted; refresh its folder.")
    if code == errno.ENOTDIR:
        return NotADirectory(f"{shown} is not a folder.")
    if code in _DENIED:
        return PermissionDenied(f"You have no permission for {shown}. Ask its owner for access.")
    if code == NOT_MOUNTED:
        return RootUnavailable(f"The file system of {shown} is not mounted.")
    if code in _SILENT:
        return NotAnswering(f"The file system of {shown} does not answer. Try again in a moment.")
    if code == errno.ENAMETOOLONG:
        return NotFound(f"{shown[:80]}… is longer than a file name can be.")
    name = errno.errorcode.get(code, "unknown error") if code is not None else "unknown error"
    return FileSystemError(f"The file system could not handle {shown} ({name}).")
