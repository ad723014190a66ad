"""The part of the healthcheck that explains the deaths of kernels."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError  # noqa: TID251 - what the server's own managers raise
from traitlets import Bool

from ...core.errors import DomainError
from ...core.feature import Ports
from ...core.ports import AwaitedCells, DeathTeller
from ...core.tasks import TaskGroup
from ..context import Part, PartRoute
from ..models import Death, Deaths, DeathsQuery
from ..supervisor.supervisor import Tick
from .handlers import DeathsHandler
from .kernels import Counters, Kernel
from .oom import DYING_SECONDS, GIVE_UP_SECONDS, SETTLE_SECONDS, OomCounter, Processes, suspects
from .process import KernelProcess
from .remote import RemoteKernels
from .statuses import read_status
from .store import DeathStore
from .telling import entry, evidence_of, judge, message, shared_memory_use
from .wording import Facts, size

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
#: How often the documents of kernels are asked for, in seconds.
_PATHS_SECONDS = 5.0
#: How often it is looked which group a kernel runs in: an operator's hook may move it, in seconds.
_GROUP_SECONDS = 2.0
#: The use of memory is remembered for so many beats.
_BEATS = 12
#: A kernel that ends earlier has not begun to work.
_STARTING_SECONDS = 3.0


class KernelDeaths(Part):
    """Sees each kernel die, says why, and tells the user."""

    notify = Bool(True, help="Whether the death of a kernel is told by a notification too.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = DeathStore(self.context.folder, self.log)
        self._kernels: dict[str, Kernel] = {}
        self._tasks = TaskGroup(self.log)
        self._started = False
        self._used: deque[int] = deque(maxlen=_BEATS)
        self._end: Any = None

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `Part.setup`."""
        ports.provide(KernelDeaths, self)
        ports.contribute(DeathTeller, self)
        self._serverapp = serverapp
        self._counters = Counters(self.context.memory, self.log)
        self._processes = Processes(self.context.memory)
        self._remote = RemoteKernels(self, self.log)

    @classmethod
    def routes(cls) -> list[PartRoute]:
        """See `Part.routes`."""
        return [("health/deaths", DeathsHandler)]

    async def start(self) -> None:
        """See `Part.start`."""
        if self._started:
            return
        self._started = True
        await self.store.start()
        self._end = self.context.supervisor.on_fast(self._beat)
        if self._serverapp.event_logger is not None:
            self._serverapp.event_logger.add_listener(schema_id=KERNEL_ACTIONS, listener=self._acted)
        self._remote.start(self._serverapp, self._tasks)
        self._tasks.start(self._keep_paths(), name="know the documents of kernels")

    async def stop(self) -> None:
        """See `Part.stop`: what ends from now on, the server has ended."""
        if not self._started:
            return
        self._started = False
        self._end()
        if self._serverapp.event_logger is not None:
            self._serverapp.event_logger.remove_listener(schema_id=KERNEL_ACTIONS, listener=self._acted)
        for kernel in self._kernels.values():
            self._leave(kernel)
        self._kernels.clear()
        await self._tasks.stop()
        await self.store.stop()
        self._counters.close()

    async def deaths(self, query: DeathsQuery) -> Deaths:
        """What the route answers, once those from before the start are known."""
        await self.store.loaded()
        return Deaths(self.context.instance, self.store.last, self.store.after(query.after, query.kernel))

    def recent(self) -> list[Death]:
        """The newest first."""
        return self.store.after(0)[::-1]

    @property
    def kernels(self) -> dict[str, Kernel]:
        """All that there are, by id."""
        return self._kernels

    # --- what there is

    def _beat(self, tick: Tick) -> None:
        self._used.append(tick.memory.used)
        self._look()
        if self._kernels:
            self._processes.look(tick.time)
            for counter in (self._counters.own, *self._counters.others()):
                self._look_at(counter, tick.time)

    def _look(self) -> None:
        """Compare with the server's own list, in memory."""
        managers = self._serverapp.kernel_manager
        there = set(managers.list_kernel_ids())
        for kernel_id in self._kernels.keys() - there:
            gone = self._kernels.pop(kernel_id)
            self._leave(gone)
            if gone.remote:
                self._remote.disappeared(gone)
        for kernel_id in there:
            kernel: Kernel | None = self._kernels.get(kernel_id)
            try:
                manager = managers.get_kernel(kernel_id)
            except KeyError:
                continue
            if kernel is None or kernel.manager is not manager:
                if kernel is not None:
                    self._leave(kernel)
                kernel = self._kernels[kernel_id] = Kernel(kernel_id, manager)
                self._tasks.start(self._find_path(kernel), name="know the document of a kernel")
            if not kernel.remote:
                self._look_at_run(kernel)

    def _look_at_run(self, kernel: Kernel) -> None:
        kernel.listen(self._fell, self._dead)
        process, run = kernel.process(), kernel.run
        if run is not None:
            if run.process is process or process is None:
                run.look()
                if not run.over and time.monotonic() - kernel.counter_looked > _GROUP_SECONDS:
                    self._look_at_group(kernel, run)
                return
            # another run has begun; how this one ended is known by now, or it was replaced on purpose
            run.close()
            kernel.run = None
        if process is not None:
            kernel.counter = None
            kernel.run = KernelProcess(process, lambda ended: self._run_ended(kernel, ended))
            self._look_at_group(kernel, kernel.run)
            kernel.run.watch()

    def _look_at_group(self, kernel: Kernel, run: KernelProcess) -> None:
        kernel.counter_looked = time.monotonic()
        if run.memory or kernel.counter is None:
            # of one that is about to end, the system does not tell it any more
            kernel.counter = self._counters.of(run.pid)

    def _leave(self, kernel: Kernel) -> None:
        kernel.unlisten()
        if kernel.run is not None:
            kernel.run.close()

    # --- how runs end

    def _run_ended(self, kernel: Kernel, run: KernelProcess) -> None:
        if not self._started or self._kernels.get(kernel.id) is not kernel:
            return
        deliberate = bool(getattr(kernel.manager, "shutting_down", False)) or kernel.process() is not run.process
        if deliberate and not run.fallen:
            return
        kernel.died_at = time.monotonic()
        code = run.exit_code()
        self._tasks.start(self._explain(kernel, run, code), name="explain the death of a kernel")

    def _fell(self, kernel: Kernel) -> None:
        """The restarter will start it again."""
        run = kernel.run
        if run is None or run.over:
            if run is None and kernel.process() is None:
                self._tasks.start(self._explain_unseen(kernel), name="explain the death of a kernel")
            return
        run.fallen = True
        run.look()
        if not run.over:
            run.close()
            self._run_ended(kernel, run)

    def _dead(self, kernel: Kernel) -> None:
        """The restarter has given up."""
        self._fell(kernel)
        death = self.store.find(kernel.last_death)
        if death is not None and death.restarted:
            self._tasks.start(self._no_restart(kernel, death), name="tell that a kernel stays dead")

    async def _no_restart(self, kernel: Kernel, death: Death) -> None:
        for text, new in ((death, _STAYS[0]), (death.texts["ru"], _STAYS[1])):
            text.body = text.body.replace(*new)
        death.restarted = False
        await self.tell(death)

    async def _explain(self, kernel: Kernel, run: KernelProcess, code: int | None) -> None:
        restarted = kernel.will_restart()
        status = read_status(code)
        counter = kernel.counter or self._counters.own
        kills = await counter.claim() if status.sigkill else None
        if kills is not None and self._counters.above(counter):
            self._counters.own.claim_now()
        use = counter.group.usage()
        used = max([use.used, *self._used] if counter is self._counters.own else [use.used, min(use.peak, use.limit)])
        counted = counter.group.group is not None
        known = self.context.supervisor.processes().get(kernel.id)
        peak = max(run.peak, known.peak if known is not None and known.pid == run.pid else 0)
        cause, confidence = judge(status, kills, used, peak, use, counted=counted)
        lived = time.monotonic() - run.began
        shared = shared_memory_use() if cause == "bus_error" else None
        if not kernel.path:
            await self._find_path(kernel)
        facts = Facts(
            cause,
            confidence,
            kernel.path.rpartition("/")[2] or kernel.name,
            bool(kernel.path),
            code=code,
            signal=status.signal,
            peak=peak or None,
            used=used,
            limit=use.limit,
            container=use.container,
            restarted=restarted,
            starting=cause == "exited" and lived < _STARTING_SECONDS and kernel.state == "starting",
            shared_full=shared is not None and shared > 0.9,
        )
        evidence = evidence_of(status, kills, counter.group.oom_kills(), facts, lived=lived, shared=shared)
        death = entry(facts, kernel_id=kernel.id, kernel_name=kernel.name, path=kernel.path, evidence=evidence)
        kernel.last_death = death.id
        await self.tell(death)

    async def _explain_unseen(self, kernel: Kernel) -> None:
        """It has no process here: its provisioner may know how it ended."""
        restarted = kernel.will_restart()
        try:
            code = await ensure_async(kernel.manager.provisioner.poll())
        except Exception:
            self.log.info("The provisioner of a kernel that died knows no exit status", exc_info=True)
            code = None
        status = read_status(code if isinstance(code, int) and code != 0 else None)
        name = kernel.path.rpartition("/")[2] or kernel.name
        facts = Facts(
            status.cause,
            status.confidence,
            name,
            bool(kernel.path),
            code=status.code,
            signal=status.signal,
            restarted=restarted,
        )
        evidence = {} if status.code is None else {"exit_code": str(status.code)}
        death = entry(facts, kernel_id=kernel.id, kernel_name=kernel.name, path=kernel.path, evidence=evidence)
        kernel.last_death = death.id
        await self.tell(death)

    # --- processes of kernels

    def _look_at(self, counter: OomCounter, now: float) -> None:
        """A kill that no kernel claims was that of another process."""
        waited = counter.unclaimed_seconds(now)
        if waited == 0.0:
            return
        watched = [kernel for kernel in self._kernels.values() if kernel.run is not None]
        dying = any(kernel.run.is_dying() for kernel in watched if kernel.run is not None)
        if waited < (DYING_SECONDS if dying else SETTLE_SECONDS):
            return
        runs = {kernel.run.pid: kernel.id for kernel in watched if kernel.run is not None}
        lost = self._processes.lost()
        found = suspects(lost, runs, now - waited - 1.0, lambda kernel_id: True)
        if found is None and waited < GIVE_UP_SECONDS:
            return
        kills = counter.claim_now()
        self._processes.forget(lost)
        if kills is None:
            return
        kernel = self._kernels.get(found[0]) if found is not None else None
        if kernel is not None and kernel.died_at is not None and now - kernel.died_at < 5.0:
            # with its kernel, which is explained
            return
        use = counter.group.usage()
        used = max(use.used, *self._used) if self._used else use.used
        process = f"{found[1].name}, {found[1].pid}" if found is not None else ""
        name = (kernel.path.rpartition("/")[2] or kernel.name) if kernel is not None else ""
        facts = Facts(
            "child_out_of_memory",
            "unknown" if found is None else "certain" if found[2] else "likely",
            name or "?",
            bool(kernel is not None and kernel.path),
            used=used,
            limit=use.limit,
            container=use.container,
            process=process,
        )
        evidence = {"oom_kill": f"{kills.before} -> {kills.after}"}
        if process:
            evidence["process"] = process
        evidence["memory"] = f"{size(used)} / {size(use.limit)} ({used / use.limit:.0%})"
        if kernel is None:
            self.log.warning("A process that is no kernel's was killed for memory: %s", evidence)
            return
        death = entry(facts, kernel_id=kernel.id, kernel_name=kernel.name, path=kernel.path, evidence=evidence)
        self._tasks.start(self.tell(death, f"kernel-child-death-{kernel.id}"), name="tell of a lost process")

    # --- telling

    async def tell(self, death: Death, key: str = "") -> None:
        """Keep the entry under a new number, ring, and post the notification."""
        seq = self.store.put(death)
        self.log.warning("%s. %s %s", death.title, death.body, death.evidence)
        self.context.ring("death", seq)
        if self.notify and self.context.notifier is not None:
            try:
                await self.context.notifier.notify(message(death, key, self._awaited(death)), name="healthcheck")
            except DomainError as error:
                self.log.warning("The notification of a kernel's death was refused: %s", error.message)

    def tells(self, kernel_id: str) -> bool:
        """See `core.ports.DeathTeller.tells`."""
        if not (self._started and self.notify and self.context.notifier is not None):
            return False
        kernel = self._kernels.get(kernel_id)
        return kernel is not None and (not kernel.remote or self._remote.tells(kernel))

    def _awaited(self, death: Death) -> dict[str, str] | None:
        cells = self.context.ports.get(AwaitedCells)  # type: ignore[type-abstract]
        lives = death.cause == "child_out_of_memory" or death.evidence.get("gateway") == "does not answer"
        return cells.died(death.kernel_id) if cells is not None and not lives else None

    async def retract(self, death: Death) -> None:
        """It was no death."""
        self.store.remove(death.id)
        self.context.ring("death", self.store.last)
        if self.notify and self.context.notifier is not None:
            await self.context.notifier.withdraw(f"kernel-death-{death.kernel_id}")

    async def _acted(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        """The server did something to a kernel, because it was asked to."""
        if data.get("status") == "error" or not self._started:
            return
        kernel = self._kernels.get(str(data.get("kernel_id")))
        if kernel is not None and data.get("action") in ("shutdown", "restart"):
            kernel.deliberate = data["action"] == "shutdown"
            self._remote.acted(kernel)
        self._look()

    # --- documents

    async def _keep_paths(self) -> None:
        while True:
            await asyncio.sleep(_PATHS_SECONDS)
            for kernel in list(self._kernels.values()):
                await self._find_path(kernel)

    async def _find_path(self, kernel: Kernel) -> None:
        """By the server's sessions. It stays what it was where there is none any more."""
        try:
            session = await ensure_async(self._serverapp.session_manager.get_session(kernel_id=kernel.id))
        except (HTTPError, KeyError, TypeError):
            return
        notebook = session.get("notebook") or {}
        if session.get("type") in ("notebook", "file"):
            kernel.path = str(notebook.get("path") or session.get("path") or "")


#: What replaces the promise of a restart, in English and Russian.
_STAYS = (
    (" It was started again: its variables are gone.", " It died again and again and is not started any more."),
    (
        " Ядро запущено заново, значения переменных потеряны.",
        " Ядро завершалось снова и снова и больше не запускается.",
    ),
)
