"""The supervisor: the beat that the cheap looks keep, the slow ones, and what is known."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from traitlets import Bool, Float, TraitError, validate
from traitlets.config import LoggingConfigurable

from ...core.ports import HealthProbe, Reading, RootRegistry
from ...core.tasks import TaskGroup
from ..cgroup import MemoryGroup, MemoryUse
from ..models import Check, Cpu, Gpu, KernelUse, Memory, Sample, Status
from . import wording
from .board import Board, level
from .cpu import CpuGroup
from .disks import Disks, Watched
from .incidents import Incidents
from .kernels import KnownKernel, known_kernels
from .lane import Lane, Stuck
from .pressure import PressureForecast
from .probes import Probes
from .processes import KernelProcesses, ProcessTrees, resident

if TYPE_CHECKING:
    from ..context import Context

__all__ = ["KernelProcesses", "Supervisor", "Tick", "now"]

FAST_SECONDS = 0.25
#: How often a sample is taken, and how long they are kept.
SAMPLE_SECONDS = 2.0
KEPT_SECONDS = 600.0
_MARGIN = 0.03
#: A look at processes that is costly is made so seldom that it takes no more than this share of a core.
_SHARE = 0.003


class Tick(NamedTuple):
    """One beat. ``time`` is monotonic, ``loop_ms`` how late the event loop was."""

    time: float
    memory: MemoryUse
    loop_ms: float


class _Figures(NamedTuple):
    """What a thread has read."""

    cpu: float
    cpu_limit: float
    descriptors: int
    descriptors_limit: int
    processes: dict[str, KernelProcesses] | None
    cost: float


def now() -> str:
    """RFC 3339 in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Supervisor(LoggingConfigurable):
    """Notices how the server is."""

    enabled = Bool(True, help="Whether the server's health is looked at.").tag(config=True)
    slow_seconds = Float(5.0, help="How often disks and the gateway are looked at, in seconds.").tag(config=True)
    slow_timeout_seconds = Float(4.0, help="How long such a look may take, in seconds.").tag(config=True)
    memory_warn = Float(0.85, help="From this share of its limit on memory is a warning.").tag(config=True)
    memory_fail = Float(0.95, help="From this share of its limit on memory is a failure.").tag(config=True)
    descriptors_warn = Float(0.8, help="From this share of their limit on open files are a warning.").tag(config=True)
    descriptors_fail = Float(0.95, help="From this share of their limit on open files are a failure.").tag(config=True)
    loop_warn_seconds = Float(1.0, help="An event loop that is so late is a warning.").tag(config=True)
    loop_fail_seconds = Float(5.0, help="An event loop that is so late is a failure.").tag(config=True)
    pressure_level = Float(0.75, help="From this share of the memory's limit on pages save what is unsaved.").tag(
        config=True
    )
    pressure_horizon_seconds = Float(
        3.0, help="Pages save too when memory, growing as it does, reaches its limit within this, in seconds."
    ).tag(config=True)
    pressure_gap_seconds = Float(10.0, help="Pages are asked to save no more often than this, in seconds.").tag(
        config=True
    )

    @validate(
        "slow_seconds", "slow_timeout_seconds", "pressure_horizon_seconds", "pressure_gap_seconds", "loop_warn_seconds"
    )
    def _positive(self, proposal: Any) -> float:
        if not proposal["value"] > 0:
            raise TraitError(f"Supervisor.{proposal['trait'].name} must be more than 0.")
        return float(proposal["value"])

    @validate("memory_warn", "memory_fail", "descriptors_warn", "descriptors_fail", "pressure_level")
    def _share(self, proposal: Any) -> float:
        if not 0 < proposal["value"] <= 1:
            raise TraitError(f"Supervisor.{proposal['trait'].name} must be more than 0 and at most 1.")
        return float(proposal["value"])

    def __init__(self, memory: MemoryGroup, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.memory = memory
        self.latest: MemoryUse = memory.usage()
        self.samples: deque[Sample] = deque(maxlen=int(KEPT_SECONDS / SAMPLE_SECONDS))
        self.seq = 0
        #: GPUs, and their memory by process id, as last seen; set by what looks at them.
        self.gpus: Callable[[], tuple[list[Gpu], dict[int, int]]] = lambda: ([], {})
        self._context: Context | None = None
        self._callbacks: list[Callable[[Tick], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._processes: dict[str, KernelProcesses] = {}
        self._known: list[KnownKernel] = []
        self._trees = ProcessTrees()
        self._cpu = CpuGroup()
        self._lane = Lane("figures")
        self._figures = _Figures(0.0, 1.0, 0, 0, None, 0.0)
        self._next_trees = 0.0
        self._worst = 0.0
        self._tasks = TaskGroup(self.log)
        self._probes = Probes(self._found, self.log)
        self._pressure = PressureForecast(self.pressure_level, self.pressure_horizon_seconds, self.pressure_gap_seconds)
        self._board = Board(self._changed, now)
        self._incidents: Incidents | None = None
        self._disks = Disks(self._roots, self.slow_seconds, self.slow_timeout_seconds)

    def connect(self, context: Context) -> None:
        """Know the server."""
        self._context = context
        self._incidents = Incidents(context.notifier, self.log)

    # --- what others ask

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

    def checks(self) -> list[Check]:
        """How all components are."""
        return self._board.checks()

    def overall(self) -> Status:
        """The worst of all."""
        return self._board.overall()

    def report(self, source: str, readings: list[Reading]) -> None:
        """Take readings of something that is no probe; ``source`` names all that it knows each time."""
        self._board.update(source, readings)

    # --- life

    async def start(self) -> None:
        """Begin to look."""
        if not self.enabled or self._timer is not None or self._context is None:
            return
        self._next(asyncio.get_running_loop())
        assert self._incidents is not None  # noqa: S101 - since `connect`
        await self._incidents.start()
        self._tasks.start(self._keep_sampling(), name="sample the server's health")
        probes: list[HealthProbe] = [self._disks]
        gateway = self._gateway()
        if gateway is not None:
            probes.append(gateway)
        for probe in [*probes, *self._context.ports.contributions(HealthProbe)]:  # type: ignore[type-abstract]
            self._probes.start(probe)

    async def stop(self) -> None:
        """End; safe without `start`, and twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._probes.stop()
        await self._tasks.stop()
        if self._incidents is not None:
            await self._incidents.stop()
        self.memory.close()

    def _gateway(self) -> HealthProbe | None:
        assert self._context is not None  # noqa: S101 - since `connect`
        config: Any = getattr(self._context.serverapp, "gateway_config", None)
        if config is None or not config.gateway_enabled:
            return None
        from .gateway import GatewayProbe  # most servers have none

        return GatewayProbe(config, self.slow_seconds, self.slow_timeout_seconds)

    # --- the beat

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + FAST_SECONDS
        self._timer = loop.call_at(due, self._beat, loop, due)

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        late = max(loop.time() - due, 0.0)
        self._next(loop)
        self._worst = max(self._worst, late)
        self.latest = self.memory.usage()
        tick = Tick(time.monotonic(), self.latest, late * 1000)
        if self._pressure.add(tick.time, tick.memory.used, tick.memory.limit) and self._context is not None:
            self._context.ring("memory_pressure", self.seq)
        for kernel, process in self._processes.items():
            # a tree is looked at seldom, its root often: a kernel may grow and die in between
            memory = resident(process.pid)
            if memory > process.peak:
                self._processes[kernel] = process._replace(peak=memory)
        for callback in list(self._callbacks):
            try:
                callback(tick)
            except Exception:
                self.log.exception("A look at the server's health failed; the others go on")

    # --- samples

    async def _keep_sampling(self) -> None:
        while True:
            await self.sample()
            await asyncio.sleep(SAMPLE_SECONDS)

    async def sample(self) -> None:
        """Take one sample."""
        assert self._context is not None  # noqa: S101 - since `connect`
        self._known = known_kernels(self._context.serverapp)
        roots = {kernel.id: kernel.pid for kernel in self._known if kernel.pid is not None}
        before = dict(self._processes)
        trees = time.monotonic() >= self._next_trees
        try:
            self._figures = await self._lane.run(lambda: self._read(roots if trees else None, before), SAMPLE_SECONDS)
        except Stuck:
            # /proc hangs with a process that does: the figures stay what they were
            pass
        else:
            found = self._figures.processes
            if found is not None:
                self._next_trees = time.monotonic() + self._figures.cost / _SHARE
                for kernel, process in found.items():
                    beaten = self._processes.get(kernel)
                    if beaten is not None and beaten.pid == process.pid and beaten.peak > process.peak:
                        found[kernel] = process._replace(peak=beaten.peak)
                self._processes = found
        worst, self._worst = self._worst, 0.0
        self._append(worst * 1000)
        self._judge(worst)

    def _read(self, roots: dict[str, int] | None, before: dict[str, KernelProcesses]) -> _Figures:
        began = time.thread_time()
        processes = self._trees.look(roots, before) if roots is not None else None
        cost = time.thread_time() - began
        return _Figures(self._cpu.use(), self._cpu.limit(), *_descriptors(), processes, cost)

    def _append(self, loop_ms: float) -> None:
        use, figures = self.latest, self._figures
        gpus, gpu_memory = self.gpus()
        self.seq += 1
        self.samples.append(
            Sample(
                seq=self.seq,
                time=now(),
                memory=Memory(use.used, use.limit, use.container, use.oom_kills),
                cpu=Cpu(round(figures.cpu, 3), figures.cpu_limit),
                loop_ms=round(loop_ms, 1),
                disks=list(self._disks.disks),
                gpus=list(gpus),
                kernels=[self._kernel(kernel, gpu_memory) for kernel in self._known],
                descriptors=figures.descriptors,
                descriptors_limit=figures.descriptors_limit,
            )
        )

    def _kernel(self, kernel: KnownKernel, gpu_memory: dict[int, int]) -> KernelUse:
        process = self._processes.get(kernel.id)
        if process is not None and process.pid != kernel.pid:
            process = None
        shares = [gpu_memory[pid] for pid in process.pids if pid in gpu_memory] if process is not None else []
        return KernelUse(
            id=kernel.id,
            name=kernel.name,
            path=kernel.path,
            title=kernel.title,
            state=kernel.state,
            memory=process.memory if process is not None else None,
            cpu=round(process.cpu, 3) if process is not None else None,
            gpu_memory=sum(shares) if shares else None,
            processes=len(process.pids) if process is not None else 0,
            remote=kernel.remote,
        )

    # --- checks

    def _judge(self, late: float) -> None:
        use, figures, board = self.latest, self._figures, self._board

        def of(component: str, value: float, warn: float, fail: float, margin: float = _MARGIN) -> Status:
            return level(value, warn, fail, board.status(component, component), margin)

        memory = of("memory", use.used / use.limit if use.limit else 0.0, self.memory_warn, self.memory_fail)
        loop = of("event_loop", late, self.loop_warn_seconds, self.loop_fail_seconds, self.loop_warn_seconds / 4)
        readings = [
            wording.memory(use, memory),
            # a machine in full use is no fault: the server has its share before the kernels have theirs
            wording.cpu(figures.cpu, figures.cpu_limit, "pass"),
            wording.event_loop(late * 1000, loop),
        ]
        if figures.descriptors_limit:
            share = figures.descriptors / figures.descriptors_limit
            status = of("descriptors", share, self.descriptors_warn, self.descriptors_fail)
            readings.append(wording.descriptors(figures.descriptors, figures.descriptors_limit, status))
        board.update("supervisor", readings)

    def _found(self, source: str, readings: list[Reading]) -> None:
        self._board.update(source, readings)

    def _changed(self, key: tuple[str, str], was: Reading | None, is_now: Reading | None) -> None:
        if self._incidents is not None:
            self._incidents.changed(key, was, is_now)
        if self._context is not None:
            self._context.ring("state", self.seq)

    def _roots(self) -> list[Watched]:
        assert self._context is not None  # noqa: S101 - since `connect`
        registry = self._context.ports.get(RootRegistry)  # type: ignore[type-abstract]
        if registry is None:
            return [Watched("", "Files", os.fsencode(self._context.serverapp.root_dir), True)]
        return [
            Watched(root.info.name, root.info.title, root.info.real, root.info.writable)
            for root in registry.roots()
            if root.info.real is not None
        ]


def _descriptors() -> tuple[int, int]:
    """Open files of this process, and how many may be; 0 where that is not told."""
    try:
        import resource

        # the one that reads the folder is not counted
        return len(os.listdir("/proc/self/fd")) - 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    except (ImportError, OSError):
        return 0, 0
