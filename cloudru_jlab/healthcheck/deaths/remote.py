"""Kernels behind a gateway: what the gateway tells of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from logging import Logger
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.gateway.gateway_client import gateway_request
from tornado.web import HTTPError  # noqa: TID251 - what the server's own managers raise

from ...core.tasks import TaskGroup
from ..models import Death
from .kernels import Kernel
from .telling import entry
from .wording import Facts

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_CONNECTION_CLASS = "kernel_websocket_connection_class"
#: How often the gateway is asked while it has kernels of ours, and how long it may take, in seconds.
_ASK_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
#: So many times in a row it must be so.
_MISSES = 2
#: How long after the server was asked to restart or end a kernel what happens to it is on purpose, in seconds.
_DELIBERATE_SECONDS = 15.0
_SOON_SECONDS = 1.0
_FAILURES = (HTTPError, OSError, asyncio.TimeoutError, ValueError, TypeError, KeyError)
#: Messages about a kernel's end are short.
_LONGEST = 4_096


class Telling(Protocol):
    """Who explains."""

    @property
    def kernels(self) -> dict[str, Kernel]:
        """All that there are."""

    async def tell(self, death: Death, key: str = "") -> None:
        """Tell of a death."""

    async def retract(self, death: Death) -> None:
        """It was none."""


class _State:
    def __init__(self) -> None:
        self.missing = 0
        self.dead = False
        self.silent: Death | None = None
        self.told = float("-inf")
        self.acted = float("-inf")


class RemoteKernels:
    """Asks the gateway, and reads along what it says on the connections of pages."""

    def __init__(self, telling: Telling, log: Logger) -> None:
        self._telling = telling
        self._log = log
        self._states: dict[str, _State] = {}
        self._misses = 0

    def start(self, serverapp: ServerApp, tasks: TaskGroup) -> None:
        """Begin; nothing happens where kernels are local."""
        self._managers: Any = serverapp.kernel_manager
        self._tasks = tasks
        settings = serverapp.web_app.settings
        if not hasattr(self._managers, "kernels_url"):
            return
        settings[_CONNECTION_CLASS] = _read_along(settings[_CONNECTION_CLASS], self._said)
        tasks.start(self._keep_asking(), name="ask the gateway for its kernels")

    def acted(self, kernel: Kernel) -> None:
        """The server was asked to restart or end it."""
        if kernel.remote:
            self._state(kernel.id).acted = time.monotonic()

    def tells(self, kernel: Kernel) -> bool:
        """Whether a death of the kernel now is seen to be none that somebody asked for."""
        return time.monotonic() - self._state(kernel.id).acted >= _DELIBERATE_SECONDS

    def disappeared(self, kernel: Kernel) -> None:
        """The server does not list it any more."""
        self._tasks.start(self._disappeared(kernel), name="see why a remote kernel is gone")

    async def _disappeared(self, kernel: Kernel) -> None:
        await asyncio.sleep(_SOON_SECONDS)
        state = self._states.pop(kernel.id, None) or _State()
        if not kernel.deliberate and not state.dead:
            await self._tell(kernel, state, "lost" if state.silent is not None else "gone")

    def _state(self, kernel_id: str) -> _State:
        return self._states.setdefault(kernel_id, _State())

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(_ASK_SECONDS)
            kernels = [kernel for kernel in self._telling.kernels.values() if kernel.remote]
            if kernels:
                await self._ask(kernels)

    async def _ask(self, kernels: list[Kernel]) -> None:
        try:
            models = await self._listed()
            for kernel in kernels:
                if kernel.id not in models:
                    model = await self._one(kernel)
                    models.update({} if model is None else {kernel.id: model})
        except _FAILURES as error:
            self._misses += 1
            if self._misses == _MISSES:
                self._log.warning("The gateway does not answer: %s", error)
                for kernel in kernels:
                    if not self._state(kernel.id).dead:
                        await self._tell(kernel, self._state(kernel.id), "silent")
            return
        self._misses = 0
        for kernel in kernels:
            await self._heard(kernel, models.get(kernel.id))

    async def _listed(self) -> dict[str, dict[str, Any]]:
        """The gateway's kernels; none where it does not list them (as Jupyter Kernel Gateway, unless it is told to)."""
        try:
            return {str(model["id"]): model for model in await self._get(self._managers.kernels_url)}
        except HTTPError as error:
            if error.status_code in (401, 403, 405):
                return {}
            raise

    async def _one(self, kernel: Kernel) -> dict[str, Any] | None:
        try:
            return dict(await self._get(kernel.manager.kernel_url))
        except HTTPError as error:
            if error.status_code == 404 and not isinstance(error.__cause__, OSError):
                return None
            raise

    async def _get(self, url: str) -> Any:
        response = await asyncio.wait_for(gateway_request(url, method="GET"), _ANSWER_SECONDS)
        return json.loads(response.body)

    async def _heard(self, kernel: Kernel, model: dict[str, Any] | None) -> None:
        state = self._state(kernel.id)
        if model is None:
            state.missing += 1
            acted = time.monotonic() - state.acted < _DELIBERATE_SECONDS
            if state.missing >= _MISSES and not state.dead and not acted and not kernel.deliberate:
                await self._tell(kernel, state, "lost" if state.silent is not None else "gone")
            return
        state.missing = 0
        if state.silent is not None:
            silent, state.silent = state.silent, None
            await self._telling.retract(silent)
        if model.get("execution_state") == "dead":
            if not state.dead:
                await self._tell(kernel, state, "dead", str(model.get("reason") or ""))
        else:
            state.dead = False

    def _said(self, kernel_id: str, what: str) -> None:
        """The server in front of the kernel says that it fell."""
        kernel = self._telling.kernels.get(kernel_id)
        state = self._state(kernel_id)
        now = time.monotonic()
        # each page's connection says it
        if kernel is None or state.dead or min(now - state.told, now - state.acted) < _DELIBERATE_SECONDS:
            return
        state.told = now
        self._tasks.start(self._tell(kernel, state, what), name="tell of a remote kernel")

    async def _tell(self, kernel: Kernel, state: _State, what: str, reason: str = "") -> None:
        state.dead = state.dead or what in ("gone", "lost", "dead")
        state.told = time.monotonic()
        facts = Facts(
            "gateway_lost" if what in ("silent", "lost") else "unknown",
            "certain" if what == "lost" else "likely" if what == "gone" else "unknown",
            kernel.path.rpartition("/")[2] or kernel.name,
            bool(kernel.path),
            restarted=what == "restarting",
            remote=what,
        )
        evidence = {"gateway": _EVIDENCE[what]}
        if reason:
            evidence["reason"] = reason[:500]
        death = entry(
            facts,
            kernel_id=kernel.id,
            kernel_name=kernel.name,
            path=kernel.path,
            evidence=evidence,
            identifier=state.silent.id if state.silent is not None and what == "lost" else "",
        )
        state.silent = death if what == "silent" else None
        kernel.last_death = death.id
        await self._telling.tell(death)


_EVIDENCE = {
    "silent": "does not answer",
    "lost": "404 after it came back",
    "gone": "404",
    "dead": "execution_state: dead",
    "restarting": "execution_state: restarting",
}


def _read_along(base: type[Any], said: Callable[[str, str], None]) -> type[Any]:
    """The class ``base`` of connections between pages and kernels, with an ear for the kernel's end."""
    if not issubclass(base, GatewayWebSocketConnection):
        return base

    class Listening(base):  # type: ignore[misc]
        """Passes everything on."""

        def handle_outgoing_message(self, incoming_msg: str, *args: Any) -> None:
            super().handle_outgoing_message(incoming_msg, *args)
            if len(incoming_msg) <= _LONGEST and ('"restarting"' in incoming_msg or '"dead"' in incoming_msg):
                state = _state_told(incoming_msg)
                if state is not None:
                    said(self.kernel_id, state)

    return Listening


def _state_told(message: str) -> str | None:
    try:
        told = json.loads(message)
        state = told["content"]["execution_state"] if told["header"]["msg_type"] == "status" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return state if state in ("restarting", "dead") else None
