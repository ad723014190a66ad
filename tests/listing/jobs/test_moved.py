"""What a job tells of where things went: open documents follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.listing.jobs import service as jobs_service
from cloudru_jlab.listing.jobs.engine.copying import Copier
from cloudru_jlab.listing.jobs.engine.plan import JobCancelled
from cloudru_jlab.listing.jobs.engine.transfer import MoveJob

from .conftest import Answer, JobsClient, fill, tree


@pytest.fixture
def server_options(tmp_path: Path) -> Answer:
    """Two more roots, one of which may be another file system; jobs run where a test can take part."""
    (tmp_path / "volume").mkdir()
    roots = [{"name": "data", "path": str(tmp_path / "volume")}, {"name": "small", "path": str(tmp_path / "other")}]
    return {
        "FileContentsManager": {"delete_to_trash": False},
        "JobService": {"own_process": False},
        "Roots": {"roots": roots, "look_seconds": 0.01},
    }


def moved(job: Answer) -> dict[str, str]:
    """The old path of what was moved → its new path."""
    return {move["from_path"]: move["to_path"] for move in job["moved"]}


@pytest.mark.parametrize("destination", ["b", "@data"])
async def test_a_job_tells_what_it_moved_and_where_to(jobs: JobsClient, tmp_path: Path, destination: str) -> None:
    fill(jobs.root / "a", ["taken", "файл.ipynb"], "new")
    fill(jobs.root / "a" / "folder", ["inner"])
    fill(tmp_path / "volume" if destination == "@data" else jobs.root / "b", ["taken"], "old")

    job = await jobs.do("move", "a", destination=destination)

    assert (job["done"], job["skipped"]) == (2, 1)
    assert moved(job) == {"a/folder": f"{destination}/folder", "a/файл.ipynb": f"{destination}/файл.ipynb"}


async def test_what_moved_back_is_told_without_the_prefix_of_the_default_root(jobs: JobsClient, tmp_path: Path) -> None:
    fill(tmp_path / "volume", ["file"])

    job = await jobs.do("move", "@data", destination="")

    assert moved(job) == {"@data/file": "file"}


async def test_the_list_of_jobs_stays_small(jobs: JobsClient) -> None:
    fill(jobs.root / "a", ["x"])
    (jobs.root / "b").mkdir()

    job = await jobs.do("move", "a", destination="b")
    (listed,) = (await jobs.call("jobs"))["jobs"]

    assert moved(job) == {"a/x": "b/x"}
    assert {**listed, "moved": job["moved"]} == job
    assert "moved" not in listed


@pytest.mark.parametrize("kind", ["copy", "delete"])
async def test_copies_and_deletions_move_nothing(jobs: JobsClient, kind: str) -> None:
    fill(jobs.root / "a", ["x"])
    (jobs.root / "b").mkdir()

    job = await jobs.do(kind, "a", **({"destination": "b"} if kind == "copy" else {}))

    assert (job["done"], job["moved"]) == (1, [])


async def test_many_names_are_not_kept(jobs: JobsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_service, "_MANY", 3)
    fill(jobs.root / "a", ["1", "2", "3", "4"])
    (jobs.root / "b").mkdir()

    job = await jobs.do("move", "a", destination="b")
    back = await jobs.do("move", "b", destination="a", selection={"names": ["1", "2", "3"]}, count=3)

    assert (job["done"], job["moved"]) == (4, None)
    assert moved(back) == {"b/1": "a/1", "b/2": "a/2", "b/3": "a/3"}


# --- another file system


@pytest.mark.usefixtures("other")
async def test_what_is_in_both_places_was_not_moved(
    jobs: JobsClient, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root / "a", ["changed", "file"], "old")
    named = MoveJob._named

    def changing(job: MoveJob, *arguments: Any) -> bool:
        (jobs.root / "a" / "changed").write_text("newer and longer")
        return named(job, *arguments)

    monkeypatch.setattr(MoveJob, "_named", changing)

    job = await jobs.do("move", "a", destination="@small")

    assert tree(other) == {"changed": "old", "file": "old"}
    assert tree(jobs.root / "a") == {"changed": "newer and longer"}
    assert moved(job) == {"a/file": "@small/file"}


@pytest.mark.usefixtures("other")
async def test_a_cancelled_job_tells_what_it_moved_before(
    jobs: JobsClient, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"f{index}" for index in range(5)]
    fill(jobs.root / "a", names)
    monkeypatch.setattr("cloudru_jlab.listing.jobs.engine.transfer._BATCH", 2)
    copy, count = Copier._data, 0

    def cancelled(copier: Copier, *arguments: Any) -> int:
        nonlocal count
        count += 1
        if count == 4:
            raise JobCancelled
        return copy(copier, *arguments)

    monkeypatch.setattr(Copier, "_data", cancelled)

    job = await jobs.do("move", "a", destination="@small")

    assert job["state"] == "cancelled"
    gone = [name for name in names if not (jobs.root / "a" / name).exists()]
    assert len(gone) == 2
    assert moved(job) == {f"a/{name}": f"@small/{name}" for name in gone}
    assert sorted(tree(other)) == gone
