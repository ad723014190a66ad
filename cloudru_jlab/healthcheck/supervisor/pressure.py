"""Whether memory will be full in a moment: from three quarters to the kill there may be a fifth of a second."""

from __future__ import annotations

from collections import deque

#: A climb is told from noise by this share of the limit within the window.
_CLIMB = 0.05
_WINDOW_SECONDS = 1.1


class PressureForecast:
    """Decides when what is unsaved is to be saved.

    Parameters
    ----------
    level:
        Share of the limit that is too much in any case.
    horizon_seconds:
        It is time when memory, growing as it does, reaches the limit within this.
    gap_seconds:
        The least time from one alarm to the next.
    """

    def __init__(self, level: float, horizon_seconds: float, gap_seconds: float) -> None:
        self._level = level
        self._horizon = horizon_seconds
        self._gap = gap_seconds
        self._seen: deque[tuple[float, int]] = deque()
        self._last = float("-inf")
        self._above = False

    def add(self, now: float, used: int, limit: int) -> bool:
        """Take what is used at the time ``now`` in seconds; whether to raise the alarm."""
        self._seen.append((now, used))
        while now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        share = used / limit if limit else 0.0
        if share < self._level * 0.95:
            self._above = False
        passed = share >= self._level and not self._above
        if now - self._last < self._gap or not (passed or self._steep(now, used, limit)):
            return False
        self._last = now
        self._above = self._above or passed
        return True

    def seconds_left(self, now: float, used: int, limit: int) -> float | None:
        """When the limit is reached if it goes on like this; None where it does not grow."""
        least = None
        # the last step alone tells of a climb that has just begun
        for time, before in (self._seen[0], self._seen[-2]) if len(self._seen) > 1 else ():
            grown = used - before
            if now > time and grown >= _CLIMB * limit:
                left = (limit - used) * (now - time) / grown
                least = left if least is None else min(least, left)
        return least

    def _steep(self, now: float, used: int, limit: int) -> bool:
        left = self.seconds_left(now, used, limit)
        return left is not None and left <= self._horizon
