"""What one kernel executes, as its iopub channel tells it.

https://jupyter-client.readthedocs.io/en/stable/messaging.html: an execution is ``status: busy``, ``execute_input``, its
outputs, an ``error`` if it failed, ``status: idle``, all with the request as parent. A request that is turned down
because an earlier one failed has the two statuses alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

Outcome = Literal["finished", "failed", "interrupted", "not_run", "died", "restarted", "shut_down", "unknown"]

#: Executions that have ended are remembered for so long, in seconds, and no more than so many.
_REMEMBER_SECONDS = 600.0
_REMEMBER_MOST = 256
#: More are not followed at a time: a kernel runs one, or a few in subshells.
_MOST_RUNNING = 256
_INTERRUPTS = {"KeyboardInterrupt", "InterruptedError", "InterruptException", "Interrupted"}

#: The types of messages that tell of executions.
KINDS = frozenset({"status", "execute_input", "error"})


class Ended(NamedTuple):
    """An execution that is over. ``seconds`` is None where its beginning was not seen; ``visible`` is False for those
    that leave no trace in the document."""

    msg_id: str
    outcome: Outcome
    seconds: float | None = None
    error: str = ""
    detail: str = ""
    visible: bool = True


class _Running:
    def __init__(self, begun: float | None) -> None:
        self.begun = begun
        self.visible = False
        self.error: str | None = None
        self.detail = ""
        self.interrupted = False


class Executions:
    """The executions of one kernel.

    Parameters
    ----------
    clock:
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._running: OrderedDict[str, _Running] = OrderedDict()
        self._ended: OrderedDict[str, tuple[float, Ended]] = OrderedDict()
        self._last: Outcome = "finished"

    @property
    def busy(self) -> bool:
        """Whether something runs."""
        return bool(self._running)

    def heard(self, kind: str, parent: Mapping[str, Any], content: Mapping[str, Any]) -> Ended | None:
        """Take in one message of `KINDS`; the execution that it ends."""
        msg_id = parent.get("msg_id")
        if parent.get("msg_type") != "execute_request" or not isinstance(msg_id, str):
            return None
        state = content.get("execution_state") if kind == "status" else None
        if state == "idle":
            return self._idle(msg_id)
        if kind == "status" and state != "busy":
            return None
        running = self._running.get(msg_id)
        if running is None:
            running = self._running[msg_id] = _Running(self._clock() if state == "busy" else None)
            while len(self._running) > _MOST_RUNNING:
                self._running.popitem(last=False)
        if kind == "execute_input":
            running.visible = True
        elif kind == "error":
            running.error = str(content.get("ename", "Error"))
            running.detail = str(content.get("evalue", ""))
        return None

    def _idle(self, msg_id: str) -> Ended | None:
        if msg_id in self._ended:
            return None
        running = self._running.pop(msg_id, _Running(None))
        outcome: Outcome = "finished"
        if running.error is not None:
            outcome = "interrupted" if running.interrupted or running.error in _INTERRUPTS else "failed"
        elif running.begun is not None and not running.visible and self._last in ("failed", "interrupted", "not_run"):
            outcome = "not_run"
        return self._end(msg_id, running, outcome)

    def _end(self, msg_id: str, running: _Running, outcome: Outcome) -> Ended:
        now = self._clock()
        seconds = None if running.begun is None else now - running.begun
        ended = Ended(msg_id, outcome, seconds, running.error or "", running.detail, running.visible)
        self._last = outcome
        self._ended[msg_id] = (now, ended)
        while len(self._ended) > _REMEMBER_MOST:
            self._ended.popitem(last=False)
        return ended

    def interrupted(self) -> None:
        """Somebody interrupts the kernel: an error of what runs now is that, by whatever name."""
        for running in self._running.values():
            running.interrupted = True

    def stopped(self, outcome: Outcome) -> list[Ended]:
        """Nothing runs any more, because of ``outcome``: what had been running."""
        running, self._running = self._running, OrderedDict()
        return [self._end(msg_id, execution, outcome) for msg_id, execution in running.items()]

    def recent(self, msg_id: str) -> Ended | None:
        """The execution, if it has ended within the last minutes."""
        at, ended = self._ended.get(msg_id, (0.0, None))
        return ended if ended is not None and self._clock() - at <= _REMEMBER_SECONDS else None
