"""Bulk actions over HTTP: what is confirmed is done, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from .conftest import Answer, JobsClient, fill, tree, until


async def test_delete_of_thousands_removes_them_and_nothing_else(jobs: JobsClient) -> None:
    fill(jobs.root / "many", [f"f{index}" for index in range(5000)] + [".hidden"])
    fill(jobs.root, ["beside"])

    job = await jobs.do("delete", "many")

    assert (job["state"], job["total"], job["done"], job["errors"]) == ("done", 5000, 5000, [])
    assert job["finished"] is not None
    assert os.listdir(jobs.root / "many") == [".hidden"]
    assert (jobs.root / "beside").exists()
    page = await jobs.look("many")
    assert page["total"] == 0


async def test_the_listing_is_right_soon_after_a_large_job(jobs: JobsClient) -> None:
    fill(jobs.root / "a", [f"f{index}" for index in range(12_000)])
    (jobs.root / "b").mkdir()
    await jobs.look("b")

    await jobs.do("move", "a", destination="b")

    while (await jobs.look("a"))["total"] or (await jobs.look("b"))["total"] != 12_000:
        pass


async def test_copy_makes_stock_names_and_new_files(jobs: JobsClient) -> None:
    fill(jobs.root / "a", ["x.tar.gz", "n.v1.ipynb", "y-Copy3.txt", "plain"], "data")
    fill(jobs.root / "b", ["x.tar.gz", "n.v1.ipynb", "y.txt", "y-Copy1.txt"], "old")
    (jobs.root / "a" / "plain").chmod(0o555)
    os.utime(jobs.root / "a" / "plain", (1, 1))

    job = await jobs.do("copy", "a", destination="b")

    assert (job["state"], job["done"], job["failed"]) == ("done", 4, 0)
    copies = {name for name, content in tree(jobs.root / "b").items() if content == "data"}
    assert copies == {"x-Copy1.tar.gz", "n.v1-Copy1.ipynb", "y-Copy2.txt", "plain"}
    assert len(tree(jobs.root / "a")) == 4
    info = (jobs.root / "b" / "plain").stat()
    assert info.st_mtime > 1
    assert info.st_mode & 0o311 == 0o311, "a copy is writable, and a program stays one"


async def test_copy_into_the_same_directory_duplicates(jobs: JobsClient) -> None:
    fill(jobs.root, ["a.txt"])

    first = await jobs.do("copy", destination="")
    second = await jobs.do("copy", destination="", selection={"names": ["a.txt"]}, count=1)

    assert (first["done"], second["done"]) == (1, 1)
    assert sorted(tree(jobs.root)) == ["a-Copy1.txt", "a-Copy2.txt", "a.txt"]


async def test_directories_are_copied_whole_and_what_links_lead_to(jobs: JobsClient, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    fill(outside / "data", ["secret"], "outside")
    fill(jobs.root / "a" / "d" / "deep", ["one"])
    (jobs.root / "a" / "d" / "deep").chmod(0o555)
    os.utime(jobs.root / "a" / "d" / "deep" / "one", (5, 5))
    (jobs.root / "a" / "d" / "to-file").symlink_to(outside / "data" / "secret")
    (jobs.root / "a" / "d" / "to-directory").symlink_to(outside / "data")
    (jobs.root / "a" / "d" / "dangling").symlink_to("nowhere")
    os.mkfifo(jobs.root / "a" / "d" / "pipe")
    (jobs.root / "b").mkdir()

    job = await jobs.do("copy", "a", destination="b")

    assert (job["state"], job["done"], job["errors"]) == ("done", 1, [])
    assert tree(jobs.root / "b") == {
        "d": None,
        "d/deep": None,
        "d/deep/one": "x",
        "d/to-file": "outside",
        "d/to-directory": None,
        "d/to-directory/secret": "outside",
        "d/dangling": "→nowhere",
    }
    assert (jobs.root / "b" / "d" / "deep").stat().st_mode & 0o777 == 0o555
    assert (jobs.root / "b" / "d" / "deep" / "one").stat().st_mtime == 5


async def test_a_loop_of_links_fails_that_entry_alone(jobs: JobsClient) -> None:
    fill(jobs.root / "a" / "d", ["one"])
    fill(jobs.root / "a", ["file"])
    (jobs.root / "a" / "d" / "up").symlink_to("..")
    (jobs.root / "b").mkdir()

    job = await jobs.do("copy", "a", destination="b")

    assert (job["state"], job["done"], job["failed"]) == ("done", 1, 1)
    assert job["errors"] == [{"name": "d", "message": "It holds a link to a folder that holds it."}]
    assert sorted(tree(jobs.root / "b")) == ["file"]


async def test_move_renames_and_leaves_what_clashes(jobs: JobsClient) -> None:
    fill(jobs.root / "a", ["x", "y"], "new")
    fill(jobs.root / "a" / "d", ["inner"])
    fill(jobs.root / "b", ["x"], "old")

    job = await jobs.do("move", "a", destination="b")

    assert (job["state"], job["done"], job["skipped"], job["failed"]) == ("done", 2, 1, 0)
    assert job["errors"] == [{"name": "x", "message": "The destination has an entry of that name already."}]
    assert tree(jobs.root / "b") == {"x": "old", "y": "new", "d": None, "d/inner": "x"}
    assert tree(jobs.root / "a") == {"x": "new"}
    assert (await jobs.look("b"))["total"] == 3
    assert (await jobs.look("a"))["total"] == 1


async def test_checkpoints_follow_their_files(jobs: JobsClient) -> None:
    checkpoints = jobs.root / "a" / ".ipynb_checkpoints"
    fill(jobs.root / "a", ["gone.ipynb", "moved.ipynb", "stays.ipynb"])
    fill(checkpoints, ["gone-checkpoint.ipynb", "moved-checkpoint.ipynb", "stays-checkpoint.ipynb"])
    (jobs.root / "b").mkdir()

    await jobs.do("delete", "a", selection={"names": ["gone.ipynb"]}, count=1)
    await jobs.do("move", "a", selection={"names": ["moved.ipynb"]}, count=1, destination="b")

    assert os.listdir(checkpoints) == ["stays-checkpoint.ipynb"]
    assert sorted(tree(jobs.root / "b")) == [
        ".ipynb_checkpoints",
        ".ipynb_checkpoints/moved-checkpoint.ipynb",
        "moved.ipynb",
    ]


async def test_links_are_deleted_and_moved_never_followed(jobs: JobsClient, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    fill(outside, ["precious"])
    for folder in ("a", "b"):
        (jobs.root / folder).mkdir()
        (jobs.root / folder / "file-link").symlink_to(outside / "precious")
        (jobs.root / folder / "directory-link").symlink_to(outside)
        (jobs.root / folder / "dangling").symlink_to("nowhere")
        (jobs.root / folder / "loop").symlink_to("loop")
        fill(jobs.root / folder / "d", [])
        (jobs.root / folder / "d" / "inner-link").symlink_to(outside)
    (jobs.root / "to").mkdir()

    moved = await jobs.do("move", "a", destination="to")
    config = await jobs.do("delete", "b")

    assert (moved["done"], moved["failed"]) == (5, 0)
    assert tree(jobs.root / "to")["directory-link"] == f"→{outside}"
    # a non-empty directory is deleted only where the server says so
    assert (config["done"], config["failed"]) == (4, 1)
    assert tree(outside) == {"precious": "x"}


async def test_a_directory_that_is_not_empty_is_left(jobs: JobsClient) -> None:
    fill(jobs.root / "full", ["x"])
    (jobs.root / "empty").mkdir()
    fill(jobs.root / "only-checkpoints" / ".ipynb_checkpoints", ["x-checkpoint.py"])

    job = await jobs.do("delete")

    assert (job["done"], job["failed"]) == (2, 1)
    assert job["errors"] == [{"name": "full", "message": "The folder is not empty."}]
    assert sorted(tree(jobs.root)) == ["full", "full/x"]


class TestDeletingDirectories:
    """Where the operator allows it."""

    @pytest.fixture
    def server_options(self) -> Answer:
        return {"FileContentsManager": {"delete_to_trash": False, "always_delete_dir": True}}

    async def test_directories_go_whole_and_links_in_them_are_not_followed(
        self, jobs: JobsClient, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        fill(outside, ["precious"])
        fill(jobs.root / "d" / "deep" / "deeper", [f"f{index}" for index in range(500)])
        (jobs.root / "d" / "deep" / "link").symlink_to(outside)

        job = await jobs.do("delete")

        assert (job["state"], job["done"], job["failed"]) == ("done", 1, 0)
        assert tree(jobs.root) == {}
        assert tree(outside) == {"precious": "x"}


class TestTrash:
    """Where deleted files go to the trash."""

    @pytest.fixture
    def trash(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        import send2trash.plat_other as module

        home = tmp_path / "home of the trash"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setattr("send2trash.send2trash", module.send2trash)
        monkeypatch.setattr(module, "XDG_DATA_HOME", os.fsencode(home / "share"))
        monkeypatch.setattr(module, "HOMETRASH_B", os.fsencode(home / "share" / "Trash"))
        return home / "share" / "Trash" / "files"

    @pytest.fixture
    def server_options(self) -> Answer:
        # in this process: the trash of the test is known here alone
        return {"FileContentsManager": {"delete_to_trash": True}, "JobService": {"own_process": False}}

    async def test_entries_go_to_the_trash(self, jobs: JobsClient, trash: Path) -> None:
        fill(jobs.root / "a", [f"f{index}" for index in range(50)], "kept")
        fill(jobs.root / "a" / "full", ["inner"])
        (jobs.root / "a" / "dangling").symlink_to("nowhere")

        job = await jobs.do("delete", "a")

        assert (job["state"], job["done"], job["errors"]) == ("done", 52, [])
        assert tree(jobs.root / "a") == {}
        kept = tree(trash)
        assert len(kept) == 52
        assert kept["f7"] == "kept"
        assert kept["full/inner"] == "x"

    async def test_two_jobs_never_share_a_name_in_the_trash(self, jobs: JobsClient, trash: Path) -> None:
        names = [f"f{index}" for index in range(100)]
        for folder in ("a", "b"):
            fill(jobs.root / folder, names, folder)

        started = [await jobs.request("delete", folder) for folder in ("a", "b")]
        ended = [await jobs.until_ended(job) for job in started]

        assert [job["done"] for job in ended] == [100, 100]
        assert sorted(content or "" for content in tree(trash).values()) == ["a"] * 100 + ["b"] * 100


# --- what was confirmed


async def test_entries_that_came_after_the_confirmation_are_not_touched(jobs: JobsClient) -> None:
    fill(jobs.root, [f"f{index}" for index in range(100)])
    page = await jobs.look()
    fill(jobs.root, ["later", "f7z"])

    job = await jobs.do("delete", generation=page["generation"], count=100)

    assert (job["state"], job["done"]) == ("done", 100)
    assert sorted(tree(jobs.root)) == ["f7z", "later"]


async def test_a_changed_count_asks_again_and_does_nothing(jobs: JobsClient) -> None:
    fill(jobs.root, ["a", "b", "c"])
    page = await jobs.look()
    (jobs.root / "b").unlink()
    while (await jobs.look())["total"] != 2:
        pass

    status, answer = await jobs.refused("delete", generation=page["generation"], count=3)

    assert (status, answer["reason"]) == (409, "count_changed")
    assert answer["details"]["count"] == 2
    assert sorted(tree(jobs.root)) == ["a", "c"]
    again = await jobs.do("delete", generation=answer["details"]["generation"], count=2)
    assert again["done"] == 2


async def test_an_unknown_generation_is_stale(jobs: JobsClient) -> None:
    fill(jobs.root, ["a"])

    status, answer = await jobs.refused("delete", generation="other-1", count=1)

    assert (status, answer["reason"]) == (409, "stale_generation")
    assert sorted(tree(jobs.root)) == ["a"]


async def test_the_filter_of_the_view_is_part_of_the_selection(jobs: JobsClient) -> None:
    fill(jobs.root, ["Файл 1", "файл 2", "other"])

    job = await jobs.do("delete", view={"filter": "ФАЙЛ"})

    assert job["done"] == 2
    assert sorted(tree(jobs.root)) == ["other"]


async def test_names_that_are_not_utf8_are_reached_by_ranges(jobs: JobsClient) -> None:
    raw = os.fsencode(jobs.root)
    for name in (b"a", b"b\xff\xfe", b"c"):
        os.close(os.open(os.path.join(raw, name), os.O_CREAT | os.O_WRONLY))
    (jobs.root / "to").mkdir()
    page = await jobs.call(path="", limit=10)
    index = next(index for index, row in enumerate(page["rows"]) if row.get("undecodable"))
    selection = {"ranges": [[index, index + 1]]}

    copied = await jobs.do("copy", generation=page["generation"], selection=selection, count=1, destination="to")
    deleted = await jobs.do("delete", selection=selection, count=1)

    assert (copied["done"], deleted["done"]) == (1, 1)
    assert sorted(os.listdir(raw)) == [b"a", b"c", b"to"]
    assert os.listdir(os.path.join(raw, b"to")) == [b"b\xff\xfe"]


async def test_entries_that_others_removed_meanwhile_are_skipped(
    jobs: JobsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cloudru_jlab.listing.jobs.engine import run

    fill(jobs.root, ["a", "b", "c"])
    prepare = run.Engine.prepare

    def late(engine: run.Engine) -> Any:
        (jobs.root / "b").unlink()
        return prepare(engine)

    monkeypatch.setattr(run.Engine, "prepare", late)

    job = await jobs.do("delete")

    assert (job["state"], job["done"], job["skipped"], job["errors"]) == ("done", 2, 1, [])


# --- the life of a job


async def test_jobs_are_listed_and_forgotten(jobs: JobsClient) -> None:
    fill(jobs.root / "a", ["x"])
    fill(jobs.root / "b", ["x"])
    first, second = await jobs.do("delete", "a"), await jobs.do("delete", "b")

    assert [job["id"] for job in (await jobs.call("jobs"))["jobs"]] == [second["id"], first["id"]]
    assert (await jobs.call("jobs", first["id"], method="DELETE"))["id"] == first["id"]
    assert [job["id"] for job in (await jobs.call("jobs"))["jobs"]] == [second["id"]]
    with pytest.raises(HTTPClientError) as failure:
        await jobs.call("jobs", first["id"])
    assert failure.value.code == 404


async def test_clients_hear_of_a_job(jobs: JobsClient, jp_serverapp: Any) -> None:
    fill(jobs.root, ["a"])
    heard: list[Answer] = []

    async def listen(logger: Any, schema_id: str, data: Answer) -> None:
        heard.append(data)

    schema = "https://schema.cloud.ru/cloudru_jlab/listing/v1"
    jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)

    job = await jobs.do("delete")
    await until(lambda: any(data["kind"] == "job" for data in heard))

    assert {data["job"] for data in heard if data["kind"] == "job"} == {job["id"]}


async def test_small_jobs_tell_what_the_contents_manager_would(jobs: JobsClient, jp_serverapp: Any) -> None:
    fill(jobs.root / "a", ["x"])
    (jobs.root / "b").mkdir()
    heard: list[tuple[str, str]] = []

    async def listen(logger: Any, schema_id: str, data: Answer) -> None:
        heard.append((data["action"], data["path"]))

    schema = "https://events.jupyter.org/jupyter_server/contents_service/v1"
    jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)

    await jobs.do("copy", "a", destination="b")
    await jobs.do("move", "b", destination="")
    await jobs.do("delete", "a")
    await until(lambda: len(heard) >= 3)

    assert heard == [("copy", "b/x"), ("rename", "x"), ("delete", "a/x")]
