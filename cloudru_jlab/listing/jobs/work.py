"""What a job is about: its plan, the roots that it concerns, the entries; and what is said when it cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ...core.entries import Entry
from ...core.errors import Conflict, DomainError, FileSystemError, NoSpace, NotFound, PermissionDenied
from ..models import Job
from ..roots import Spot
from .engine.plan import JobFailed, Plan
from .engine.words import CLASH, DENIED, INTO_ITSELF, LINKED, TOO_LONG

#: A single file larger than this is worth a process, in bytes.
_LARGE = 64 << 20


class Selected(Protocol):
    """What was selected; see `selection.Selected`."""

    generation: str

    def __len__(self) -> int: ...

    def batches(self, size: int = 1000) -> Iterator[list[tuple[bytes, bool]]]: ...


class One:
    """One entry, as a selection."""

    generation = ""

    def __init__(self, name: bytes, entry: Entry) -> None:
        self._batch = [(name, entry.type == "directory")]
        self.large = entry.size is not None and entry.size > _LARGE

    def __len__(self) -> int:
        return 1

    def batches(self, size: int = 1000) -> Iterator[list[tuple[bytes, bool]]]:
        """See `selection.Selected.batches`."""
        yield self._batch


class Work(NamedTuple):
    """A plan, and where its directories are."""

    plan: Plan
    source: Spot
    target: Spot | None

    @property
    def spots(self) -> list[Spot]:
        """The source, and the target if there is one."""
        return [self.source] if self.target is None else [self.source, self.target]

    @property
    def in_one_root(self) -> bool:
        """Whether nothing leaves its root."""
        return self.target is None or self.target.root == self.source.root


def refusal(job: Job, failure: JobFailed | None, source: str, target: str) -> DomainError:
    """Why a transfer from ``source`` to ``target``, API paths, was not done."""
    message = job.errors[-1].message if job.errors else ""
    if failure is not None and failure.reason == NoSpace.reason:
        return NoSpace(message, **failure.details)
    if job.state == "cancelled":
        return Conflict(f"{source} was not transferred: the action was cancelled.")
    if message == CLASH:
        return Conflict(f"{target} exists already. Choose another name.")
    if job.skipped and not message:
        return NotFound(f"{source} does not exist. It may have been moved or deleted.")
    if message == DENIED:
        return PermissionDenied(f"You have no permission for {source} or {target}. Ask its owner for access.")
    if message in (INTO_ITSELF, LINKED, TOO_LONG):
        return Conflict(f"{source} could not be transferred. {message}")
    return FileSystemError(f"{source} could not be transferred. {message}")
