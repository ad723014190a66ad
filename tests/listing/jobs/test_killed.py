"""Moves to another root whose process is killed (SIGKILL) half way: nothing is lost, nothing half is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloudru_jlab.listing.jobs import runners
from cloudru_jlab.listing.jobs.engine.partial import PARTIAL
from cloudru_jlab.listing.jobs.engine.plan import Plan
from cloudru_jlab.listing.jobs.engine.run import Engine

from .conftest import Answer, JobsClient, at, fill, tree

_PARTIAL = os.fsdecode(PARTIAL)

#: Kills the process when a step of the engine is taken for the so-many-th time.
_DYING = """
import os, signal
from cloudru_jlab.listing.jobs.engine import copying, transfer

def dying(owner, step, count):
    work = getattr(owner, step)
    def dies(*arguments):
        nonlocal count
        count -= 1
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments)
    setattr(owner, step, dies)
"""

#: By a name for the moment: which step is it, and which one of them.
_MOMENTS = {
    "while it copies": "dying(copying.Copier, '_data', 10)",
    "when all is copied": "dying(transfer.MoveJob, '_sync', 1)",
    "before the copy gets its name": "dying(transfer.MoveJob, '_publish', 1)",
    "before the original goes": "dying(transfer.MoveJob, '_remove', 1)",
    "while the original goes": "dying(transfer, '_remove_seen', 10)",
}
_NAMED = {"before the original goes", "while the original goes"}

_ENGINE = """
import sys
from cloudru_jlab.core.access import Place
from cloudru_jlab.listing.jobs.engine.plan import Plan
from cloudru_jlab.listing.jobs.engine.run import Engine

source, target = (Place(os.fsencode(path), b"") for path in sys.argv[1:])
engine = Engine(Plan("dead", "move", source, "a", target, "@small"))
engine.prepare()
engine.run(lambda: iter([[b"folder"]]), lambda report: None, lambda: False)
"""


def make(directory: Path) -> dict[str, str | None]:
    """A folder with folders in it; what it holds."""
    fill(directory / "folder", [f"f{index:02}" for index in range(20)], "whole")
    fill(directory / "folder" / "deep", [f"d{index}" for index in range(5)], "whole")
    return tree(directory)


def shown(directory: Path) -> dict[str, str | None]:
    """What lies under a final name."""
    return {name: content for name, content in tree(directory).items() if not name.startswith(_PARTIAL)}


@pytest.mark.parametrize("moment", list(_MOMENTS))
def test_a_killed_move_loses_nothing_and_shows_nothing_half(tmp_path: Path, other: Path, moment: str) -> None:
    source = tmp_path / "a"
    whole = make(source)

    code = subprocess.run(
        [sys.executable, "-c", "\n".join([_DYING, _MOMENTS[moment], _ENGINE]), str(source), str(other)], check=False
    )

    assert code.returncode == -9, "it was not killed"
    if moment in _NAMED:
        assert shown(other) == whole
        assert tree(source).items() <= whole.items()
    else:
        assert shown(other) == {}
        assert tree(source) == whole
        assert f"{_PARTIAL}/dead/1" in tree(other), "it was killed before it began"

    fill(tmp_path / "next", ["file"])
    engine = Engine(Plan("next", "move", at(tmp_path / "next"), "next", at(other), "@small"))
    engine.prepare()
    engine.run(lambda: iter([[b"file"]]), lambda report: None, lambda: False)
    engine.close()

    assert tree(other) == {**(whole if moment in _NAMED else {}), "file": "x"}, "the next job has not cleaned up"


class TestServer:
    """Over HTTP, the job's own process is killed."""

    @pytest.fixture
    def server_options(self, tmp_path: Path) -> Answer:
        """A root on another file system; jobs run in processes."""
        return {
            "FileContentsManager": {"delete_to_trash": False},
            "Roots": {"roots": [{"name": "small", "path": str(tmp_path / "other")}], "look_seconds": 0.01},
        }

    async def test_the_job_fails_and_can_be_done_again(
        self, jobs: JobsClient, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = make(jobs.root / "a")
        program = runners._program()
        dying = program.replace("main()", f"exec({_DYING + _MOMENTS['while it copies']!r}); main()")
        assert dying != program
        monkeypatch.setattr(runners, "_program", lambda: dying)

        job = await jobs.do("move", "a", destination="@small")

        assert (job["state"], job["done"], job["moved"]) == ("failed", 0, [])
        assert [error["message"] for error in job["errors"]] == ["The process that did it ended unexpectedly."]
        assert tree(jobs.root / "a") == whole
        assert shown(other) == {}
        assert tree(other), "it was killed before it began"
        assert (await jobs.look("@small"))["total"] == 0

        monkeypatch.setattr(runners, "_program", lambda: program)
        again = await jobs.do("move", "a", destination="@small")

        assert (again["state"], again["done"]) == ("done", 1)
        assert tree(jobs.root / "a") == {}
        assert tree(other) == whole, "the next job has not cleaned up"
