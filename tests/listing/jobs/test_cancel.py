"""Jobs that end before they are done: cancelled, killed, or stopped with the server."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.listing.jobs import runners
from cloudru_jlab.listing.jobs.engine.copying import Copier
from cloudru_jlab.listing.jobs.engine.partial import PARTIAL, PartialArea
from cloudru_jlab.listing.jobs.engine.places import Folder
from cloudru_jlab.listing.jobs.engine.plan import Beat, JobCancelled, JobFailed, Plan, Report
from cloudru_jlab.listing.jobs.engine.run import Engine
from cloudru_jlab.listing.jobs.runners import ProcessRunner
from cloudru_jlab.listing.scan.process import Graveyard

from .conftest import Answer, JobsClient, at, fill, tree


@pytest.fixture
def server_options() -> Answer:
    """In this process, where a test can take part."""
    return {"FileContentsManager": {"delete_to_trash": False}, "JobService": {"own_process": False}}


class Gate:
    """Stops the engine before it copies the ``at``-th piece of data."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._left = at
        data = Copier._data

        def gated(copier: Copier, *arguments: Any) -> int:
            self._left -= 1
            if self._left == 0:
                self.reached.set()
                self.go_on.wait()
            return data(copier, *arguments)

        monkeypatch.setattr(Copier, "_data", gated)

    async def until_reached(self) -> None:
        """The engine waits."""
        await asyncio.to_thread(self.reached.wait)


async def test_a_cancelled_copy_leaves_whole_copies_and_nothing_else(
    jobs: JobsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"f{index}" for index in range(100)]
    fill(jobs.root / "a", names, "whole")
    (jobs.root / "b").mkdir()
    gate = Gate(monkeypatch, at=40)

    job = await jobs.request("copy", "a", destination="b")
    await gate.until_reached()
    assert os.listdir(jobs.root / "b" / os.fsdecode(PARTIAL)), "nothing is under way"
    cancelling = await jobs.call("jobs", job["id"], method="DELETE")
    gate.go_on.set()
    ended = await jobs.until_ended(job)

    assert cancelling["state"] == "cancelling"
    assert (ended["state"], ended["total"], ended["done"]) == ("cancelled", 100, 39)
    copies = tree(jobs.root / "b")
    assert len(copies) == 39
    assert set(copies.values()) == {"whole"}
    assert (await jobs.look("b"))["total"] == 39


async def test_a_cancelled_copy_of_a_directory_leaves_none_of_it(
    jobs: JobsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root / "a" / "d" / "deep", [f"f{index}" for index in range(50)])
    (jobs.root / "a" / "d" / "deep").chmod(0o555)
    (jobs.root / "b").mkdir()
    gate = Gate(monkeypatch, at=25)

    job = await jobs.request("copy", "a", destination="b")
    await gate.until_reached()
    await jobs.call("jobs", job["id"], method="DELETE")
    gate.go_on.set()
    ended = await jobs.until_ended(job)

    assert (ended["state"], ended["done"]) == ("cancelled", 0)
    assert tree(jobs.root / "b") == {}


#: Holds the process of a job before its 1500th piece of data until a file is there: it has reported the first 1000.
_HELD = """
import os, time
from cloudru_jlab.listing.jobs.engine.copying import Copier

data, count = Copier._data, 0

def held(self, *arguments):
    global count
    count += 1
    while count == 1500 and not os.path.exists(GO_ON):
        time.sleep(0.01)
    return data(self, *arguments)

Copier._data = held
"""


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """See `_HELD`: lets the process go on."""
    path, program = tmp_path / "go on", runners._program()
    held = program.replace("main()", f"exec({_HELD.replace('GO_ON', repr(str(path)))!r}, {{}}); main()")
    assert held != program
    monkeypatch.setattr(runners, "_program", lambda: held)
    return path.touch


async def test_a_job_in_a_process_is_cancelled(jobs: JobsClient, jp_serverapp: Any, go_on: Callable[[], None]) -> None:
    names = [f"f{index}" for index in range(3000)]
    fill(jobs.root / "a", names, "whole")
    (jobs.root / "b").mkdir()
    (app,) = jp_serverapp.extension_manager.extension_apps["cloudru_jlab"]
    next(feature for feature in app.features if feature.slug == "listing").jobs.own_process = True

    job = await jobs.request("copy", "a", destination="b")
    while not (state := await jobs.call("jobs", job["id"]))["done"]:
        assert state["state"] == "running"
    await jobs.call("jobs", job["id"], method="DELETE")
    go_on()
    ended = await jobs.until_ended(job)

    assert ended["state"] == "cancelled"
    copies = tree(jobs.root / "b")
    assert 0 < len(copies) == ended["done"] < 3000
    assert set(copies.values()) == {"whole"}


async def test_entries_that_appear_while_a_job_runs_are_not_touched(
    jobs: JobsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root / "a", [f"f{index}" for index in range(100)])
    (jobs.root / "b").mkdir()
    gate = Gate(monkeypatch, at=10)

    job = await jobs.request("copy", "a", destination="b")
    await gate.until_reached()
    fill(jobs.root / "a", ["f5z", "later"])
    gate.go_on.set()
    ended = await jobs.until_ended(job)

    assert (ended["state"], ended["done"]) == ("done", 100)
    assert not {"f5z", "later"} & set(tree(jobs.root / "b"))


async def test_waiting_jobs_are_cancelled_at_once(jobs: JobsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(jobs.root / "a", ["x"])
    (jobs.root / "b").mkdir()
    gate = Gate(monkeypatch, at=1)
    held = await jobs.request("copy", "a", destination="b")
    await gate.until_reached()
    # the second of the two places
    blocked = threading.Event()
    monkeypatch.setattr(Engine, "run", lambda *arguments: blocked.wait() and None)
    other = await jobs.request("copy", "a", destination="b")
    waiting = await jobs.request("delete", "a")

    await jobs.call("jobs", waiting["id"], method="DELETE")
    blocked.set()
    gate.go_on.set()

    assert (await jobs.until_ended(waiting))["state"] == "cancelled"
    assert (await jobs.until_ended(held))["state"] == "done"
    await jobs.until_ended(other)
    assert (jobs.root / "a" / "x").exists()


async def test_the_servers_end_cancels_what_runs(
    jobs: JobsClient, monkeypatch: pytest.MonkeyPatch, jp_serverapp: Any
) -> None:
    fill(jobs.root / "a", [f"f{index}" for index in range(20)])
    (jobs.root / "b").mkdir()
    gate = Gate(monkeypatch, at=10)
    await jobs.request("copy", "a", destination="b")
    await gate.until_reached()
    (app,) = jp_serverapp.extension_manager.extension_apps["cloudru_jlab"]
    feature = next(feature for feature in app.features if feature.slug == "listing")

    stopped = asyncio.ensure_future(feature.jobs.stop())
    await asyncio.sleep(0)
    gate.go_on.set()
    await stopped

    (job,) = feature.jobs.jobs().jobs
    assert job.state == "cancelled"
    assert PARTIAL.decode() not in os.listdir(jobs.root / "b")


# --- a process that dies

_DYING = """
import os, signal, sys
from pathlib import Path
from cloudru_jlab.core.access import Place
from cloudru_jlab.listing.jobs import runners
from cloudru_jlab.listing.jobs.engine.copying import Copier
from cloudru_jlab.listing.jobs.engine.plan import Plan
from cloudru_jlab.listing.jobs.engine.run import Engine

source, target = map(os.fsencode, sys.argv[1:])
data, count = Copier._data, 0

def dying(self, *arguments):
    global count
    count += 1
    if count == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return data(self, *arguments)

Copier._data = dying
engine = Engine(Plan("dead", "copy", Place(source, b""), "a", Place(target, b""), "b"))
engine.prepare()
engine.run(lambda: iter([sorted(os.listdir(source))]), lambda report: None, lambda: False)
"""


def test_a_killed_copy_leaves_a_hidden_directory_that_the_next_job_removes(tmp_path: Path) -> None:
    fill(tmp_path / "a", [f"f{index:02}" for index in range(20)], "whole")
    (tmp_path / "b").mkdir()
    code = subprocess.run([sys.executable, "-c", _DYING, str(tmp_path / "a"), str(tmp_path / "b")], check=False)
    assert code.returncode == -9
    left = tree(tmp_path / "b")
    partial = PARTIAL.decode()
    shown = {name: content for name, content in left.items() if not name.startswith(".")}
    assert shown == {f"f{index:02}": "whole" for index in range(9)}
    assert f"{partial}/dead/10" in left, "the test has not killed it in the middle"

    engine = Engine(Plan("next", "copy", at(tmp_path / "a"), "a", at(tmp_path / "b"), "b"))
    engine.prepare()
    engine.run(lambda: iter([[b"f15"]]), lambda report: None, lambda: False)
    engine.close()

    assert sorted(tree(tmp_path / "b")) == [*sorted(shown), "f15"]


def test_what_a_living_job_copies_is_left_alone(tmp_path: Path) -> None:
    target = Folder(at(tmp_path), "")
    with PartialArea(target, "first") as first:
        os.close(os.open(first.new_name(), os.O_CREAT | os.O_WRONLY, dir_fd=first.fd))
        with PartialArea(target, "second") as second:
            assert os.listdir(tmp_path / os.fsdecode(PARTIAL) / "first") == ["1"]
            assert second.fd != first.fd
        assert os.listdir(tmp_path / os.fsdecode(PARTIAL) / "first") == ["1"]
    assert os.listdir(tmp_path) == []
    target.close()


def test_stale_directories_are_told_by_their_lock(tmp_path: Path) -> None:
    parent = tmp_path / os.fsdecode(PARTIAL)
    for name in ("dead", "alive"):
        fill(parent / name / "half", ["data"])
        (parent / f"{name}.lock").touch()
    (parent / "dead" / "half").chmod(0o555)
    target = Folder(at(tmp_path), "")
    with open(parent / "alive.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with PartialArea(target, "next"):
            pass
    target.close()

    assert sorted(os.listdir(parent)) == ["alive", "alive.lock"]


def test_stale_directories_without_a_lock_are_told_by_their_age(tmp_path: Path) -> None:
    parent = tmp_path / os.fsdecode(PARTIAL)
    for name in ("old", "new"):
        fill(parent / name / "half", ["data"])
    os.utime(parent / "old", (1, 1))
    target = Folder(at(tmp_path), "")
    with PartialArea(target, "next"):
        pass
    target.close()

    assert sorted(os.listdir(parent)) == ["new"]


def test_a_beat_reports_and_ends() -> None:
    reports: list[Report] = []
    stop = False
    beat = Beat(reports.append, lambda: stop)
    for index in range(5000):
        beat.tick()
        beat.done(gone=b"%d" % index)
    for index in range(150):
        beat.failed(b"bad%d" % index, "Why.")
    beat.skipped(b"quiet")
    beat.flush()
    stop = True
    with pytest.raises(JobCancelled):
        beat.tick()

    assert sum(report.done for report in reports) == 5000
    assert sum(report.failed for report in reports) == 150
    assert sum(len(report.errors) for report in reports) == 100
    assert sum(report.skipped for report in reports) == 1
    assert [name for report in reports for name in report.gone] == [b"%d" % index for index in range(5000)]


async def test_a_process_whose_server_died_cleans_up(tmp_path: Path, go_on: Callable[[], None]) -> None:
    names = [f"f{index}".encode() for index in range(5000)]
    fill(tmp_path / "a", [name.decode() for name in names], "whole")
    (tmp_path / "b").mkdir()
    plan = Plan("orphan", "copy", at(tmp_path / "a"), "a", at(tmp_path / "b"), "b")
    runner = ProcessRunner(plan, timeout=60, graveyard=Graveyard())
    await runner.prepare()
    process = runner._process
    assert process is not None
    begun = asyncio.Event()

    run = asyncio.ensure_future(runner.run(lambda: iter([names]), lambda report: begun.set()))
    await begun.wait()
    # what a server that is killed does to its sockets
    runner._writer.transport.abort()
    go_on()
    await asyncio.to_thread(process.wait)

    with pytest.raises(JobFailed):
        await run
    await runner.close()
    copies = tree(tmp_path / "b")
    assert 0 < len(copies) < 5000, "it went on to the end"
    assert set(copies.values()) == {"whole"}, "something half is left"


def test_the_process_starts_without_what_is_slow_to_import() -> None:
    program = runners._program().replace("main()", "print(sorted(sys.modules))")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, stdout=subprocess.PIPE, text=True)

    assert "cloudru_jlab.listing.jobs.engine.child" in done.stdout
    for slow in ("numpy", "tornado", "jupyter_server", "traitlets", "msgspec", "asyncio"):
        assert f"'{slow}'" not in done.stdout
