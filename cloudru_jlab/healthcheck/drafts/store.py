"""Drafts on disk, one file each: `<folder>/<key of the user>/<id>.jsonl`, 0600 in folders that are 0700.

All of it blocks: it is called on threads. One call at a time for a draft is made by this process; that another server
of the same home does nothing to the file meanwhile, a lock on it sees to.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from logging import Logger
from pathlib import Path
from typing import NamedTuple

from ...core.errors import DomainError, NotFound
from .change import Change, Known, glance, read, signature
from .disk import FLAGS, all_of, extend, fsync_folder, lock, write
from .errors import failure
from .lines import Damaged, Header, Stored, content_of, line
from .models import Append, Appended
from .room import SUFFIX, Room, is_draft

_MOST_KNOWN = 4_000
_MOST_REMOVED = 4_000

_Key = tuple[str, str]


class Summary(NamedTuple):
    """A draft, but for its records. ``seen`` is in seconds of the epoch, ``size`` in bytes."""

    header: Header
    last: int
    updated: str
    seen: float
    size: int


class DraftStore:
    """Keeps drafts.

    Parameters
    ----------
    folder:
        Made when the first draft comes.
    largest:
        A draft's size in bytes.
    total:
        Of all drafts of all users: see `room.Room`.
    clock:
        RFC 3339 of now.
    """

    def __init__(self, folder: Path, *, largest: int, total: int, log: Logger, clock: Callable[[], str]) -> None:
        self._folder = folder
        self._largest = largest
        self._clock = clock
        self.room = Room(folder, most=total, log=log)
        self._guard = threading.Lock()
        self._known: OrderedDict[_Key, Known] = OrderedDict()
        self._removed: OrderedDict[_Key, int] = OrderedDict()

    # --- reading

    def summaries(self, user: str) -> list[Summary]:
        """All drafts of ``user``, newest first, without reading them. Raises `DomainError`."""
        found: list[Summary] = []
        try:
            with os.scandir(self._folder_of(user)) as entries:
                there = [entry for entry in entries if is_draft(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise failure(error) from error
        for entry in there:
            with suppress(OSError, Damaged):
                found.append(self._summary((user, entry.name.removesuffix(SUFFIX)), entry.stat(follow_symlinks=False)))
        return sorted(found, key=lambda summary: summary.updated, reverse=True)

    def load(self, user: str, draft: str) -> tuple[Summary, list[Stored]]:
        """A draft and its records; raises `NotFound` or another `DomainError`."""
        try:
            with self._open((user, draft), os.O_RDONLY) as fd:
                info = os.fstat(fd)
                content = content_of(all_of(fd))
        except (FileNotFoundError, NotADirectoryError, Damaged):
            raise _missing() from None
        except OSError as error:
            raise failure(error) from error
        last = content.records[-1]
        return Summary(content.header, last.seq, last.time, info.st_mtime, content.end), content.records

    def _summary(self, key: _Key, info: os.stat_result) -> Summary:
        known = self._recall(key, info)
        if known is None:
            with self._open(key, os.O_RDONLY) as fd:
                info = os.fstat(fd)
                known = glance(fd, info) or read(info, content_of(all_of(fd)))
            self._keep(key, known)
        return Summary(known.header, known.last, known.updated, info.st_mtime, known.end)

    # --- writing

    def append(self, user: str, draft: str, batch: Sequence[Append]) -> list[Appended | DomainError]:
        """Write what several requests bring, in their order, and bring it to the disk at once; what each gets.

        A disk that fails, fails all of them: then the draft is what it was.
        """
        key = user, draft
        try:
            self._make_folder(user)
            with self._locked(key) as fd:
                return self._append(key, fd, batch)
        except (OSError, DomainError) as error:
            self._forget(key)
            answer = failure(error) if isinstance(error, OSError) else error
            return [answer] * len(batch)

    def _append(self, key: _Key, fd: int, batch: Sequence[Append]) -> list[Appended | DomainError]:
        known = self._look(key, fd)
        change = Change(key[1], known, removed=self._removed.get(key, 0), largest=self._largest, clock=self._clock)
        answers: list[Appended | DomainError] = []
        for more in batch:
            try:
                change.add(more)
                answers.append(Appended(change.last, change.size))
            except DomainError as error:
                answers.append(error)
        if change.anew:
            assert change.header is not None  # noqa: S101
            self._replace(key, [line(change.header), *change.lines])
            self._keep(key, change.known(os.stat(self._path(key))))
        elif change.lines:
            assert known is not None  # noqa: S101
            extend(fd, known.end, change.lines)
            self._keep(key, change.known(os.fstat(fd)))
        elif known is not None and any(isinstance(answer, Appended) for answer in answers):
            # A sign of life.
            os.utime(fd)
            self._keep(key, change.known(os.fstat(fd)))
        if change.lines:
            self.room.count(change.size - (known.end if known else 0), spared=self._path(key))
        return answers

    def rename(self, user: str, draft: str, path: str) -> None:
        """Note that the document is at ``path`` now; raises `NotFound` or another `DomainError`."""
        key = user, draft
        try:
            with self._locked(key) as fd:
                data = all_of(fd) if fd >= 0 else b""
                content = content_of(data)
                content.header.path = path
                head = line(content.header)
                body = data[data.find(b"\n") + 1 : content.end]
                self._forget(key)
                seen = os.fstat(fd).st_mtime_ns
                self._replace(key, [head, body])
                os.utime(self._path(key), ns=(seen, seen))
        except Damaged:
            raise _missing() from None
        except OSError as error:
            raise failure(error) from error

    def remove(self, user: str, draft: str, up_to: int | None) -> None:
        """Remove a draft, unless it holds records after ``up_to``; raises `DomainError`."""
        key = user, draft
        try:
            with self._locked(key) as fd:
                try:
                    known = self._look(key, fd)
                except Damaged:
                    known = None
                last = known.last if known else 0
                if up_to is not None and last > up_to:
                    return
                with self._guard:
                    self._removed[key] = max(last, up_to or 0, self._removed.pop(key, 0))
                    while len(self._removed) > _MOST_REMOVED:
                        self._removed.popitem(last=False)
                if fd >= 0:
                    size = os.fstat(fd).st_size
                    os.unlink(self._path(key))
                    self._forget(key)
                    self.room.count(-size)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise failure(error) from error

    # --- files

    def _folder_of(self, user: str) -> Path:
        return self._folder / hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _path(self, key: _Key) -> Path:
        return self._folder_of(key[0]) / f"{key[1]}{SUFFIX}"

    def _make_folder(self, user: str) -> None:
        folder = self._folder_of(user)
        if not folder.is_dir():
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def _open(self, key: _Key, flags: int) -> Iterator[int]:
        fd = os.open(self._path(key), flags | FLAGS)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _locked(self, key: _Key) -> Iterator[int]:
        """The draft's file, open and nobody else's; -1 where there is none. Raises `OSError` or `Busy`."""
        while True:
            try:
                fd = os.open(self._path(key), os.O_RDWR | FLAGS)
            except FileNotFoundError:
                yield -1
                return
            try:
                lock(fd)
                if self._is_current(key, fd):
                    yield fd
                    return
            finally:
                os.close(fd)

    def _is_current(self, key: _Key, fd: int) -> bool:
        """Whether the file was not replaced while its lock was waited for."""
        try:
            now = os.stat(self._path(key))
        except FileNotFoundError:
            return False
        info = os.fstat(fd)
        return (now.st_dev, now.st_ino) == (info.st_dev, info.st_ino)

    def _replace(self, key: _Key, lines: Sequence[bytes]) -> None:
        path = self._path(key)
        new = path.parent / f".{key[1]}.{secrets.token_hex(4)}"
        try:
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o600)
            try:
                write(fd, lines)
                os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(new, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(new)
            raise
        fsync_folder(path.parent)

    # --- what is known of files

    def _look(self, key: _Key, fd: int) -> Known | None:
        """What is in the file, all lines seen to be whole once; None where there is none, or nothing of worth."""
        if fd < 0:
            return None
        info = os.fstat(fd)
        known = self._recall(key, info)
        if known is None or known.recent is None:
            try:
                known = read(info, content_of(all_of(fd)))
            except Damaged:
                return None
        return known

    def _recall(self, key: _Key, info: os.stat_result) -> Known | None:
        with self._guard:
            known = self._known.get(key)
        return known if known is not None and known.signature == signature(info) else None

    def _keep(self, key: _Key, known: Known) -> None:
        with self._guard:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)

    def _forget(self, key: _Key) -> None:
        with self._guard:
            self._known.pop(key, None)


def _missing() -> NotFound:
    return NotFound("There is no such draft.")
