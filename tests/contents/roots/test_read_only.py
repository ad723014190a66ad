"""Nothing changes in a root that is read-only, whatever is asked."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

NOTEBOOK = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
TEXT = {"type": "file", "format": "text", "content": "x"}

VERBS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "save": lambda cm: cm.save(dict(TEXT), "@archive/a.txt"),
    "save a new file": lambda cm: cm.save(dict(TEXT), "@archive/new.txt"),
    "save a notebook": lambda cm: cm.save(dict(NOTEBOOK), "@archive/a.ipynb"),
    "save a directory": lambda cm: cm.save({"type": "directory"}, "@archive/new"),
    "save a directory that is there": lambda cm: cm.save({"type": "directory"}, "@archive/folder"),
    "first chunk": lambda cm: cm.save({**TEXT, "chunk": 1}, "@archive/a.txt"),
    "later chunk": lambda cm: cm.save({**TEXT, "chunk": 2}, "@archive/a.txt"),
    "last chunk": lambda cm: cm.save({**TEXT, "chunk": -1}, "@archive/a.txt"),
    "new": lambda cm: cm.new({}, "@archive/new.txt"),
    "new untitled file": lambda cm: cm.new_untitled("@archive", type="file"),
    "new untitled notebook": lambda cm: cm.new_untitled("@archive/folder", type="notebook"),
    "new untitled directory": lambda cm: cm.new_untitled("@archive", type="directory"),
    "rename": lambda cm: cm.rename("@archive/a.txt", "@archive/b.txt"),
    "rename a file alone": lambda cm: cm.rename_file("@archive/a.txt", "@archive/b.txt"),
    "update": lambda cm: cm.update({"path": "@archive/b.txt"}, "@archive/a.txt"),
    "move out": lambda cm: cm.rename("@archive/a.txt", "@data/a.txt"),
    "move out to the default root": lambda cm: cm.rename("@archive/a.txt", "a.txt"),
    "move in": lambda cm: cm.rename("@data/mine.txt", "@archive/mine.txt"),
    "move in from the default root": lambda cm: cm.rename("home.txt", "@archive/home.txt"),
    "delete": lambda cm: cm.delete("@archive/a.txt"),
    "delete a directory": lambda cm: cm.delete("@archive/empty"),
    "delete a file alone": lambda cm: cm.delete_file("@archive/a.txt"),
    "copy": lambda cm: cm.copy("@archive/a.txt"),
    "copy to a name": lambda cm: cm.copy("@archive/a.txt", "@archive/b.txt"),
    "copy a directory": lambda cm: cm.copy("@archive/folder", "@archive"),
    "copy a directory to a new one": lambda cm: cm.copy("@archive/folder", "@archive/new/other"),
    "copy in": lambda cm: cm.copy("@data/mine.txt", "@archive"),
    "copy in from the default root": lambda cm: cm.copy("home.txt", "@archive/folder"),
    "make a checkpoint": lambda cm: cm.create_checkpoint("@archive/a.txt"),
    "restore a checkpoint": lambda cm: cm.restore_checkpoint("checkpoint", "@archive/a.txt"),
    "delete a checkpoint": lambda cm: cm.delete_checkpoint("checkpoint", "@archive/a.txt"),
}
#: What changes nothing in a writable root either, by itself.
IDLE = {"later chunk", "last chunk", "save a directory that is there"}


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All that is there, with content and the time of the last change."""
    found = {str(folder): (folder.stat().st_mtime_ns, b"")}
    for parent, directories, files in os.walk(folder):
        for name in directories + files:
            path = Path(parent, name)
            found[str(path)] = (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.fixture
def stocked(house: Any) -> Any:
    """A house with something in each root."""
    for name in ("folder", "empty", ".ipynb_checkpoints"):
        (house.archive / name).mkdir()
    (house.archive / "a.txt").write_text("a")
    (house.archive / "folder" / "b.txt").write_text("b")
    (house.archive / ".ipynb_checkpoints" / "a-checkpoint.txt").write_text("before")
    (house.data / "mine.txt").write_text("mine")
    (house.home / "home.txt").write_text("home")
    return house


@pytest.mark.parametrize("verb", sorted(VERBS))
async def test_read_only_holds_for_every_verb(stocked: Any, verb: str) -> None:
    before = tree(stocked.folder)
    seen: list[str] = []
    stocked.manager.pre_save_hook = lambda **told: seen.append(told["path"])
    with pytest.raises(HTTPError) as caught:
        await VERBS[verb](stocked.manager)
    assert (caught.value.status_code, caught.value.reason) == (403, "read_only_root")
    assert str(stocked.folder) not in caught.value.log_message
    assert tree(stocked.folder) == before
    assert stocked.transfers.asked == []
    assert stocked.index.told == []
    assert seen == []


@pytest.mark.parametrize("verb", sorted(set(VERBS) - IDLE))
async def test_every_verb_would_change_a_writable_root(stocked: Any, verb: str) -> None:
    """Else the test above would pass for another reason."""
    stocked.root("@archive").info = stocked.root("@archive").info._replace(writable=True)
    before = tree(stocked.folder)
    await VERBS[verb](stocked.manager)
    assert tree(stocked.folder) != before


async def test_what_is_read_only_is_read_and_says_so(stocked: Any) -> None:
    manager = stocked.manager
    for path in ("@archive", "@archive/a.txt"):
        assert (await manager.get(path))["writable"] is False
        assert not await manager.is_writable(path)
    assert [child["writable"] for child in (await manager.get("@archive"))["content"]] == [False, False, False]
    assert await manager.list_checkpoints("@archive/a.txt") == []


async def test_copies_are_made_out_of_a_read_only_root(stocked: Any) -> None:
    model = await stocked.manager.copy("@archive/a.txt", "@data")
    assert (model["path"], model["writable"]) == ("@data/a.txt", True)
    assert stocked.transfers.asked == [("copy", "@archive/a.txt", "@data/a.txt")]
