"""The probe of all GPUs, and the figures for the samples."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Float

from ...core.ports import HealthProbe, Reading
from ...core.traits import more_than_no_time
from ..context import Context, Part
from ..models import Gpu
from . import advice, nvml
from .lanes import Asked, Lane

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from ...core.feature import Ports

#: At most so long between two tries to reach the driver again.
_LONGEST_PAUSE_SECONDS = 60.0
#: How long a failure that the driver reports once (an Xid) is told.
_XID_SECONDS = 600.0


class GpuProbe(Part):
    """Looks at the GPUs through NVML. Nothing of it can keep the server from starting, hang it, or fill its log: a
    machine without GPUs is as well as any."""

    enabled = Bool(True, help="Whether GPUs are looked at.").tag(config=True)
    interval_seconds = Float(5.0, help="How often the GPUs are looked at, in seconds.").tag(config=True)
    call_seconds = Float(3.0, help="A GPU that does not answer within so many seconds hangs.").tag(config=True)
    retry_seconds = Float(
        5.0,
        help="""After so many seconds a driver that failed is tried again; twice as long after each time that it fails,
        a minute at most.""",
    ).tag(config=True)

    _times = more_than_no_time("interval_seconds", "call_seconds", "retry_seconds")

    name = "gpu"

    def __init__(
        self,
        context: Context,
        *,
        load: Callable[[], Any] = nvml.load,
        clock: Callable[[], float] = time.monotonic,
        **kwargs: Any,
    ) -> None:
        super().__init__(context, **kwargs)
        #: What the last look found.
        self.gpus: list[Gpu] = []
        self._memory: dict[int, int] = {}
        self._load = load
        self._clock = clock
        self._library: Any = None
        self._driver = Lane("driver")
        self._events_lane = Lane("events")
        self._events = nvml.Events()
        self._lanes: dict[int, Lane] = {}
        self._names: dict[int, str] = {}
        self._xids: dict[int, tuple[int, float]] = {}
        self._count = 0
        self._open = False
        self._worked = False
        self._retry_at = 0.0
        self._pause = self.retry_seconds
        self._failure: list[Reading] = []

    @property
    def timeout_seconds(self) -> float:
        """See `core.ports.HealthProbe`: closing, opening and looking may each take the time of a call."""
        return 4 * self.call_seconds + 2

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `context.Part.setup`."""
        if self.enabled:
            ports.contribute(HealthProbe, self)
            self.context.supervisor.gpus = self.figures

    def figures(self) -> tuple[list[Gpu], dict[int, int]]:
        """What the last look found: the GPUs, and the memory on all of them in bytes by process id. In a container the
        driver may know processes by other numbers, or name none."""
        return self.gpus, self._memory

    async def read(self) -> list[Reading]:
        """See `core.ports.HealthProbe`. Never raises for what the driver does."""
        if not self._open or self._retry_at:
            if self._clock() < self._retry_at:
                if not self._open:
                    return self._failure
            elif not await self._reopen():
                self.gpus, self._memory = [], {}
                return self._failure
        return await self._look()

    async def _reopen(self) -> bool:
        if self._library is None:
            try:
                # imports a large module
                self._library = await asyncio.get_running_loop().run_in_executor(None, self._load)
            except nvml.NoLibrary:
                return self._failed(advice.LIBRARY_NOT_FOUND)
        if any(lane.stuck for lane in (self._driver, self._events_lane, *self._lanes.values())):
            # what hangs is inside the library: closing it now would pull it away below it
            self._retry_at = self._clock() + self.retry_seconds
            return self._open
        if self._open:
            await self._driver.look(self._library, self._close, self.call_seconds)
            self._open = False
        for lane in (self._driver, self._events_lane, *self._lanes.values()):
            lane.forget()
        asked = await self._driver.look(self._library, nvml.open_library, self.call_seconds)
        if asked.hung:
            hung = ", ".join(sorted(asked.hung))
            self._failure = [advice.NOT_ANSWERING.reading(advice.DRIVER, function=hung)]
            self._wait()
            return False
        if asked.failed:
            return self._failed(next(iter(asked.failed.values())))
        count = int(asked.values["nvmlDeviceGetCount"])
        self._count = max(count, self._count if self._worked else 0)
        self._open, self._retry_at = True, 0.0
        return True

    def _close(self, asked: Asked) -> None:
        self._events.end(asked)
        nvml.close_library(asked)

    def _failed(self, code: int) -> bool:
        self._wait()
        if code in advice.ABSENT and not self._worked:
            self._failure = [Reading("gpu", advice.DRIVER, "pass", code="no_gpu")]
        else:
            self._failure = [advice.of_code(code, advice.DRIVER, "GPU")]
        return False

    def _wait(self) -> None:
        self._retry_at = self._clock() + self._pause
        self._pause = min(self._pause * 2, max(_LONGEST_PAUSE_SECONDS, self.retry_seconds))

    async def _look(self) -> list[Reading]:
        indices = range(self._count)
        for index in indices:
            self._lanes.setdefault(index, Lane(str(index)))
        found: list[tuple[int, int]] = []
        looks, _ = await asyncio.gather(
            asyncio.gather(*(self._look_at(index) for index in indices)),
            self._events_lane.look(
                self._library, lambda asked: self._events.look(asked, self._count, found), self.call_seconds
            ),
        )
        devices = [device for device, _ in looks]
        self._remember(devices, found)
        if devices and all(device.code == advice.NO_PERMISSION for device in devices):
            self._retry_later()
            return [advice.of_code(advice.NO_PERMISSION, advice.DRIVER, "GPU")]
        # one of several that is not permitted is another user's
        own = [
            (device, hung)
            for device, hung in looks
            if device.code != advice.NO_PERMISSION or device.index in self._names
        ]
        readings = [reading for device, hung in own for reading in self._judge(device, hung)]
        if any(device.code for device, _ in own):
            self._retry_later()
        else:
            self._pause, self._retry_at = self.retry_seconds, 0.0
        lost = [device for device, _ in own if device.code == advice.UNKNOWN]
        if lost and len(lost) == len(own):
            # one sentence, not one for each
            return [advice.of_code(advice.UNKNOWN, advice.DRIVER, "GPU")]
        return [Reading("gpu", advice.DRIVER, "pass", code="" if own else "no_gpu"), *readings]

    def _retry_later(self) -> None:
        if not self._retry_at:
            self._wait()

    async def _look_at(self, index: int) -> tuple[nvml.Device, frozenset[str]]:
        asked = await self._lanes[index].look(self._library, lambda asked: nvml.look(asked, index), self.call_seconds)
        return nvml.understand(asked, index, self._names.get(index, "GPU")), asked.hung

    def _remember(self, devices: list[nvml.Device], found: list[tuple[int, int]]) -> None:
        gpus, memory = [], dict[int, int]()
        for device in devices:
            if device.code or device.handle is None:
                continue
            self._worked = True
            self._names[device.index] = device.name
            gpus.append(
                Gpu(
                    index=device.index,
                    name=device.name,
                    used=device.used,
                    total=device.total,
                    utilisation=device.utilisation,
                    temperature=device.temperature,
                    power_watts=device.power_watts,
                )
            )
            for pid, used in device.processes.items():
                memory[pid] = memory.get(pid, 0) + used
        self.gpus, self._memory = gpus, memory
        index_of = {device.handle: device.index for device in devices if device.handle is not None}
        for handle, xid in found:
            index = index_of.get(handle)
            if index is not None:
                self._xids[index] = (xid, self._clock())

    def _judge(self, device: nvml.Device, hung: frozenset[str]) -> list[Reading]:
        """One reading: the worst that is known of the device."""
        id, gpu = str(device.index), f"GPU {device.index}"
        if hung:
            return [advice.NOT_ANSWERING.reading(id, gpu, function=", ".join(sorted(hung)))]
        if device.code:
            return [advice.of_code(device.code, id, gpu)]
        faults = [self._xid(device.index, id, gpu)]
        if device.repair_failed:
            faults.append(advice.REPAIR_FAILED.reading(id, gpu))
        if device.memory_errors:
            faults.append(advice.MEMORY_ERRORS.reading(id, gpu, count=device.memory_errors))
        if device.repair_pending:
            faults.append(advice.REPAIR_PENDING.reading(id, gpu))
        faults.append(advice.of_throttling(device.throttling, id, gpu))
        there = sorted((fault for fault in faults if fault), key=lambda fault: fault.status != "fail")
        used = None if device.used is None else float(device.used)
        total = None if device.total is None else float(device.total)
        reading = there[0] if there else Reading("gpu", id, "pass")
        return [reading._replace(value=used, limit=total, unit="bytes")]

    def _xid(self, index: int, id: str, gpu: str) -> Reading | None:
        xid, at = self._xids.get(index, (0, 0.0))
        if not xid:
            return None
        if self._clock() - at > _XID_SECONDS:
            del self._xids[index]
            return None
        return advice.of_xid(xid, id, gpu)

    async def stop(self) -> None:
        """See `context.Part.stop`."""
        stuck = any(lane.stuck for lane in (self._driver, self._events_lane, *self._lanes.values()))
        if self._open and not stuck:
            self._open = False
            await self._driver.look(self._library, self._close, min(self.call_seconds, 1.0))
