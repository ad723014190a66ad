"""The routes of the notifications."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..core.errors import NotFound, PermissionDenied
from ..core.handlers import ApiHandler, operation
from ..core.users import user_key
from .limits import MAX_REQUEST, MAX_WEBHOOK, TooLarge, TooMany
from .models import (
    Alerts,
    Change,
    ChangeAll,
    Claim,
    Claimed,
    ClearQuery,
    NewNotification,
    NewWatch,
    Notification,
    Notifications,
    NotificationsQuery,
    Watch,
    Watches,
)
from .operator import OperatorAuthorizer, OperatorIdentity, OperatorToken
from .service import Caller, NotificationService
from .watches import KernelWatches


class NotificationsHandler(ApiHandler):
    """What all of them share: who asks, and how long a request may be. None of it is activity of the user."""

    _track_activity = False
    _is_operator = False
    longest = MAX_REQUEST

    def initialize(self, service: NotificationService, operator: OperatorToken) -> None:
        """Take the service."""
        self.service = service
        self._operator = operator

    async def prepare(self) -> None:  # type: ignore[override]
        """See who it is: the operator's token, if it is one, is nothing that the server itself knows."""
        given = self.request.headers.get("Authorization", "")
        if given and self._operator.configured:
            server_token = str(getattr(super().identity_provider, "token", "") or "")
            self._is_operator = await asyncio.to_thread(self._operator.is_given_by, given, server_token)
        await super().prepare()
        if len(self.request.body) > self.longest:
            raise TooLarge(f"The request is longer than {self.longest:,} bytes. Send less, or a link to it.")

    @property
    def identity_provider(self) -> Any:
        """Who tells who asks."""
        return OperatorIdentity() if self._is_operator else super().identity_provider

    @property
    def authorizer(self) -> Any:
        """Who tells what may be done."""
        return OperatorAuthorizer() if self._is_operator else super().authorizer

    @property
    def caller(self) -> Caller:
        """Who asks."""
        if self._is_operator:
            return Caller("operator", None)
        return Caller("program", user_key(self.identity_provider, self.current_user))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """As always, and when to come again."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, TooMany):
            self.set_header("Retry-After", str(error.details["retry_after_seconds"]))
        super().write_error(status_code, **kwargs)


class AllHandler(NotificationsHandler):
    """All of them."""

    @web.authenticated
    @authorized(action="read", resource="notifications")
    @operation(query=NotificationsQuery, returns=Notifications)
    async def get(self) -> None:
        """The user's notifications that changed after a sequence number."""
        self.reply(await self.service.page(self.caller, self.query(NotificationsQuery)))

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=NewNotification, returns=Notification, status=201)
    async def post(self) -> None:
        """Notify a user, or everybody on this server."""
        self.reply(await self.service.submit(self.caller, self.body(NewNotification)), 201)

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=ChangeAll, status=204)
    async def patch(self) -> None:
        """Mark everything up to a sequence number."""
        await self.service.change_all(self.caller, self.body(ChangeAll))
        self.reply()

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(query=ClearQuery, status=204)
    async def delete(self) -> None:
        """Empty the user's own history up to a sequence number."""
        await self.service.clear(self.caller, self.query(ClearQuery).up_to)
        self.reply()


class OneHandler(NotificationsHandler):
    """One notification."""

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=Change, returns=Notification)
    async def patch(self, notification: str) -> None:
        """Mark it for the user, or change what it says."""
        self.reply(await self.service.change(self.caller, notification, self.body(Change)))

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(status=204)
    async def delete(self, notification: str) -> None:
        """Take it out of the user's history; with the operator's token, out of everybody's."""
        await self.service.remove(self.caller, notification)
        self.reply()


class ClaimsHandler(NotificationsHandler):
    """The right to show a notification."""

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=Claim, returns=Claimed)
    async def post(self) -> None:
        """Ask which notifications this page shall show: each is granted once to each user."""
        self.reply(await self.service.claim(self.caller, self.body(Claim)))


class AlertmanagerHandler(NotificationsHandler):
    """Alertmanager's webhook."""

    longest = MAX_WEBHOOK

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=Alerts, status=204)
    async def post(self) -> None:
        """Notify everybody of alerts; with the operator's token alone."""
        await self.service.alert(self.caller, self.body(Alerts))
        self.reply()


class _WatchHandler(NotificationsHandler):
    def initialize(  # type: ignore[override]
        self, service: NotificationService, operator: OperatorToken, kernels: KernelWatches | None
    ) -> None:
        """Take the service, and what watches kernels."""
        super().initialize(service, operator)
        self._kernels = kernels

    @property
    def kernels(self) -> KernelWatches:
        """What watches kernels; raises `NotFound` where nothing does."""
        if self._kernels is None:
            raise NotFound("This server does not watch kernels.")
        return self._kernels

    @property
    def user(self) -> str:
        """Whose watches it is about; raises `PermissionDenied` for the operator."""
        user = self.caller.user
        if user is None:
            raise PermissionDenied("The operator runs no cells: this is for users.")
        return user


class WatchesHandler(_WatchHandler):
    """Executions that users wait for."""

    @web.authenticated
    @authorized(action="read", resource="notifications")
    @operation(returns=Watches)
    async def get(self) -> None:
        """The user's watches."""
        self.reply(Watches(list(self.kernels.watches(self.user))))

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(body=NewWatch, returns=Watch, status=201)
    async def post(self) -> None:
        """Notify the user when an execution ends, whether or not a page is open then."""
        self.reply(await self.kernels.watch(self.body(NewWatch), self.user), 201)


class WatchHandler(_WatchHandler):
    """One of them."""

    @web.authenticated
    @authorized(action="write", resource="notifications")
    @operation(status=204)
    async def delete(self, watch: str) -> None:
        """Watch no longer."""
        await self.kernels.unwatch(watch, self.user)
        self.reply()
