"""Events that tell clients to ask: the first at once, then few."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

#: At most one event per directory in this time, in seconds.
_QUIET = 0.1


class _News(NamedTuple):
    generation: str
    kind: str
    job: str | None


class Doorbell:
    """Rings at once, and then not again before a moment has passed; what came meanwhile rings together.

    Parameters
    ----------
    ring:
        Emits (path, generation, kind, job).
    """

    def __init__(self, ring: Callable[[str, str, str, str | None], None]) -> None:
        self._ring = ring
        self._waiting: dict[tuple[str, str | None], _News | None] = {}
        self._timers: dict[tuple[str, str | None], asyncio.TimerHandle] = {}

    def ring(self, path: str, generation: str, kind: str, job: str | None = None) -> None:
        """There is news about ``path``."""
        key, news = (path, job), _News(generation, kind, job)
        if key in self._timers:
            self._waiting[key] = news
        else:
            self._emit(key, news)

    def _emit(self, key: tuple[str, str | None], news: _News) -> None:
        self._timers[key] = asyncio.get_running_loop().call_later(_QUIET, self._again, key)
        self._ring(key[0], news.generation, news.kind, news.job)

    def _again(self, key: tuple[str, str | None]) -> None:
        del self._timers[key]
        news = self._waiting.pop(key, None)
        if news is not None:
            self._emit(key, news)

    def stop(self) -> None:
        """Ring no more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()
