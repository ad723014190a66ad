"""The healthcheck feature: configuration and life."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from traitlets import TraitError

from ..core.feature import Feature, Ports, Route
from ..core.ports import Notifier, RootRegistry
from ..core.state import instance_folder
from . import handlers
from .blackbox import BlackBox
from .cgroup import MemoryGroup
from .context import Context, Part
from .deaths import KernelDeaths
from .doorbell import Doorbell
from .drafts import DraftJournal
from .ending import EndSignal
from .gpu import GpuProbe
from .metrics import HealthMetrics
from .priorities import KernelPriorities
from .service import HealthService
from .supervisor import wording
from .supervisor.supervisor import Supervisor, now

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

#: In the order in which they begin.
PARTS: tuple[type[Part], ...] = (KernelDeaths, BlackBox, GpuProbe, KernelPriorities, DraftJournal)


class Healthcheck(Feature):
    """Notices what fails, explains it, and keeps unsaved edits."""

    slug = "healthcheck"
    halves = frozenset({"server", "front"})
    requires = (Notifier, RootRegistry)
    configured = (Supervisor, *PARTS)

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `core.feature.Feature.setup`."""
        self._doorbell = Doorbell(serverapp.event_logger)
        memory = MemoryGroup()
        try:
            self.supervisor = Supervisor(memory, parent=self)
        except TraitError as error:
            self.log.critical("The supervisor's configuration is left aside: %s", error)
            self.supervisor = Supervisor(memory, log=self.log)
        self.context = Context(
            serverapp=serverapp,
            ports=ports,
            folder=instance_folder(serverapp.data_dir, serverapp.base_url, serverapp.root_dir),
            memory=memory,
            supervisor=self.supervisor,
            ring=self._doorbell.ring,
            notifier=ports.get(Notifier),  # type: ignore[type-abstract]
            log=self.log,
            instance=secrets.token_hex(16),
            started=now(),
        )
        self.supervisor.connect(self.context)
        self.service = HealthService(self.supervisor, self.context.instance, self.context.started)
        self._metrics = HealthMetrics(self.supervisor)
        self._end = EndSignal(self._ending)
        self._off: list[str] = []
        self.parts: list[Part] = []
        for kind in PARTS:
            try:
                part = kind(parent=self, context=self.context)
                part.setup(serverapp, ports)
            except Exception:
                self.log.exception("%s is off; the rest of the healthcheck goes on", kind.__name__)
                self._off.append(kind.__name__)
            else:
                self.parts.append(part)
                if isinstance(part, KernelDeaths):
                    self.service.deaths = part.recent

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`. Without a server, all that there could be."""
        parts: list[Part] | None = getattr(self, "parts", None)
        there: dict[type[Part], Part | None] = dict.fromkeys(PARTS)
        if parts is not None:
            there = {type(part): part for part in parts}
        own = {"service": self.service}
        return [
            ("healthz/live", handlers.LiveHandler, own),
            ("healthz/ready", handlers.ReadyHandler, own),
            ("health", handlers.DocumentHandler, own),
            ("health/samples", handlers.SamplesHandler, own),
        ] + [(pattern, handler, {"part": part}) for kind, part in there.items() for pattern, handler in kind.routes()]

    async def start(self) -> None:
        """See `core.feature.Feature.start`."""
        for part in self.parts:
            try:
                await part.start()
            except Exception:
                self.log.exception("%s did not start; the rest of the healthcheck goes on", type(part).__name__)
                self._off.append(type(part).__name__)
        await self.supervisor.start()
        self.supervisor.report("parts", [wording.part_off(name) for name in self._off])
        self._metrics.register()
        self._end.install()
        self.service.running = True

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        if not hasattr(self, "supervisor"):
            return
        self._ending()
        self._end.remove()
        self._metrics.unregister()
        for part in reversed(self.parts):
            try:
                await part.stop()
            except Exception:
                self.log.exception("%s did not stop cleanly", type(part).__name__)
        await self.supervisor.stop()
        self._doorbell.stop()

    def _ending(self) -> None:
        self.service.ending = True
