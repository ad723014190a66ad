"""A path leads to the root that its prefix names, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from tornado.web import HTTPError

from cloudru_jlab.contents.folder import FolderContentsManager
from cloudru_jlab.contents.manager import CloudruContentsManager
from cloudru_jlab.core.ports import REGISTRY_SETTING, RootState
from cloudru_jlab.roots.config import RootConfig

MakeHouse = Callable[..., Any]


async def refusal(awaitable: Any) -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        await awaitable
    return caught.value


async def test_paths_lead_to_their_roots(house: Any) -> None:
    for folder in (house.home, house.data, house.archive):
        (folder / "a.txt").write_text(folder.name)
    for path, content in (("a.txt", "home"), ("@data/a.txt", "data"), ("/@archive//a.txt/", "archive")):
        model = await house.manager.get(path)
        assert (model["content"], model["path"]) == (content, path.strip("/").replace("//", "/"))


async def test_children_carry_the_prefix(house: Any) -> None:
    (house.data / "folder").mkdir()
    (house.data / "folder" / "a.txt").touch()
    assert [child["path"] for child in (await house.manager.get("@data"))["content"]] == ["@data/folder"]
    assert [child["path"] for child in (await house.manager.get("@data/folder"))["content"]] == ["@data/folder/a.txt"]


@pytest.mark.parametrize("path", ["@datas", "@data.txt", "@", "@@data", "＠data", "@Data"])
async def test_what_names_no_root_is_in_the_default_one(house: Any, path: str) -> None:
    (house.home / path).write_text("mine")
    (house.data / "x").touch()
    assert (await house.manager.get(path))["content"] == "mine"
    assert (await refusal(house.manager.get(f"{path}/x"))).status_code == 404


@pytest.mark.parametrize("path", ["@data/..", "@data/../home/a", "./@data", "x/../@data", "@data/./a", "@data/\0"])
async def test_dots_never_cross_a_prefix(house: Any, path: str) -> None:
    (house.data / "a").touch()
    manager = house.manager
    assert (await refusal(manager.get(path))).status_code == 404
    assert (await refusal(manager.save({"type": "directory"}, path))).status_code == 404
    assert (await refusal(manager.delete(path))).status_code == 404
    assert (await refusal(manager.dir_exists(path))).status_code == 404
    with pytest.raises(HTTPError):
        manager._get_os_path(path)
    assert os.listdir(house.data) == ["a"]
    assert os.listdir(house.home) == []


async def test_default_root_like_the_servers_is_left_to_the_server(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No backend is asked for the paths of a default root that is as jupyter_server's."""
    served: list[str] = []
    get = FolderContentsManager.get

    async def recorded(self: Any, path: str, *args: Any, **kwargs: Any) -> Any:
        served.append(path)
        return await get(self, path, *args, **kwargs)

    monkeypatch.setattr(FolderContentsManager, "get", recorded)
    (house.home / "a@b.txt").touch()
    (house.home / "link").symlink_to(house.folder / "archive")
    await house.manager.get("a@b.txt")
    await house.manager.get("link")
    await house.manager.get("@data")
    assert served == ["a@b.txt", "link"]


@pytest.mark.parametrize("policy", ["deny", "inside"])
async def test_default_root_with_a_policy_holds_to_it(make_house: MakeHouse, policy: str) -> None:
    house = make_house(RootConfig("home", "Home", b"/", default=True, symlinks=policy))
    (house.archive / "secret").write_text("secret")
    (house.home / "out").symlink_to(house.archive)
    (house.home / "a.txt").write_text("a")
    assert (await house.manager.get("a.txt"))["content"] == "a"
    assert (await refusal(house.manager.get("out/secret"))).status_code == 404
    text = {"type": "file", "format": "text", "content": "x"}
    assert (await refusal(house.manager.save(text, "out/new"))).status_code == 404
    with pytest.raises(HTTPError):
        house.manager._get_os_path("out/secret")
    assert os.listdir(house.archive) == ["secret"]


async def test_default_root_may_be_read_only(make_house: MakeHouse) -> None:
    house = make_house(RootConfig("home", "Home", b"/", default=True, symlinks="follow", read_only=True))
    error = await refusal(house.manager.new_untitled(""))
    assert (error.status_code, error.reason) == (403, "read_only_root")
    assert os.listdir(house.home) == []


async def test_manager_without_registry_knows_one_root(house: Any) -> None:
    del house.server.web_app.settings[REGISTRY_SETTING]
    (house.home / "@data").mkdir()
    (house.home / "@data" / "mine").touch()
    model = await house.manager.get("@data")
    assert [child["path"] for child in model["content"]] == ["@data/mine"]


async def test_manager_made_later_finds_the_roots(house: Any) -> None:
    class Derived(CloudruContentsManager):
        async def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
            model = await super().get(path, *args, **kwargs)
            return {**model, "seen": True}

    (house.data / "a.txt").touch()
    model = await house.make(Derived).get("@data")
    assert model["seen"]
    assert [child["seen"] for child in model["content"]] == [True]


async def test_manager_may_prefer_a_directory_of_another_root(house: Any) -> None:
    (house.data / "start").mkdir()
    assert house.make(preferred_dir="@data/start").preferred_dir == "@data/start"


# --- what others ask


async def test_questions_are_answered_by_the_root(house: Any) -> None:
    manager = house.manager
    (house.data / "folder").mkdir()
    (house.data / ".hidden").touch()
    (house.open / ".hidden").touch()
    (house.archive / "a.txt").touch()
    assert await manager.dir_exists("@data")
    assert await manager.dir_exists("@data/folder")
    assert not await manager.file_exists("@data/folder")
    assert await manager.file_exists("@archive/a.txt")
    assert not await manager.dir_exists("@archive/a.txt/below")
    assert await manager.exists("@archive/a.txt")
    assert not await manager.exists("@archive/b.txt")
    assert await manager.is_hidden("@data/.hidden")
    assert not await manager.file_exists("@data/.hidden")
    assert not await manager.is_hidden("@open/.hidden")
    assert await manager.file_exists("@open/.hidden")
    assert not await manager.is_writable("@archive/a.txt")
    assert await manager.is_writable("@data/folder")


async def test_questions_may_be_asked_without_waiting(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """jupytext does; a coroutine would always be true, and its search for a free name never end."""
    manager = house.manager
    for folder in (house.data, house.archive):
        (folder / "a.txt").touch()
    (house.data / ".hidden").touch()
    (house.data / "out").symlink_to(house.archive)
    found = {path: bool(manager.exists(f"@data/{path}")) for path in ("", "a.txt", "none", ".hidden", "out", "a.txt/b")}
    assert found == {"": True, "a.txt": True, "none": False, ".hidden": False, "out": False, "a.txt/b": False}
    assert bool(manager.is_writable("@data/a.txt")) is True
    assert bool(manager.is_writable("@data/none")) is False
    assert bool(manager.is_writable("@archive/a.txt")) is False
    monkeypatch.setattr(house.file_systems.local, "guarded", True)
    with pytest.raises(HTTPError, match="404"):
        bool(manager.exists("@data/a.txt"))
    assert await manager.exists("@data/a.txt")


async def test_kernels_start_in_the_directory_of_the_root(house: Any) -> None:
    (house.data / "folder").mkdir()
    manager = house.manager
    assert await manager.get_kernel_path("@data/folder/a.ipynb") == "@data/folder"
    assert await manager.get_kernel_path("@data/a.ipynb") == "@data"
    assert await manager.get_kernel_path("@data/folder") == "@data/folder"
    assert await manager.get_kernel_path("a.ipynb") == ""


async def test_os_path_is_the_verified_one(house: Any) -> None:
    os_path = house.manager._get_os_path
    (house.data / "real").mkdir()
    (house.data / "real" / "a.txt").touch()
    (house.data / "link").symlink_to("real")
    (house.data / "out").symlink_to(house.archive)
    (house.data / ".hidden").touch()
    real = str(house.data.resolve())
    assert os_path("@data") == real
    assert os_path("@data/link/a.txt") == f"{real}/real/a.txt"
    assert os_path("@data/link/new.txt") == f"{real}/real/new.txt"
    assert os_path("a.txt") == str(house.home / "a.txt")
    for path in ("@data/out", "@data/out/a", "@data/none/a", "@data/.hidden"):
        with pytest.raises(HTTPError, match="404"):
            os_path(path)


async def test_os_path_is_not_waited_for(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the event loop no file system may be touched that may hang."""
    monkeypatch.setattr(house.file_systems.local, "guarded", True)
    with pytest.raises(HTTPError, match="404"):
        house.manager._get_os_path("@data")


async def test_paths_of_the_machine_are_found_in_roots(house: Any) -> None:
    (house.data / "a.txt").touch()
    (house.home / "b.txt").touch()
    manager = house.manager
    assert await manager.resolve_path(str(house.data / "a.txt")) == "@data/a.txt"
    assert await manager.resolve_path("@data/a.txt") == "@data/a.txt"
    assert await manager.resolve_path("@data/none.txt") is None
    assert await manager.resolve_path("@data/../a.txt") is None
    assert await manager.resolve_path("b.txt") == "b.txt"
    assert await manager.resolve_path(str(house.folder / "trash")) is None


# --- roots that are not there


async def test_root_that_is_gone_says_so(house: Any) -> None:
    house.data.rmdir()
    (house.home / "a.txt").touch()
    for request in (house.manager.get("@data"), house.manager.dir_exists("@data"), house.manager.new_untitled("@data")):
        error = await refusal(request)
        assert (error.status_code, error.reason) == (503, "root_unavailable")
        assert str(house.folder) not in error.log_message
    assert (await house.manager.get("a.txt"))["path"] == "a.txt"
    house.data.mkdir()
    assert (await house.manager.get("@data"))["content"] == []


async def test_os_path_of_a_root_that_is_away_is_refused(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.root("@data"), "state", lambda: RootState("not_answering"))
    with pytest.raises(HTTPError, match="404"):
        house.manager._get_os_path("@data")
