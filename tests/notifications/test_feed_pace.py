"""Ten thousand servers do not come at the same moment, whatever happened to all of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.notifications.feed.pace import Pace

SERVERS = 10_000
INTERVAL = 300.0


def busiest(looks: list[float]) -> int:
    """The most requests in any one second."""
    return Counter(int(look) for look in looks).most_common(1)[0][1]


def servers() -> list[Pace]:
    return [Pace(INTERVAL, 3_600.0, Random(seed)) for seed in range(SERVERS)]


def test_all_servers_start_at_once() -> None:
    looks, later = [], []
    for pace in servers():
        now = pace.first()
        looks.append(now)
        while now < 3_600:
            now += pace.good()
            looks.append(now)
            if now >= 1_200:
                later.append(now)
    # 10,000 in 30 s are 333 a second; with time it becomes 33
    assert busiest(looks) < 450
    assert busiest(later) < 100


@pytest.mark.parametrize("fails", [lambda pace: pace.failed(), lambda pace: pace.failed(120.0)])
def test_all_servers_fail_at_once(fails: Callable[[Pace], float]) -> None:
    paces = servers()
    for _ in range(4):
        waits = [fails(pace) for pace in paces]
        assert busiest(waits) < 100
        assert min(waits) >= INTERVAL


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    interval=st.floats(1, 86_400),
    longest=st.floats(1, 86_400),
    seed=st.integers(),
    failures=st.integers(1, 5_000),
    retry_after=st.none() | st.floats(0, 1e12),
)
def test_waits_are_between_bounds(
    interval: float, longest: float, seed: int, failures: int, retry_after: float | None
) -> None:
    pace = Pace(interval, longest, Random(seed))
    assert 0 <= pace.first() <= interval / 10
    for _ in range(failures):
        wait = pace.failed(retry_after)
    cap = max(interval, longest)
    assert min(interval, cap / 2) <= wait
    if retry_after is None:
        assert wait <= cap
    else:
        assert min(retry_after, 86_400) <= wait <= max(cap, 86_400 + interval)
    assert 0.8 * interval <= pace.good() <= 1.2 * interval


def test_each_failure_doubles_the_wait_and_success_ends_it() -> None:
    class Highest(Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    pace = Pace(300.0, 3_600.0, Highest())
    assert [pace.failed() for _ in range(5)] == [600.0, 1_200.0, 2_400.0, 3_600.0, 3_600.0]
    pace.good()
    assert pace.failed() == 600.0
