"""A bulk action from its plan to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .checkpoints import Checkpoints
from .places import Places
from .plan import Beat, Plan, Prepared, Report
from .removing import Remover
from .transfer import CopyJob, MoveJob

Batches = Callable[[], Iterator[list[bytes]]]


class Engine:
    """Carries out one plan: `prepare`, then perhaps `run`, and in any case `close`, all blocking."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._places: Places | None = None

    def prepare(self) -> Prepared:
        """Open the directories; raises `core.errors.DomainError` where the job cannot be done at all."""
        self._places = Places(self._plan)
        return self._places.prepared()

    def run(self, batches: Batches, report: Callable[[Report], None], cancelled: Callable[[], bool]) -> None:
        """Do it to the names of ``batches()``, which may be asked for twice; ``report`` is called now and then.

        Raises
        ------
        JobCancelled
            When ``cancelled`` turned true; nothing half done is left under a name that users see, but for a directory
            in the midst of being deleted.
        JobFailed
            When there was no use in going on.
        """
        assert self._places is not None  # noqa: S101 - `prepare` was called
        beat = Beat(report, cancelled)
        checkpoints = Checkpoints(self._places.source, self._plan.checkpoint_dir)
        try:
            if self._plan.kind == "delete":
                remover = Remover(self._plan, self._places.source, checkpoints, beat)
                for names in batches():
                    remover.remove(names)
            elif self._plan.kind == "copy":
                CopyJob(self._plan, self._places, beat).run(batches)
            else:
                MoveJob(self._plan, self._places, beat, checkpoints).run(batches)
        finally:
            checkpoints.close()
            beat.flush()

    def close(self) -> None:
        """Let go of the directories."""
        if self._places is not None:
            self._places.close()
        self._places = None
