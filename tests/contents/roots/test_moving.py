"""Renaming and copying within a root, and from one to another."""

from __future__ import annotations

import os
from typing import Any

import pytest
from tornado.web import HTTPError

from cloudru_jlab.core.errors import NoSpace
from cloudru_jlab.core.ports import TRANSFERS_SETTING


async def status_of(awaitable: Any) -> int:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value.status_code


async def test_rename_within_a_root(house: Any) -> None:
    (house.data / "a.txt").write_text("a")
    (house.data / "folder").mkdir()
    await house.manager.rename("@data/a.txt", "@data/folder/b.txt")
    assert (house.data / "folder" / "b.txt").read_text() == "a"
    assert house.transfers.asked == []
    model = await house.manager.update({"path": "@data/folder/c.txt"}, "@data/folder/b.txt")
    assert model["path"] == "@data/folder/c.txt"


async def test_rename_never_overwrites(house: Any) -> None:
    (house.data / "a.txt").write_text("a")
    (house.data / "b.txt").write_text("b")
    assert await status_of(house.manager.rename("@data/a.txt", "@data/b.txt")) == 409
    assert (house.data / "b.txt").read_text() == "b"
    await house.manager.rename("@data/a.txt", "/@data/a.txt")
    assert (house.data / "a.txt").read_text() == "a"


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("@data/none", "@data/b", 404),
        ("@data/a", "@data/none/b", 404),
        ("@data/a", "@data/.b", 400),
        ("@data/.hidden", "@data/b", 400),
        ("@data", "@data/b", 400),
        ("@data/a", "@data", 400),
        ("@data/a", "@open", 400),
        ("@data/a", "", 400),
        ("@data/a", "@data/../b", 404),
        ("a", "@data", 400),
        ("a", "@data/.b", 400),
        (".a", "@data/b", 400),
    ],
)
async def test_rename_refuses(house: Any, old: str, new: str, status: int) -> None:
    for folder in (house.data, house.home):
        (folder / "a").write_text("a")
        (folder / ".hidden").touch()
    assert await status_of(house.manager.rename(old, new)) == status
    for folder in (house.data, house.home):
        assert sorted(os.listdir(folder)) == [".hidden", "a"]
    assert house.transfers.asked == []


@pytest.mark.parametrize(("old", "new"), [("@data/a", "b"), ("a", "@data/b"), ("@data/a", "@open/b")])
async def test_rename_from_root_to_root_is_a_transfer(house: Any, old: str, new: str) -> None:
    for folder in (house.data, house.home):
        (folder / "a").write_text("moved")
    await house.manager.rename(old, new)
    assert house.transfers.asked == [("move", old, new)]
    assert (await house.manager.get(new))["content"] == "moved"
    assert not await house.manager.file_exists(old)


async def test_transfer_that_fails_says_why(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise NoSpace("There is not enough room for b.")

    (house.data / "a").touch()
    monkeypatch.setattr(house.transfers, "transfer", full)
    with pytest.raises(HTTPError) as caught:
        await house.manager.rename("@data/a", "b")
    assert (caught.value.status_code, caught.value.reason) == (507, "no_space")


async def test_without_transfers_nothing_crosses(house: Any) -> None:
    del house.server.web_app.settings[TRANSFERS_SETTING]
    (house.data / "a").touch()
    assert await status_of(house.manager.rename("@data/a", "b")) == 400
    assert await status_of(house.manager.copy("@data/a", "")) == 400
    assert os.listdir(house.home) == []


# --- copies


async def test_copies_are_named_as_elsewhere(house: Any) -> None:
    (house.data / "a.tar.gz").write_text("a")
    (house.data / "a.v1.ipynb").write_text("{}")
    (house.data / "folder").mkdir()
    copy = house.manager.copy
    assert (await copy("@data/a.tar.gz"))["path"] == "@data/a-Copy1.tar.gz"
    assert (await copy("@data/a.tar.gz"))["path"] == "@data/a-Copy2.tar.gz"
    assert (await copy("@data/a-Copy2.tar.gz"))["path"] == "@data/a-Copy3.tar.gz"
    assert (await copy("@data/a.v1.ipynb"))["path"] == "@data/a.v1-Copy1.ipynb"
    assert (await copy("@data/a.tar.gz", "@data/folder"))["path"] == "@data/folder/a.tar.gz"
    assert (await copy("@data/a.tar.gz", "@data/other.gz"))["path"] == "@data/other.gz"
    assert (house.data / "other.gz").read_text() == "a"
    assert house.transfers.asked == []


async def test_copy_never_overwrites(house: Any) -> None:
    (house.data / "a").write_text("a")
    (house.data / "b").write_text("b")
    assert await status_of(house.manager.copy("@data/a", "@data/b")) == 409
    assert (house.data / "b").read_text() == "b"


@pytest.mark.parametrize(
    ("source", "target", "status"),
    [
        ("@data/none", None, 404),
        ("@data/a", "@data/none/b", 404),
        ("@data/.hidden", None, 400),
        ("@data/a", "@data/.b", 400),
        ("@data", "@open", 400),
    ],
)
async def test_copy_refuses(house: Any, source: str, target: str | None, status: int) -> None:
    (house.data / "a").touch()
    (house.data / ".hidden").touch()
    assert await status_of(house.manager.copy(source, target)) == status
    assert sorted(os.listdir(house.data)) == [".hidden", "a"]


@pytest.mark.parametrize(
    ("source", "target", "made"),
    [
        ("@data/a.txt", "", "a.txt"),
        ("@data/a.txt", "b.txt", "b.txt"),
        ("a.txt", "@data/b.txt", "@data/b.txt"),
        ("a.txt", "@data", "@data/a-Copy1.txt"),
        ("folder", "@open", "@open/folder"),
        ("@data/folder", None, "@data/folder-Copy1"),
        ("@data/folder", "@open/new/newer", "@open/new/newer/folder"),
    ],
)
async def test_copies_from_root_to_root_and_of_directories_are_transfers(
    house: Any, source: str, target: str | None, made: str
) -> None:
    (house.data / "a.txt").touch()
    for folder in (house.data, house.home):
        (folder / "folder").mkdir()
    if source == "a.txt":
        (house.home / "a.txt").touch()
    model = await house.manager.copy(source, target)
    assert model["path"] == made
    assert house.transfers.asked == [("copy", source, made)]


async def test_hooks_see_copies(house: Any) -> None:
    (house.data / "a.txt").write_text("a")
    house.manager.pre_save_hook = lambda model, **_: model.update(content="changed")
    await house.manager.copy("@data/a.txt")
    assert (house.data / "a-Copy1.txt").read_text() == "changed"
