"""The healthcheck feature: configuration and life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.feature import Feature, Ports, Route
from ..core.ports import Notifier, RootRegistry

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class Healthcheck(Feature):
    """Notices what fails, explains it, and keeps unsaved edits."""

    slug = "healthcheck"
    halves = frozenset({"server", "front"})
    requires = (Notifier, RootRegistry)

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """See `core.feature.Feature.setup`."""

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`."""
        return []
