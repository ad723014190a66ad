"""Deleting entries: files at once, directories whole."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from .checkpoints import Checkpoints
from .places import Folder
from .plan import Beat, JobFailed, Plan
from .words import HOPELESS, hopeless, refuse_hidden, sentence

_OPEN_TREE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Each level holds a descriptor, and a frame of the interpreter.
MAX_DEPTH = 300


def too_deep() -> OSError:
    """The error of a tree that is nested deeper than any sane one."""
    return OSError(None, "Its folders are nested too deeply.")


def remove_tree(directory: int, name: bytes, tick: Callable[[], None], *, own: bool = False, depth: int = 0) -> None:
    """Remove the directory ``name`` in ``directory`` and all in it; links are removed, never followed.

    Stops at the first entry that cannot be removed, and where ``tick`` raises: the rest is then still there. With
    ``own`` the tree is ours, and directories in it that forbid it are opened up first.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    if own:
        os.chmod(name, 0o700, dir_fd=directory)
    fd = os.open(name, _OPEN_TREE, dir_fd=directory)
    try:
        with os.scandir(fd) as entries:
            # Text, because the directory is given by its descriptor.
            inner = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries]
        for child, is_dir in inner:
            tick()
            if is_dir:
                remove_tree(fd, child, tick, own=own, depth=depth + 1)
            else:
                os.unlink(child, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=directory)


def _holds_only(directory: int, name: bytes, allowed: bytes) -> bool:
    fd = os.open(name, _OPEN_TREE, dir_fd=directory)
    try:
        with os.scandir(fd) as entries:
            return all(os.fsencode(entry.name) == allowed for entry in entries)
    finally:
        os.close(fd)


class Remover:
    """Deletes entries of ``place`` for good, or puts them into the trash, by stock's rules."""

    def __init__(self, plan: Plan, place: Folder, checkpoints: Checkpoints, beat: Beat) -> None:
        self._plan, self._place, self._checkpoints, self._beat = plan, place, checkpoints, beat
        self._trash: Callable[[bytes], None] | None = None
        if plan.trash:
            from send2trash import send2trash

            self._trash = send2trash

    def remove(self, names: list[bytes]) -> None:
        """Delete a batch; raises `JobCancelled`, and `JobFailed` where going on is of no use."""
        if self._trash is not None and not self._place.still_there():
            # The trash knows paths alone.
            raise JobFailed("The folder was moved or deleted meanwhile.")
        beat = self._beat
        for name in names:
            try:
                beat.tick()
                refuse_hidden(self._plan, name)
                self._one(name)
            except FileNotFoundError:
                beat.vanished(name)
            except OSError as error:
                beat.failed(name, sentence(error))
                if error.errno in HOPELESS:
                    raise hopeless(error) from None
            else:
                self._checkpoints.delete(name)
                beat.done(gone=name)

    def _one(self, name: bytes) -> None:
        if self._trash is not None and self._to_trash(name, self._trash):
            return
        try:
            os.unlink(name, dir_fd=self._place.fd)
        except (IsADirectoryError, PermissionError):
            # Linux answers EISDIR, other systems EPERM
            if not stat.S_ISDIR(os.lstat(name, dir_fd=self._place.fd).st_mode):
                raise
            self._directory(name)

    def _directory(self, name: bytes) -> None:
        if not self._plan.always_delete_dir and not _holds_only(self._place.fd, name, self._plan.checkpoint_dir):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        remove_tree(self._place.fd, name, self._beat.tick)

    def _to_trash(self, name: bytes, trash: Callable[[bytes], None]) -> bool:
        """False where there is nothing that a trash could give back: a link that leads nowhere."""
        path = os.path.join(self._place.place.path, name)
        if stat.S_ISLNK(os.lstat(name, dir_fd=self._place.fd).st_mode) and not os.path.exists(path):
            return False
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        try:
            trash(path)
        except OSError as error:
            if error.errno in HOPELESS or isinstance(error, FileNotFoundError):
                raise
            # send2trash names paths of the server in its messages.
            raise OSError(None, "It could not be put into the trash.") from error
        return True
