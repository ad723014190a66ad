"""The contents manager caps what one answer holds, says so, and keeps the server free meanwhile."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.web import HTTPError
from traitlets import TraitError
from traitlets.config import Configurable

from cloudru_jlab.contents import folder as module
from cloudru_jlab.contents.directory import DirectoryReader
from cloudru_jlab.contents.manager import INDEX_SETTING, CloudruContentsManager

from .index import Index

MakeManager = Callable[..., CloudruContentsManager]


class FakeServer(Configurable):
    """A server whose extension provides ``index``."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self.web_app = SimpleNamespace(settings={INDEX_SETTING: index})


def with_index(manager: CloudruContentsManager, index: Index) -> CloudruContentsManager:
    """``manager`` as one of a server whose extension provides ``index``."""
    manager.parent = FakeServer(index)
    return manager


def fill(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"file{number}").touch()


def names_of(model: dict[str, Any]) -> list[str]:
    return [child["name"] for child in model["content"]]


# --- the limit


async def test_get_lists_all_up_to_the_limit(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 12)
    model = await make_manager(max_children=12).get("")
    assert len(model["content"]) == 12
    assert "truncated" not in model


async def test_get_gives_the_first_in_jupyterlabs_order(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 12)
    (tmp_path / "zoo").mkdir()
    (tmp_path / ".hidden").touch()
    model = await make_manager(max_children=4).get("")
    assert names_of(model) == ["zoo", "file0", "file1", "file2"]
    assert model["truncated"] == {"total": 13, "shown": 4}
    assert [child["path"] for child in model["content"]] == names_of(model)


async def test_get_without_limit_lists_all(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 30)
    model = await make_manager(max_children=0).get("")
    assert len(model["content"]) == 30
    assert "truncated" not in model


async def test_get_takes_the_first_from_the_index(make_manager: MakeManager, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    fill(tmp_path / "folder", 12)
    index = Index([b"file7", b"gone", b"file3", b"file1"], total=12)
    manager = with_index(make_manager(max_children=3), index)
    model = await manager.get("folder")
    # What the index still knows and is no more is left out; it is not replaced.
    assert names_of(model) == ["file7", "file3"]
    assert model["truncated"] == {"total": 11, "shown": 2}
    assert model["content"][0]["path"] == "folder/file7"
    assert index.asked == [("folder", 3, False)]


async def test_get_scans_where_the_index_fails(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 12)
    model = await with_index(make_manager(max_children=3), Index()).get("")
    assert names_of(model) == ["file0", "file1", "file2"]
    assert model["truncated"] == {"total": 12, "shown": 3}


async def test_get_scans_where_the_index_lags_behind(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 12)
    model = await with_index(make_manager(max_children=3), Index([b"file9", b"file8"], total=2)).get("")
    assert names_of(model) == ["file0", "file1", "file2"]
    assert model["truncated"] == {"total": 12, "shown": 3}


async def test_get_does_not_ask_the_index_for_small_directories(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 3)
    index = Index([], 0)
    await with_index(make_manager(max_children=3), index).get("")
    assert index.asked == []


async def test_truncation_is_logged_once_a_directory(
    make_manager: MakeManager, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    fill(tmp_path, 3)
    (tmp_path / "folder").mkdir()
    fill(tmp_path / "folder", 3)
    now = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    manager = make_manager(max_children=2)
    for path in ("", "folder", "", "folder"):
        await manager.get(path)
    lines = [line for line in caplog.messages if "max_children" in line]
    assert lines == [
        "/ has 4 entries; the first 2 were given (max_children)",
        "folder has 3 entries; the first 2 were given (max_children)",
    ]
    now[0] += 3601
    await manager.get("")
    assert len([line for line in caplog.messages if "max_children" in line]) == 3


def test_max_children_is_no_negative_number(make_manager: MakeManager) -> None:
    with pytest.raises(TraitError, match="max_children is a number of entries"):
        make_manager(max_children=-1)


async def test_get_refuses_what_is_no_directory(make_manager: MakeManager, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / ".hidden").mkdir()
    manager = make_manager()
    for path, status in (("file", 400), ("missing", 404), (".hidden", 404), ("../outside", 404)):
        with pytest.raises(HTTPError) as failure:
            await manager.get(path, type="directory")
        assert failure.value.status_code == status


async def test_get_without_content_reads_no_directory(
    make_manager: MakeManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(DirectoryReader, "read")
    model = await make_manager().get("", content=False)
    assert (model["content"], model["format"], model["type"]) == (None, None, "directory")


# --- the server meanwhile


async def test_listing_that_hangs_leaves_loop_and_pool_free(
    make_manager: MakeManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many listings as the server's shared pool has threads hang; saving still works."""
    hangs = threading.Event()
    monkeypatch.setattr(DirectoryReader, "read", lambda reader, limit: (hangs.wait(60), [])[1])
    manager = make_manager()
    listings = [asyncio.ensure_future(manager.get("")) for _ in range(60)]
    try:
        model = {"type": "file", "format": "text", "content": "saved"}
        await asyncio.wait_for(manager.save(model, "file.txt"), timeout=30)
        assert not any(listing.done() for listing in listings)
    finally:
        hangs.set()
    await asyncio.gather(*listings)


async def test_close_does_not_wait_for_a_listing_that_hangs(
    make_manager: MakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, began = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def read(reader: DirectoryReader, limit: int) -> list[Any]:
        loop.call_soon_threadsafe(began.set)
        hangs.wait(60)
        return []

    monkeypatch.setattr(DirectoryReader, "read", read)
    manager = make_manager()
    listing = asyncio.ensure_future(manager.get(""))
    await began.wait()
    manager.close()
    assert not listing.done()
    hangs.set()
    assert (await listing)["content"] == []


# --- subclasses, such as jupytext makes


class Describing(CloudruContentsManager):
    """Tells of some children what a file name does not."""

    async def get(self, path: str, content: bool = True, **kwargs: Any) -> Any:
        if path.endswith("file1"):
            raise HTTPError(404, "gone meanwhile")
        model = await super().get(path, content=content, **kwargs)
        if path.endswith("file2"):
            model["type"] = "notebook"
        return model


async def test_get_of_a_subclass_describes_the_children(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 4)
    (tmp_path / ".hidden").touch()
    (tmp_path / "loop").symlink_to("loop")
    model = await make_manager(manager_class=Describing).get("")
    types = {child["name"]: child["type"] for child in model["content"]}
    assert types == {"file0": "file", "file2": "notebook", "file3": "file"}


async def test_get_of_a_subclass_is_capped(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 40)
    model = await make_manager(manager_class=Describing, max_children=5).get("")
    assert names_of(model) == ["file0", "file2", "file3", "file4"]
    assert model["truncated"] == {"total": 39, "shown": 4}


async def test_errors_of_a_subclass_are_not_swallowed(make_manager: MakeManager, tmp_path: Path) -> None:
    class Failing(CloudruContentsManager):
        async def get(self, path: str, content: bool = True, **kwargs: Any) -> Any:
            if path.strip("/"):
                raise HTTPError(500, "wrong configuration")
            return await super().get(path, content=content, **kwargs)

    fill(tmp_path, 1)
    with pytest.raises(HTTPError, match="wrong configuration"):
        await make_manager(manager_class=Failing).get("")


class ReadOnly(CloudruContentsManager):
    """An operator's manager that lets nobody write."""

    def is_writable(self, path: str) -> bool:
        return False


async def test_is_writable_of_a_subclass_is_honoured(make_manager: MakeManager, tmp_path: Path) -> None:
    fill(tmp_path, 2)
    model = await make_manager(manager_class=ReadOnly).get("")
    assert [child["writable"] for child in model["content"]] == [False, False]


@pytest.mark.parametrize("manager_class", [CloudruContentsManager, Describing])
async def test_a_listing_is_one_event(make_manager: MakeManager, tmp_path: Path, manager_class: Any) -> None:
    fill(tmp_path, 3)
    manager = make_manager(manager_class=manager_class)
    events: list[Any] = []

    async def listen(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        events.append(data)

    manager.event_logger.add_listener(schema_id=manager.event_schema_id, listener=listen)
    await manager.get("")
    await manager.get("file0", content=False)
    await manager.event_logger.gather_listeners()
    assert [(event["action"], event["path"]) for event in events] == [("get", ""), ("get", "file0")]


# --- the index is told


@pytest.fixture
def told(make_manager: MakeManager, tmp_path: Path) -> tuple[CloudruContentsManager, list[tuple[str, ...]]]:
    """A manager, and what its index has been told."""
    index = Index()
    (tmp_path / "folder").mkdir()
    return with_index(make_manager(delete_to_trash=False), index), index.told


Told = tuple[CloudruContentsManager, list[tuple[str, ...]]]
TEXT = {"type": "file", "format": "text", "content": "text"}


async def test_index_is_told_of_new_files_only(told: Told) -> None:
    manager, log = told
    await manager.save(dict(TEXT), "/folder/new.txt")
    await manager.save(dict(TEXT), "folder/new.txt")
    assert log == [("created", "folder/new.txt")]


async def test_index_is_told_of_untitled_entries(told: Told) -> None:
    manager, log = told
    await manager.new_untitled("folder", type="directory")
    await manager.new_untitled("folder", type="notebook")
    await manager.new_untitled("", ext=".txt")
    assert log == [
        ("created", "folder/Untitled Folder"),
        ("created", "folder/Untitled.ipynb"),
        ("created", "untitled.txt"),
    ]


async def test_index_is_told_of_an_upload_at_its_first_chunk(told: Told) -> None:
    manager, log = told
    for chunk in (1, 2, -1):
        await manager.save({**TEXT, "chunk": chunk}, "folder/large.bin")
        assert log == [("created", "folder/large.bin")]


async def test_index_is_told_of_a_file_whose_hook_failed(told: Told) -> None:
    manager, log = told

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("hook")

    manager.register_post_save_hook(fail)
    with pytest.raises(HTTPError):
        await manager.save(dict(TEXT), "new.txt")
    assert log == [("created", "new.txt")]


async def test_index_is_not_told_of_what_was_refused(told: Told, tmp_path: Path) -> None:
    manager, log = told
    for path in ("../outside.txt", "missing/new.txt"):
        with pytest.raises(HTTPError):
            await manager.save(dict(TEXT), path)
    with pytest.raises(HTTPError):
        await manager.delete("missing")
    (tmp_path / "folder" / "inside").touch()
    with pytest.raises(HTTPError):
        await manager.delete("folder")
    with pytest.raises(HTTPError):
        await manager.rename("missing", "other")
    await manager.rename("folder", "folder/")
    assert log == []


async def test_index_is_told_of_deletes_and_renames(told: Told, tmp_path: Path) -> None:
    manager, log = told
    (tmp_path / "file.txt").touch()
    await manager.rename("file.txt", "/folder/moved.txt")
    await manager.update({"path": "folder/again.txt"}, "folder/moved.txt")
    await manager.delete("/folder/again.txt")
    await manager.delete("folder")
    assert log == [
        ("renamed", "file.txt", "folder/moved.txt"),
        ("renamed", "folder/moved.txt", "folder/again.txt"),
        ("deleted", "folder/again.txt"),
        ("deleted", "folder"),
    ]


async def test_index_is_told_of_copies(told: Told, tmp_path: Path) -> None:
    manager, log = told
    (tmp_path / "file.txt").touch()
    await manager.copy("file.txt")
    await manager.copy("file.txt", "folder")
    await manager.copy("folder", "")
    assert log == [
        ("created", "file-Copy1.txt"),
        ("created", "folder/file.txt"),
        ("created", "folder-Copy1"),
    ]


async def test_children_are_described_once(
    make_manager: MakeManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subclass that only adds to what `get` says costs no second look at each file."""
    fill(tmp_path, 3)
    manager = make_manager(manager_class=Describing)
    looked_at: list[str] = []
    base_model = manager._base_model
    monkeypatch.setattr(manager, "_base_model", lambda path: (looked_at.append(path), base_model(path))[1])
    assert len((await manager.get(""))["content"]) == 2
    assert looked_at == [""]
    # Outside a listing the disk is asked.
    await manager.get("file0", content=False)
    assert looked_at == ["", "file0"]


async def test_a_subclass_may_ask_for_another_type(make_manager: MakeManager, tmp_path: Path) -> None:
    class AsText(CloudruContentsManager):
        async def get(self, path: str, content: bool = True, type: str | None = None, **kwargs: Any) -> Any:
            return await super().get(path, content=content, type="file" if path else type, **kwargs)

    (tmp_path / "book.ipynb").touch()
    [child] = (await make_manager(manager_class=AsText).get(""))["content"]
    assert child["type"] == "file"
