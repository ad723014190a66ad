"""Language servers see the files of roots where they are."""

from __future__ import annotations

from typing import Any

from jupyter_lsp.handlers import LanguageServerWebSocketHandler  # type: ignore[import-untyped]

from ..claims import Claims
from ..lsp_uris import UriMap


class LanguageServerHandler(LanguageServerWebSocketHandler):  # type: ignore[misc]
    """jupyter-lsp's own, between the page's URIs and those of the machine."""

    def initialize(self, claims: Claims) -> None:
        """See `tornado.web.RequestHandler`."""
        super().initialize(self.settings["serverapp"].language_server_manager)
        self._claims = claims

    async def on_message(self, message: Any) -> None:
        """From the page."""
        await super().on_message(self._uris().to_server(message) if isinstance(message, str) else message)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """To the page."""
        return super().write_message(self._uris().to_page(message) if isinstance(message, str) else message, binary)

    def _uris(self) -> UriMap:
        root_uri = self.settings["page_config_data"].get("rootUri", "")
        return UriMap(root_uri, self._claims.roots() if root_uri else [])
