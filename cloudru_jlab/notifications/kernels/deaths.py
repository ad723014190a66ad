"""What users waited for when a kernel died, for whoever explains the death."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ...core.ports import DeathTeller
from ..models import Watch
from .executions import Ended
from .wording import awaited

#: A death is explained within so many seconds.
_REMEMBER_SECONDS = 30.0
Fired = Sequence[tuple[str, Watch]]


class AwaitedAtDeath:
    """Leaves the telling of deaths to the `DeathTeller` that there is, and says what was awaited (`AwaitedCells`).

    Parameters
    ----------
    end:
        Ends all executions of a kernel as it has died, and asks `told_elsewhere` of each that is waited for.
    several_users:
        Whether users are told apart: a cell is then not named, for all are told of a death.
    """

    def __init__(
        self,
        end: Callable[[str], None],
        several_users: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tellers: list[DeathTeller] = []
        self._end = end
        self._several_users = several_users
        self._clock = clock
        self._died: dict[str, tuple[float, list[tuple[Ended, str]]]] = {}

    def told_elsewhere(self, kernel_id: str, ended: Ended, fired: Fired) -> bool:
        """Whether the end of this execution is a death that is explained by somebody else."""
        if ended.outcome != "died" or not any(teller.tells(kernel_id) for teller in self.tellers):
            return False
        now = self._clock()
        self._died = {one: died for one, died in self._died.items() if now - died[0] < _REMEMBER_SECONDS}
        self._died.setdefault(kernel_id, (now, []))[1].append((ended, self._label(fired)))
        return True

    def died(self, kernel_id: str) -> dict[str, str] | None:
        """See `core.ports.AwaitedCells.died`."""
        self._end(kernel_id)
        at, cells = self._died.get(kernel_id, (0.0, []))
        return awaited(*cells[0], len(cells) - 1) if cells and self._clock() - at < _REMEMBER_SECONDS else None

    def _label(self, fired: Fired) -> str:
        return "" if self._several_users() else next((watch.label for _, watch in fired if watch.label), "")
