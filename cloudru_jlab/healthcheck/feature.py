"""The healthcheck feature: configuration and life."""

from __future__ import annotations

import importlib
import secrets
from typing import TYPE_CHECKING

from ..core.feature import Feature, Ports, Route
from ..core.ports import Notifier, RootRegistry
from ..core.state import instance_folder
from . import handlers
from .cgroup import MemoryGroup
from .context import Context, Part
from .doorbell import Doorbell
from .ending import EndSignal
from .metrics import HealthMetrics
from .service import HealthService
from .supervisor import wording
from .supervisor.supervisor import Supervisor, now

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

#: In the order in which they begin; until all exist, those that do not are left out.
_PLANNED = (
    ("deaths", "KernelDeaths"),
    ("blackbox", "BlackBox"),
    ("gpu", "GpuProbe"),
    ("priorities", "KernelPriorities"),
    ("drafts", "DraftJournal"),
)


def _parts() -> tuple[type[Part], ...]:
    found = []
    for module, name in _PLANNED:
        full = f"{__package__}.{module}"
        try:
            found.append(getattr(importlib.import_module(full), name))
        except (ModuleNotFoundError, AttributeError) as error:
            if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith(full):
                raise
    return tuple(found)


PARTS: tuple[type[Part], ...] = _parts()


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
        self.supervisor = Supervisor(memory, parent=self)
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
