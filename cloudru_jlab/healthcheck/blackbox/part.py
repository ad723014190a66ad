"""The part of the healthcheck that explains the end of the server itself, after the restart."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Bool

from ...core.errors import DomainError
from ...core.feature import Ports
from ...core.tasks import TaskGroup
from ..context import Part
from ..deaths import KernelDeaths
from ..supervisor.lane import Lane
from ..supervisor.supervisor import Tick
from .record import KernelNote, Record, RecordFile, began, boot, host
from .verdict import deaths, judge, message
from .writer import Writer

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

#: How old the record may be while there are kernels, and while there are none, in seconds.
_BUSY_SECONDS = 1.0
_IDLE_SECONDS = 10.0
#: It is written at once where memory grew by this share of the limit.
_JUMP = 0.05
_TIMEOUT_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
#: Servers that share one folder at a time.
_MOST = 8


class BlackBox(Part):
    """Writes down what is so, and reads at the next start what had been."""

    enabled = Bool(
        True,
        help="""Whether a small record of the server's memory and kernels is kept on its volume, about a second old.
        From it the next start explains an end that nobody asked for.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tasks = TaskGroup(self.log)
        self._lane = Lane("black box")
        self._writer: Writer | None = None
        self._last: tuple[float, int] = (float("-inf"), 0)
        self._number = 0
        self._end: Any = None

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `Part.setup`."""
        self._deaths = ports.get(KernelDeaths)
        self._who = (os.getpid(), began(os.getpid()), boot(), host())

    async def start(self) -> None:
        """See `Part.start`."""
        if self.enabled and self._writer is None and self._end is None:
            self._tasks.start(self._begin(), name="read the black box")

    async def stop(self) -> None:
        """See `Part.stop`: what comes now is no failure."""
        if self._end is not None:
            self._end()
            self._end = None
        await self._tasks.stop()
        writer, self._writer = self._writer, None
        if writer is not None:
            record = self._record(self.context.supervisor.latest.used, 0.0)
            record.clean = True
            writer.put(record)
            await asyncio.to_thread(writer.end, _GOODBYE_SECONDS)

    async def _begin(self) -> None:
        try:
            file, lost = await self._lane.run(self._take, _TIMEOUT_SECONDS)
        except (OSError, TimeoutError) as error:
            self.log.warning("The record of how the server was cannot be read: %s", error)
            return
        if file is None:
            return
        self._writer = Writer(file, self.log)
        self._writer.start()
        # from now on the old one is replaced: it is explained once
        self._end = self.context.supervisor.on_fast(self._beat)
        self._write(self.context.supervisor.latest.used, time.monotonic())
        for record in lost:
            await self._explain(record)

    def _take(self) -> tuple[RecordFile | None, list[Record]]:
        """The file that this server writes, and the records of servers that ended badly. Of those that share the
        folder, each has its own."""
        mine: RecordFile | None = None
        lost: list[Record] = []
        for number in range(1, _MOST + 1):
            file = RecordFile(self.context.folder / ("blackbox.bin" if number == 1 else f"blackbox-{number}.bin"))
            record = file.read()
            if record is not None and self._lives(record, file):
                continue
            if record is not None and not record.clean:
                lost.append(record)
            if mine is None:
                mine = file
                self._number = record.number + 1 if record is not None else 0
            elif record is not None:
                file.remove()
        return mine, lost

    def _lives(self, record: Record, file: RecordFile) -> bool:
        """Whether the server that wrote it still runs."""
        _, _, this_boot, this_host = self._who
        if record.clean or record.instance == self.context.instance:
            return False
        if record.boot == this_boot and record.host == this_host:
            return record.pid != self._who[0] and began(record.pid) == record.began
        if not _fresh(file.file):
            return False
        # another machine's: it lives if it goes on writing
        time.sleep((_BUSY_SECONDS if record.kernels else _IDLE_SECONDS) * 2)
        again = file.read()
        return again is not None and (again.number, again.instance) != (record.number, record.instance)

    async def _explain(self, record: Record) -> None:
        verdict = judge(record, boot=self._who[2], host=self._who[3], oom_kills=self.context.memory.oom_kills())
        self.log.warning(
            "The server ended without being shut down (%s, %s): %s", verdict.cause, verdict.confidence, verdict.evidence
        )
        if self._deaths is not None:
            await self._deaths.store.loaded()
            for death in deaths(record, verdict):
                self.context.ring("death", self._deaths.store.put(death))
        if self.context.notifier is not None:
            try:
                await self.context.notifier.notify(message(record, verdict), name="healthcheck")
            except DomainError as error:
                self.log.warning("The notification of the server's end was refused: %s", error.message)

    def _beat(self, tick: Tick) -> None:
        at, used = self._last
        kernels = bool(self._deaths is not None and self._deaths.kernels)
        due = tick.time - at >= (_BUSY_SECONDS if kernels else _IDLE_SECONDS) - 0.1
        if due or tick.memory.used - used > _JUMP * tick.memory.limit:
            self._write(tick.memory.used, tick.time)

    def _write(self, used: int, now: float) -> None:
        if self._writer is None:
            return
        at, before = self._last
        passed = now - at
        growth = (used - before) / passed if 0 < passed < _IDLE_SECONDS * 2 else 0.0
        self._last = (now, used)
        self._writer.put(self._record(used, max(growth, 0.0)))

    def _record(self, used: int, growth: float) -> Record:
        self._number += 1
        pid, since, this_boot, this_host = self._who
        memory = self.context.supervisor.latest
        kernels = self._deaths.kernels.values() if self._deaths is not None else ()
        return Record(
            number=self._number,
            time=datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            instance=self.context.instance,
            pid=pid,
            began=since,
            boot=this_boot,
            host=this_host,
            started=self.context.started,
            used=used,
            limit=memory.limit,
            container=memory.container,
            oom_kills=memory.oom_kills,
            growth=growth,
            kernels=[
                KernelNote(kernel.id, kernel.name, kernel.path, kernel.run.memory if kernel.run is not None else 0)
                for kernel in kernels
                if not kernel.remote
            ],
        )


def _fresh(file: Path) -> bool:
    """Whether it was written lately: if not, there is no use in waiting whether it goes on."""
    try:
        return abs(time.time() - file.stat().st_mtime) < 3 * _IDLE_SECONDS
    except OSError:
        return False
