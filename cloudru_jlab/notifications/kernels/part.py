"""The part of the notifications that watches kernels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from jupyter_core.utils import ensure_async
from tornado.web import HTTPError  # noqa: TID251 - what the server's own managers raise
from traitlets import Bool, Float, TraitError, validate
from traitlets.config import LoggingConfigurable

from ...core.errors import DomainError, NotFound
from ...core.feature import Ports
from ...core.ports import DeathTeller
from ...core.tasks import TaskGroup
from ...core.users import ONE_USER, tells_users_apart, user_key
from ...kernelside.notify import MESSAGE_TYPE
from ..models import NewNotification, NewWatch, Notification, Source, Watch
from .deaths import AwaitedAtDeath
from .executions import KINDS, Ended, Outcome
from .gateway import Lines, tapped
from .local import LocalKernel
from .watched import WatchedKernel
from .watches import WatchList
from .wording import notification

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
_CONNECTION_CLASS = "kernel_websocket_connection_class"
_GOODBYE = "shutdown_reply"
_WANTED = KINDS | {MESSAGE_TYPE, _GOODBYE}
#: Notifications of kernels that wait to be stored; what comes on top of that is dropped.
_MOST_WAITING = 1_000
#: How long it is waited for the word that an interrupt was part of a restart or a shutdown, in seconds. Of a local
#: kernel that is stopping it always comes.
_HOLD_REMOTE_SECONDS = 5.0
_HOLD_SECONDS = 60.0
_SOON_SECONDS = 0.2


class Posting(Protocol):
    """What is needed of the service."""

    async def post(self, new: NewNotification, source: Source, user: str | None) -> Notification:
        """See `notifications.service.NotificationService.post`."""


class KernelNotifications(LoggingConfigurable):
    """Tells users when executions end, whether or not a page is open, and passes on what kernels send themselves."""

    enabled = Bool(
        True,
        help="""Whether kernels are listened to: for executions that users wait for, and for notifications that code in
        a kernel sends over the kernel's own channel.""",
    ).tag(config=True)
    look_seconds = Float(
        5.0,
        help="""How often the server's own list of kernels, in memory, is compared with those that are listened to, in
        seconds. Most are seen at once: by the events of the server.""",
    ).tag(config=True)

    @validate("look_seconds")
    def _positive(self, proposal: Any) -> float:
        if not proposal["value"] > 0:
            raise TraitError("KernelNotifications.look_seconds must be more than 0.")
        return float(proposal["value"])

    def __init__(self, service: Posting, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._service = service
        self._kernels: dict[str, WatchedKernel] = {}
        self._users: dict[str, str] = {}
        self._watches = WatchList()
        self.deaths = AwaitedAtDeath(self._died, self._several_users)
        self._lines = Lines(self, _WANTED)
        self._tasks = TaskGroup(self.log)
        self._queue: asyncio.Queue[tuple[NewNotification, Source, str | None]] = asyncio.Queue(_MOST_WAITING)
        self._serverapp: ServerApp | None = None
        self._started = False
        self._dropped = False

    # --- life

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Know the server and the other features."""
        self._serverapp = serverapp
        self._ports = ports

    async def start(self) -> None:
        """Listen to the kernels that there are, and to those to come."""
        if self._serverapp is None or not self.enabled or self._started:
            return
        self._started = True
        self.deaths.tellers = self._ports.contributions(DeathTeller)  # type: ignore[type-abstract]
        # Not earlier: while it loads extensions, jupyter_server puts back what settings were. No kernel runs yet.
        settings = self._serverapp.web_app.settings
        settings[_CONNECTION_CLASS] = tapped(settings[_CONNECTION_CLASS], self._lines)
        if self._serverapp.event_logger is not None:
            self._serverapp.event_logger.add_listener(schema_id=KERNEL_ACTIONS, listener=self._acted)
        self._tasks.start(self._keep_looking(), name="look for kernels to listen to")
        self._tasks.start(self._keep_posting(), name="post what kernels tell")

    async def stop(self) -> None:
        """Listen no longer; what is being executed ends unheard."""
        if not self._started:
            return
        self._started = False
        assert self._serverapp is not None  # noqa: S101 - it was there when we started
        if self._serverapp.event_logger is not None:
            self._serverapp.event_logger.remove_listener(schema_id=KERNEL_ACTIONS, listener=self._acted)
        await self._tasks.stop()
        for kernel_id in list(self._kernels):
            self._forget(kernel_id)
        self._lines.release_all()

    # --- what the routes call

    def watches(self, user: str) -> list[Watch]:
        """The watches of the user called ``user`` in the store."""
        return self._watches.of(user)

    async def watch(self, new: NewWatch, user: str) -> Watch:
        """Watch for the user. An execution that has ended lately is told at once.

        Raises
        ------
        NotFound
            There is no such kernel, or it is not listened to.
        Conflict
            The user has too many watches.
        """
        if self._started:
            self._look()
        kernel = self._kernels.get(new.kernel_id)
        if kernel is None:
            raise NotFound("There is no such kernel. It may have been shut down; choose another for the notebook.")
        watch = self._watches.add(user, new)
        recent = kernel.executions.recent(new.msg_id) if new.msg_id is not None else None
        if recent is not None:
            self._ended(new.kernel_id, [recent])
        return watch

    async def unwatch(self, watch: str, user: str) -> None:
        """Watch no longer; raises `NotFound` where the user has no such watch, or it has done its work."""
        self._watches.remove(user, watch)

    # --- what kernels tell

    def told(self, kernel_id: str, kind: str, parent: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """A message of one of the wanted types."""
        kernel = self._kernels.get(kernel_id)
        if kernel is None and self._started:
            self._look()
            kernel = self._kernels.get(kernel_id)
        if kernel is None:
            return
        if kind == MESSAGE_TYPE:
            self._sent_by(kernel, content)
            return
        if kind == _GOODBYE:
            self._stopped(kernel_id, kernel, "restarted" if content.get("restart") else "shut_down")
            return
        state = content.get("execution_state") if kind == "status" else None
        if state in ("restarting", "dead"):
            # the server in front of a remote kernel says so
            self._ended(kernel_id, kernel.executions.stopped("died"))
            return
        ended = kernel.executions.heard(kind, parent, content)
        if ended is not None:
            self._heard_end(kernel_id, kernel, ended)

    def _sent_by(self, kernel: WatchedKernel, content: Mapping[str, Any]) -> None:
        try:
            new = msgspec.convert(content, NewNotification)
        except msgspec.ValidationError as error:
            self.log.warning("A kernel sent a notification that is wrong: %s", error)
            return
        self._post(new, Source("program", new.name), self._user_of(kernel))

    def _heard_end(self, kernel_id: str, kernel: WatchedKernel, ended: Ended) -> None:
        """A kernel that is restarted or shut down is interrupted first: what it was is known a moment later."""
        if ended.outcome == "interrupted" and (kernel.local is None or kernel.stopping):
            kernel.held.append(ended)
            wait = _HOLD_REMOTE_SECONDS if kernel.local is None else _HOLD_SECONDS
            asyncio.get_running_loop().call_later(wait, self._release, kernel_id, kernel, ended)
        else:
            self._ended(kernel_id, [ended])

    def _release(self, kernel_id: str, kernel: WatchedKernel, ended: Ended) -> None:
        if ended in kernel.held and self._started:
            kernel.held.remove(ended)
            self._ended(kernel_id, [ended])

    def _ended(self, kernel_id: str, executions: list[Ended]) -> None:
        for ended in executions:
            fired = self._watches.fired(kernel_id, ended)
            if fired and not self.deaths.told_elsewhere(kernel_id, ended, fired):
                self._tasks.start(self._tell(kernel_id, ended, fired), name="tell of an execution")
        kernel = self._kernels.get(kernel_id)
        if kernel is not None and not self.needed(kernel_id):
            self._lines.release(kernel_id)

    async def _tell(self, kernel_id: str, ended: Ended, fired: list[tuple[str, Watch]]) -> None:
        path = await self._path_of(kernel_id)
        for user, watch in fired:
            new = notification(ended, path=path or watch.path, label=watch.label)
            self._post(new, Source("system", "kernels"), user)

    async def _path_of(self, kernel_id: str) -> str:
        """Where the kernel's document is now, by the server's sessions; "" where none is known."""
        assert self._serverapp is not None  # noqa: S101 - there are kernels
        try:
            session = await ensure_async(self._serverapp.session_manager.get_session(kernel_id=kernel_id))
        except (HTTPError, KeyError, TypeError):
            return ""
        notebook = session.get("notebook") or {}
        return str(notebook.get("path") or session.get("path") or "") if session.get("type") == "notebook" else ""

    # --- posting

    def _post(self, new: NewNotification, source: Source, user: str | None) -> None:
        try:
            self._queue.put_nowait((new, source, user))
        except asyncio.QueueFull:
            if not self._dropped:
                self.log.warning("Kernels send more notifications than can be stored: some are dropped.")
            self._dropped = True

    async def _keep_posting(self) -> None:
        while True:
            new, source, user = await self._queue.get()
            self._dropped = self._dropped and not self._queue.empty()
            try:
                await self._service.post(new, source, user)
            except DomainError as error:
                self.log.warning("A notification of a kernel was refused: %s", error.message)
            except Exception:
                self.log.exception("A notification of a kernel could not be stored")

    def _user_of(self, kernel: WatchedKernel) -> str | None:
        """Whose kernel it is: who connected to it last. None where it may be anybody's: then all are told."""
        return kernel.user if self._several_users() else ONE_USER

    def _several_users(self) -> bool:
        assert self._serverapp is not None  # noqa: S101 - there are kernels
        return tells_users_apart(self._serverapp.web_app.settings.get("identity_provider"))

    def _died(self, kernel_id: str) -> None:
        kernel = self._kernels.get(kernel_id)
        if kernel is not None:
            self._stopped(kernel_id, kernel, "died")

    # --- which kernels there are

    async def _keep_looking(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(self.look_seconds)

    def _look(self) -> None:
        """Compare with the server's list of kernels, which is in memory."""
        assert self._serverapp is not None  # noqa: S101 - it was there when we started
        managers = self._serverapp.kernel_manager
        there = set(managers.list_kernel_ids())
        for kernel_id in set(self._kernels) - there:
            self._gone(kernel_id, "shut_down" if self._kernels[kernel_id].shut_down else "died")
        for kernel_id in there:
            kernel = self._kernels.get(kernel_id)
            manager = managers.get_kernel(kernel_id)
            if kernel is not None and kernel.manager is not manager:
                self._gone(kernel_id, "restarted")
                kernel = None
            if kernel is None:
                self._listen(kernel_id, manager)
            elif kernel.local is not None:
                kernel.local.open()

    def _listen(self, kernel_id: str, manager: Any) -> None:
        def heard(kind: str, parent: Mapping[str, Any], content: Mapping[str, Any]) -> None:
            self.told(kernel_id, kind, parent, content)

        remote = not hasattr(manager, "connect_iopub") or hasattr(manager, "kernel_url")
        kernel = WatchedKernel(manager, None if remote else LocalKernel(manager, _WANTED, heard, self.log))
        kernel.user = self._users.get(kernel_id)
        self._kernels[kernel_id] = kernel
        if kernel.local is not None:
            kernel.local.open()
            for event, outcome in (("restart", "died"), ("dead", "died")):
                callback = self._fallen(kernel_id, outcome)  # type: ignore[arg-type]
                manager.add_restart_callback(callback, event)
                kernel.callbacks.append((callback, event))

    def _fallen(self, kernel_id: str, outcome: Outcome) -> Any:
        def fallen() -> None:
            kernel = self._kernels.get(kernel_id)
            if kernel is not None:
                self._stopped(kernel_id, kernel, outcome)

        return fallen

    def _stopped(self, kernel_id: str, kernel: WatchedKernel, outcome: Outcome) -> None:
        """What the kernel executed is over, and what it had been asked for will never begin."""
        held, kernel.held = kernel.held, []
        ended = [execution._replace(outcome=outcome) for execution in held] + kernel.executions.stopped(outcome)
        known = {execution.msg_id for execution in ended}
        waiting = [msg_id for msg_id in self._watches.waiting(kernel_id) if msg_id not in known]
        self._ended(kernel_id, [*ended, *(Ended(msg_id, outcome) for msg_id in waiting)])

    def _gone(self, kernel_id: str, outcome: Outcome) -> None:
        kernel = self._kernels.get(kernel_id)
        if kernel is not None:
            self._stopped(kernel_id, kernel, outcome)
            self._forget(kernel_id)
            self._watches.kernel_gone(kernel_id)

    def _forget(self, kernel_id: str) -> None:
        kernel = self._kernels.pop(kernel_id)
        self._users.pop(kernel_id, None)
        self._lines.gone(kernel_id)
        if kernel.local is not None:
            kernel.local.close()
            for callback, event in kernel.callbacks:
                kernel.manager.remove_restart_callback(callback, event)

    async def _acted(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        """The server did something to a kernel."""
        kernel_id, action = str(data.get("kernel_id")), data.get("action")
        if data.get("status") == "error" or not self._started:
            return
        kernel = self._kernels.get(kernel_id)
        if kernel is not None and action == "shutdown":
            # the first half of a restart, unless it is taken off the server's list in a moment
            kernel.shut_down = True
            asyncio.get_running_loop().call_later(_SOON_SECONDS, self._look_if_started)
        elif kernel is not None and action == "interrupt":
            kernel.executions.interrupted()
        elif kernel is not None and action == "restart":
            kernel.shut_down = False
            self._stopped(kernel_id, kernel, "restarted")
        self._look()

    def _look_if_started(self) -> None:
        if self._started:
            self._look()

    # --- what the connections of pages tell

    def connected(self, kernel_id: str, handler: Any) -> None:
        """Somebody's page has connected to a kernel: see `gateway.Taps`."""
        user = getattr(handler, "current_user", None)
        if user is not None:
            self._users[kernel_id] = user_key(handler.identity_provider, user)
            kernel = self._kernels.get(kernel_id)
            if kernel is not None:
                kernel.user = self._users[kernel_id]

    def needed(self, kernel_id: str) -> bool:
        """Whether somebody waits for what the kernel executes: see `gateway.Taps`."""
        kernel = self._kernels.get(kernel_id)
        return kernel is not None and (kernel.executions.busy or bool(self._watches.waiting(kernel_id)))

    def lost(self, kernel_id: str) -> None:
        """The connection to a remote kernel is lost for good: see `gateway.Taps`."""
        kernel = self._kernels.get(kernel_id)
        if kernel is not None:
            self._stopped(kernel_id, kernel, "unknown")

    def found_again(self, kernel_id: str) -> None:
        """The connection to a remote kernel was interrupted: see `gateway.Taps`."""
        if kernel_id in self._kernels and self._started:
            self._tasks.start(self._ask(kernel_id), name="ask for a remote kernel's state")

    async def _ask(self, kernel_id: str) -> None:
        """Ask once whether a remote kernel still executes."""
        kernel = self._kernels[kernel_id]
        if not kernel.executions.busy:
            return
        try:
            model = await ensure_async(kernel.manager.refresh_model())
        except HTTPError as error:
            model = None if error.status_code == 404 else {}
        if model is None:
            self._stopped(kernel_id, kernel, "died")
        elif model.get("execution_state") == "idle":
            self._stopped(kernel_id, kernel, "unknown")
