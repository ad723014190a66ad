"""The notifications: who may say and see what, how much, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from logging import Logger
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from ..core.errors import BadParameter, DomainError, PermissionDenied
from ..core.ports import Message
from .alertmanager import alert_notifications
from .checking import checked, checked_change
from .limits import RateLimit
from .models import (
    Action,
    Alerts,
    Change,
    ChangeAll,
    Claim,
    Claimed,
    Link,
    NewNotification,
    Notification,
    Notifications,
    NotificationsQuery,
    Source,
    SourceKind,
    Text,
)
from .store import marking, posting, reading
from .store.database import Database
from .store.writer import Store

#: At most one event in this time, in seconds.
_QUIET = 0.05
_DAMAGED_KEY = "cloudru.notifications.damaged"


class Caller(NamedTuple):
    """Who asks: a user (by key, `users.user_key`), whose programs' posts these are, or an operator, who is none."""

    kind: SourceKind
    user: str | None


class NotificationService:
    """Stores notifications and tells who wants to know.

    Parameters
    ----------
    store:
        Where they are kept.
    ring:
        Emits (seq, kind) on the server's event bus.
    several_users:
        Whether this server tells its users apart.
    """

    def __init__(
        self,
        store: Callable[[Callable[[int, bool], None], Callable[[str], None]], Store],
        *,
        log: Logger,
        ring: Callable[[int, str], None],
        several_users: Callable[[], bool],
        limit: RateLimit,
    ) -> None:
        self._log = log
        self._ring = ring
        self._several_users = several_users
        self._limit = limit
        self._store = store(self._committed, self._damaged)
        self._listeners: list[Callable[[Notification, bool], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._news: tuple[int, str] | None = None
        self._told: set[asyncio.Task[Notification]] = set()

    # --- for users

    async def page(self, caller: Caller, query: NotificationsQuery) -> Notifications:
        """What has changed; for the operator, of what is for everybody."""
        after = min(query.after, marking.HIGHEST)
        page = await self._store.run(lambda db: reading.page(db, caller.user, after, query.limit))
        store = self._store
        return Notifications(page.rows, page.removed, page.last, page.more, page.store, store.lasting, store.problem)

    async def submit(self, caller: Caller, new: NewNotification) -> Notification:
        """Store what somebody posts; raises `BadParameter`, `PermissionDenied` or `limits.TooMany`."""
        name = "operator" if caller.kind == "operator" and new.name == "program" else new.name
        self.take(caller)
        return await self.post(new, Source(caller.kind, name), caller.user, limited=False)

    async def alert(self, caller: Caller, alerts: Alerts) -> None:
        """Store what Alertmanager posts, for everybody; raises `PermissionDenied` for all but the operator."""
        if caller.kind != "operator":
            raise PermissionDenied("Alerts are the operator's: send the operator's token.")
        self.take(caller)
        source = Source("operator", "alertmanager")
        # side by side: what waits together is on disk together, in this order
        await asyncio.gather(*(self.post(new, source, None) for new in alert_notifications(alerts)))

    def take(self, caller: Caller) -> None:
        """One more request that sends something; raises `limits.TooMany`."""
        self._limit.take("operator" if caller.user is None else f"program {caller.user}")

    async def change(self, caller: Caller, identifier: str, change: Change) -> Notification:
        """Change a row, or the caller's marks of it.

        Raises
        ------
        NotFound, PermissionDenied, BadParameter, limits.TooMany
        """
        change = checked_change(change)
        marks = change.read is not UNSET or change.dismissed is not UNSET
        says = any(getattr(change, name) is not UNSET for name in ("progress", "severity", "title", "body", "texts"))
        user = caller.user
        if marks and user is None:
            raise PermissionDenied("Only users mark notifications as read or dismissed, each for themselves.")
        if says:
            self.take(caller)

        def work(db: Database) -> posting.Posted:
            posted = posting.change(db, identifier, change, caller.kind, user) if says else None
            if user is not None and (marks or posted is None):
                marked = marking.mark(db, user, identifier, change.read, change.dismissed)
                return posting.Posted(marked, False, posted is not None and posted.changed)
            return posted or posting.look(db, identifier, user)

        posted = await self._store.run(work)
        self._tell(posted)
        return posted.notification

    async def change_all(self, caller: Caller, change: ChangeAll) -> None:
        """Mark everything of a user up to a sequence number; raises `PermissionDenied` for the operator."""
        user = _user(caller)
        await self._store.run(lambda db: marking.mark_all(db, user, change.up_to, change.read, change.dismissed))

    async def remove(self, caller: Caller, identifier: str) -> None:
        """Take a row out of a user's history; by the operator, out of everybody's. Raises `NotFound`."""
        user = caller.user
        if user is None:
            await self._store.run(lambda db: posting.remove_for_all(db, identifier))
        else:
            await self._store.run(lambda db: marking.remove(db, user, identifier))

    async def clear(self, caller: Caller, up_to: int) -> None:
        """Empty a user's history up to a sequence number; raises `PermissionDenied` for the operator."""
        user = _user(caller)
        await self._store.run(lambda db: marking.clear(db, user, up_to))

    async def claim(self, caller: Caller, claim: Claim) -> Claimed:
        """Which of the rows a page may show; raises `PermissionDenied` for the operator."""
        user = _user(caller)
        return Claimed(await self._store.run(lambda db: marking.claim(db, user, claim.ids, claim.attempt)))

    # --- for the other parts

    async def post(
        self, new: NewNotification, source: Source, user: str | None, *, limited: bool | None = None
    ) -> Notification:
        """Store ``new`` as ``source``; `me` is ``user``, by key, or everybody where that is None.

        What has the dedupe key of another and says the same changes nothing. ``limited``: whether it counts as one of
        the user's programs; so it does for a `program` unless it is said.

        Raises
        ------
        BadParameter, PermissionDenied, limits.TooMany
        """
        new = checked(new)
        recipient = self._recipient(new.recipient, source.kind, user)
        if limited or (limited is None and source.kind == "program"):
            self._limit.take(f"program {user}")
        posted = await self._store.run(lambda db: posting.post(db, new, source, recipient, user))
        self._tell(posted)
        return posted.notification

    async def withdraw(self, source_kind: SourceKind, dedupe_key: str) -> None:
        """Remove what this kind of source posted with this key, whoever it was for."""
        await self._store.run(lambda db: posting.withdraw(db, source_kind, dedupe_key))

    def on_posted(self, callback: Callable[[Notification, bool], None]) -> None:
        """Call ``callback`` on the event loop with each notification that is new (True) or says something else
        (False); it must be cheap."""
        self._listeners.append(callback)

    async def recall(self, name: str) -> bytes | None:
        """What `remember` kept last."""
        return await self._store.run(lambda db: posting.recall(db, name))

    async def remember(self, name: str, value: bytes) -> None:
        """Keep ``value`` beside the notifications: where they go, it goes."""
        await self._store.run(lambda db: posting.remember(db, name, value))

    async def start(self) -> None:
        """Open the store, so that what is wrong with it is known."""
        await self._store.run(lambda db: None)

    async def stop(self) -> None:
        """Finish what waits; what comes later is refused."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._store.close()

    # --- within

    def _recipient(self, recipient: str, kind: SourceKind, user: str | None) -> str | None:
        """The key of whom it is for, None for everybody."""
        if recipient == "all":
            return None
        if recipient == "me" or recipient == user:
            return user
        if kind == "program":
            raise PermissionDenied("A program may notify its own user (“me”) or everybody on this server (“all”).")
        if not self._several_users():
            raise BadParameter("This server has one user, whose name it does not know: address “me” or “all”.")
        return recipient

    def _tell(self, posted: posting.Posted) -> None:
        if posted.changed:
            for listener in self._listeners:
                try:
                    listener(posted.notification, posted.created)
                except Exception:
                    self._log.exception("A notification was stored, but not passed on")

    def _committed(self, seq: int, inserted: bool) -> None:
        """Ring at once, and then not again before a moment has passed."""
        kind = "new" if inserted or (self._news is not None and self._news[1] == "new") else "changed"
        self._news = (seq, kind)
        if self._timer is None:
            self._emit()

    def _emit(self) -> None:
        self._timer = None
        if self._news is not None:
            news, self._news = self._news, None
            self._timer = asyncio.get_running_loop().call_later(_QUIET, self._emit)
            self._ring(*news)

    def _damaged(self, aside: str) -> None:
        message = Message(
            "The history of notifications was damaged",
            f"It has been begun anew. What was there is kept in the server's data directory as {aside}.",
            "warning",
            texts={
                "ru": (
                    "История уведомлений была повреждена",
                    f"Она начата заново. То, что было, сохранено в каталоге данных сервера под именем {aside}.",
                )
            },
            dedupe_key=_DAMAGED_KEY,
        )
        task = asyncio.get_running_loop().create_task(SystemNotifier(self).post(message, name="notifications"))
        self._told.add(task)
        task.add_done_callback(self._was_told)

    def _was_told(self, task: asyncio.Task[Notification]) -> None:
        self._told.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, DomainError):
            self._log.error("That the notifications were damaged could not be told", exc_info=error)


class SystemNotifier:
    """`core.ports.Notifier`: what this extension itself says."""

    def __init__(self, service: NotificationService) -> None:
        self._service = service

    async def notify(self, message: Message, *, name: str) -> str:
        """See `core.ports.Notifier`."""
        return (await self.post(message, name=name)).id

    async def withdraw(self, dedupe_key: str) -> None:
        """See `core.ports.Notifier`."""
        await self._service.withdraw("system", dedupe_key)

    async def post(self, message: Message, *, name: str) -> Notification:
        """Store ``message``; raises `BadParameter`."""
        new = NewNotification(
            title=message.title,
            body=message.body,
            severity=message.severity,
            category=message.category,
            recipient="all" if message.user is None else "me",
            texts={language: Text(*text) for language, text in (message.texts or {}).items()},
            links=_links(message.links),
            action=_action(message),
            progress=message.progress,
            dedupe_key=message.dedupe_key,
            expires_seconds=message.expires_seconds,
            name=name,
        )
        return await self._service.post(new, Source("system", name), message.user)


def _links(links: Sequence[tuple[str, str]]) -> list[Link]:
    return [Link(label, url) for label, url in links]


def _action(message: Message) -> Action | None:
    if message.action is None:
        return None
    try:
        return msgspec.convert({"kind": message.action, "path": message.path}, Action)
    except msgspec.ValidationError as error:
        raise BadParameter(f"The action of the message is wrong: {error}.") from None


def _user(caller: Caller) -> str:
    if caller.user is None:
        raise PermissionDenied("The operator has no history: this is for users.")
    return caller.user
