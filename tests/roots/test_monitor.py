"""Roots are looked at while somebody asks: not too often, never twice at a time; nobody waits for one that hangs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from cloudru_jlab.core.ports import RootInfo, RootState
from cloudru_jlab.roots.monitor import Monitor

from .conftest import StandIn

INFO = RootInfo("data", "Data", "@data", True, False, "inside", "", 0, default=False, real=b"/data")


class HangingRoot(StandIn):
    """Answers when it is let go."""

    def __init__(self) -> None:
        super().__init__(INFO)
        self.go = asyncio.Event()

    async def look(self) -> RootState:
        await self.go.wait()
        return await super().look()


class Clock:
    """The time."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def monitor(clock: Clock | None = None, patience: float = 60.0) -> Monitor:
    return Monitor(interval=30.0, patience=patience, log=logging.getLogger("roots"), clock=clock or Clock())


def as_roots(*roots: StandIn) -> Any:
    return roots


async def test_the_first_answer_is_fresh() -> None:
    root, watching = StandIn(INFO), monitor()
    await watching.look(as_roots(root))
    assert watching.state(root) == RootState("available", free_bytes=1)  # type: ignore[arg-type]


async def test_what_was_seen_is_good_for_a_while() -> None:
    clock, root = Clock(), StandIn(INFO)
    watching = monitor(clock)
    for now, looks in ((1000.0, 1), (1029.9, 1), (1030.0, 2), (1031.0, 2)):
        clock.now = now
        await watching.look(as_roots(root))
        assert root.looks == looks


async def test_refreshing_looks_at_once() -> None:
    root, watching = StandIn(INFO), monitor()
    await watching.look(as_roots(root))
    root.now = RootState("missing", "gone")
    await watching.look(as_roots(root), now=True)
    assert watching.state(root).availability == "missing"  # type: ignore[arg-type]


async def test_nobody_waits_for_a_root_that_hangs() -> None:
    fine, hung, watching = StandIn(INFO), HangingRoot(), monitor(patience=0.01)
    await watching.look(as_roots(hung, fine))
    assert watching.state(fine).availability == "available"  # type: ignore[arg-type]
    assert watching.state(hung).availability == "not_answering"  # type: ignore[arg-type]
    await watching.stop()


async def test_a_root_is_looked_at_once_however_many_ask() -> None:
    hung, watching = HangingRoot(), monitor(patience=0.01)
    await watching.look(as_roots(hung))
    await watching.look(as_roots(hung))
    waiting = asyncio.ensure_future(watching.look(as_roots(hung), now=True))
    hung.go.set()
    await waiting
    assert hung.looks == 1
    assert watching.state(hung).availability == "available"  # type: ignore[arg-type]


async def test_a_look_goes_on_when_whoever_asked_has_left() -> None:
    hung, watching = HangingRoot(), monitor()
    asking = asyncio.ensure_future(watching.look(as_roots(hung)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    hung.go.set()
    await watching.look(as_roots(hung), now=True)
    assert hung.looks == 1


async def test_a_look_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(StandIn):
        async def look(self) -> RootState:
            self.looks += 1
            raise RuntimeError("broken")

    root, watching = Broken(INFO), monitor()
    await watching.look(as_roots(root))
    await watching.look(as_roots(root))
    assert root.looks == 2
    assert "look at root data failed" in caplog.text


async def test_stopping_ends_looks() -> None:
    hung, watching = HangingRoot(), monitor(patience=0.01)
    await watching.look(as_roots(hung))
    await watching.stop()
    assert hung.looks == 0
