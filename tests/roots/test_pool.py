"""A root that hangs: what its callers are told, how few threads it takes, and how it comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount

from cloudru_jlab.core.errors import DomainError, NotAnswering, RootUnavailable
from cloudru_jlab.roots.pool import Beat, GivenUp, RootPool

from .making import content, local

Make = Callable[..., RootPool]


class Gate:
    """Calls hang while it is shut."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.lock = threading.Lock()
        self.inside = self.most = self.calls = 0

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def __call__(self) -> str:
        with self.lock:
            self.calls += 1
            self.inside += 1
            self.most = max(self.most, self.inside)
        self._open.wait()
        with self.lock:
            self.inside -= 1
        return "answer"


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def make(gate: Gate) -> Iterator[Make]:
    """Makes pools with short times, whose probe goes through the gate."""
    made: list[RootPool] = []

    def make(**settings: Any) -> RootPool:
        made.append(RootPool("Data", gate, **{"deadline": 0.25, "retry": 0.02, **settings}))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


async def until(check: Callable[[], bool]) -> None:
    while not check():  # noqa: ASYNC110  what is waited for tells nobody
        await asyncio.sleep(0.002)


async def answer(pool: RootPool, call: Callable[[], Any]) -> Any:
    """What a call gives as soon as it is let through."""
    while True:
        try:
            return await pool.run(call)
        except (NotAnswering, RootUnavailable):
            await asyncio.sleep(0.002)


async def test_calls_give_their_results_and_errors(make: Make) -> None:
    pool = make(deadline=30.0)
    assert await pool.run(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)
    assert pool.answering


async def test_no_more_calls_at_a_time_than_threads(make: Make, gate: Gate) -> None:
    pool = make(threads=3, deadline=30.0)
    gate.shut()
    calls = [asyncio.ensure_future(pool.run(gate)) for _ in range(20)]
    await until(lambda: gate.inside == 3)
    gate.open()
    assert await asyncio.gather(*calls) == ["answer"] * 20
    assert gate.most == 3


async def test_silence_is_told_once_and_then_at_once(make: Make, gate: Gate) -> None:
    pool = make(retry=30.0)
    gate.shut()
    with pytest.raises(NotAnswering):
        await pool.run(gate)
    assert not pool.answering
    with pytest.raises(RootUnavailable):
        await pool.run(lambda: pytest.fail("it was called"))


async def test_all_that_wait_are_told(make: Make, gate: Gate) -> None:
    pool = make(threads=2, retry=30.0)
    gate.shut()
    outcomes = await asyncio.gather(*[pool.run(gate) for _ in range(200)], return_exceptions=True)
    assert all(isinstance(outcome, (NotAnswering, RootUnavailable)) for outcome in outcomes)
    assert gate.calls == 2


async def test_probes_are_made_one_at_a_time_and_bring_the_root_back(make: Make, gate: Gate) -> None:
    pool = make()
    gate.shut()
    with pytest.raises(NotAnswering):
        await pool.run(gate)
    await until(lambda: gate.calls >= 4)
    # the call itself hangs, and each probe but the last is past its deadline
    assert pool.stuck >= gate.inside - 1
    gate.open()
    assert await answer(pool, gate) == "answer"
    await until(lambda: pool.stuck == 0)


async def test_no_more_threads_hang_than_may(make: Make, gate: Gate) -> None:
    pool = make(threads=2, stuck=3, deadline=0.01, retry=0.001)
    gate.shut()
    await asyncio.gather(pool.run(gate), pool.run(gate), return_exceptions=True)
    await until(lambda: pool.stuck == 3)
    for _ in range(50):
        await asyncio.sleep(0.001)
        with pytest.raises(RootUnavailable):
            await pool.run(gate)
    assert gate.inside == 3
    gate.open()
    assert await answer(pool, gate) == "answer"
    await until(lambda: pool.stuck == 0)


async def test_one_file_that_hangs_does_not_keep_the_others(make: Make, gate: Gate) -> None:
    probes: list[int] = []
    pool = RootPool("Data", lambda: probes.append(1), deadline=0.5, retry=1000.0)
    gate.shut()
    hanging = asyncio.ensure_future(pool.run(gate))
    await until(lambda: gate.inside == 1)
    assert await pool.run(lambda: 1) == 1
    with pytest.raises(NotAnswering):
        await hanging
    # others were answered meanwhile: the root is asked at once, in spite of the long time to the next try
    await until(lambda: pool.answering)
    assert probes == [1]
    assert await pool.run(lambda: 2) == 2
    gate.open()
    await until(lambda: pool.stuck == 0)
    pool.close()


async def test_a_long_call_lives_by_its_beat(make: Make) -> None:
    pool = make(deadline=1.0)
    beats = 0

    def work(beat: Beat) -> str:
        nonlocal beats
        begun = time.monotonic()
        while time.monotonic() - begun < 1.5:
            beat()
            beats += 1
            threading.Event().wait(0.005)
        return "done"

    assert await pool.run_long(work) == "done"
    assert beats > 1
    assert pool.answering


async def test_work_that_nobody_waits_for_ends_at_its_next_beat(make: Make) -> None:
    pool = make(deadline=30.0)
    begun, ended = threading.Event(), threading.Event()

    def work(beat: Beat) -> None:
        begun.set()
        try:
            while True:
                beat()
        except GivenUp:
            ended.set()
            raise

    call = asyncio.ensure_future(pool.run_long(work))
    await until(begun.is_set)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(ended.is_set)
    assert await pool.run(lambda: 1) == 1


async def test_what_nobody_takes_is_discarded(make: Make, gate: Gate) -> None:
    pool = make(deadline=30.0)
    thrown: list[str] = []
    gate.shut()
    call = asyncio.ensure_future(pool.run(gate, discard=thrown.append))
    await until(lambda: gate.inside == 1)
    call.cancel()
    gate.open()
    await until(lambda: thrown == ["answer"])


async def test_a_cancelled_call_is_not_made(make: Make, gate: Gate) -> None:
    pool = make(threads=1, deadline=30.0)
    gate.shut()
    first = asyncio.ensure_future(pool.run(gate))
    await until(lambda: gate.inside == 1)
    second = asyncio.ensure_future(pool.run(lambda: pytest.fail("it was made")))
    await asyncio.sleep(0)
    second.cancel()
    gate.open()
    assert await first == "answer"
    assert await pool.run(lambda: 1) == 1


async def test_a_closed_pool_refuses_and_lets_its_threads_go(make: Make) -> None:
    pool = make()
    thread = await pool.run(threading.current_thread)
    done = threading.Event()
    pool.dispose(done.set)
    pool.close()
    with pytest.raises(RootUnavailable):
        await pool.run(lambda: 1)
    await until(lambda: done.is_set() and not thread.is_alive())


def test_the_interpreter_ends_while_a_call_hangs() -> None:
    program = (
        "import asyncio, threading\n"
        "from cloudru_jlab.roots.pool import RootPool\n"
        "async def main():\n"
        "    pool = RootPool('Data', threading.Event().wait, deadline=0.01, retry=0.001)\n"
        "    try:\n"
        "        await pool.run(threading.Event().wait)\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "NotAnswering\n"


# --- a file system that hangs for real


@pytest.mark.root
async def test_a_root_whose_file_system_hangs_comes_back(hanging: SlowMount) -> None:
    root = local(hanging.point, options={"deadline_seconds": 1.0, "retry_seconds": 0.1})
    assert await content(root, "file") == b"text"
    assert (await root.look()).file_system == "fuse.slow"
    hanging.tell("hang")
    verbs = [
        root.stat("file"), root.read("file"), root.write("new", b""), root.write_chunk("up", 1, b""),
        root.make_directory("new"), root.rename("file", "new"), root.delete("file"), root.copy("file", "new"),
        root.real_path("file"), root.look(),
    ]  # fmt: skip
    outcomes = await asyncio.gather(*verbs, return_exceptions=True)
    assert outcomes.pop().availability == "not_answering"
    assert all(isinstance(outcome, (NotAnswering, RootUnavailable)) for outcome in outcomes), outcomes
    assert root.state().availability == "not_answering"
    with pytest.raises(RootUnavailable):
        root.place("")
    with pytest.raises(RootUnavailable):
        await root.stat("file")
    hanging.tell("release")
    await until(lambda: root.state().availability == "available")
    assert await content(root, "file") == b"text"
    root.close()


@pytest.mark.root
async def test_a_root_that_hangs_takes_nothing_from_another(hanging: SlowMount, tmp_path: Path) -> None:
    (tmp_path / "well").mkdir()
    sick, well = local(hanging.point, options={"deadline_seconds": 30.0}, title="Sick"), local(tmp_path / "well")
    await well.write("a", b"1")
    hanging.tell("hang")
    calls = [asyncio.ensure_future(sick.stat("file")) for _ in range(200)]
    await until(lambda: hanging.tell("status") > 0)
    for _ in range(20):
        assert await content(well, "a") == b"1"
    assert not any(call.done() for call in calls)
    # the kernel lets one after the other look for a name
    assert 1 <= hanging.tell("status") <= 4
    assert sum(thread.name.startswith("root-Sick-") for thread in threading.enumerate()) == 4
    hanging.tell("release")
    assert {entry.size for entry in await asyncio.gather(*calls)} == {4}
    sick.close()
    well.close()


@pytest.mark.root
async def test_a_file_system_without_newer_calls_keeps_the_promises(hanging: SlowMount) -> None:
    # It has no RENAME_NOREPLACE and no hard links.
    root = local(hanging.point)
    await root.write("new", b"1", create_only=True)
    await root.make_directory("folder")
    for call in (root.rename("new", "file"), root.rename("folder", "file"), root.write("new", b"", create_only=True)):
        with pytest.raises(DomainError):
            await call
    await root.rename("new", "folder/new")
    await root.rename("folder", "other")
    assert await content(root, "other/new") == b"1"
    assert sorted(os.listdir(hanging.source)) == ["file", "other"]
    root.close()
