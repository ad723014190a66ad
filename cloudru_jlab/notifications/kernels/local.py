"""Listening to a kernel that this server runs, on a subscription of our own.

Nothing is ever sent to the kernel, and no connection is counted: to the server's culling we are not there. Of what
passes, the headers alone are read (some hundred bytes); the frames of outputs stay where zmq put them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from logging import Logger
from typing import Any

from jupyter_client.session import DELIM, Session

#: Takes a message's type, its parent's header and its content.
Heard = Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]

#: Longer headers and contents are nothing for us. In bytes.
LONGEST_HEADER = 16 * 1024
LONGEST_CONTENT = 256 * 1024


class LocalKernel:
    """The subscription to one kernel's iopub.

    Parameters
    ----------
    manager:
        The kernel's own manager.
    kinds:
        The types of messages that are wanted.
    """

    def __init__(self, manager: Any, kinds: frozenset[str], heard: Heard, log: Logger) -> None:
        self._manager = manager
        self._kinds = kinds
        self._heard = heard
        self._log = log
        self._stream: Any = None
        self._place: object = None
        self._complained = False

    def open(self) -> None:
        """Listen; at the new place, where the kernel has another since it was restarted."""
        manager = self._manager
        place = (manager.transport, manager.ip, manager.iopub_port, manager.session.key)
        if self._stream is not None and place == self._place and not self._stream.closed():
            return
        self.close()
        if not manager.iopub_port:
            return
        session = manager.session
        self._session = Session(
            config=session.config,
            key=session.key,
            signature_scheme=session.signature_scheme,
            packer=session.packer,
            unpacker=session.unpacker,
        )
        self._place = place
        self._stream = manager.connect_iopub()
        self._stream.on_recv(self._received, copy=False)

    def close(self) -> None:
        """Listen no longer."""
        if self._stream is not None and not self._stream.closed():
            self._stream.close(linger=0)
        self._stream = None

    def _received(self, frames: list[Any]) -> None:
        try:
            self._read(frames)
        except Exception:
            # one bad message must not end the subscription; a kernel that sends many fills no log
            if not self._complained:
                self._complained = True
                self._log.warning("A message of a kernel could not be read", exc_info=True)

    def _read(self, frames: list[Any]) -> None:
        start = next((n for n, frame in enumerate(frames) if len(frame) == len(DELIM) and frame.bytes == DELIM), None)
        # after the delimiter: signature, header, parent's header, metadata, content
        message = [] if start is None else frames[start + 1 :]
        if len(message) < 5 or len(message[1]) > LONGEST_HEADER:
            return
        kind = self._session.unpack(message[1].bytes).get("msg_type")
        if kind not in self._kinds:
            return
        if len(message[2]) > LONGEST_HEADER or len(message[4]) > LONGEST_CONTENT:
            self._log.info("A message %s of a kernel is longer than %d bytes: ignored", kind, LONGEST_CONTENT)
            if kind != "error":
                return
            # that it failed is what matters
            parent = self._session.unpack(message[2].bytes)
            self._heard(kind, parent, {"ename": "Error"})
            return
        whole = self._session.deserialize([frame.bytes for frame in message[:5]])
        self._heard(kind, whole["parent_header"] or {}, whole["content"])
