"""Copying and moving entries into another directory."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from .checkpoints import Checkpoints
from .copying import Copier, Seen, signature, weigh
from .naming import copy_names
from .partial import PartialArea
from .places import Place, Places
from .plan import Beat, JobCancelled, JobFailed, Plan
from .renaming import Renamer
from .words import HOPELESS, refuse_hidden, sentence

#: Entries moved across file systems between two waits for the disk.
_BATCH = 500
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
        self._source: Place = places.source
        self._target: Place = places.target
        self._forbidden = places.forbidden
        self._rename = Renamer()
        #: Modes that copied directories get with their names, by temporary name.
        self._modes: dict[bytes, int] = {}

    def _failed(self, name: bytes, error: OSError) -> None:
        self._beat.failed(name, sentence(error))
        if error.errno in HOPELESS:
            raise JobFailed(sentence(error)) from None

    def _require_space(self, names: Iterable[bytes], *, follow: bool) -> None:
        needed = sum(weigh(self._source.fd, name, self._beat.tick, follow=follow) for name in names)
        info = os.statvfs(self._target.fd)
        free = info.f_bavail * info.f_frsize
        if needed > free:
            raise JobFailed(
                f"There is not enough space in the destination: {_human(needed)} are needed, {_human(free)} are free."
            )

    def _publish(self, area: PartialArea, temporary: bytes, name: bytes) -> None:
        """Give a finished copy its name; raises `FileExistsError`."""
        self._rename(area.fd, temporary, self._target.fd, name)
        mode = self._modes.pop(temporary, None)
        if mode is not None:
            with contextlib.suppress(OSError):
                os.chmod(name, mode, dir_fd=self._target.fd)

    def _note_mode(self, name: bytes, temporary: bytes, *, follow: bool) -> None:
        """A copied directory that its owner may not write was opened up until it has its name."""
        with contextlib.suppress(OSError):
            mode = os.stat(name, dir_fd=self._source.fd, follow_symlinks=follow).st_mode
            if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
                self._modes[temporary] = stat.S_IMODE(mode)


class CopyJob(Transfer):
    """Copies: stock's names on a clash, what links lead to, new files."""

    def run(self, batches: Callable[[], Iterator[list[bytes]]]) -> None:
        """Copy all; raises `JobCancelled` and `JobFailed`."""
        self._require_space((name for names in batches() for name in names), follow=True)
        copier = Copier(self._beat.tick, self._forbidden.keys(), follow=True, faithful=False)
        with PartialArea(self._target, self._plan.job) as area:
            for names in batches():
                for name in names:
                    self._one(copier, area, name)

    def _one(self, copier: Copier, area: PartialArea, name: bytes) -> None:
        temporary = area.new_name()
        try:
            self._beat.tick()
            refuse_hidden(self._plan, name)
            copier.copy(self._source.fd, name, area.fd, temporary)
            self._note_mode(name, temporary, follow=True)
            for new_name in copy_names(name):
                try:
                    self._publish(area, temporary, new_name)
                except FileExistsError:
                    continue
                self._beat.done(came=(name, new_name))
                return
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


class MoveJob(Transfer):
    """Moves: renamed where that can be, else copied, checked, and then deleted. A name that is taken is left."""

    def __init__(self, plan: Plan, places: Places, beat: Beat, checkpoints: Checkpoints) -> None:
        super().__init__(plan, places, beat)
        self._checkpoints = checkpoints
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._copied: list[tuple[bytes, Seen]] = []

    def run(self, batches: Callable[[], Iterator[list[bytes]]]) -> None:
        """Move all; raises `JobCancelled` and `JobFailed`."""
        across: list[bytes] = []
        for names in batches():
            for name in names:
                try:
                    self._beat.tick()
                    refuse_hidden(self._plan, name)
                    self._rename(self._source.fd, name, self._target.fd, name)
                except FileExistsError:
                    self._clash(name)
                except FileNotFoundError:
                    self._beat.vanished(name)
                except OSError as error:
                    if error.errno == errno.EXDEV:
                        across.append(name)
                    else:
                        self._failed(name, error)
                else:
                    self._checkpoints.move(name, self._target)
                    self._beat.done(gone=name, came=(name, name))
        if across:
            self._across(across)

    def _clash(self, name: bytes) -> None:
        self._beat.skipped(name, "The destination has an entry of that name already.")

    def _across(self, names: list[bytes]) -> None:
        """Move ``names`` to another file system."""
        self._require_space(names, follow=False)
        copier = Copier(self._beat.tick, self._forbidden.keys(), follow=False, faithful=True)
        with PartialArea(self._target, self._plan.job) as area:
            try:
                for name in names:
                    self._copy(copier, area, name)
                    if len(self._copied) >= _BATCH:
                        self._settle(area)
            finally:
                # What has its new name must lose the old one, also when the job is cancelled.
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
        temporary = area.new_name()
        try:
            self._beat.tick()
            if _exists(self._target.fd, name):
                self._clash(name)
                return
            seen = copier.copy(self._source.fd, name, area.fd, temporary)
            self._note_mode(name, temporary, follow=False)
            self._publish(area, temporary, name)
            self._copied.append((name, seen))
            self._beat.arrived(name, name)
        except FileExistsError:
            area.drop(temporary)
            self._clash(name)
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
        """The copies are on the disk; then the originals go, as far as they are still what was copied."""
        copied, self._copied = self._copied, []
        if not copied:
            return
        try:
            self._sync(area)
        except OSError as error:
            raise JobFailed(f"{sentence(error)} The originals are kept.") from None
        for name, seen in copied:
            try:
                complete = _remove_seen(self._source.fd, name, seen)
            except OSError as error:
                self._beat.failed(name, f"It was copied, but the original could not be deleted. {sentence(error)}")
                continue
            if complete:
                self._checkpoints.move(name, self._target)
                self._beat.done(gone=name)
            else:
                self._beat.failed(name, "It was copied, but the original was changed meanwhile and is kept.")
        with contextlib.suppress(JobCancelled):
            self._beat.tick()


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
