"""Where copies are made before they get their names: a hidden directory in the target.

``<target>/.cloudru-jlab-partial/<job>/`` holds what a job is copying, and ``<job>.lock`` beside it is locked (flock(2))
as long as the job lives. What a dead server left is found by its lock, which nobody holds, and removed by the next job
in the same target. Jobs that ask a root for each entry cannot lock: what they left is removed when it is old.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from types import TracebackType

from .places import OPEN_PATH, Folder, identity
from .removing import remove_tree

PARTIAL = b".cloudru-jlab-partial"
_LOCK = b".lock"
#: Where there are no locks, what is older than this is stale, in seconds.
_STALE_SECONDS = 7 * 86_400
_ATTEMPTS, _PAUSE_SECONDS = 100, 0.005


class PartialArea:
    """A job's own directory in ``target``; gone with all in it when the context ends."""

    def __init__(self, target: Folder, job: str) -> None:
        self._target, self._job = target, os.fsencode(job)
        self._parent = self._lock = self.fd = -1
        self._count = 0

    def __enter__(self) -> PartialArea:
        try:
            self._make()
            self._clean_stale()
        except BaseException:
            self._close()
            raise
        return self

    def _make(self) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._begin()
                return
            except (FileNotFoundError, FileExistsError, BlockingIOError):
                # Another job has just removed what it took for a dead one's, or is about to.
                self._close()
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _begin(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(PARTIAL, 0o700, dir_fd=self._target.fd)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._parent = os.open(PARTIAL, flags, dir_fd=self._target.fd)
        name = self._job + _LOCK
        self._lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self._parent)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A job that cleans up has it: it was not held for a moment.
            raise
        except OSError:
            # a file system without locks
            pass
        # The lock is ours only if it still has its name: then nobody takes it for a dead job's any more.
        os.stat(name, dir_fd=self._parent)
        os.mkdir(self._job, 0o700, dir_fd=self._parent)
        self.fd = os.open(self._job, OPEN_PATH, dir_fd=self._parent)

    def new_name(self) -> bytes:
        """A name that is free in this directory."""
        self._count += 1
        return b"%d" % self._count

    def drop(self, name: bytes) -> None:
        """Remove ``name``, whatever it is; nothing if it is not there."""
        with contextlib.suppress(FileNotFoundError):
            try:
                os.unlink(name, dir_fd=self.fd)
            except (IsADirectoryError, PermissionError):
                remove_tree(self.fd, name, lambda: None, own=True)

    def _clean_stale(self) -> None:
        for name in os.listdir(self._parent):
            raw = os.fsencode(name)
            if raw.endswith(_LOCK) and raw != self._job + _LOCK:
                with contextlib.suppress(OSError):
                    self._clean(raw)

            elif not raw.endswith(_LOCK):
                with contextlib.suppress(OSError):
                    self._clean_unlocked(raw)

    def _clean_unlocked(self, name: bytes) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.lstat(name + _LOCK, dir_fd=self._parent)
            return
        if time.time() - os.lstat(name, dir_fd=self._parent).st_mtime >= _STALE_SECONDS:
            remove_tree(self._parent, name, lambda: None, own=True)

    def _clean(self, lock: bytes) -> None:
        fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self._parent)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            except OSError:
                if time.time() - os.fstat(fd).st_mtime < _STALE_SECONDS:
                    return
            if identity(os.stat(lock, dir_fd=self._parent)) != identity(os.fstat(fd)):
                # Another was faster, and the name is a living job's again.
                return
            with contextlib.suppress(FileNotFoundError):
                remove_tree(self._parent, lock[: -len(_LOCK)], lambda: None, own=True)
            os.unlink(lock, dir_fd=self._parent)
        finally:
            os.close(fd)

    def _close(self) -> None:
        for fd in (self.fd, self._lock, self._parent):
            if fd >= 0:
                os.close(fd)
        self.fd = self._lock = self._parent = -1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            remove_tree(self._parent, self._job, lambda: None, own=True)
        with contextlib.suppress(OSError):
            os.unlink(self._job + _LOCK, dir_fd=self._parent)
        self._close()
        # Another job may still be there: then it is not empty.
        with contextlib.suppress(OSError):
            os.rmdir(PARTIAL, dir_fd=self._target.fd)
