"""Terminals that open where they were asked to."""

from __future__ import annotations

import json

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server_terminals.api_handlers import TerminalRootHandler
from tornado.web import authenticated

from ....core.errors import DomainError
from ..claims import Claims, directory
from .errors import RootError


class TerminalsHandler(TerminalRootHandler):
    """The server's own looks for the directory below its own working directory and below the contents root, and opens
    the terminal in the contents root where it finds none."""

    def initialize(self, name: str, claims: Claims) -> None:
        """See `tornado.web.RequestHandler`; ``name`` is that of the extension."""
        super().initialize(name)
        self._claims = claims

    @authenticated
    @authorized(action="write", resource="terminals")
    async def post(self) -> None:
        """Open a terminal."""
        body = self.get_json_body()
        asked = body.get("cwd") if isinstance(body, dict) else None
        try:
            claim = self._claims.find(asked) if isinstance(asked, str) else None
            cwd = None if claim is None else await directory(claim)
        except DomainError as error:
            raise RootError(error) from None
        if cwd is None:
            await ensure_async(super().post())
        else:
            self.finish(json.dumps(self.terminal_manager.create(**{**(body or {}), "cwd": cwd})))
