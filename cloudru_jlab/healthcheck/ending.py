"""Hears that the server was asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class EndSignal:
    """Calls ``heard`` at SIGTERM, and then whatever was to happen before: the server's own handler ends it."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._before: Any = None

    def install(self) -> None:
        """Listen, where that is possible and the server itself does."""
        if threading.current_thread() is not threading.main_thread() or self._before is not None:
            return
        before = signal.getsignal(signal.SIGTERM)
        if callable(before):
            self._before = before
            signal.signal(signal.SIGTERM, self._handle)

    def remove(self) -> None:
        """Listen no more; what was replaced is put back, unless somebody has replaced us."""
        if self._before is None or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGTERM) == self._handle:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._heard()
        self._before(number, frame)
