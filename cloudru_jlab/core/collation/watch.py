"""What long array work does between its slices: asks whether to stop, and tells how far it is."""

from __future__ import annotations

from collections.abc import Callable


class Cancelled(Exception):
    """The caller asked for the sort to stop."""


class Watch:
    """Counts units of work; one unit is one name encoded or one name brought to its place."""

    def __init__(
        self, total: int, cancelled: Callable[[], bool] | None = None, progress: Callable[[float], None] | None = None
    ) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._cancelled = cancelled
        self._progress = progress

    def check(self, done: int = 0) -> None:
        """Note `done` more units; raise Cancelled when the caller wants no more."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        if done and self._progress is not None:
            self._done += done
            self._progress(min(self._done / self._total, 1.0))
