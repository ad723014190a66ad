"""Listening to a kernel behind a gateway, on the connections that pages have to it.

A connection of our own would count at the gateway: it would keep the kernel from being culled, and keep the gateway
from buffering what a page misses while it is away. So the websocket of a page is read along. When the last page leaves
while the kernel executes, its websocket to the gateway stays until that has ended. What arrives meanwhile is kept, as
the gateway would, for the page to have when it comes back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from jupyter_server.gateway.connections import GatewayWebSocketConnection

#: Kept for one page that is away, in characters.
_MOST_KEPT = 32 * 1024 * 1024
#: The header stands at one end of a message; the type is looked for so far from there.
_HEAD = 2_048
_LONGEST_TO_PARSE = 64 * 1024
_TYPE = re.compile(r'"msg_type"\s*:\s*"(\w*)"')


class Taps(Protocol):
    """Who listens."""

    def connected(self, kernel_id: str, handler: Any) -> None:
        """A page has connected to a kernel."""

    def told(self, kernel_id: str, kind: str, parent: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """A kernel behind a gateway said something."""

    def needed(self, kernel_id: str) -> bool:
        """Whether the kernel executes something, so that the last connection to it must stay."""

    def lost(self, kernel_id: str) -> None:
        """The last connection to a kernel is lost for good."""

    def found_again(self, kernel_id: str) -> None:
        """The connection to a kernel was lost for a while: what it said meanwhile was not heard."""


def wanted(message: str, kinds: frozenset[str]) -> dict[str, Any] | None:
    """The message, if it is an iopub message of one of ``kinds``; others are not parsed."""
    types = _TYPE.findall(message, 0, _HEAD) or _TYPE.findall(message, max(0, len(message) - _HEAD))
    if (types and kinds.isdisjoint(types)) or (not types and len(message) > _LONGEST_TO_PARSE):
        return None
    try:
        parsed = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or parsed.get("channel") != "iopub":
        return None
    header, content = parsed.get("header"), parsed.get("content")
    if not isinstance(header, dict) or not isinstance(content, dict) or header.get("msg_type") not in kinds:
        return None
    return parsed


class _Kept:
    """What a page misses."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.messages: list[str] = []
        self.size = 0


class Lines:
    """The connections to gateway kernels in the order they were made: the first of a kernel is listened to."""

    def __init__(self, taps: Taps, kinds: frozenset[str]) -> None:
        self.taps = taps
        self._kinds = kinds
        self._open: dict[str, list[Any]] = {}
        self._kept: dict[str, _Kept] = {}
        self._complained = False

    def opened(self, connection: Any) -> list[str]:
        """A page connects; what was kept for it. What was kept for another is dropped, as the server does it."""
        self._open.setdefault(connection.kernel_id, []).append(connection)
        kept = self._kept.pop(connection.kernel_id, None)
        return kept.messages if kept is not None and kept.session_id == connection.session_id else []

    def keep(self, connection: Any, message: str) -> None:
        """A message for the page of ``connection``, which is away."""
        if not connection.multi_kernel_manager.buffer_offline_messages:
            return
        kept = self._kept.get(connection.kernel_id)
        if kept is None or kept.session_id != connection.session_id:
            kept = self._kept[connection.kernel_id] = _Kept(connection.session_id)
        if kept.size + len(message) <= _MOST_KEPT:
            kept.messages.append(message)
            kept.size += len(message)

    def established(self, connection: Any) -> None:
        """The connection stands: those without a page have been for this."""
        for other in list(self._open.get(connection.kernel_id, ())):
            if other is not connection and other.tap_alone:
                other.tap_release()

    def closed(self, connection: Any) -> None:
        """The connection is given up."""
        connections = self._open.get(connection.kernel_id, [])
        if connection in connections:
            connections.remove(connection)
        if not connections:
            self._open.pop(connection.kernel_id, None)

    def last(self, connection: Any) -> bool:
        """Whether it is the only one of its kernel."""
        return self._open.get(connection.kernel_id) == [connection]

    def release(self, kernel_id: str) -> None:
        """The kernel executes nothing: a connection without a page may go."""
        for connection in list(self._open.get(kernel_id, ())):
            if connection.tap_alone:
                connection.tap_release()

    def gone(self, kernel_id: str) -> None:
        """The kernel is no more."""
        self.release(kernel_id)
        self._kept.pop(kernel_id, None)

    def release_all(self) -> None:
        """The server ends."""
        for kernel_id in list(self._open):
            self.release(kernel_id)

    def heard(self, connection: Any, message: str) -> None:
        """A message on its way to a page."""
        if self._open.get(connection.kernel_id, [None])[0] is not connection:
            return
        try:
            parsed = wanted(message, self._kinds)
            if parsed is not None:
                parent = parsed.get("parent_header")
                self.taps.told(
                    connection.kernel_id,
                    parsed["header"]["msg_type"],
                    parent if isinstance(parent, dict) else {},
                    parsed["content"],
                )
        except Exception:
            # whatever is wrong with it, the page gets its message
            if not self._complained:
                self._complained = True
                connection.log.warning("A message of a gateway could not be read", exc_info=True)


def tapped(base: type[Any], lines: Lines) -> type[Any]:
    """The class ``base`` of connections between pages and kernels, read along."""
    if not issubclass(base, GatewayWebSocketConnection):

        class Noted(base):  # type: ignore[misc]
            """Tells who is connected to which kernel; the kernel is listened to directly."""

            def connect(self) -> Any:
                lines.taps.connected(self.kernel_id, self.websocket_handler)
                return super().connect()

        return Noted

    class Tapped(base):  # type: ignore[misc]
        """A connection that is read along, and stays while the kernel executes."""

        tap_alone = False
        tap_known = False

        async def connect(self) -> None:
            if self.disconnected:
                # given up while the base class was waiting to try again
                return
            if not self.tap_known:
                self.tap_known = True
                lines.taps.connected(self.kernel_id, self.websocket_handler)
                for message in lines.opened(self):
                    super().handle_outgoing_message(message)
            await super().connect()

        def _connection_done(self, fut: Any) -> None:
            again = self.retry > 0
            super()._connection_done(fut)
            if self.ws is not None:
                lines.established(self)
                if again:
                    lines.taps.found_again(self.kernel_id)

        async def _read_messages(self) -> None:
            retry = self.retry
            await super()._read_messages()
            # the base class counts the next try, unless there is none
            if not self.disconnected and self.retry == retry:
                alone = lines.last(self)
                lines.closed(self)
                if alone:
                    lines.taps.lost(self.kernel_id)

        def handle_outgoing_message(self, incoming_msg: str, *args: Any) -> None:
            if self.tap_alone:
                lines.keep(self, incoming_msg)
            else:
                super().handle_outgoing_message(incoming_msg, *args)
            lines.heard(self, incoming_msg)

        def disconnect(self) -> None:
            if not self.tap_alone and lines.last(self) and lines.taps.needed(self.kernel_id):
                self.tap_alone = True
                return
            lines.closed(self)
            super().disconnect()

        def tap_release(self) -> None:
            """End a connection that no page has any more."""
            lines.closed(self)
            super().disconnect()

    return Tapped
