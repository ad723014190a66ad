"""What the parts of the healthcheck share, and how a part looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from traitlets.config import LoggingConfigurable

from ..core.feature import Ports
from ..core.ports import Notifier
from .cgroup import MemoryGroup

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from ..core.handlers import ApiHandler
    from .supervisor.supervisor import Supervisor

RingKind = Literal["memory_pressure", "death", "state"]
#: (pattern below /cloudru/, handler): the handler's `initialize` takes the part as ``part``.
PartRoute = tuple[str, "type[ApiHandler]"]


@dataclass(frozen=True)
class Context:
    """What all parts share.

    Attributes
    ----------
    folder:
        Where this server keeps its documents, on the persistent volume; it may not be there yet, or be read-only.
    ring:
        Rings the doorbell of the pages: the kind, and the newest sequence number of what changed. On the event loop.
    notifier:
        None where no feature provides it.
    instance:
        Random, another after each start.
    started:
        When the server started, RFC 3339 in UTC.
    """

    serverapp: ServerApp
    ports: Ports
    folder: Path
    memory: MemoryGroup
    supervisor: Supervisor
    ring: Callable[[RingKind, int], None]
    notifier: Notifier | None
    log: Logger
    instance: str
    started: str


class Part(LoggingConfigurable):
    """Something of the healthcheck that begins and ends with it. Made with ``(parent=feature, context=context)``; one
    whose constructor, `setup` or `start` fails is logged, and the others go on."""

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.context = context

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Connect to the server. Other features may not be set up yet: ask for contributions in `start`."""

    @classmethod
    def routes(cls) -> list[PartRoute]:
        """Its routes; each handler is given the part as ``part``."""
        return []

    async def start(self) -> None:
        """Begin; the event loop runs."""

    async def stop(self) -> None:
        """End; safe without `start`, and twice."""
