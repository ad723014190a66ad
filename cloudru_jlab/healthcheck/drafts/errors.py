"""What may go wrong with drafts, in words of the domain."""

from __future__ import annotations

import errno

from ...core.errors import Conflict, DomainError, NoSpace

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class OutOfStep(Conflict):
    """The server's draft does not end where the page thinks; ``details`` are `models.OutOfStep`."""

    reason = "draft_out_of_step"

    def __init__(self, last: int) -> None:
        super().__init__("The server holds another state of this draft. Send all of it.", last=last)


class TooLarge(DomainError):
    """The draft would be larger than one may be."""

    status = 413
    reason = "draft_too_large"


class Busy(DomainError):
    """Too much is waiting to be written, or another server holds the draft."""

    status = 503
    reason = "drafts_busy"


class Unavailable(DomainError):
    """Drafts cannot be kept where the server keeps them."""

    status = 503
    reason = "drafts_unavailable"


def failure(error: OSError) -> DomainError:
    """The domain error for what the disk says; it names no path of the server."""
    if error.errno in NO_SPACE:
        return NoSpace("There is no room on the server's disk for unsaved edits. Delete files that you do not need.")
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return Unavailable(f"The server cannot keep unsaved edits: its disk could not be used ({name}).")
