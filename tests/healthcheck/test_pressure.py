"""When what is unsaved is to be saved."""

from __future__ import annotations

from cloudru_jlab.healthcheck.supervisor.pressure import PressureForecast

MB = 1_000_000
LIMIT = 1_500 * MB


def alarms(rate: float, *, seconds: float, start: float = 200 * MB, limit: int = LIMIT) -> list[tuple[float, int]]:
    """The alarms at a steady climb of ``rate`` bytes a second, looked at each 250 ms."""
    forecast = PressureForecast(0.75, 3.0, 10.0)
    rung = []
    for number in range(int(seconds * 4)):
        now = number / 4
        used = int(min(start + rate * now, limit))
        if forecast.add(now, used, limit):
            rung.append((now, used))
    return rung


def test_a_steep_climb_is_told_before_three_quarters() -> None:
    (now, used), *_ = alarms(1_000 * MB, seconds=1.5)
    assert now == 0.25
    assert used < 0.75 * LIMIT


def test_a_steady_climb_is_told_seconds_before() -> None:
    (_, used), *more = alarms(130 * MB, seconds=10)
    assert 0.65 * LIMIT < used <= 0.76 * LIMIT
    assert more == [], "not again within the gap"


def test_a_slow_climb_is_told_at_three_quarters() -> None:
    (_, used), *_ = alarms(2 * MB, seconds=600)
    assert 0.75 * LIMIT <= used < 0.76 * LIMIT


def test_a_high_level_that_stays_is_told_once() -> None:
    assert len(alarms(0, seconds=600, start=0.8 * LIMIT)) == 1


def test_noise_at_a_low_level_is_not_told() -> None:
    forecast = PressureForecast(0.75, 3.0, 10.0)
    rung = [forecast.add(n / 4, (300 + 40 * (n % 2)) * MB, LIMIT) for n in range(400)]
    assert not any(rung)


def test_after_it_fell_it_is_told_again() -> None:
    forecast = PressureForecast(0.75, 3.0, 10.0)
    told = []
    for n in range(400):
        used = int((0.8 if (n // 80) % 2 == 0 else 0.2) * LIMIT)
        if forecast.add(n / 4, used, LIMIT):
            told.append(n / 4)
    assert told == [0.0, 40.0, 80.0]
