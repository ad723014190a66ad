"""Tasks end with their owner, and none fails in silence."""

from __future__ import annotations

import asyncio
import logging

import pytest

from cloudru_jlab.core.tasks import TaskGroup


@pytest.fixture
def group() -> TaskGroup:
    return TaskGroup(logging.getLogger("tasks"))


async def test_stop_cancels_and_waits(group: TaskGroup) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    task = group.start(work(), name="work")
    assert (task.get_name(), len(group)) == ("work", 1)
    await began.wait()
    await group.stop()
    assert ended.is_set()
    assert task.cancelled()
    assert len(group) == 0
    await group.stop()


async def test_failure_is_logged_and_ends_nobody_else(group: TaskGroup, caplog: pytest.LogCaptureFixture) -> None:
    go_on = asyncio.Event()

    async def fail() -> None:
        raise ValueError("boom")

    async def wait() -> str:
        await go_on.wait()
        return "done"

    other = group.start(wait(), name="other")
    failed = group.start(fail(), name="watcher")
    await asyncio.wait([failed])
    assert "Background task watcher failed" in caplog.text
    assert "boom" in caplog.text
    go_on.set()
    assert await other == "done"
    assert len(group) == 0


async def test_cancelled_task_is_no_failure(group: TaskGroup, caplog: pytest.LogCaptureFixture) -> None:
    task = group.start(asyncio.Event().wait(), name="waits")
    task.cancel()
    await asyncio.wait([task])
    assert caplog.text == ""


async def test_stop_survives_a_task_that_fails_on_the_way_out(
    group: TaskGroup, caplog: pytest.LogCaptureFixture
) -> None:
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("late")

    group.start(work(), name="late")
    await began.wait()
    await group.stop()
    assert "Background task late failed" in caplog.text
