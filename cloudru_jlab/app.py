"""The server extension: starts and stops the features in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join

from .core.feature import Feature, Ports
from .core.handlers import ROUTE_PREFIX
from .features import FEATURES, in_order

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class CloudruJlab(ExtensionApp):
    """Hosts the features; each is configured by its own class (``c.ListingFeature.…``)."""

    name = "cloudru_jlab"
    load_other_extensions = True
    classes = [*FEATURES, *(each for feature in FEATURES for each in feature.configured)]  # noqa: RUF012 - as in the base

    def _link_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        super()._link_jupyter_server_extension(serverapp)
        # Before the server builds its managers: the last moment to name other classes.
        self.ports = Ports()
        self.features: list[Feature] = [feature(parent=self) for feature in in_order()]
        for feature in self.features:
            feature.link(serverapp)

    def initialize_settings(self) -> None:
        """Connect the features' ports."""
        assert self.serverapp is not None  # noqa: S101 - the server is linked by now
        for feature in self.features:
            feature.setup(self.serverapp, self.ports)

    def initialize_handlers(self) -> None:
        """Mount the features' routes."""
        for feature in self.features:
            for pattern, handler, arguments in feature.routes():
                self.handlers.append((url_path_join(ROUTE_PREFIX, pattern), handler, arguments))

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        for feature in self.features:
            try:
                await feature.start()
            except Exception:
                self.log.exception("The feature %s did not start; the others go on", feature.slug)

    async def stop_extension(self) -> None:
        """End all features, the last one first; one that fails does not keep the others."""
        for feature in reversed(getattr(self, "features", [])):
            try:
                await feature.stop()
            except Exception:
                self.log.exception("The feature %s did not stop cleanly", feature.slug)
