"""When to look again, such that ten thousand servers do not do it at the same moment.

Whoever starts together (a morning, a new image), fails together (the feed's server is down) or is sent away together
(Retry-After) must come back spread out.
"""

from __future__ import annotations

from random import Random

#: The first look comes within this part of the interval.
_FIRST = 0.1
#: Every later interval is longer or shorter by up to this part.
_JITTER = 0.2
#: No server may send us away for longer, in seconds.
_LONGEST = 86_400.0


class Pace:
    """How long to wait, in seconds.

    Parameters
    ----------
    interval:
        Between looks while all is well.
    longest:
        Between looks while nothing is.
    """

    def __init__(self, interval: float, longest: float, random: Random) -> None:
        self._interval = interval
        self._longest = max(interval, longest)
        self._random = random
        self._failures = 0

    def first(self) -> float:
        """Until the first look."""
        return self._random.uniform(0, _FIRST) * self._interval

    def good(self) -> float:
        """Until the next look, after one that went well."""
        self._failures = 0
        return self._interval * self._random.uniform(1 - _JITTER, 1 + _JITTER)

    def failed(self, retry_after: float | None = None) -> float:
        """Until the next look, after one that failed; ``retry_after`` is what the server asked for."""
        self._failures = min(self._failures + 1, 30)
        # twice as long each time, the upper half of it at random
        wait = min(self._longest, self._interval * 2.0**self._failures) * self._random.uniform(0.5, 1)
        if retry_after is None:
            return wait
        return max(wait, min(retry_after, _LONGEST) + self._random.uniform(0, self._interval))
