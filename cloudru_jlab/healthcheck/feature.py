"""The healthcheck feature: configuration and life."""

from __future__ import annotations

import importlib
import secrets
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.feature import Feature, Ports, Route
from ..core.ports import Notifier, RootRegistry
from ..core.state import instance_folder
from .cgroup import MemoryGroup
from .context import Context, Part, RingKind
from .supervisor.supervisor import Supervisor

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

EVENT_SCHEMA = "https://schema.cloud.ru/cloudru_jlab/healthcheck/v1"

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
            if isinstance(error, ModuleNotFoundError) and error.name != full:
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
        self._events = serverapp.event_logger
        if self._events is not None:
            self._events.register_event_schema(Path(__file__).parent / "events" / "v1.yaml")
        memory = MemoryGroup()
        self.supervisor = Supervisor(memory, parent=self)
        self.context = Context(
            serverapp=serverapp,
            ports=ports,
            folder=instance_folder(serverapp.data_dir, serverapp.base_url, serverapp.root_dir),
            memory=memory,
            supervisor=self.supervisor,
            ring=self._ring,
            notifier=ports.get(Notifier),  # type: ignore[type-abstract]
            log=self.log,
            instance=secrets.token_hex(16),
            started=datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        self.parts: list[Part] = []
        for kind in PARTS:
            try:
                part = kind(parent=self, context=self.context)
                part.setup(serverapp, ports)
            except Exception:
                self.log.exception("%s is off; the rest of the healthcheck goes on", kind.__name__)
            else:
                self.parts.append(part)

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`. Without a server, all that there could be."""
        parts: list[Part] | None = getattr(self, "parts", None)
        there: dict[type[Part], Part | None] = dict.fromkeys(PARTS)
        if parts is not None:
            there = {type(part): part for part in parts}
        return [
            (pattern, handler, {"part": part}) for kind, part in there.items() for pattern, handler in kind.routes()
        ]

    async def start(self) -> None:
        """See `core.feature.Feature.start`."""
        await self.supervisor.start()
        for part in self.parts:
            try:
                await part.start()
            except Exception:
                self.log.exception("%s did not start; the rest of the healthcheck goes on", type(part).__name__)

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        if not hasattr(self, "supervisor"):
            return
        for part in reversed(self.parts):
            try:
                await part.stop()
            except Exception:
                self.log.exception("%s did not stop cleanly", type(part).__name__)
        await self.supervisor.stop()

    def _ring(self, kind: RingKind, seq: int) -> None:
        if self._events is not None:
            self._events.emit(schema_id=EVENT_SCHEMA, data={"kind": kind, "seq": seq})
