"""The route of the deaths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from ...core.handlers import ApiHandler, operation
from ..models import Deaths, DeathsQuery

if TYPE_CHECKING:
    from .part import KernelDeaths


class DeathsHandler(ApiHandler):
    """Why kernels died. Asking is no activity."""

    _track_activity = False

    def initialize(self, part: KernelDeaths) -> None:
        """Take the part."""
        self._part = part

    @web.authenticated
    @authorized(action="read", resource="healthcheck")
    @operation(query=DeathsQuery, returns=Deaths)
    async def get(self) -> None:
        """Those after a number, the oldest first."""
        self.reply(await self._part.deaths(self.query(DeathsQuery)))
