"""A root that is no directory of this machine: the manager needs nothing but the backend."""

from __future__ import annotations

import os
from typing import Any

import pytest
from nbformat.v4 import new_notebook
from roots.making import info
from roots.memory import MemoryBackend, tree
from tornado.web import HTTPError

TEXT = {"type": "file", "format": "text", "content": "text"}


@pytest.fixture
def manager(house: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A manager with the root ``@memory``."""
    root = MemoryBackend(info(name="memory", title="Memory", prefix="@memory"), tree())
    find, roots = house.registry.find, house.registry.roots

    def found(api_path: str) -> Any:
        prefix, _, inside = api_path.strip("/").partition("/")
        return (root, inside) if prefix == "@memory" else find(api_path)

    monkeypatch.setattr(house.registry, "find", found)
    monkeypatch.setattr(house.registry, "roots", lambda: [*roots(), root])
    return house.manager


async def refusal(awaitable: Any) -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value


async def test_files_live_and_die(manager: Any, house: Any) -> None:
    await manager.save({"type": "directory"}, "@memory/folder")
    await manager.save(TEXT, "@memory/folder/a.txt")
    model = await manager.get("@memory/folder/a.txt", require_hash=True)
    assert (model["content"], model["mimetype"], bool(model["hash"])) == ("text", "text/plain", True)
    assert (await manager.copy("@memory/folder/a.txt"))["path"] == "@memory/folder/a-Copy1.txt"
    await manager.rename("@memory/folder/a.txt", "@memory/b.txt")
    assert [child["path"] for child in (await manager.get("@memory/folder"))["content"]] == [
        "@memory/folder/a-Copy1.txt"
    ]
    assert (await refusal(manager.rename("@memory/b.txt", "@memory/folder"))).status_code == 409
    assert (await refusal(manager.delete("@memory/folder"))).status_code == 400
    for path in ("folder/a-Copy1.txt", "folder", "b.txt"):
        await manager.delete(f"@memory/{path}")
    assert (await manager.get("@memory"))["content"] == []
    assert os.listdir(house.home) == []


async def test_large_directories_are_capped_in_order(manager: Any) -> None:
    manager.max_children = 2
    for name in ("b10.txt", "b9.txt", "a.txt"):
        await manager.save(TEXT, f"@memory/{name}")
    await manager.save({"type": "directory"}, "@memory/z")
    model = await manager.get("@memory")
    assert [child["name"] for child in model["content"]] == ["z", "a.txt"]
    assert model["truncated"] == {"total": 4, "shown": 2}


async def test_large_files_come_in_pieces(manager: Any) -> None:
    for chunk, content in ((1, "one,"), (2, "two,"), (-1, "three")):
        model = await manager.save({**TEXT, "content": content, "chunk": chunk}, "@memory/a.txt")
    assert model["size"] == 13
    assert (await manager.get("@memory/a.txt"))["content"] == "one,two,three"


async def test_notebooks_have_checkpoints(manager: Any) -> None:
    path = (await manager.new_untitled("@memory", type="notebook"))["path"]
    assert path == "@memory/Untitled.ipynb"
    [made] = await manager.list_checkpoints(path)
    notebook = new_notebook(metadata={"changed": True})
    await manager.save({"type": "notebook", "content": notebook}, path)
    await manager.restore_checkpoint(made["id"], path)
    assert "changed" not in (await manager.get(path))["content"]["metadata"]
    await manager.rename(path, "@memory/b.ipynb")
    assert len(await manager.list_checkpoints("@memory/b.ipynb")) == 1
    await manager.delete("@memory/b.ipynb")
    assert await manager.list_checkpoints("@memory/b.ipynb") == []


async def test_nothing_pretends_to_be_on_this_machine(manager: Any) -> None:
    called: list[Any] = []
    manager.register_post_save_hook(lambda **told: called.append(told))
    await manager.save(TEXT, "@memory/a.txt")
    assert called == []
    with pytest.raises(HTTPError, match="404"):
        manager._get_os_path("@memory/a.txt")
    with pytest.raises(HTTPError, match="404"):
        bool(manager.exists("@memory/a.txt"))
    assert await manager.exists("@memory/a.txt")
