"""The supervisor: the beat that the cheap looks keep, the slow ones, and what is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from traitlets import Float
from traitlets.config import LoggingConfigurable

from ..cgroup import MemoryGroup, MemoryUse

FAST_SECONDS = 0.25


class Tick(NamedTuple):
    """One beat. ``time`` is monotonic, ``loop_ms`` how late the event loop was."""

    time: float
    memory: MemoryUse
    loop_ms: float


class KernelProcesses(NamedTuple):
    """A local kernel with all its child processes. ``cpu`` is in cores, since the look before; ``peak`` is the most
    memory that was ever seen, also after the kernel has died. ``pids`` begins with the kernel's own."""

    pid: int
    pids: tuple[int, ...]
    memory: int
    cpu: float
    peak: int


class Supervisor(LoggingConfigurable):
    """Notices how the server is."""

    fast_seconds = Float(FAST_SECONDS, help="How often the cheap looks are made, in seconds.").tag(config=True)

    def __init__(self, memory: MemoryGroup, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.memory = memory
        self.latest: MemoryUse = memory.usage()
        self._callbacks: list[Callable[[Tick], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._processes: dict[str, KernelProcesses] = {}

    def on_fast(self, callback: Callable[[Tick], None]) -> Callable[[], None]:
        """Call ``callback`` at each beat, on the event loop; it must be done within 0.2 ms. The answer ends it."""
        self._callbacks.append(callback)

        def end() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return end

    def processes(self) -> dict[str, KernelProcesses]:
        """The local kernels' processes by kernel id, as last seen. Cheap."""
        return self._processes

    async def start(self) -> None:
        """Begin to beat."""
        if self._timer is None:
            self._next(asyncio.get_running_loop())

    async def stop(self) -> None:
        """End; safe without `start`, and twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + self.fast_seconds
        self._timer = loop.call_at(due, self._beat, loop, due)

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        late = max(loop.time() - due, 0.0)
        self._next(loop)
        self.latest = self.memory.usage()
        tick = Tick(time.monotonic(), self.latest, late * 1000)
        for callback in list(self._callbacks):
            try:
                callback(tick)
            except Exception:
                self.log.exception("A look at the server's health failed; the others go on")
