"""One feed, followed: read, believed or not, and turned into notifications."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from logging import Logger
from typing import NamedTuple, Protocol

import msgspec

from ...core.errors import DomainError
from ..models import NewNotification, Notification, SourceKind
from ..models import Source as Sender
from .documents import Document
from .pace import Pace
from .plan import Memory, Post, make_plan, withdrawn
from .reading import read_document
from .signing import Accepted, Refused, check_age, open_feed
from .sources import Source, Unread

_UNREAD = "cannot be read"


class Board(Protocol):
    """What the notifications service does for a feed."""

    async def post(self, new: NewNotification, source: Sender, user: str | None) -> Notification:
        """Post, or update in place. Raises `core.errors.BadParameter`."""

    async def withdraw(self, source_kind: SourceKind, dedupe_key: str) -> None:
        """Remove what was posted to all with this key."""


class Terms(NamedTuple):
    """What all feeds of a server have in common. ``name`` is what they are called as a source."""

    name: str
    audience: frozenset[str]
    keys: Sequence[bytes]
    clock: Callable[[], datetime]


class Follower:
    """Follows the feed at ``source``.

    Parameters
    ----------
    feed:
        Names the feed in dedupe keys.
    memory:
        What was known when the server ended last; it is changed here.
    save:
        Called after ``memory`` has changed.
    """

    def __init__(
        self,
        source: Source,
        *,
        feed: str,
        board: Board,
        terms: Terms,
        pace: Pace,
        memory: Memory,
        save: Callable[[], Awaitable[None]],
        log: Logger,
    ) -> None:
        self._source = source
        self._feed = feed
        self._board = board
        self._terms = terms
        self.pace = pace
        self._memory = memory
        self._save = save
        self._log = log
        self._document: Document | None = None
        self._digest = ""
        self._said: tuple[str, str] | None = None

    async def step(self) -> float:
        """Look once; how long to wait until the next look, in seconds."""
        try:
            await self._look()
            wait = self.pace.good()
        except Unread as error:
            self._say(_UNREAD, str(error))
            wait = self.pace.failed(error.retry_after)
        moment = await self._apply()
        if moment is not None:
            wait = min(wait, max(1.0, (moment - self._terms.clock()).total_seconds()))
        return wait

    async def _look(self) -> None:
        data = await self._source.read()
        if data is None:
            self._readable()
            return
        digest = hashlib.sha256(data).hexdigest()
        if digest == self._digest:
            self._readable()
            return
        self._digest = digest
        try:
            document, accepted = await asyncio.to_thread(self._believe, data)
        except Refused as refusal:
            # what was taken before it stays in force
            self._say("is refused", f"{refusal} (SHA-256 of what was read: {digest[:16]})")
            return
        if accepted is not None and accepted != self._memory.accepted:
            self._memory.accepted = accepted
            await self._save()
        self._document = document
        problems = "; ".join(document.problems[:5])
        if problems:
            self._say("has faults", problems)
        else:
            self._silent()

    def _believe(self, data: bytes) -> tuple[Document, Accepted | None]:
        feed, checked = open_feed(data, self._terms.keys)
        document = read_document(feed)
        return document, check_age(feed, document.updated, self._memory.accepted) if checked else None

    async def _apply(self) -> datetime | None:
        """Post and withdraw what is due; when there will be more of it."""
        if self._document is None:
            return None
        terms, memory = self._terms, self._memory
        before = msgspec.json.encode(memory)
        plan = make_plan(
            self._document, memory, feed=self._feed, name=terms.name, audience=terms.audience, now=terms.clock()
        )
        for withdrawal in plan.withdrawals:
            await self._board.withdraw("operator", withdrawal.key)
            withdrawn(memory, withdrawal)
        for post in plan.posts:
            await self._post(post)
            memory.known[post.key] = post.digest
        if msgspec.json.encode(memory) != before:
            await self._save()
        return plan.next

    async def _post(self, post: Post) -> None:
        try:
            await self._board.post(post.new, Sender("operator", self._terms.name), None)
        except DomainError as error:
            # remembered as posted all the same: it would be refused again and again
            self._log.warning("An entry of the notification feed %s is left out: %s", self._source.shown, error.message)

    def _readable(self) -> None:
        if self._said is not None and self._said[0] == _UNREAD:
            self._silent()

    def _say(self, fault: str, reason: str) -> None:
        """Tell the operator, once for each change."""
        if (fault, reason) != self._said:
            self._said = (fault, reason)
            self._log.warning("The notification feed %s %s: %s.", self._source.shown, fault, reason)

    def _silent(self) -> None:
        if self._said is not None:
            self._said = None
            self._log.info("The notification feed %s is well again.", self._source.shown)
