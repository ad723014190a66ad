"""The routes of drafts."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from ...core.handlers import ApiHandler, operation
from ...core.users import user_key
from .errors import TooLarge
from .models import Append, Appended, DiscardQuery, Draft, Drafts, DraftsQuery, Renaming
from .service import DraftService

#: What is larger is read and written on a thread, in bytes.
_LARGE = 1 << 18
#: A request holds a draft's records and little else.
_MORE = 1 << 20


class Drawer(Protocol):
    """The part that these are routes of."""

    @property
    def longest(self) -> int:
        """A draft's largest size in bytes."""

    @property
    def service(self) -> DraftService:
        """What serves the requests."""


class _DraftHandler(ApiHandler):
    """Whose drafts, and how long a request may be. None of it is activity of the user."""

    _track_activity = False

    def initialize(self, part: Drawer) -> None:
        """Take the part."""
        self._part = part

    @property
    def service(self) -> DraftService:
        """What serves the requests."""
        return self._part.service

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse what is too long to be of any draft, once it is known who asks."""
        await super().prepare()
        longest = self._part.longest + _MORE
        if len(self.request.body) > longest:
            raise TooLarge(f"The request is longer than {longest:,} bytes.")

    @property
    def user(self) -> str:
        """The key of who asks."""
        return user_key(self.identity_provider, self.current_user)


class DraftsHandler(_DraftHandler):
    """All of them."""

    @web.authenticated
    @authorized(action="read", resource="healthcheck")
    @operation(query=DraftsQuery, returns=Drafts)
    async def get(self) -> None:
        """The user's unsaved edits, without their records."""
        self.reply(await self.service.heads(self.user, self.query(DraftsQuery).path))


class OneDraftHandler(_DraftHandler):
    """One of them."""

    @web.authenticated
    @authorized(action="read", resource="healthcheck")
    @operation(returns=Draft)
    async def get(self, draft: str) -> None:
        """A draft and its records."""
        answer = await self.service.read(self.user, draft)
        self.set_header("Cache-Control", "no-store")
        large = answer.head.size > _LARGE
        self.finish(await asyncio.to_thread(msgspec.json.encode, answer) if large else msgspec.json.encode(answer))

    @web.authenticated
    @authorized(action="write", resource="healthcheck")
    @operation(body=Append, returns=Appended)
    async def post(self, draft: str) -> None:
        """Add records, or make the draft. What is answered for is on the disk."""
        large = len(self.request.body) > _LARGE
        more = await asyncio.to_thread(self.body, Append) if large else self.body(Append)
        self.reply(await self.service.append(self.user, draft, more))

    @web.authenticated
    @authorized(action="write", resource="healthcheck")
    @operation(body=Renaming, status=204)
    async def patch(self, draft: str) -> None:
        """The document has another path now."""
        await self.service.rename(self.user, draft, self.body(Renaming).path)
        self.reply()

    @web.authenticated
    @authorized(action="write", resource="healthcheck")
    @operation(query=DiscardQuery, status=204)
    async def delete(self, draft: str) -> None:
        """Forget a draft that is saved, up to a record, or not wanted."""
        await self.service.remove(self.user, draft, self.query(DiscardQuery).up_to)
        self.reply()
