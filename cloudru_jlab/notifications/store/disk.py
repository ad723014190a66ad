"""The file of the database: one for each live server, set aside when it is damaged."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timezone
from logging import Logger
from pathlib import Path
from typing import NamedTuple

from . import moving
from .database import Damaged, Database, in_memory, on_disk, read_only

_NAME = "notifications"
#: So many servers may share one folder at the same time.
_MOST_SERVERS = 64
#: So many damaged files are kept.
_MOST_ASIDE = 3
_MAGIC = b"SQLite format 3\0"
_HEADER = 100


class Opened(NamedTuple):
    """A database on disk, and whether it has just been made."""

    database: Database
    fresh: bool


class Disk:
    """The server's own file in ``folder``.

    The first live server of a folder takes `notifications.sqlite3`, the second `notifications-2.sqlite3`, and so on: a
    lock beside the file, which ends with the process, says that it is taken.

    Parameters
    ----------
    damaged:
        Called with the name under which a damaged file is kept.
    """

    def __init__(
        self, folder: Path, *, clock: Callable[[], float], cap: int, log: Logger, damaged: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._cap = cap
        self._log = log
        self._damaged = damaged
        self._lock: int | None = None
        self._path: Path | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def path(self) -> Path | None:
        """The server's file, once it has one."""
        return self._path

    def open(self) -> Opened:
        """Open the database, a new one where there is none or what is there is damaged.

        Raises
        ------
        OSError, sqlite3.Error
            Where the folder or the file cannot be written to.
        """
        path = self._take_place()
        self._set_aside_what_is_none(path)
        try:
            return self._open(path)
        except Damaged as error:
            self.set_aside(str(error))
            return self._open(path)

    def _open(self, path: Path) -> Opened:
        # made here, so that nobody else may read it; closed before SQLite locks it, as closing frees such locks
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(handle, 0o600)
            header = os.pread(handle, _HEADER, 0)
            status = os.fstat(handle)
        finally:
            os.close(handle)
        if header:
            _check_header(header)
        database = on_disk(path, clock=self._clock, cap=self._cap)
        self._identity = (status.st_dev, status.st_ino)
        return Opened(database, not header)

    def is_there(self) -> bool:
        """Whether the file is still the one that was opened, and not empty."""
        if self._path is None:
            return False
        try:
            status = os.stat(self._path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity and status.st_size > 0

    def copy(self) -> Database | None:
        """What is on disk, in memory; None where it cannot be read."""
        path = self._path or self._folder / f"{_NAME}.sqlite3"
        database = in_memory(clock=self._clock, cap=self._cap)
        try:
            with closing(read_only(path)) as source:
                moving.overwrite(database, source)
        except (sqlite3.Error, Damaged, OSError, ValueError):
            database.close()
            return None
        return database

    def set_aside(self, why: str) -> None:
        """Keep what is there under another name; raises `OSError`."""
        assert self._path is not None  # noqa: S101 - only what was opened is set aside
        stamp = datetime.fromtimestamp(self._clock(), timezone.utc).strftime("%Y%m%dT%H%M%S")
        aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
        number = 1
        while os.path.lexists(aside):
            number += 1
            aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}-{number}")
        os.rename(self._path, aside)
        # another database must not be rolled back with this one's journal
        with suppress(FileNotFoundError):
            os.rename(f"{self._path}-journal", f"{aside}-journal")
        self._log.warning(
            "The notifications in %s are damaged (%s): they are kept as %s, and begun anew.",
            self._path,
            why,
            aside.name,
        )
        self._forget_oldest()
        self._damaged(aside.name)

    def release(self) -> None:
        """Let another server have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_place(self) -> Path:
        if self._path is not None and self._lock is not None and os.path.exists(_lock_of(self._path)):
            return self._path
        self.release()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, _MOST_SERVERS + 1):
            path = self._folder / (f"{_NAME}.sqlite3" if number == 1 else f"{_NAME}-{number}.sqlite3")
            if (lock := _locked(_lock_of(path))) is not None:
                self._lock, self._path = lock, path
                if number > 1:
                    self._log.warning(
                        "Another server keeps its notifications in the same folder: this one keeps its own in %s.", path
                    )
                return path
        raise OSError(errno.EAGAIN, f"More than {_MOST_SERVERS} servers keep their notifications in one folder")

    def _set_aside_what_is_none(self, path: Path) -> None:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode):
            self.set_aside("it is no file")
        elif status.st_size == 0 and self._identity is not None:
            self.set_aside("it is empty")

    def _forget_oldest(self) -> None:
        assert self._path is not None  # noqa: S101 - as above
        aside = sorted(self._folder.glob(f"{self._path.name}.damaged-*"))
        for old in [each for each in aside if not each.name.endswith("-journal")][:-_MOST_ASIDE]:
            for file in (old, old.with_name(f"{old.name}-journal")):
                # a directory that somebody put there stays
                with suppress(OSError):
                    file.unlink()


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _locked(path: Path) -> int | None:
    """The open lock file, None where another process has it; raises `OSError` where it cannot be made."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        raise
    return handle


def _check_header(header: bytes) -> None:
    """See https://sqlite.org/fileformat.html: SQLite itself takes some damage here for a file that is read-only."""
    whole = len(header) == _HEADER and header.startswith(_MAGIC) and header[21:24] == bytes((64, 32, 32))
    if not (whole and header[18] in (1, 2) and header[19] in (1, 2)):
        raise Damaged("it is no database")
