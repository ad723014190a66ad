"""Copying and moving entries into another directory."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ....core.renaming import rename_noreplace
from .checkpoints import Checkpoints
from .copying import Copier, Seen, signature, verify, weigh
from .naming import copy_names
from .partial import PartialArea
from .places import Folder, Places
from .plan import Beat, JobCancelled, JobFailed, Plan
from .reading import Source, holds_link, refused_link
from .words import CLASH, HOPELESS, hopeless, refuse_hidden, sentence

#: Entries and bytes moved across file systems between two waits for the disk.
_BATCH, _BATCH_BYTES = 500, 1 << 30
#: How long the disk may take to write them, in seconds, and how long when the user has cancelled the job.
_SYNC_SECONDS, _SYNC_CANCELLED_SECONDS = 600.0, 30.0


def _human(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


class Transfer:
    """What copies and moves share: a source, a target, and the way into it."""

    def __init__(self, plan: Plan, places: Places, beat: Beat) -> None:
        assert places.target is not None  # noqa: S101 - the service has checked the request
        self._plan, self._beat = plan, beat
        self._source: Folder = places.source
        self._target: Folder = places.target
        self._forbidden = places.forbidden
        self._reading = Source(places.source.fd, places.source.place)

    def _failed(self, name: bytes, error: OSError) -> None:
        self._beat.failed(name, sentence(error))
        if error.errno in HOPELESS:
            raise hopeless(error) from None

    def _clash(self, name: bytes) -> None:
        self._beat.skipped(name, CLASH)

    def _require_space(self, names: Iterable[bytes], *, follow: bool) -> None:
        needed = 0
        for name in names:
            size = weigh(self._reading, name, self._beat.tick, follow=follow)
            needed += size
            self._beat.weighed(size)
        info = os.statvfs(self._target.fd)
        free = info.f_bavail * info.f_frsize
        if needed > free:
            raise JobFailed(
                f"There is not enough space in the destination: {_human(needed)} are needed, {_human(free)} are free.",
                reason="no_space",
                needed_bytes=needed,
                free_bytes=free,
            )

    def _publish(self, area: PartialArea, temporary: bytes, name: bytes, mode: int | None) -> None:
        """Give a finished copy its name, and its mode if it was opened up before; raises `FileExistsError`."""
        rename_noreplace(area.fd, temporary, self._target.fd, name)
        if mode is not None:
            with contextlib.suppress(OSError):
                os.chmod(name, mode, dir_fd=self._target.fd)

    def _new_name(self, name: bytes) -> bytes:
        return name if self._plan.new_name is None else self._plan.new_name


class CopyJob(Transfer):
    """Copies: stock's names on a clash, what links lead to, new files."""

    def run(self, batches: Callable[[], Iterator[list[bytes]]]) -> None:
        """Copy all; raises `JobCancelled` and `JobFailed`."""
        self._require_space((name for names in batches() for name in names), follow=True)
        copier = Copier(
            self._beat.tick,
            self._forbidden.keys(),
            follow=True,
            faithful=False,
            links=not self._plan.refuses_links,
            wrote=self._beat.copied,
        )
        with PartialArea(self._target, self._plan.job) as area:
            for names in batches():
                for name in names:
                    self._one(copier, area, name)

    def _one(self, copier: Copier, area: PartialArea, name: bytes) -> None:
        temporary = area.new_name()
        try:
            self._beat.tick()
            refuse_hidden(self._plan, name)
            given = self._plan.new_name
            if given is not None and _exists(self._target.fd, given):
                self._clash(given)
                return
            copier.copy(self._reading, name, area.fd, temporary)
            for new_name in copy_names(name) if given is None else (given,):
                try:
                    self._publish(area, temporary, new_name, copier.mode)
                except FileExistsError:
                    continue
                self._beat.done(came=(name, new_name))
                return
            area.drop(temporary)
            self._clash(given or name)
        except FileNotFoundError as error:
            area.drop(temporary)
            if _exists(self._source.fd, name):
                # something inside of it went away meanwhile
                self._failed(name, error)
            else:
                self._beat.vanished(name)
        except OSError as error:
            area.drop(temporary)
            self._failed(name, error)


class _Copied(NamedTuple):
    """A complete copy that has no name yet."""

    name: bytes
    temporary: bytes
    seen: Seen
    mode: int | None


class MoveJob(Transfer):
    """Moves: renamed where that can be, else copied, checked, and then deleted. A name that is taken is left.

    What is copied is hashed as it is read. A batch of copies is written to the disk and read again from there; those
    that hold what was read get their names, that is written to the disk too, and only then the originals go.
    """

    def __init__(self, plan: Plan, places: Places, beat: Beat, checkpoints: Checkpoints) -> None:
        super().__init__(plan, places, beat)
        self._checkpoints = checkpoints
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._copied: list[_Copied] = []
        self._copied_bytes = 0

    def run(self, batches: Callable[[], Iterator[list[bytes]]]) -> None:
        """Move all; raises `JobCancelled` and `JobFailed`."""
        across: list[bytes] = []
        for names in batches():
            for name in names:
                new_name = self._new_name(name)
                try:
                    self._beat.tick()
                    refuse_hidden(self._plan, name)
                    if self._plan.refuses_links and holds_link(self._source.fd, name, self._beat.tick):
                        raise refused_link()
                    rename_noreplace(self._source.fd, name, self._target.fd, new_name)
                except FileExistsError:
                    self._clash(new_name)
                except FileNotFoundError:
                    self._beat.vanished(name)
                except OSError as error:
                    if error.errno == errno.EXDEV:
                        across.append(name)
                    else:
                        self._failed(name, error)
                else:
                    self._checkpoints.move(name, self._target, new_name)
                    self._beat.done(gone=name, came=(name, new_name))
        if across:
            self._across(across)

    def _wrote(self, size: int) -> None:
        self._copied_bytes += size
        self._beat.copied(size)

    def _across(self, names: list[bytes]) -> None:
        """Move ``names`` to another file system."""
        self._require_space(names, follow=False)
        copier = Copier(
            self._beat.tick,
            self._forbidden.keys(),
            follow=False,
            faithful=True,
            links=not self._plan.refuses_links,
            wrote=self._wrote,
        )
        with PartialArea(self._target, self._plan.job) as area:
            for name in names:
                self._copy(copier, area, name)
                if len(self._copied) >= _BATCH or self._copied_bytes >= _BATCH_BYTES:
                    self._settle(area)
            self._settle(area)

    def _sync(self, area: PartialArea) -> None:
        """Wait until all that was copied is on the disk, and report meanwhile that the job lives: it may take long."""
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=area.fd)
        codes: list[int] = []

        def work() -> None:
            codes.append(0 if self._libc.syncfs(fd) == 0 else ctypes.get_errno())
            os.close(fd)

        thread = threading.Thread(target=work, name="listing job sync", daemon=True)
        thread.start()
        started = time.monotonic()
        thread.join(0.1)
        while thread.is_alive():
            self._beat.flush()
            if time.monotonic() - started > (_SYNC_CANCELLED_SECONDS if self._beat.cancelled else _SYNC_SECONDS):
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            thread.join(0.1)
        if codes[0]:
            raise OSError(codes[0], os.strerror(codes[0]))

    def _copy(self, copier: Copier, area: PartialArea, name: bytes) -> None:
        temporary, new_name = area.new_name(), self._new_name(name)
        try:
            self._beat.tick()
            if _exists(self._target.fd, new_name):
                self._clash(new_name)
                return
            seen = copier.copy(self._reading, name, area.fd, temporary)
            self._copied.append(_Copied(name, temporary, seen, copier.mode))
        except FileNotFoundError as error:
            area.drop(temporary)
            if _exists(self._source.fd, name):
                self._failed(name, error)
            else:
                self._beat.vanished(name)
        except OSError as error:
            area.drop(temporary)
            self._failed(name, error)

    def _settle(self, area: PartialArea) -> None:
        """Check the copies, give them their names, and delete the originals if they still are what was copied."""
        copied, self._copied, self._copied_bytes = self._copied, [], 0
        if not copied:
            return
        self._synced(area)
        named: list[_Copied] = []
        try:
            for copy in copied:
                self._beat.tick()
                if self._named(area, copy):
                    named.append(copy)
        finally:
            # What has its new name must lose the old one, also when the job is cancelled.
            if named:
                self._synced(area)
            for copy in named:
                self._remove(copy)
        with contextlib.suppress(JobCancelled):
            self._beat.tick()

    def _synced(self, area: PartialArea) -> None:
        try:
            self._sync(area)
        except OSError as error:
            raise JobFailed(f"{sentence(error)} The originals are kept.") from None

    def _named(self, area: PartialArea, copy: _Copied) -> bool:
        """Check a copy and give it its name; whether it has it."""
        new_name = self._new_name(copy.name)
        try:
            if not verify(area.fd, copy.temporary, copy.seen, self._beat.tick):
                raise OSError(None, "The copy is not what was read. It was removed, and the original is kept.")
            self._publish(area, copy.temporary, new_name, copy.mode)
        except FileExistsError:
            area.drop(copy.temporary)
            self._clash(new_name)
            return False
        except OSError as error:
            area.drop(copy.temporary)
            self._failed(copy.name, error)
            return False
        self._beat.arrived(copy.name, new_name)
        return True

    def _remove(self, copy: _Copied) -> None:
        """Delete an original whose copy has its name."""
        name = copy.name
        try:
            complete = _remove_seen(self._source.fd, name, copy.seen)
        except OSError as error:
            self._beat.failed(name, f"It was copied, but the original could not be deleted. {sentence(error)}")
            return
        if complete:
            self._checkpoints.move(name, self._target, self._new_name(name))
            self._beat.done(gone=name)
        else:
            self._beat.failed(name, "It was copied, but the original was changed meanwhile and is kept.")


def _exists(directory: int, name: bytes) -> bool:
    try:
        os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return False
    return True


def _remove_seen(directory: int, name: bytes, seen: Seen) -> bool:
    """Remove what was copied, and nothing else; whether that was all there is."""
    try:
        info = os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return True
    if seen.inner is None:
        if signature(info) != seen.signature:
            return False
        os.unlink(name, dir_fd=directory)
        return True
    if info.st_ino != seen.signature[0]:
        return False
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        complete = True
        for child, inner in seen.inner.items():
            complete = _remove_seen(fd, child, inner) and complete
    finally:
        os.close(fd)
    try:
        os.rmdir(name, dir_fd=directory)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return complete
