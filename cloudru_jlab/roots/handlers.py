"""The routes of the roots."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..core.handlers import ApiHandler, operation
from .models import NewRoot, RealPath, RealPathQuery, Root, Roots, RootsQuery
from .service import RootsService


class _Handler(ApiHandler):
    def initialize(self, service: RootsService) -> None:
        """Take the service."""
        self.service = service


class RootsHandler(_Handler):
    """All roots."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=RootsQuery, returns=Roots)
    async def get(self) -> None:
        """All roots, and how they are."""
        # the page polls
        self._track_activity = False
        self.reply(await self.service.overview(refresh=self.query(RootsQuery).refresh))

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(body=NewRoot, returns=Root, status=201)
    async def post(self) -> None:
        """Make a folder of the server's machine a root, where the operator allows it."""
        self.reply(await self.service.add(self.body(NewRoot)), 201)


class RealPathHandler(_Handler):
    """Paths on the server's machine."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=RealPathQuery, returns=RealPath)
    async def get(self) -> None:
        """The absolute path of an entry on the server's machine."""
        self.reply(await self.service.real_path(self.query(RealPathQuery).path))


class RootHandler(_Handler):
    """One root."""

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(status=204)
    async def delete(self, name: str) -> None:
        """Forget a root that a user added; its files stay."""
        await self.service.remove(name)
        self.reply()
