"""What to do, what came of it, and the beat between the two."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from ....core.access import Place
from ....core.entries import display_name

#: A report is made when so much time went by since the last one, in seconds, or so many entries were done.
_REPORT_SECONDS, _REPORT_ENTRIES = 0.2, 1000
#: More errors than this are counted, not described.
ERRORS_KEPT = 100


class Plan(NamedTuple):
    """A bulk action, but for the names.

    ``source`` and ``target`` are directories, ``source_api`` and ``target_api`` what the user knows them as;
    ``checkpoint_dir`` is the directory beside the files that holds their checkpoints. ``job`` is unique. With
    ``new_name`` the one entry that this is about gets that name in the target, or is left where that is taken.
    """

    job: str
    kind: str
    source: Place
    source_api: str
    target: Place | None = None
    target_api: str = ""
    trash: bool = False
    always_delete_dir: bool = False
    allow_hidden: bool = False
    checkpoint_dir: bytes = b".ipynb_checkpoints"
    new_name: bytes | None = None

    @property
    def refuses_links(self) -> bool:
        """Whether no link may come into the target as a link: it would be followed there, and is not where it is."""
        if self.target is None or self.source.symlinks == "follow":
            return False
        return self.target.symlinks == "follow"


class Prepared(NamedTuple):
    """The directories are open. ``inside`` is the entry of the source below which, or at which, the target lies."""

    inside: bytes | None


class Report(NamedTuple):
    """What happened since the last report: counts of entries, errors as (name, message), the names that left the source
    directory, and what came into the target as (name in the source, name there). ``copied`` and ``weighed`` are bytes:
    written, and found to be written."""

    done: int
    failed: int
    skipped: int
    errors: list[tuple[str, str]]
    gone: list[bytes]
    came: list[tuple[bytes, bytes]]
    copied: int = 0
    weighed: int = 0


class JobCancelled(Exception):
    """The user wants no more of it."""


class JobFailed(Exception):
    """The job cannot go on; the message is for the user, ``reason`` and ``details`` for programs (`core.errors`)."""

    def __init__(self, message: str, *, reason: str | None = None, **details: int) -> None:
        super().__init__(message)
        self.reason, self.details = reason, details


class Beat:
    """Counts, reports now and then, and ends the work when it is cancelled."""

    def __init__(self, report: Callable[[Report], None], cancelled: Callable[[], bool]) -> None:
        self._report = report
        self._cancelled = cancelled
        self._described = 0
        self._clear()

    def _clear(self) -> None:
        self._done = self._failed = self._skipped = self._copied = self._weighed = 0
        self._errors: list[tuple[str, str]] = []
        self._gone: list[bytes] = []
        self._came: list[tuple[bytes, bytes]] = []
        self._last = time.monotonic()

    def tick(self) -> None:
        """Called between any two steps: reports if it is time, also that nothing is new.

        Raises
        ------
        JobCancelled
            When the job is to end.
        """
        if (
            time.monotonic() - self._last > _REPORT_SECONDS
            or self._done + self._failed + self._skipped >= _REPORT_ENTRIES
        ):
            self.flush()
        if self._cancelled():
            raise JobCancelled

    @property
    def cancelled(self) -> bool:
        """Whether the job is to end."""
        return self._cancelled()

    def flush(self) -> None:
        """Report now."""
        report = Report(
            self._done,
            self._failed,
            self._skipped,
            self._errors,
            self._gone,
            self._came,
            self._copied,
            self._weighed,
        )
        self._clear()
        self._report(report)

    def done(self, *, gone: bytes | None = None, came: tuple[bytes, bytes] | None = None) -> None:
        """An entry is done."""
        self._done += 1
        if gone is not None:
            self._gone.append(gone)
        if came is not None:
            self._came.append(came)

    def failed(self, name: bytes, message: str) -> None:
        """An entry could not be done."""
        self._failed += 1
        self._describe(name, message)

    def skipped(self, name: bytes, message: str | None = None) -> None:
        """An entry was left as it is; ``message`` where the user should know why."""
        self._skipped += 1
        if message is not None:
            self._describe(name, message)

    def vanished(self, name: bytes) -> None:
        """An entry is no longer there: others were faster."""
        self._skipped += 1
        self._gone.append(name)

    def copied(self, size: int) -> None:
        """So many bytes more are written."""
        self._copied += size

    def weighed(self, size: int) -> None:
        """So many bytes more are to be written."""
        self._weighed += size

    def arrived(self, source: bytes, name: bytes) -> None:
        """``name`` is in the target, although ``source`` is not done with."""
        self._came.append((source, name))

    def _describe(self, name: bytes, message: str) -> None:
        if self._described < ERRORS_KEPT:
            self._described += 1
            self._errors.append((display_name(name)[0], message))
