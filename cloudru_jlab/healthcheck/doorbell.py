"""Tells pages that there is something to look at, at most four times a second."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from .context import RingKind

EVENT_SCHEMA = "https://schema.cloud.ru/cloudru_jlab/healthcheck/v1"
#: Of one kind; memory that runs out is told at once, and its own alarm is rare.
_GAP_SECONDS = 0.6


class Doorbell:
    """Emits events; what comes too soon waits, and only the newest of each kind is told."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._waiting: dict[RingKind, int] = {}
        self._timers: dict[RingKind, asyncio.TimerHandle] = {}
        if events is not None:
            events.register_event_schema(Path(__file__).parent / "events" / "v1.yaml")

    def ring(self, kind: RingKind, seq: int) -> None:
        """Ring; on the event loop."""
        if self._events is None:
            return
        if kind == "memory_pressure":
            self._emit(kind, seq)
        elif kind in self._timers:
            self._waiting[kind] = seq
        else:
            self._emit(kind, seq)
            self._pause(kind)

    def stop(self) -> None:
        """Ring no more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()

    def _pause(self, kind: RingKind) -> None:
        self._timers[kind] = asyncio.get_running_loop().call_later(_GAP_SECONDS, self._again, kind)

    def _again(self, kind: RingKind) -> None:
        del self._timers[kind]
        seq = self._waiting.pop(kind, None)
        if seq is not None:
            self._emit(kind, seq)
            self._pause(kind)

    def _emit(self, kind: RingKind, seq: int) -> None:
        self._events.emit(schema_id=EVENT_SCHEMA, data={"kind": kind, "seq": seq})
