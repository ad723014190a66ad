"""Features are connected through ports, in an order that follows from what each needs."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import pytest

from cloudru_jlab.core.feature import Feature, Ports
from cloudru_jlab.features import FEATURES, in_order


class Bell(Protocol):
    """A port."""


class Clock(Protocol):
    """Another port."""


def feature(slug: str, *, provides: tuple[type, ...] = (), requires: tuple[type, ...] = ()) -> type[Feature]:
    return type(slug, (Feature,), {"slug": slug, "provides": provides, "requires": requires})


def test_ports_give_what_is_provided() -> None:
    ports, bell = Ports(), object()
    ports.provide(Bell, bell)
    assert ports.get(Bell) is bell
    assert ports.get(Clock) is None
    with pytest.raises(ValueError, match="Bell is provided twice"):
        ports.provide(Bell, object())


def test_in_order_puts_providers_first() -> None:
    rings = feature("rings", provides=(Bell,), requires=(Clock,))
    hears = feature("hears", requires=(Bell,))
    ticks = feature("ticks", provides=(Clock,))
    assert in_order((hears, rings, ticks)) == [ticks, rings, hears]


def test_in_order_keeps_the_list_where_nothing_is_needed() -> None:
    features = tuple(feature(slug) for slug in ("one", "two", "three"))
    assert in_order(features) == list(features)


def test_in_order_does_without_a_provider() -> None:
    hears = feature("hears", requires=(Bell,))
    assert in_order((hears,)) == [hears]


def test_in_order_refuses_a_circle() -> None:
    one = feature("one", provides=(Bell,), requires=(Clock,))
    two = feature("two", provides=(Clock,), requires=(Bell,))
    with pytest.raises(ValueError, match="wait for each other: one, two"):
        in_order((one, two))


def test_slugs_and_provided_ports_are_unique() -> None:
    assert len({each.slug for each in FEATURES}) == len(FEATURES)
    provided = [port for each in FEATURES for port in each.provides]
    assert len(set(provided)) == len(provided)


def test_feature_of_the_least_kind_lives_and_ends() -> None:
    least = feature("least")()
    assert least.routes() == []
    asyncio.run(least.start())
    asyncio.run(least.stop())
    asyncio.run(least.stop())


# --- the extension


def app_of(serverapp: Any) -> Any:
    [app] = serverapp.extension_manager.extension_apps["cloudru_jlab"]
    return app


async def test_app_stops_all_features_whatever_one_does(
    jp_serverapp: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(jp_serverapp)
    stopped: list[str] = []

    def stop(slug: str) -> Any:
        async def stop() -> None:
            stopped.append(slug)
            if slug == app.features[-1].slug:
                raise OSError("stuck")

        return stop

    with monkeypatch.context() as patch:
        for each in app.features:
            patch.setattr(each, "stop", stop(each.slug))
        await app.stop_extension()
    assert stopped == [each.slug for each in reversed(app.features)]


async def test_app_starts_and_stops_twice(jp_serverapp: Any) -> None:
    app = app_of(jp_serverapp)
    await app._start_jupyter_server_extension(jp_serverapp)
    await app.stop_extension()
    await app.stop_extension()


async def test_app_starts_the_others_whatever_one_does(
    jp_serverapp: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(jp_serverapp)
    started: list[str] = []

    def start(slug: str) -> Any:
        async def start() -> None:
            started.append(slug)
            if slug == app.features[0].slug:
                raise OSError("stuck")

        return start

    for each in app.features:
        monkeypatch.setattr(each, "start", start(each.slug))
    await app._start_jupyter_server_extension(jp_serverapp)
    assert started == [each.slug for each in app.features]
    await app.stop_extension()
