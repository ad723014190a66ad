"""Files and directories of a root are told of as jupyter_server tells of its own."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from tornado.web import HTTPError

MakeHouse = Callable[..., Any]
SHA = hashlib.sha256


def old(path: Path) -> None:
    """Make a file one that was last changed long ago, as far as its times tell; its hash is then kept."""
    os.utime(path, (1, 1))


async def status_of(awaitable: Any) -> tuple[int, str]:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value.status_code, caught.value.reason or ""


def reads_of(house: Any, prefix: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are read from now on."""
    root, paths = house.root(prefix), list[str]()
    read = root.read

    async def recorded(path: str, *args: Any) -> Any:
        paths.append(path)
        return await read(path, *args)

    monkeypatch.setattr(root, "read", recorded)
    return paths


async def test_same_model_as_in_the_default_root(house: Any) -> None:
    for name, data in (("a.txt", b"text"), ("a.bin", b"\xff\x00"), ("a.ipynb", b""), ("a.csv", b"1,2")):
        for folder in (house.home, house.data):
            (folder / name).write_bytes(data or json.dumps(new_notebook()).encode())
            (folder / name).chmod(0o644)
        for arguments in ({}, {"content": False}, {"require_hash": True}, {"type": "file"}, {"format": "base64"}):
            theirs = await house.manager.get(name, **arguments)
            ours = await house.manager.get(f"@data/{name}", **arguments)
            for key in ("created", "last_modified"):
                assert abs((theirs.pop(key) - ours.pop(key)).total_seconds()) < 60
            assert ours.pop("path") == "@data/" + theirs.pop("path")
            assert ours == theirs


async def test_wrong_types_are_refused(house: Any) -> None:
    (house.data / "a.bin").write_bytes(b"\xff")
    (house.data / "a.ipynb").write_text("no notebook")
    get = house.manager.get
    assert await status_of(get("@data", type="file")) == (400, "bad type")
    assert await status_of(get("@data/a.bin", type="directory")) == (400, "bad type")
    assert await status_of(get("@data/a.bin", format="text")) == (400, "bad format")
    assert (await status_of(get("@data/a.ipynb")))[0] == 400
    assert (await status_of(get("@data/none")))[0] == 404
    assert (await status_of(get("@data/a.bin/none")))[0] in (400, 404)


async def test_notebooks_are_validated_and_marked(house: Any) -> None:
    cell = new_code_cell("1", outputs=[new_output("display_data", {"text/html": "<b>"})])
    notebook = new_notebook(cells=[cell])
    (house.data / "a.ipynb").write_text(json.dumps(notebook))
    model = await house.manager.get("@data/a.ipynb")
    assert model["content"].cells[0].metadata.trusted is False
    await house.manager.trust_notebook("@data/a.ipynb")
    assert (await house.manager.get("@data/a.ipynb"))["content"].cells[0].metadata.trusted is True
    notebook["cells"][0]["cell_type"] = "wrong"
    (house.data / "a.ipynb").write_text(json.dumps(notebook))
    assert "validation failed" in (await house.manager.get("@data/a.ipynb"))["message"]


async def test_hidden_is_not_found(house: Any) -> None:
    (house.data / ".hidden").write_text("secret")
    (house.open / ".hidden").write_text("open")
    assert (await status_of(house.manager.get("@data/.hidden")))[0] == 404
    assert (await house.manager.get("@open/.hidden"))["content"] == "open"
    assert (await house.manager.get("@data"))["content"] == []
    assert [child["name"] for child in (await house.manager.get("@open"))["content"]] == [".hidden"]


async def test_links_are_followed_as_far_as_the_policy_allows(house: Any) -> None:
    (house.archive / "secret").write_text("secret")
    (house.data / "in").write_text("in")
    (house.data / "link").symlink_to("in")
    (house.data / "out").symlink_to(house.archive / "secret")
    (house.open / "out").symlink_to(house.archive / "secret")
    assert (await house.manager.get("@data/link"))["content"] == "in"
    assert (await status_of(house.manager.get("@data/out")))[0] == 404
    assert (await house.manager.get("@open/out"))["content"] == "secret"


# --- directories


async def test_large_directories_are_capped_in_order(make_house: MakeHouse) -> None:
    house = make_house(max_children=3)
    for number in range(12):
        (house.data / f"file{number}").touch()
    for name in ("zoo", "x.pyc", ".hidden"):
        (house.data / name).mkdir()
    model = await house.manager.get("@data")
    assert [child["name"] for child in model["content"]] == ["zoo", "file0", "file1"]
    assert model["truncated"] == {"total": 13, "shown": 3}
    assert house.index.asked == [("@data", 3, False)]


async def test_large_directories_come_from_the_index(make_house: MakeHouse) -> None:
    house = make_house(max_children=3)
    for number in range(12):
        (house.data / f"file{number}").touch()
    house.index.names, house.index.total = [b"file7", b"gone", b"file3", b"file1"], 12
    model = await house.manager.get("@data")
    assert [child["path"] for child in model["content"]] == ["@data/file7", "@data/file3"]
    assert model["truncated"] == {"total": 11, "shown": 2}


async def test_directories_within_the_limit_are_whole(make_house: MakeHouse) -> None:
    house = make_house(max_children=3)
    for name in ("b", "a", "c", "d~"):
        (house.data / name).touch()
    model = await house.manager.get("@data")
    assert sorted(child["name"] for child in model["content"]) == ["a", "b", "c"]
    assert "truncated" not in model
    assert house.index.asked == []


async def test_odd_names_are_listed(house: Any) -> None:
    for name in (b"\xff.txt", "имя".encode(), b"a b", b"data:x"):
        (house.data / os.fsdecode(name)).touch()
    names = {os.fsencode(child["name"]) for child in (await house.manager.get("@data"))["content"]}
    assert names == {b"\xff.txt", "имя".encode(), b"a b", b"data:x"}


async def test_links_to_directories_are_directories(house: Any) -> None:
    (house.data / "real").mkdir()
    (house.data / "link").symlink_to("real")
    (house.data / "dangling").symlink_to("none")
    (house.data / "out").symlink_to(house.archive)
    types = {child["name"]: child["type"] for child in (await house.manager.get("@data"))["content"]}
    assert types == {"real": "directory", "link": "directory", "dangling": "file", "out": "file"}


async def test_listing_is_one_event(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Any] = []
    monkeypatch.setattr(type(house.manager), "emit", lambda self, data: events.append(data))
    (house.data / "a").touch()
    await house.manager.get("@data")
    assert events == [{"action": "get", "path": "@data"}]


# --- hashes


async def test_hash_is_read_once(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.data / "a.txt").write_text("text")
    old(house.data / "a.txt")
    root, files = house.root("@data"), house.manager._rooted._files
    # The time of the inode's last change cannot be set back: let it be later by the clock of the cache.
    monkeypatch.setattr(files._hashes, "now_ns", lambda: 1 << 62)
    reads = reads_of(house, "@data", monkeypatch)
    for _ in range(3):
        model = await house.manager.get("@data/a.txt", content=False, require_hash=True)
        assert (model["hash"], model["hash_algorithm"]) == (SHA(b"text").hexdigest(), "sha256")
    assert reads == ["a.txt"]
    assert (await house.manager.get("@data/a.txt", require_hash=True))["hash"] == SHA(b"text").hexdigest()
    await root.write("a.txt", b"TEXT")
    assert (await house.manager.get("@data/a.txt", require_hash=True))["hash"] == SHA(b"TEXT").hexdigest()


async def test_hash_of_a_save_is_known(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = reads_of(house, "@data", monkeypatch)
    await house.manager.save({"type": "file", "format": "text", "content": "mine"}, "@data/a.txt")
    model = await house.manager.get("@data/a.txt", content=False, require_hash=True)
    assert model["hash"] == SHA(b"mine").hexdigest()
    assert reads == []


async def test_hash_of_a_file_that_changes_is_that_of_what_was_read(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.data / "a.txt").write_text("before")
    root = house.root("@data")
    read = root.read

    async def changing(path: str) -> Any:
        pieces = await read(path)
        (house.data / "a.txt").write_text("behind")
        return pieces

    monkeypatch.setattr(root, "read", changing)
    model = await house.manager.get("@data/a.txt", require_hash=True)
    assert model["hash"] == SHA(model["content"].encode()).hexdigest()
    monkeypatch.undo()
    model = await house.manager.get("@data/a.txt", content=False, require_hash=True)
    assert model["hash"] == SHA(b"behind").hexdigest()
