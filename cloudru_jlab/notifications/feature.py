"""The notifications feature: configuration and life."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from traitlets import Float, Integer, TraitError, Unicode, validate

from ..core.feature import Feature, Ports, Route
from ..core.ports import AwaitedCells, Notifier
from ..core.state import instance_folder
from ..core.users import tells_users_apart
from . import handlers
from .feed import NotificationFeed
from .forwarding import NotificationForwarding
from .kernels import KernelNotifications
from .limits import RateLimit
from .operator import OperatorToken
from .service import NotificationService, SystemNotifier
from .store.writer import Store
from .watches import KernelWatches

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

EVENT_SCHEMA = "https://schema.cloud.ru/cloudru_jlab/notifications/v1"
#: The front end's view: whether there is anything to ask.
PAGE_CONFIG = "cloudruNotifications"


class Part(Protocol):
    """Something beside the service that begins and ends with it."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End; safe without `start`, and twice."""


class Notifications(Feature):
    """Messages of the platform, of programs and of the server itself, with history."""

    slug = "notifications"
    halves = frozenset({"server", "front"})
    provides = (Notifier, AwaitedCells)
    # what forwards begins first, what posts ends first
    configured = (NotificationForwarding, NotificationFeed)

    operator_token_file = Unicode(
        "",
        help="""A file with the operator's token, at least 16 characters. Who sends it as ``Authorization: Bearer …``
        posts as the operator. Nobody but the server's user should be able to read it, and code in kernels runs as that
        user: give each server a token of its own. ``~`` and ``${VARIABLES}`` expand. It is read again when it
        changes.""",
    ).tag(config=True)
    row_cap = Integer(5_000, help="So many notifications are kept; the oldest that have been read go first.").tag(
        config=True
    )
    burst = Integer(200, help="So many notifications may a user's programs post at once.").tag(config=True)
    posts_per_second = Float(100.0, help="So many more in each second.").tag(config=True)
    retry_seconds = Float(
        30.0,
        help="""How long notifications stay in memory after the disk was full or could not be written to, before it is
        tried again, in seconds.""",
    ).tag(config=True)

    @validate("row_cap", "burst")
    def _some(self, proposal: Any) -> int:
        if proposal["value"] < 1:
            raise TraitError(f"Notifications.{proposal['trait'].name} must be at least 1.")
        return int(proposal["value"])

    @validate("posts_per_second", "retry_seconds")
    def _positive(self, proposal: Any) -> float:
        if not proposal["value"] > 0:
            raise TraitError(f"Notifications.{proposal['trait'].name} must be more than 0.")
        return float(proposal["value"])

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Build the service and offer it to the other features."""
        self._settings = serverapp.web_app.settings
        self._events = serverapp.event_logger
        if self._events is not None:
            self._events.register_event_schema(Path(__file__).parent / "events" / "v1.yaml")
        folder = instance_folder(serverapp.data_dir, serverapp.base_url, serverapp.root_dir)

        def store(committed: Callable[[int, bool], None], damaged: Callable[[str], None]) -> Store:
            return Store(
                folder,
                log=self.log,
                cap=self.row_cap,
                retry_seconds=self.retry_seconds,
                committed=committed,
                damaged=damaged,
            )

        self.service = NotificationService(
            store,
            log=self.log,
            ring=self._ring,
            several_users=lambda: tells_users_apart(self._settings.get("identity_provider")),
            limit=RateLimit(self.burst, self.posts_per_second, time.monotonic),
        )
        self.kernels: KernelWatches | None = None
        self.parts: list[Part] = []
        try:
            kernels = KernelNotifications(self.service, parent=self)
        except TraitError as error:
            self.log.critical("Kernels are not listened to: %s", error)
        else:
            kernels.setup(serverapp, ports)
            self.kernels = kernels
            ports.provide(AwaitedCells, kernels.deaths)
            self.parts.append(kernels)
        for part in self.configured:
            try:
                self.parts.append(part(self.service, parent=self))
            except TraitError as error:
                self.log.critical("%s is off: %s", part.__name__, error)
        file = os.path.expandvars(os.path.expanduser(self.operator_token_file))
        self.operator = OperatorToken(Path(file) if file else None, self.log)
        ports.provide(Notifier, SystemNotifier(self.service))
        self._settings.setdefault("page_config_data", {})[PAGE_CONFIG] = True

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`."""
        arguments = {"service": self.service, "operator": self.operator}
        return [
            ("notifications", handlers.AllHandler, arguments),
            ("notifications/claims", handlers.ClaimsHandler, arguments),
            ("notifications/alertmanager", handlers.AlertmanagerHandler, arguments),
            ("notifications/watches", handlers.WatchesHandler, {**arguments, "kernels": self.kernels}),
            (r"notifications/watches/(?P<watch>\w+)", handlers.WatchHandler, {**arguments, "kernels": self.kernels}),
            (r"notifications/(?P<notification>\w+)", handlers.OneHandler, arguments),
        ]

    async def start(self) -> None:
        """See `core.feature.Feature.start`."""
        await self.service.start()
        for part in self.parts:
            try:
                await part.start()
            except Exception:
                self.log.exception("%s did not start; the notifications go on", type(part).__name__)

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        if hasattr(self, "service"):
            for part in reversed(self.parts):
                try:
                    await part.stop()
                except Exception:
                    self.log.exception("%s did not stop cleanly", type(part).__name__)
            await self.service.stop()

    def _ring(self, seq: int, kind: str) -> None:
        if self._events is not None:
            self._events.emit(schema_id=EVENT_SCHEMA, data={"seq": seq, "kind": kind})
