"""How much may be sent, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..core.errors import DomainError

#: In bytes.
MAX_REQUEST = 64 * 1024
#: Alertmanager sends all alerts of a group at once.
MAX_WEBHOOK = 1024 * 1024

#: So many senders are remembered; the one that has been quiet for longest is forgotten first.
_MOST_SENDERS = 1_000


class TooLarge(DomainError):
    """The request is larger than any notification can be."""

    status = 413
    reason = "request_too_large"


class TooMany(DomainError):
    """More notifications in a short time than anybody could read."""

    status = 429
    reason = "too_many"


class _Bucket(NamedTuple):
    tokens: float
    at: float


class RateLimit:
    """A token bucket for each sender.

    Parameters
    ----------
    burst:
        So many at once.
    per_second:
        So many more in each second.
    clock:
        Seconds, never going back.
    """

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, sender: str) -> None:
        """One more of ``sender``; raises `TooMany` when there is none left."""
        now = self._clock()
        tokens, at = self._buckets.pop(sender, _Bucket(self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_second)
        if tokens >= 1:
            self._buckets[sender] = _Bucket(tokens - 1, now)
            while len(self._buckets) > _MOST_SENDERS:
                del self._buckets[next(iter(self._buckets))]
            return
        self._buckets[sender] = _Bucket(tokens, now)
        wait = max(1, -int(-(1 - tokens) // self._per_second))
        raise TooMany(
            f"More than {self._burst} notifications at once, or {self._per_second:g} a second. Try again in {wait} s.",
            retry_after_seconds=wait,
        )
