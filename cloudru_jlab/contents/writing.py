"""Writing files as jupyter_server does, but so that a failure leaves what was there, and nothing else.

jupyter_server copies the old content aside, writes over the file, and removes the copy. Where the disk is full, it
leaves half a copy or an empty new file behind; and where only the last buffer does not fit, the file itself is cut off.
"""

# jupyter_server's file functions are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging import Logger
from typing import Any

from jupyter_server.services.contents.fileio import copy2_safe, path_to_intermediate
from tornado.web import HTTPError

from ..core.errors import NoSpace

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def written(path: str, text: bool = True, *, atomic: bool, log: Logger, **options: Any) -> Iterator[Any]:
    """A file to write the new content of ``path`` to; ``options`` are those of `open`.

    As with jupyter_server's `atomic_writing` the file stays the same one, with its owner and its other names. Where
    ``atomic`` is False, or the directory cannot be written to, the old content is kept in memory meanwhile.

    Raises
    ------
    OSError
        As the system gives it. The file is then as it was, or not there if it was not.
    """
    if os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    if text:
        options = {"encoding": "utf-8", "newline": "\n", **options}
    there = os.path.isfile(path)
    beside = atomic and (not there or os.access(os.path.dirname(path) or ".", os.W_OK) or not os.access(path, os.W_OK))
    aside, old = path_to_intermediate(path), b""
    if there and beside:
        try:
            copy2_safe(path, aside, log=log)
        except BaseException:
            # What another save left there is older than the file.
            with suppress(OSError):
                os.unlink(aside)
            raise
    elif there:
        with open(path, "rb") as file:
            old, before = file.read(), os.fstat(file.fileno())
    opened = False
    try:
        with open(path, "w" if text else "wb", **options) as file:
            opened = True
            yield file
            file.flush()
            if beside:
                os.fsync(file.fileno())
    except BaseException:
        if there and beside:
            if not (_is_shared(path) and _pour_back(aside, path)):
                os.replace(aside, path)
        elif there and opened:
            _put_back(path, old, log)
            with suppress(OSError):
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif opened:
            with suppress(OSError):
                os.unlink(path)
        raise
    # Whatever is there: of an earlier save that was cut off, too.
    if atomic and os.path.isfile(aside):
        os.remove(aside)


def _is_shared(path: str) -> bool:
    """Whether the file has other names, or another owner: another file in its place would not be the same."""
    with suppress(OSError):
        info = os.stat(path)
        return info.st_nlink > 1 or info.st_uid != os.geteuid()
    return False


def _pour_back(aside: str, path: str) -> bool:
    """The old content into the file itself, from the copy, which then goes; whether that could be done."""
    try:
        shutil.copyfile(aside, path)
    except OSError:
        return False
    with suppress(OSError):
        shutil.copystat(aside, path)
    with suppress(OSError):
        os.unlink(aside)
    return True


def _put_back(path: str, old: bytes, log: Logger) -> None:
    """Into the room that it had: it was given free by writing over it."""
    try:
        with open(path, "wb", buffering=0) as file:
            view = memoryview(old)
            while view:
                view = view[file.write(view) or 0 :]
    except OSError:
        log.exception("The old content of a file could not be put back")


def is_full(error: BaseException | None) -> bool:
    """Whether the disk, or the user's part of it, is full."""
    return isinstance(error, OSError) and error.errno in _NO_SPACE


def no_space(os_path: str, path: str) -> HTTPError:
    """What a save that finds no room for ``path`` answers: JupyterLab shows the sentence as it is."""
    why = "the disk is full"
    with suppress(OSError):
        space = os.statvfs(os.path.dirname(os_path))
        if space.f_files and not space.f_favail:
            why = "the disk cannot hold more files (it has no inodes left)"
    sentence = (
        f"{path or '/'} could not be saved: {why}. What was saved before is unchanged. "
        "Delete files that you do not need, then save again."
    )
    return HTTPError(NoSpace.status, sentence, reason=NoSpace.reason)


@contextmanager
def room_for(os_path: str, path: str) -> Iterator[None]:
    """Tell a full disk as `no_space` does."""
    try:
        yield
    except HTTPError as error:
        # jupyter_server makes an error 500 of what it does not know.
        if error.status_code == 500 and is_full(error.__cause__):
            raise no_space(os_path, path) from error.__cause__
        raise
    except OSError as error:
        if is_full(error):
            raise no_space(os_path, path) from error
        raise
