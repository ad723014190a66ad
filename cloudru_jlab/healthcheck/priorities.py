"""Kernels give way to the server: in memory when it runs out, and in processor time when there is not enough."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from traitlets import Bool, Integer

from ..core.tasks import TaskGroup
from ..core.traits import between
from .context import Context, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.serverapp import ServerApp

    from ..core.feature import Ports
    from .supervisor.supervisor import Tick

_PROC = Path("/proc")
_WORST_NICE, _WORST_ADJUSTMENT, _LOWEST_IO_LEVEL = 19, 1000, 7
#: A kernel's process is looked at again after so many beats: it may have started others before it was first seen.
_AGAIN_AFTER = (0, 4, 20)


class KernelPriorities(Part):
    """Makes each local kernel the first to go when memory runs out, and the last to get processor time and the disk.

    The server itself is never touched, and nothing is made more important than it is. What a kernel starts later
    inherits it from the kernel.
    """

    enabled = Bool(True, help="Whether the priorities of kernels are changed at all.").tag(config=True)
    oom_score_adj = Integer(
        500,
        help="""By how much a kernel's `oom_score_adj` is above the server's, 0 to 2000: when memory runs out, the
        kernel is killed and not the server. 0 leaves it.""",
    ).tag(config=True)
    nice = Integer(
        10,
        help="""By how much a kernel's niceness is above the server's, 0 to 39. 10 gives a busy kernel a tenth of what
        the server gets where both want the same core; alone, it gets all of it. 0 leaves it.""",
    ).tag(config=True)
    io_level = Integer(7, help="The kernels' best-effort I/O priority, 0 (first) to 7 (last). -1 leaves it.").tag(
        config=True
    )

    _adjustments = between(0, 2000, "oom_score_adj")
    _niceness = between(0, 39, "nice")
    _levels = between(-1, 7, "io_level")

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        self._tasks = TaskGroup(self.log)
        self._seen: dict[str, tuple[int, int]] = {}
        self._end: Callable[[], None] | None = None

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `context.Part.setup`."""
        self._manager = serverapp.kernel_manager

    async def start(self) -> None:
        """Follow the kernels from now on."""
        if self.enabled and self._end is None:
            self._goal = Goal.beside_the_server(self.oom_score_adj, self.nice, self.io_level)
            self._end = self.context.supervisor.on_fast(self._beat)

    async def stop(self) -> None:
        """See `context.Part.stop`."""
        if self._end is not None:
            self._end()
            self._end = None
        await self._tasks.stop()

    def _beat(self, tick: Tick) -> None:
        """Cheap: a few look-ups for each kernel."""
        before, now = self._seen, dict[str, tuple[int, int]]()
        due = []
        for kernel_id in self._manager.list_kernel_ids():
            pid = _pid(self._manager, kernel_id)
            if pid is None:
                continue
            known, beats = before.get(kernel_id, (0, 0))
            beats = beats + 1 if known == pid else 0
            now[kernel_id] = (pid, min(beats, _AGAIN_AFTER[-1] + 1))
            if beats in _AGAIN_AFTER:
                due.append(pid)
        self._seen = now
        if due:
            self._tasks.start(self._lower(due), name="kernel-priorities")

    async def _lower(self, pids: list[int]) -> None:
        await asyncio.get_running_loop().run_in_executor(None, lower, pids, self._goal)


class Goal:
    """What kernels are to have at least, as absolute values."""

    def __init__(self, oom_score_adj: int | None, nice: int | None, io_level: int | None) -> None:
        self.oom_score_adj = oom_score_adj
        self.nice = nice
        self.io_level = io_level

    @classmethod
    def beside_the_server(cls, oom_score_adj: int, nice: int, io_level: int) -> Goal:
        """By so much more than this process."""
        own = 0
        with contextlib.suppress(OSError, ValueError):
            own = int(Path("/proc/self/oom_score_adj").read_text())
        return cls(
            min(own + oom_score_adj, _WORST_ADJUSTMENT) if oom_score_adj else None,
            min(os.getpriority(os.PRIO_PROCESS, 0) + nice, _WORST_NICE) if nice else None,
            io_level if io_level >= 0 else None,
        )


def lower(pids: list[int], goal: Goal) -> None:
    """Lower these processes, all their threads and children. What has ended, or may not be changed, is left."""
    own = os.getpid()
    for pid in pids:
        for each in (pid, *_children(pid)):
            # a kernel that runs in the server's own process is the server
            if each != own:
                _lower_process(each, goal, leader=each == pid)


def _lower_process(pid: int, goal: Goal, *, leader: bool) -> None:
    if goal.oom_score_adj is not None:
        with contextlib.suppress(OSError, ValueError):
            file = _PROC / str(pid) / "oom_score_adj"
            if int(file.read_text()) < goal.oom_score_adj:
                file.write_text(str(goal.oom_score_adj))
    if goal.nice is not None and leader:
        _lower_group(pid, goal.nice)
    done: set[int] = set()
    # A thread that starts a thread meanwhile may pass on what it had: look until there is no new one.
    for _ in range(5):
        threads = set(_threads(pid)) - done
        if not threads:
            break
        for thread in threads:
            _lower_thread(thread, goal)
        done |= threads


def _lower_thread(thread: int, goal: Goal) -> None:
    """On Linux both belong to the thread, in spite of POSIX."""
    if goal.nice is not None:
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, thread) < goal.nice:
                os.setpriority(os.PRIO_PROCESS, thread, goal.nice)
    if goal.io_level is not None:
        with contextlib.suppress(OSError, psutil.Error, ValueError):
            process = psutil.Process(thread)
            kind, level = process.ionice()
            if kind == psutil.IOPRIO_CLASS_NONE or (kind == psutil.IOPRIO_CLASS_BE and level < goal.io_level):
                process.ionice(psutil.IOPRIO_CLASS_BE, goal.io_level)


def _lower_group(pid: int, nice: int) -> None:
    """Where the system groups processes by session, a kernel's session counts as much as the server's, whatever the
    niceness of its threads (autogroup, `man 7 sched`)."""
    with contextlib.suppress(OSError, ValueError):
        if os.getsid(pid) == os.getsid(0):
            return
        file = _PROC / str(pid) / "autogroup"
        if int(file.read_text().rpartition("nice")[2]) < nice:
            file.write_text(str(nice))


def _threads(pid: int) -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC / str(pid) / "task")]
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    """All processes below it."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _pid(manager: Any, kernel_id: str) -> int | None:
    """The process of a local kernel; None for one elsewhere, and for one that is just being started."""
    try:
        provisioner = manager.get_kernel(kernel_id).provisioner
    except (KeyError, AttributeError):
        return None
    pid = getattr(provisioner, "pid", None)
    # a provisioner of another kind may number processes of another machine
    return pid if isinstance(pid, int) and pid > 0 and getattr(provisioner, "process", None) is not None else None
