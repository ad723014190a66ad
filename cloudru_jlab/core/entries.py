"""One directory entry as the contents API describes it: the fields of jupyter_server's model without content."""

from __future__ import annotations

import math
import mimetypes
import os
import stat
from datetime import datetime, timezone
from functools import lru_cache
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Entry(NamedTuple):
    """What one `lstat` and one `access` tell of an entry.

    ``created`` and ``last_modified`` are aware datetimes in UTC, ``size`` is in bytes (None for a directory), ``type``
    is ``"directory"``, ``"notebook"`` or ``"file"``. ``signature`` changes whenever a shown field may have changed.
    """

    name: bytes
    type: str
    size: int | None
    created: datetime
    last_modified: datetime
    mimetype: str | None
    writable: bool
    signature: int


def display_name(name: bytes) -> tuple[str, bool]:
    """``name`` as text and whether it is that text exactly; what is not UTF-8 shows as U+FFFD."""
    try:
        return name.decode("utf-8"), True
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace"), False


def _utc(timestamp: float) -> datetime:
    """``timestamp`` in seconds as UTC; the epoch for what no calendar holds (jupyter/notebook#2539)."""
    try:
        return datetime.fromtimestamp(timestamp, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return _EPOCH


def _created(info: os.stat_result) -> float:
    birth = getattr(info, "st_birthtime", None)
    if isinstance(birth, (int, float)) and birth >= 0 and math.isfinite(birth):
        return birth
    return info.st_ctime


def entry_type(name: bytes, *, is_dir: bool) -> str:
    """The contents type of an entry by jupyter_server's rule: the ``.ipynb`` suffix makes a notebook."""
    if is_dir:
        return "directory"
    return "notebook" if name.endswith(b".ipynb") else "file"


def is_listed(info: os.stat_result) -> bool:
    """Whether stock lists this kind of entry: regular files, directories and links; no sockets, pipes or devices."""
    return stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode) or stat.S_ISLNK(info.st_mode)


def read_entry(directory: bytes | int, name: bytes) -> Entry:
    """Describe ``name`` in ``directory`` (an absolute path, or an open descriptor of it). Blocking.

    As stock does, size and times are the link's own for a symbolic link, while its type is the target's; a dangling or
    looping link is a file.

    Raises
    ------
    OSError
        When the entry cannot be stat'ed, for one because it vanished.
    """
    if isinstance(directory, int):
        where, dir_fd = name, directory
    else:
        where, dir_fd = os.path.join(directory, name), None
    info = os.lstat(where, dir_fd=dir_fd)
    is_dir = stat.S_ISDIR(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        try:
            is_dir = stat.S_ISDIR(os.stat(where, dir_fd=dir_fd).st_mode)
        except OSError:
            is_dir = False
    return describe(name, info, is_dir=is_dir, writable=os.access(where, os.W_OK, dir_fd=dir_fd))


def _mimetype(name: str) -> str | None:
    """What `mimetypes` guesses, by the suffixes: the same few in a directory of millions."""
    dot = name.find(".")
    if dot < 0:
        return None
    # a leading dot is no suffix
    return _guessed("x" + name[dot:] if dot > 0 else name)


@lru_cache(maxsize=1024)
def _guessed(name: str) -> str | None:
    # a path and not a name: guess_type takes names such as “data:x” for URLs
    return mimetypes.guess_type("/" + name)[0]


def describe(name: bytes, info: os.stat_result, *, is_dir: bool, writable: bool) -> Entry:
    """The entry ``name`` from its ``lstat``; ``is_dir`` is true of a link to a directory too."""
    kind = entry_type(name, is_dir=is_dir)
    return Entry(
        name=name,
        type=kind,
        size=None if is_dir else info.st_size,
        created=_utc(_created(info)),
        last_modified=_utc(info.st_mtime),
        mimetype=_mimetype(name.decode("utf-8", "replace")) if kind == "file" else None,
        writable=writable,
        signature=hash((info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode, writable, is_dir)),
    )
