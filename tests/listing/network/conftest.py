"""Fixtures with slow and hanging file systems."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from fuse.mounting import SlowMount, why_not

from cloudru_jlab.listing.scan.guard import Guard, GuardSettings

Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Waits until a condition holds; the test's own time limit ends what never does."""

    async def wait(condition: Callable[[], object]) -> None:
        while not condition():  # noqa: ASYNC110 - of processes and mounts no event tells
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The directory that the slow file system shows."""
    path = tmp_path / "source"
    path.mkdir()
    return path


@pytest.fixture
def mount(tmp_path: Path, source: Path) -> Iterator[SlowMount]:
    """`source` as a slow file system at ``tmp_path / "root" / "remote"``."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    point = tmp_path / "root" / "remote"
    point.mkdir(parents=True)
    with SlowMount(source, point) as mount:
        yield mount


@pytest.fixture
def guarded() -> Iterator[Callable[..., Guard]]:
    """Makes guards with short times, and closes them."""
    guards: list[Guard] = []

    def make(**settings: float) -> Guard:
        values = {"timeout": 1.0, "retry": 0.2, **settings}
        guards.append(Guard(GuardSettings(**values)))  # type: ignore[arg-type]
        return guards[-1]

    yield make
    assert all(guard.dying == 0 for guard in guards), "processes are left"
