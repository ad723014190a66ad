"""Drafts as a part of the feature: configuration and life."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from traitlets import Float, Int, TraitError, validate

from ...core.feature import Ports
from ...core.tasks import TaskGroup
from ..context import Part, PartRoute
from .documents import Documents
from .errors import Unavailable
from .handlers import DraftsHandler, OneDraftHandler
from .service import DraftService, now
from .store import DraftStore

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_MIB = 1 << 20
_DAY_S = 86_400.0
_SWEEP_S = 3600.0


class DraftJournal(Part):
    """Keeps the unsaved edits of open documents until they are saved."""

    max_draft_mib = Int(64, config=True, help="Largest draft of one document, in MiB.")
    max_total_mib = Int(
        1024,
        config=True,
        help="Largest size of all drafts of all users together, in MiB. The oldest ones go first.",
    )
    keep_days = Float(
        30.0, config=True, help="Days after which a draft goes that nobody restored, and whose page is gone."
    )

    @validate("max_draft_mib", "max_total_mib", "keep_days")
    def _validate_positive(self, proposal: Any) -> Any:
        if not proposal["value"] > 0:
            raise TraitError(f"{proposal['trait'].name} is more than 0; {proposal['value']} is not.")
        return proposal["value"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tasks = TaskGroup(self.log)
        self._service: DraftService | None = None

    @property
    def longest(self) -> int:
        """A draft's largest size in bytes."""
        return self.max_draft_mib * _MIB

    @property
    def service(self) -> DraftService:
        """What serves the requests; raises `Unavailable` before `setup`."""
        if self._service is None:
            raise Unavailable("This server keeps no unsaved edits.")
        return self._service

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Build the service; touches no disk."""
        store = DraftStore(
            self.context.folder / "drafts",
            largest=self.longest,
            total=self.max_total_mib * _MIB,
            log=self.log,
            clock=now,
        )
        documents = Documents(lambda: serverapp.web_app.settings["contents_manager"], self.log)
        self._service = DraftService(store, documents, self.log)

    @classmethod
    def routes(cls) -> list[PartRoute]:
        """See `context.Part.routes`."""
        return [
            (r"health/drafts", DraftsHandler),
            (r"health/drafts/(?P<draft>[0-9a-f]{32})", OneDraftHandler),
        ]

    async def start(self) -> None:
        """Begin to remove what nobody wants."""
        self._tasks.start(self._sweep(), name="sweep of drafts")

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        await self._tasks.stop()
        if self._service is not None:
            await self._service.stop()

    async def _sweep(self) -> None:
        while True:
            try:
                gone = await self.service.sweep(time.time() - self.keep_days * _DAY_S)
                if gone:
                    self.log.info("Removed %d drafts that nobody wanted for %g days.", gone, self.keep_days)
            except OSError as error:
                self.log.warning("Old drafts could not be looked for: %s", error.strerror)
            await asyncio.sleep(_SWEEP_S)
