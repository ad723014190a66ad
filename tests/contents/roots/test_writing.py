"""Saving, uploading, creating and deleting in a root."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tornado.web import HTTPError

MakeHouse = Callable[..., Any]


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content, **more}


async def status_of(awaitable: Any) -> int:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value.status_code


async def test_save_makes_and_replaces_files(house: Any) -> None:
    model = await house.manager.save(text("one"), "@data/a.txt")
    assert (model["path"], model["type"], model["size"], model["content"]) == ("@data/a.txt", "file", 3, None)
    (house.data / "a.txt").chmod(0o640)
    await house.manager.save(text("three"), "@data/a.txt")
    assert (house.data / "a.txt").read_text() == "three"
    assert (house.data / "a.txt").stat().st_mode & 0o777 == 0o640
    binary = {"type": "file", "format": "base64", "content": base64.encodebytes(b"\xff\0").decode()}
    await house.manager.save(binary, "@data/a.bin")
    assert (house.data / "a.bin").read_bytes() == b"\xff\0"


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ({"content": "x"}, 400),
        ({"type": "file"}, 400),
        ({"type": "file", "content": "x"}, 400),
        ({"type": "file", "content": "ы", "format": "base64"}, 400),
        ({"type": "odd", "content": "x"}, 400),
        ({"type": "notebook", "content": "x", "chunk": 1}, 400),
        ({"type": "file", "content": "x", "format": "text", "chunk": "one"}, 400),
    ],
)
async def test_save_refuses_what_makes_no_sense(house: Any, model: dict[str, Any], status: int) -> None:
    assert await status_of(house.manager.save(model, "@data/a.txt")) == status
    assert os.listdir(house.data) == []


async def test_save_refuses_what_cannot_be_there(house: Any) -> None:
    (house.data / "folder").mkdir()
    (house.data / "file").touch()
    save = house.manager.save
    assert await status_of(save(text("x"), "@data/none/a.txt")) == 404
    assert await status_of(save(text("x"), "@data/.hidden")) == 400
    assert await status_of(save(text("x"), "@data/folder")) in (400, 409)
    assert await status_of(save(text("x"), "@data")) in (400, 403, 409)
    assert await status_of(save({"type": "directory"}, "@data/file")) == 400
    assert await status_of(save({"type": "directory"}, "@data/.hidden")) == 400
    assert sorted(os.listdir(house.data)) == ["file", "folder"]


async def test_notebooks_are_signed_validated_and_checkpointed(house: Any) -> None:
    notebook = new_notebook(cells=[new_code_cell("1")])
    model = await house.manager.save({"type": "notebook", "content": notebook}, "@data/a.ipynb")
    assert "message" not in model
    assert (house.data / "a.ipynb").read_text().endswith("}\n")
    assert len(await house.manager.list_checkpoints("@data/a.ipynb")) == 1
    assert (await house.manager.get("@data/a.ipynb"))["content"].cells[0].metadata.trusted
    notebook.cells.append(new_markdown_cell("x"))
    del notebook.cells[-1]["source"]
    model = await house.manager.save({"type": "notebook", "content": notebook}, "@data/a.ipynb")
    assert "validation failed" in model["message"]


async def test_untitled_entries_are_named_as_elsewhere(house: Any) -> None:
    new = house.manager.new_untitled
    assert (await new("@data", type="notebook"))["path"] == "@data/Untitled.ipynb"
    assert (await new("@data", type="notebook"))["path"] == "@data/Untitled1.ipynb"
    assert (await new("@data", type="directory"))["path"] == "@data/Untitled Folder"
    assert (await new("@data/Untitled Folder", ext=".txt"))["path"] == "@data/Untitled Folder/untitled.txt"
    assert await status_of(new("@data/none")) == 404
    assert os.listdir(house.home) == []


async def test_saving_a_directory_that_is_there_leaves_it(house: Any) -> None:
    (house.data / "folder").mkdir()
    (house.data / "folder" / "a").touch()
    await house.manager.save({"type": "directory"}, "@data/folder")
    assert os.listdir(house.data / "folder") == ["a"]


# --- large files


async def test_chunks_make_a_file_with_the_last_one(house: Any) -> None:
    for chunk, content in ((1, "one,"), (2, "two,")):
        model = await house.manager.save(text(content, chunk=chunk), "@data/a.csv")
        assert (model["path"], model["type"], model["writable"]) == ("@data/a.csv", "file", True)
        assert not (house.data / "a.csv").exists()
        assert (await house.manager.get("@data"))["content"] == []
    model = await house.manager.save(text("three", chunk=-1), "@data/a.csv")
    assert model["size"] == 13
    assert (house.data / "a.csv").read_text() == "one,two,three"
    assert os.listdir(house.data) == ["a.csv"]
    assert house.index.told == [("created", "@data/a.csv")]


async def test_chunks_leave_the_old_file_until_the_last_one(house: Any) -> None:
    (house.data / "a.csv").write_text("old")
    await house.manager.save(text("new", chunk=1), "@data/a.csv")
    assert (house.data / "a.csv").read_text() == "old"
    assert await status_of(house.manager.save(text("x", chunk=3), "@data/a.csv")) == 409
    await house.manager.save(text("", chunk=-1), "@data/a.csv")
    assert (house.data / "a.csv").read_text() == "new"


# --- hooks, events, index


async def test_hooks_see_the_real_path(house: Any) -> None:
    seen: list[Any] = []

    def before(model: Any, path: str, contents_manager: Any) -> None:
        seen.append(("before", path))
        model["content"] = model["content"].upper()

    def after(os_path: str, model: Any, contents_manager: Any) -> None:
        seen.append(("after", os_path, model["path"]))

    house.manager.pre_save_hook = before
    house.manager.register_post_save_hook(after)
    await house.manager.save(text("loud"), "@data/a.txt")
    real = str((house.data / "a.txt").resolve())
    assert seen == [("before", "@data/a.txt"), ("after", real, "@data/a.txt")]
    assert (house.data / "a.txt").read_text() == "LOUD"


async def test_hook_that_writes_is_not_taken_for_the_save(house: Any) -> None:
    def rewrite(os_path: str, model: Any, contents_manager: Any) -> None:
        info = os.stat(os_path)
        with open(os_path, "r+") as file:
            file.write("HOOK")
        os.utime(os_path, ns=(info.st_atime_ns, info.st_mtime_ns))

    house.manager.register_post_save_hook(rewrite)
    await house.manager.save(text("mine"), "@data/a.txt")
    model = await house.manager.get("@data/a.txt", content=False, require_hash=True)
    whole = await house.manager.get("@data/a.txt", require_hash=True)
    assert whole["content"] == "HOOK"
    assert model["hash"] == whole["hash"]


async def test_index_and_events_tell_prefixed_paths(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Any] = []
    monkeypatch.setattr(type(house.manager), "emit", lambda self, data: events.append(data))
    manager = house.manager
    await manager.save(text("x"), "/@data/a.txt")
    await manager.rename("@data/a.txt", "@data/b.txt")
    await manager.copy("@data/b.txt")
    await manager.delete("@data/b.txt")
    assert house.index.told == [
        ("created", "@data/a.txt"),
        ("renamed", "@data/a.txt", "@data/b.txt"),
        ("created", "@data/b-Copy1.txt"),
        ("deleted", "@data/b.txt"),
    ]
    assert [event for event in events if event["action"] != "get"] == [
        {"action": "save", "path": "@data/a.txt"},
        {"action": "rename", "path": "@data/b.txt", "source_path": "@data/a.txt"},
        {"action": "copy", "path": "@data/b-Copy1.txt", "source_path": "@data/b.txt"},
        {"action": "delete", "path": "@data/b.txt"},
    ]


# --- deleting


async def test_delete_for_good_spares_full_directories(house: Any) -> None:
    (house.data / "full").mkdir()
    (house.data / "full" / ".git").mkdir()
    (house.data / "checked" / ".ipynb_checkpoints").mkdir(parents=True)
    (house.data / "checked" / ".ipynb_checkpoints" / "a-checkpoint.txt").touch()
    (house.data / "a.txt").touch()
    assert await status_of(house.manager.delete("@data/full")) == 400
    await house.manager.delete("@data/checked")
    await house.manager.delete("@data/a.txt")
    assert os.listdir(house.data) == ["full"]
    house.manager.always_delete_dir = True
    await house.manager.delete("@data/full")
    assert os.listdir(house.data) == []


async def test_delete_refuses_what_is_not_there(house: Any) -> None:
    (house.data / ".hidden").touch()
    assert await status_of(house.manager.delete("@data/none")) == 404
    assert await status_of(house.manager.delete("@data/.hidden")) == 400
    assert await status_of(house.manager.delete("@data")) == 400
    assert os.listdir(house.data) == [".hidden"]


async def test_delete_removes_a_link_and_not_what_it_leads_to(house: Any) -> None:
    (house.archive / "a.txt").write_text("kept")
    (house.data / "out").symlink_to(house.archive / "a.txt")
    (house.data / "outside").symlink_to(house.archive)
    (house.data / "dangling").symlink_to("none")
    for name in ("out", "outside", "dangling"):
        await house.manager.delete(f"@data/{name}")
    assert os.listdir(house.data) == []
    assert (house.archive / "a.txt").read_text() == "kept"


async def test_delete_goes_to_the_trash(make_house: MakeHouse) -> None:
    house = make_house(delete_to_trash=True)
    await house.root("@data").look()
    (house.data / "full").mkdir()
    (house.data / "full" / "a.txt").touch()
    await house.manager.delete("@data/full")
    assert os.listdir(house.data) == []
    assert os.listdir(house.folder / "trash" / "files" / "full") == ["a.txt"]


async def test_delete_goes_to_the_trash_before_the_root_was_looked_at(make_house: MakeHouse) -> None:
    house = make_house(delete_to_trash=True)
    (house.data / "a.txt").touch()
    await house.manager.delete("@data/a.txt")
    assert os.listdir(house.folder / "trash" / "files") == ["a.txt"]


async def test_root_without_trash_deletes_for_good(make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house = make_house(delete_to_trash=True)
    monkeypatch.setattr(house.root("@data"), "_trash", None)
    await house.root("@data").look()
    (house.data / "full").mkdir()
    (house.data / "full" / "a.txt").touch()
    assert await status_of(house.manager.delete("@data/full")) == 400
    await house.manager.delete("@data/full/a.txt")
    await house.manager.delete("@data/full")
    assert os.listdir(house.data) == []
