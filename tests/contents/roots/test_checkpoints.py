"""Checkpoints lie in the root, beside their file, and follow it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError


def text(content: str) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content}


async def status_of(awaitable: Any) -> int:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value.status_code


def kept(folder: Path) -> list[str]:
    directory = folder / ".ipynb_checkpoints"
    return sorted(os.listdir(directory)) if directory.is_dir() else []


@pytest.mark.parametrize("prefix", ["@data", "@open"])
async def test_checkpoint_is_made_listed_restored_and_deleted(house: Any, prefix: str) -> None:
    manager, path = house.manager, f"{prefix}/folder/a.txt"
    folder = house.folder / prefix[1:] / "folder"
    folder.mkdir()
    await manager.save(text("one"), path)
    assert await manager.list_checkpoints(path) == []
    made = await manager.create_checkpoint(path)
    assert set(made) == {"id", "last_modified"}
    assert kept(folder) == ["a-checkpoint.txt"]
    await manager.save(text("two"), path)
    assert await manager.list_checkpoints(path) == [made]
    await manager.restore_checkpoint("checkpoint", path)
    assert (folder / "a.txt").read_text() == "one"
    await manager.save(text("three"), path)
    await manager.create_checkpoint(path)
    assert (folder / ".ipynb_checkpoints" / "a-checkpoint.txt").read_text() == "three"
    await manager.delete_checkpoint("checkpoint", path)
    assert kept(folder) == []
    assert await status_of(manager.delete_checkpoint("checkpoint", path)) == 404
    assert await status_of(manager.restore_checkpoint("checkpoint", path)) == 404


async def test_checkpoints_follow_their_file(house: Any) -> None:
    manager = house.manager
    (house.data / "folder").mkdir()
    for name in ("a.txt", "b.txt"):
        await manager.save(text(name), f"@data/{name}")
        await manager.create_checkpoint(f"@data/{name}")
    await manager.rename("@data/a.txt", "@data/folder/c.txt")
    assert kept(house.data) == ["b-checkpoint.txt"]
    assert kept(house.data / "folder") == ["c-checkpoint.txt"]
    await manager.delete("@data/b.txt")
    await manager.rename("@data/folder/c.txt", "@data/b.txt")
    assert kept(house.data) == ["b-checkpoint.txt"]
    await manager.delete("@data/b.txt")
    assert kept(house.data) == []


async def test_checkpoint_left_by_another_file_is_replaced(house: Any) -> None:
    manager = house.manager
    (house.data / ".ipynb_checkpoints").mkdir()
    (house.data / ".ipynb_checkpoints" / "b-checkpoint.txt").write_text("stale")
    await manager.save(text("a"), "@data/a.txt")
    await manager.create_checkpoint("@data/a.txt")
    await manager.rename("@data/a.txt", "@data/b.txt")
    assert (house.data / ".ipynb_checkpoints" / "b-checkpoint.txt").read_text() == "a"


@pytest.mark.parametrize("checkpoint", ["../../a", "..", "", "a/b", "\0"])
async def test_identifiers_lead_nowhere_else(house: Any, checkpoint: str) -> None:
    await house.manager.save(text("a"), "@data/a.txt")
    assert await status_of(house.manager.restore_checkpoint(checkpoint, "@data/a.txt")) == 404
    assert await status_of(house.manager.delete_checkpoint(checkpoint, "@data/a.txt")) == 404
    assert os.listdir(house.data) == ["a.txt"]


async def test_what_has_no_checkpoints(house: Any) -> None:
    manager = house.manager
    (house.data / "folder").mkdir()
    (house.data / ".hidden").touch()
    assert await manager.list_checkpoints("@data/folder") == []
    assert await manager.list_checkpoints("@data") == []
    assert await manager.list_checkpoints("@data/.hidden") == []
    assert await status_of(manager.create_checkpoint("@data/none")) == 404
    assert await status_of(manager.create_checkpoint("@data/.hidden")) == 400
    assert await status_of(manager.create_checkpoint("@data/folder")) in (400, 403, 409)
    assert kept(house.data) == []


async def test_directory_of_checkpoints_is_as_hidden_as_ever(house: Any) -> None:
    manager = house.manager
    await manager.save(text("a"), "@data/a.txt")
    await manager.create_checkpoint("@data/a.txt")
    path = "@data/.ipynb_checkpoints/a-checkpoint.txt"
    assert await status_of(manager.get(path)) == 404
    assert await status_of(manager.save(text("x"), path)) == 400
    assert [child["name"] for child in (await manager.get("@data"))["content"]] == ["a.txt"]


async def test_checkpoint_that_links_out_is_not_followed(house: Any) -> None:
    (house.archive / "secret").write_text("secret")
    (house.data / ".ipynb_checkpoints").mkdir()
    (house.data / ".ipynb_checkpoints" / "a-checkpoint.txt").symlink_to(house.archive / "secret")
    manager = house.manager
    await manager.save(text("a"), "@data/a.txt")
    assert await manager.list_checkpoints("@data/a.txt") == []
    assert await status_of(manager.restore_checkpoint("checkpoint", "@data/a.txt")) == 404
    assert await status_of(manager.create_checkpoint("@data/a.txt")) in (403, 404)
    assert (house.archive / "secret").read_text() == "secret"


async def test_servers_own_checkpoints_keep_to_the_default_root(house: Any) -> None:
    checkpoints = house.manager.checkpoints
    (house.home / "a.txt").touch()
    assert checkpoints.checkpoint_path("checkpoint", "a.txt").startswith(str(house.home))
    with pytest.raises(HTTPError, match="404"):
        checkpoints.checkpoint_path("checkpoint", "@data/a.txt")
    assert not (house.home / "@data").exists()


async def test_notebook_is_saved_though_it_can_have_no_checkpoint(house: Any) -> None:
    (house.data / ".ipynb_checkpoints").touch()
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    model = await house.manager.save({"type": "notebook", "content": notebook}, "@data/a.ipynb")
    assert model["path"] == "@data/a.ipynb"
