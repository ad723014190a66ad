"""Copies and moves from root to root: over HTTP, and by the port that other features use."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import BadParameter, Conflict, DomainError, NoSpace, NotFound, ReadOnlyRoot
from cloudru_jlab.listing.feature import ListingFeature
from cloudru_jlab.listing.jobs.engine.copying import Copier
from cloudru_jlab.listing.jobs.engine.partial import PARTIAL
from cloudru_jlab.listing.jobs.engine.transfer import MoveJob
from cloudru_jlab.listing.jobs.service import JobService
from cloudru_jlab.listing.service import ListingService

from ..rooted import Registered
from .conftest import Answer, JobsClient, fill, tree, until


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The root `data`."""
    path = tmp_path / "volume"
    path.mkdir()
    return path


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """The read-only root `fixed`."""
    path = tmp_path / "fixed"
    fill(path, ["kept"], "kept")
    return path


@pytest.fixture
def server_options(tmp_path: Path, data: Path, fixed: Path) -> Answer:
    """Three roots besides the default one; jobs run in this process, where a test can take part."""
    roots = [
        {"name": "data", "path": str(data)},
        {"name": "fixed", "path": str(fixed), "read_only": True},
        {"name": "small", "path": str(tmp_path / "other")},
    ]
    return {
        "FileContentsManager": {"delete_to_trash": False},
        "JobService": {"own_process": False},
        "Roots": {"roots": roots, "look_seconds": 0.01},
    }


@pytest.fixture
def service(jp_serverapp: Any) -> JobService:
    """The jobs of the server under test."""
    (app,) = jp_serverapp.extension_manager.extension_apps["cloudru_jlab"]
    feature: ListingFeature = next(feature for feature in app.features if feature.slug == "listing")
    return feature.jobs


async def test_entries_are_copied_and_moved_to_another_root(jobs: JobsClient, data: Path) -> None:
    fill(jobs.root / "a" / "folder", ["deep"], "deep")
    fill(jobs.root / "a", ["file"], "file")
    (data / "into").mkdir()

    copied = await jobs.do("copy", "a", destination="@data")
    moved = await jobs.do("move", "a", destination="@data/into")

    assert (copied["path"], copied["destination"], copied["done"]) == ("a", "@data", 2)
    assert (moved["destination"], moved["done"], moved["errors"]) == ("@data/into", 2, [])
    assert tree(jobs.root / "a") == {}
    whole = {"folder": None, "folder/deep": "deep", "file": "file"}
    assert tree(data) == {"into": None, **{f"into/{name}": text for name, text in whole.items()}, **whole}
    assert copied["copied_bytes"] == copied["total_bytes"] == len("deepfile")
    back = await jobs.do("move", "@data/into", destination="a")
    assert back["done"] == 2
    assert (await jobs.look("@data/into"))["total"] == 0
    assert (await jobs.look("a"))["total"] == 2
    deleted = await jobs.do("delete", "@data", selection={"names": ["file"]}, count=1)
    assert deleted["done"] == 1
    assert not (data / "file").exists()


async def test_read_only_roots_are_refused_before_anything_is_done(jobs: JobsClient, data: Path, fixed: Path) -> None:
    fill(data, ["mine"])

    for kind, path, destination in (
        ("delete", "@fixed", None),
        ("move", "@fixed", "@data"),
        ("move", "@data", "@fixed"),
        ("copy", "@data", "@fixed"),
        ("copy", "@fixed", "@fixed"),
    ):
        fields = {} if destination is None else {"destination": destination}
        status, answer = await jobs.refused(kind, path, **fields)
        assert (status, answer["reason"]) == (403, "read_only_root"), (kind, path)
    copied = await jobs.do("copy", "@fixed", destination="@data")

    assert copied["done"] == 1
    assert tree(fixed) == {"kept": "kept"}
    assert tree(data) == {"kept": "kept", "mine": "x"}


@pytest.mark.parametrize("path", ["@data/../fixed", "@data/..", "@data/.hidden"])
async def test_what_leaves_a_root_is_no_destination(jobs: JobsClient, fixed: Path, path: str) -> None:
    fill(jobs.root / "a", ["x"])

    status, answer = await jobs.refused("copy", "a", destination=path)

    assert (status, answer["reason"]) == (404, "not_found")
    assert tree(fixed) == {"kept": "kept"}


# --- the port


async def test_a_transfer_gives_the_name_that_was_asked_for(jobs: JobsClient, service: JobService, data: Path) -> None:
    fill(jobs.root, ["file"], "text")
    fill(jobs.root / "folder" / "deep", ["x"])
    fill(jobs.root / ".ipynb_checkpoints", ["file-checkpoint"], "saved")

    await service.transfer("copy", "folder", "@data/copy of it")
    await service.transfer("move", "file", "@data/renamed")

    assert tree(data) == {
        "copy of it": None,
        "copy of it/deep": None,
        "copy of it/deep/x": "x",
        "renamed": "text",
        ".ipynb_checkpoints": None,
        ".ipynb_checkpoints/renamed-checkpoint": "saved",
    }
    assert not (jobs.root / "file").exists()
    listed = (await jobs.call("jobs"))["jobs"]
    assert [(job["kind"], job["state"], job["total"]) for job in listed] == [("move", "done", 1), ("copy", "done", 1)]


@pytest.mark.parametrize("kind", ["copy", "move"])
async def test_a_transfer_says_why_it_could_not_be_done(
    jobs: JobsClient, service: JobService, data: Path, kind: Any
) -> None:
    fill(jobs.root, ["file"], "new")
    fill(data, ["taken"], "old")
    (jobs.root / "folder").mkdir()

    refusals: dict[tuple[str, str], type[DomainError]] = {
        ("file", "@data/taken"): Conflict,
        ("missing", "@data/x"): NotFound,
        ("file", "@data/no/x"): NotFound,
        ("file", "@fixed/x"): ReadOnlyRoot,
        ("file", "@data"): BadParameter,
        ("@data", "x"): BadParameter,
        ("folder", "folder/inside"): BadParameter,
        ("file", "@data/../x"): NotFound,
    }
    for (source, target), kind_of_error in refusals.items():
        with pytest.raises(kind_of_error):
            await service.transfer(kind, source, target)

    assert tree(data) == {"taken": "old"}
    assert tree(jobs.root) == {"file": "new", "folder": None}


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("kind", ["copy", "move"])
async def test_what_does_not_fit_is_not_begun(jobs: JobsClient, service: JobService, other: Path, kind: Any) -> None:
    fill(jobs.root / "a", ["large"], "x" * 3_000_000)

    with pytest.raises(NoSpace, match=r"2\.9 MiB are needed") as refused:
        await service.transfer(kind, "a/large", "@small/large")
    job = await jobs.do(kind, "a", destination="@small")

    assert refused.value.status == 507
    assert refused.value.details["needed_bytes"] > refused.value.details["free_bytes"]
    assert (job["state"], job["reason"], job["done"]) == ("failed", "no_space", 0)
    assert tree(other) == {}
    assert len(tree(jobs.root / "a")) == 1


async def test_a_cancelled_transfer_leaves_nothing(
    jobs: JobsClient, service: JobService, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root / "folder", [f"f{index}" for index in range(20)])
    reached, go_on = threading.Event(), threading.Event()
    copy = Copier._data

    def held(copier: Copier, *arguments: Any) -> int:
        reached.set()
        go_on.wait()
        return copy(copier, *arguments)

    monkeypatch.setattr(Copier, "_data", held)

    transfer = asyncio.ensure_future(service.transfer("copy", "folder", "@data/folder"))
    await asyncio.to_thread(reached.wait)
    (job,) = (await jobs.call("jobs"))["jobs"]
    await jobs.call("jobs", job["id"], method="DELETE")
    go_on.set()

    with pytest.raises(Conflict, match="cancelled"):
        await transfer
    assert tree(data) == {}


# --- another file system


@pytest.mark.usefixtures("other")
async def test_a_copy_that_is_not_what_was_read_is_removed_and_the_original_kept(
    jobs: JobsClient, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root / "a" / "folder", ["inner"], "inner")
    fill(jobs.root / "a", ["file", "good"], "original")
    sync = MoveJob._sync

    def corrupting(job: MoveJob, area: Any) -> None:
        sync(job, area)
        for path in (other / os.fsdecode(PARTIAL)).rglob("*"):
            if path.is_file() and path.read_text() == "inner":
                path.write_text("wrong")
            elif path.name == "2":
                path.write_text("originaL")

    monkeypatch.setattr(MoveJob, "_sync", corrupting)

    job = await jobs.do("move", "a", destination="@small")

    assert (job["done"], job["failed"]) == (1, 2)
    assert {error["message"] for error in job["errors"]} == {
        "The copy is not what was read. It was removed, and the original is kept."
    }
    left, arrived = tree(jobs.root / "a"), tree(other)
    assert set(left.values()) == {"original", "inner", None}
    assert set(arrived.values()) == {"original"}
    assert len(left) == 3


@pytest.mark.usefixtures("other")
async def test_the_original_goes_after_its_copy_has_its_name(
    jobs: JobsClient, service: JobService, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(jobs.root, ["file"], "text")
    seen: list[tuple[bool, bool]] = []
    for step in ("_named", "_remove"):
        work = getattr(MoveJob, step)

        def watched(job: MoveJob, *arguments: Any, work: Any = work) -> Any:
            seen.append(((other / "file").exists(), (jobs.root / "file").exists()))
            return work(job, *arguments)

        monkeypatch.setattr(MoveJob, step, watched)

    await service.transfer("move", "file", "@small/file")

    assert seen == [(False, True), (True, True)]
    assert tree(other) == {"file": "text"}
    assert not (jobs.root / "file").exists()


# --- links


@pytest.mark.parametrize("kind", ["copy", "move"])
async def test_a_link_out_of_a_root_is_not_followed_by_way_of_another(
    jobs: JobsClient, service: JobService, data: Path, tmp_path: Path, kind: Any
) -> None:
    fill(tmp_path / "outside", ["canary"], "secret")
    (data / "folder").mkdir()
    (data / "folder" / "out").symlink_to(tmp_path / "outside" / "canary")
    (data / "out").symlink_to(tmp_path / "outside")

    # the default root follows links, as stock does
    for name in ("folder", "out"):
        with pytest.raises(DomainError):
            await service.transfer(kind, f"@data/{name}", name)

    assert tree(jobs.root) == {}
    assert tree(tmp_path / "outside") == {"canary": "secret"}


async def test_a_link_that_stays_inside_is_copied_as_what_it_leads_to(
    jobs: JobsClient, service: JobService, data: Path
) -> None:
    fill(data / "real", ["file"], "text")
    (data / "folder").mkdir()
    (data / "folder" / "link").symlink_to("../real")
    (data / "folder" / "absolute").symlink_to(data / "real" / "file")

    await service.transfer("copy", "@data/folder", "copy")

    assert tree(jobs.root / "copy") == {"link": None, "link/file": "text", "absolute": "text"}


async def test_checkpoints_that_are_a_link_out_of_the_root_are_left(
    jobs: JobsClient, data: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "outside", ["file-checkpoint"], "precious")
    fill(data, ["file"])
    (data / ".ipynb_checkpoints").symlink_to(tmp_path / "outside")

    job = await jobs.do("delete", "@data")

    assert job["done"] == 1
    assert tree(tmp_path / "outside") == {"file-checkpoint": "precious"}


# --- roots that are no directories


class Manager:
    """As much of a contents manager as jobs ask."""

    delete_to_trash = False
    always_delete_dir = True
    checkpoints = object()


@pytest.fixture
def registry(jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[Registered]:
    """A default root on disk, and two in memory."""
    registry = Registered()
    (tmp_path / "home").mkdir()
    registry.add("home", tmp_path / "home", symlinks="follow")
    registry.add("one", None)
    registry.add("two", None)
    yield registry
    registry.close()


Transfer = Callable[[Any, str, str], Awaitable[None]]


@pytest.fixture
def transfer(
    make_service: Any, registry: Registered, tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Transfer]:
    """`JobService.transfer` over these roots."""
    listing: ListingService = make_service(root=tmp_path / "home", registry=lambda: registry)
    jobs = JobService(listing, Manager)
    yield jobs.transfer
    jp_asyncio_loop.run_until_complete(jobs.stop())


@pytest.mark.parametrize(("source", "target"), [("@one", "@two"), ("", "@two"), ("@one", ""), ("@one", "@one/to")])
async def test_other_roots_are_asked_for_each_entry(
    registry: Registered, transfer: Transfer, source: str, target: str
) -> None:
    there, back = registry.find(source or "x")[0], registry.find(target or "x")[0]
    large = os.urandom(9_000_000)
    await registry.backends["@one"].make_directory("to")
    await there.make_directory("folder")
    await there.make_directory("folder/deep")
    await there.write("folder/deep/file", b"text")
    await there.write("folder/large", large)

    prefix = "to/" if target.endswith("/to") else ""
    await transfer("copy", f"{source}/folder", f"{target}/copied")
    await transfer("move", f"{source}/folder", f"{target}/moved")

    for name in ("copied", "moved"):
        assert await content(back, f"{prefix}{name}/deep/file") == b"text"
        assert await content(back, f"{prefix}{name}/large") == large
    with pytest.raises(NotFound):
        await there.stat("folder")
    with pytest.raises(NotFound):
        await back.with_hidden(os.fsdecode(PARTIAL)).stat(f"{prefix}{os.fsdecode(PARTIAL)}")
    with pytest.raises(Conflict):
        await transfer("copy", f"{target}/copied", f"{target}/moved")


async def content(backend: Any, path: str) -> bytes:
    """All of a file."""
    return b"".join([piece async for piece in await backend.read(path)])


async def test_roots_that_are_asked_keep_what_was_changed_meanwhile(
    registry: Registered, transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = registry.backends["@one"], registry.backends["@two"]
    await one.make_directory("folder")
    await one.write("folder/file", b"old")
    rename = type(two).rename

    async def late(backend: Any, old: str, new: str) -> Any:
        await one.write("folder/late", b"late")
        return await rename(backend, old, new)

    monkeypatch.setattr(type(two), "rename", late)

    with pytest.raises(DomainError, match="changed meanwhile"):
        await transfer("move", "@one/folder", "@two/folder")

    assert await content(one, "folder/late") == b"late"
    assert await content(one, "folder/file") == b"old"


async def test_jobs_wait_for_each_other(jobs: JobsClient, service: JobService, data: Path) -> None:
    for index in range(5):
        fill(jobs.root, [f"f{index}"])

    await asyncio.gather(*(service.transfer("copy", f"f{index}", f"@data/f{index}") for index in range(5)))

    await until(lambda: len(tree(data)) == 5)
