"""Why an entry was left, in words a person can act on and without paths of the server."""

from __future__ import annotations

import errno
import os

from .plan import JobFailed, Plan

DENIED = "You have no permission."
TOO_LONG = "The name is too long."
INTO_ITSELF = "A folder cannot be put into itself."
LINKED = "It is or holds a link, and the links of its root may not be followed elsewhere."
_SENTENCES = {
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EROFS: "The file system is read-only.",
    errno.EEXIST: "There is an entry of that name already.",
    errno.ENOTEMPTY: "The folder is not empty.",
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "Your disk quota is used up.",
    errno.ENAMETOOLONG: TOO_LONG,
    errno.EBUSY: "It is in use: something is mounted there.",
    errno.EINVAL: INTO_ITSELF,
    errno.ETIMEDOUT: "The file system does not answer.",
    errno.EMFILE: "The server has too many open files. Try again later.",
    errno.EFBIG: "The file is larger than the file system allows.",
    errno.ELOOP: "It holds a link to a folder that holds it.",
    errno.ENOENT: "It is no longer there.",
}

#: Why an entry is left whose name is taken.
CLASH = "The destination has an entry of that name already."

#: With one of these there is no use in going on with the next entry.
HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOTCONN, errno.ESTALE}


def refuse_hidden(plan: Plan, name: bytes) -> None:
    """Raises `OSError` for an entry that the server does not show."""
    if name.startswith(b".") and not plan.allow_hidden:
        raise OSError(None, "It is hidden, and this server does not allow hidden files.")


def sentence(error: OSError) -> str:
    """What ``error`` means for the entry."""
    code = error.errno
    if code is None:
        return str(error.args[-1])
    return _SENTENCES.get(code) or f"The file system refused it: {os.strerror(code)}."


def hopeless(error: OSError) -> JobFailed:
    """The end of a job that met one of `HOPELESS`."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return JobFailed(sentence(error), reason="no_space" if full else None)
