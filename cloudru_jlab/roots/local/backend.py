"""`LocalBackend`: a directory of this machine as a root."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from logging import Logger
from typing import TypeVar

from ...core.access import FileSystemAccess, FileSystems, Place
from ...core.beneath import open_parent, resolved
from ...core.entries import Entry
from ...core.errors import Conflict, DomainError, PermissionDenied, ReadOnlyRoot, RootUnavailable
from ...core.paths import normalise
from ...core.ports import Capability, RootInfo, RootState
from ..pool import Beat, RootPool
from . import looking, moving, reading, trash, uploads, writing
from .failing import failure

T = TypeVar("T")

#: How long `place` believes what was seen of a root.
_SEEN_SECONDS = 5.0


class _Upload:
    """A large upload: how much of it is there, and the timer that gives it up."""

    def __init__(self) -> None:
        self.number = 0
        self.size = 0
        self.busy = False
        self.idle: asyncio.TimerHandle | None = None


class LocalBackend:
    """See `core.ports.RootBackend`. Its methods belong to one event loop; all that touches the disk is in `RootPool`.

    Parameters
    ----------
    info:
        What is configured; ``info.real`` is the directory.
    file_systems:
        How directories are listed.
    mount_required:
        Whether the root is only there while a file system is mounted on its directory: what lies in the directory
        itself is then never shown nor written to.
    threads, deadline_seconds, retry_seconds:
        See `RootPool`.
    upload_idle_seconds:
        After so long an upload that gets no further piece is given up.
    trash_directory:
        The user's trash; None for that of the home directory.
    """

    def __init__(
        self,
        info: RootInfo,
        file_systems: FileSystems,
        *,
        log: Logger,
        mount_required: bool = False,
        threads: int = 4,
        deadline_seconds: float = 10.0,
        retry_seconds: float = 1.0,
        upload_idle_seconds: float = 3600.0,
        trash_directory: bytes | None = None,
    ) -> None:
        if info.real is None:
            raise ValueError("A root on this machine has a directory.")
        self.info = info
        self.capabilities: frozenset[Capability] = frozenset({"real_path", "write"} if info.writable else {"real_path"})
        self._root = info.real
        self._shown: frozenset[str] = frozenset()
        self._file_systems = file_systems
        self._mount_required = mount_required
        self._upload_idle = upload_idle_seconds
        self._log = log
        self._trash = trash.home_trash() if trash_directory is None else trash_directory
        self._pool = RootPool(
            info.title,
            partial(os.statvfs, self._root),
            threads=threads,
            deadline=deadline_seconds,
            retry=retry_seconds,
        )
        # Calls that may take minutes leave threads to the others.
        self._long = asyncio.Semaphore(max(1, threads // 2))
        self._uploads: dict[str, _Upload] = {}
        self._seen = _Seen()
        self._looking: asyncio.Task[RootState] | None = None

    # --- state

    def state(self) -> RootState:
        """See `RootBackend.state`."""
        return self._seen.state if self._pool.answering else looking.SILENT

    async def look(self) -> RootState:
        """The state now, which `state` tells from then on; within the root's deadline, and never an error."""
        self._seen.at = time.monotonic()
        try:
            state, where, bins = await self._pool.run(self._look)
        except DomainError:
            # The pool's own, which also tells when the root answers again. Where it is merely busy nothing is new.
            return self.state()
        if state.availability != self._seen.state.availability:
            self._log.info("Root %s: %s", self.info.name, state.availability)
        self._seen.state, self._seen.where = state, where
        if state.availability == "available":
            wanted: set[Capability] = {"real_path", *self._capabilities(bins)}
            self.capabilities = frozenset(wanted)
        return state

    def close(self) -> None:
        """Let the root's threads go, as soon as they come back; does not wait for them."""
        if self._looking is not None and not self._looking.get_loop().is_closed():
            self._looking.cancel()
        for path in list(self._uploads):
            self._give_up(path)
        self._pool.close()

    def with_hidden(self, name: str) -> LocalBackend:
        """See `RootBackend.with_hidden`."""
        other = copy.copy(self)
        other._shown = self._shown | {name}
        return other

    def _capabilities(self, bins: bool) -> set[Capability]:
        if not self.info.writable:
            return set()
        return {"write", "trash"} if bins else {"write"}

    def _look(self) -> tuple[RootState, tuple[int, int] | None, bool]:
        state, where = looking.look(self._root, mount_required=self._mount_required)
        return state, where, self._trash is not None and where is not None and trash.serves(self._trash, self._root)

    # --- places

    def place(self, path: str) -> tuple[FileSystemAccess, Place]:
        """See `RootBackend.place`. How the root is, is what was seen some seconds ago at most."""
        place = self._place(path)
        self._look_again()
        state = self.state()
        if state.availability != "available":
            raise _unavailable(state)
        return self._file_systems.access(place.path), place

    def _look_again(self) -> None:
        """Look in the background, where what was seen is old; not for callers outside the event loop."""
        if time.monotonic() - self._seen.at <= _SEEN_SECONDS or (self._looking and not self._looking.done()):
            return
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            self._looking = loop.create_task(self.look(), name=f"look at root {self.info.name}")

    def _place(self, path: str) -> Place:
        clean = normalise(path, hidden=self.info.hidden, shown=self._shown)
        return Place(self._root, os.fsencode(clean), self.info.symlinks, self._mount_required)

    def _writable(self, path: str) -> Place:
        if not self.info.writable:
            raise ReadOnlyRoot(f"“{self.info.title}” is read-only: nothing can be changed there.")
        return self._place(path)

    # --- verbs

    async def real_path(self, path: str) -> str | None:
        """See `RootBackend.real_path`."""
        place = self._place(path)
        return os.fsdecode(await self._run(path, partial(resolved, place)))

    async def stat(self, path: str) -> Entry:
        """See `RootBackend.stat`. Of a link, all is told of what it leads to."""
        place = self._place(path)
        return await self._run(path, partial(reading.entry_of, place, writable=self.info.writable))

    async def read(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """See `RootBackend.read`."""
        place = self._place(path)

        def discard(opened: tuple[int, bytes]) -> None:
            if opened[0] >= 0:
                os.close(opened[0])

        fd, piece = await self._run(path, partial(reading.open_for_reading, place, start, stop), discard=discard)
        return _Pieces(self, path, fd, piece, start, stop)

    async def write(self, path: str, data: bytes, *, create_only: bool = False) -> Entry:
        """See `RootBackend.write`."""
        place = self._writable(path)
        return await self._run_long(path, partial(writing.write_file, place, data, create_only))

    async def write_chunk(self, path: str, number: int, data: bytes) -> Entry | None:
        """See `RootBackend.write_chunk`. A piece out of turn, or at a time with another, is `Conflict`."""
        place = self._writable(path)
        key = os.fsdecode(place.inside)
        if number == 1:
            known = self._uploads.get(key)
            if known is None or not known.busy:
                self._forget(key)
                self._uploads[key] = _Upload()
        upload = self._uploads.get(key)
        if upload is None or upload.busy or (number != -1 and number != upload.number + 1):
            raise Conflict(f"This is not the next piece of {path}. Upload it again.")
        upload.busy = True
        try:
            if number == -1:
                entry = await self._run(path, partial(uploads.finish_upload, place, data, upload.size))
                self._forget(key)
                return entry
            await self._run(path, partial(uploads.append_piece, place, data, upload.size))
        except BaseException:
            if self._uploads.get(key) is upload:
                self._give_up(key)
            raise
        upload.number, upload.size, upload.busy = number, upload.size + len(data), False
        if upload.idle is not None:
            upload.idle.cancel()
        upload.idle = asyncio.get_running_loop().call_later(self._upload_idle, self._give_up, key)
        return None

    async def make_directory(self, path: str) -> Entry:
        """See `RootBackend.make_directory`."""
        place = self._writable(path)

        def make() -> Entry:
            parent, name = open_parent(place)
            try:
                os.mkdir(name, dir_fd=parent)
            finally:
                os.close(parent)
            return reading.entry_of(place, writable=True)

        return await self._run(path, make)

    async def rename(self, old: str, new: str) -> Entry:
        """See `RootBackend.rename`. A link itself is renamed. To or from a file system mounted below the root is
        `Conflict` with the detail ``cross_device``."""
        source, target = self._writable(old), self._writable(new)
        if not source.inside:
            raise PermissionDenied("A root itself cannot be renamed.")

        def rename() -> Entry:
            try:
                moving.rename_entry(source, target)
            except FileExistsError as error:
                raise failure(error, new) from None
            return reading.own_entry(target)

        return await self._run(old, rename)

    async def delete(self, path: str, *, recursive: bool = False, trash: bool = False) -> None:
        """See `RootBackend.delete`. What lies on a file system that is mounted below the root is not removed with
        ``recursive``."""
        place = self._writable(path)
        if not place.inside:
            raise PermissionDenied("A root itself cannot be deleted.")
        if trash:
            await self._run(path, partial(self._throw_away, place))
        elif recursive:
            async with self._long:
                await self._run_long(path, partial(moving.remove_entry, place, True))
        else:
            await self._run_long(path, partial(moving.remove_entry, place, False))

    async def copy(self, source: str, target: str) -> Entry:
        """See `RootBackend.copy`."""
        origin, place = self._place(source), self._writable(target)

        def work(beat: Beat) -> Entry:
            try:
                return writing.copy_file(origin, place, beat)
            except FileExistsError as error:
                raise failure(error, target) from None

        async with self._long:
            return await self._run_long(source, work)

    def _throw_away(self, place: Place) -> None:
        if self._trash is None or not trash.serves(self._trash, self._root):
            raise PermissionDenied(f"“{self.info.title}” has no trash. Delete for good instead.")
        trash.throw_away(place, self._trash)

    def _forget(self, key: str) -> None:
        upload = self._uploads.pop(key, None)
        if upload is not None and upload.idle is not None:
            upload.idle.cancel()

    def _give_up(self, key: str) -> None:
        """Remove what is there of an upload."""
        self._forget(key)
        place = Place(self._root, os.fsencode(key), self.info.symlinks, self._mount_required)
        self._pool.dispose(partial(uploads.give_up, place))

    # --- in the root's threads

    async def _run(self, path: str, function: Callable[[], T], *, discard: Callable[[T], object] | None = None) -> T:
        return await self._run_long(path, lambda beat: function(), discard=discard)

    async def _run_long(
        self, path: str, function: Callable[[Beat], T], *, discard: Callable[[T], object] | None = None
    ) -> T:
        try:
            return await self._pool.run_long(partial(self._checked, function), discard=discard)
        except OSError as error:
            raise failure(error, path) from error

    def _checked(self, function: Callable[[Beat], T], beat: Beat) -> T:
        """``function``, unless the root itself is not there."""
        if self._mount_required:
            self._check_mount()
        try:
            return function(beat)
        except OSError:
            self._check_root()
            raise

    def _check_mount(self) -> None:
        """What was seen to be mounted is still there: by one stat, or else by the mount table."""
        try:
            info = os.stat(self._root)
        except OSError as error:
            raise _unavailable(looking.failed(error) or looking.MISSING) from error
        if self._seen.where == (info.st_dev, info.st_ino):
            return
        state, where = looking.look(self._root, mount_required=True)
        if where is None:
            raise _unavailable(state)
        self._seen.where = where

    def _check_root(self) -> None:
        try:
            os.stat(self._root)
        except OSError as error:
            state = looking.failed(error)
            if state is not None:
                raise _unavailable(state) from error


class _Seen:
    """What was seen of a root; one for all that `LocalBackend.with_hidden` makes of it."""

    def __init__(self) -> None:
        self.state = RootState("available")
        self.where: tuple[int, int] | None = None
        self.at = -math.inf


def _unavailable(state: RootState) -> RootUnavailable:
    return RootUnavailable(state.message or "This root is not there.")


class _Pieces(AsyncIterator[bytes]):
    """The content of an open file; `aclose` closes it, as does the last piece."""

    def __init__(self, root: LocalBackend, path: str, fd: int, first: bytes, start: int, stop: int | None) -> None:
        self._root, self._path, self._fd = root, path, fd
        self._first, self._next, self._stop = first, start + len(first), stop

    async def __anext__(self) -> bytes:
        piece, self._first = self._first, b""
        if not piece and self._fd >= 0:
            piece = await self._root._run(self._path, partial(reading.read_piece, self._fd, self._next, self._stop))
            self._next += len(piece)
        if not piece:
            self._close()
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Read no more."""
        self._first = b""
        self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._root._pool.dispose(partial(os.close, fd))

    def __del__(self) -> None:
        self._close()
