"""The routes of the listing service."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..core.handlers import ApiHandler, operation
from .models import Changes, ChangesQuery, LocateQuery, Location, OrderQuery, Page, PageQuery
from .service import ListingService

T = TypeVar("T")


class ListingHandler(ApiHandler):
    """What all of them share: the page makes these requests by itself, and drops those it no longer needs."""

    _track_activity = False
    _answering: asyncio.Task[Any] | None = None
    _dropped = False

    def initialize(self, service: ListingService) -> None:
        """Take the service."""
        self.service = service

    async def unless_dropped(self, answer: Coroutine[Any, Any, T]) -> T:
        """The result of ``answer``, which ends when the client closes the connection."""
        task = asyncio.ensure_future(answer)
        self._answering = task
        try:
            return await task
        except asyncio.CancelledError:
            if not self._dropped:
                raise
            # nobody is there to be answered, and it is no failure to be logged
            raise web.Finish from None

    def on_connection_close(self) -> None:
        """The client typed the next letter, or left."""
        self._dropped = True
        if self._answering is not None:
            self._answering.cancel()


class PageHandler(ListingHandler):
    """Pages."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=PageQuery, returns=Page)
    async def get(self) -> None:
        """A page of a directory's rows."""
        self.reply(await self.unless_dropped(self.service.page(self.query(PageQuery))))


class ChangesHandler(ListingHandler):
    """Polls."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=ChangesQuery, returns=Changes)
    async def get(self) -> None:
        """What changed in a window of rows."""
        self.reply(await self.unless_dropped(self.service.changes(self.query(ChangesQuery))))


class LocateHandler(ListingHandler):
    """Look-ups."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=LocateQuery, returns=Location)
    async def get(self) -> None:
        """The row of a name."""
        self.reply(await self.unless_dropped(self.service.locate(self.query(LocateQuery))))


class OrderHandler(ListingHandler):
    """Sorts by time or size."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=OrderQuery, status=204)
    async def delete(self) -> None:
        """Cancel a running sort."""
        await self.service.cancel_order(self.query(OrderQuery))
        self.reply()
