"""Which roots there are, in which order, and to which one a path belongs."""

from __future__ import annotations

from typing import Any

import pytest

from cloudru_jlab.core.errors import NotFound
from cloudru_jlab.core.ports import RootInfo, RootRegistry
from cloudru_jlab.roots.config import read_roots
from cloudru_jlab.roots.registry import ContentsFolder, Registry

from .conftest import StandIn

HOME = ContentsFolder("/home/u", hidden=False)


class Server:
    """The contents manager, as far as the registry sees it."""

    def __init__(self, folder: ContentsFolder | None = HOME) -> None:
        self.folder = folder

    def registry(self, *roots: dict[str, Any]) -> Registry:
        return Registry(read_roots(roots, "", {}), lambda: self.folder, StandIn)  # type: ignore[arg-type, return-value]


DATA = {"name": "data", "title": "Datasets", "path": "/mnt/data", "read_only": True}
SCRATCH = {"name": "scratch", "path": "/scratch", "symlinks": "follow", "mount_required": True}


def names(registry: Registry) -> list[str]:
    return [root.info.name for root in registry.roots()]


def found(registry: Registry, path: str) -> tuple[str, str]:
    root, inside = registry.find(path)
    return root.info.name, inside


def test_it_is_a_registry() -> None:
    assert isinstance(Server().registry(), RootRegistry)


def test_without_configuration_there_is_the_contents_root_alone() -> None:
    [root] = Server().registry().roots()
    assert root.info == RootInfo(
        "home", "u", "", True, False, "follow", "", 0, default=True, real=b"/home/u", added=False
    )


def test_a_configured_root_is_as_configured() -> None:
    registry = Server().registry(DATA, SCRATCH)
    [_, data, scratch] = registry.watched()
    assert data.info == RootInfo(
        "data", "Datasets", "@data", False, False, "inside", "", 0, default=False, real=b"/mnt/data", added=False
    )
    assert (scratch.info.symlinks, scratch.info.writable) == ("follow", True)
    assert (data.mount_required, scratch.mount_required) == (False, True)  # type: ignore[attr-defined]


def test_hidden_files_are_as_the_contents_manager_has_them_unless_configured() -> None:
    server = Server(ContentsFolder("/home/u", hidden=True))
    registry = server.registry(DATA, {**SCRATCH, "hidden": False})
    assert [root.info.hidden for root in registry.roots()] == [True, True, False]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("", ("home", "")),
        ("/", ("home", "")),
        ("a/b", ("home", "a/b")),
        ("/a//b/", ("home", "a/b")),
        ("@data", ("data", "")),
        ("/@data/", ("data", "")),
        ("@data/a/b", ("data", "a/b")),
        ("//@data//a", ("data", "a")),
        ("@scratch/@data/a", ("scratch", "@data/a")),
        ("a/@data", ("home", "a/@data")),
        ("@other/a", ("home", "@other/a")),
        ("@", ("home", "@")),
        ("@datas/a", ("home", "@datas/a")),
        ("@dat", ("home", "@dat")),
        ("@DATA/a", ("home", "@DATA/a")),
        ("@@data/a", ("home", "@@data/a")),
        ("data/a", ("home", "data/a")),
        ("＠data/a", ("home", "＠data/a")),
        ("@dаta/a", ("home", "@dаta/a")),
        ("@data\\..\\a", ("home", "@data\\..\\a")),
        ("%40data/a", ("home", "%40data/a")),
        ("@home/a", ("home", "@home/a")),
        (" @data/a", ("home", " @data/a")),
    ],
)
def test_a_path_belongs_to_the_root_that_its_first_part_names(path: str, where: tuple[str, str]) -> None:
    assert found(Server().registry(DATA, SCRATCH), path) == where


@pytest.mark.parametrize(
    "path", ["..", "@data/..", "@data/../@scratch/a", "a/../../b", "./@data", "@data/.", "@data/\0"]
)
def test_a_path_that_leaves_its_root_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        Server().registry(DATA, SCRATCH).find(path)


def test_the_default_root_follows_the_contents_manager() -> None:
    server = Server()
    registry = server.registry(DATA)
    before, _ = registry.find("a")
    assert registry.find("b")[0] is before
    server.folder = ContentsFolder("/srv/other", hidden=True)
    after, _ = registry.find("a")
    assert (after.info.real, after.info.hidden, after.info.title) == (b"/srv/other", True, "other")
    assert isinstance(before, StandIn)
    assert before.closed
    assert names(registry) == ["home", "data"]


def test_a_marked_root_describes_the_contents_root() -> None:
    server = Server(ContentsFolder("/mnt/home", hidden=True))
    registry = server.registry(
        DATA, {"name": "mine", "title": "Mine", "path": "/mnt/home", "default": True, "icon": "x:y", "read_only": True}
    )
    default = registry.default()
    assert default is not None
    assert default.info == RootInfo(
        "mine", "Mine", "", False, True, "inside", "x:y", 0, default=True, real=b"/mnt/home", added=False
    )
    assert names(registry) == ["mine", "data"]


def test_where_contents_are_no_folder_only_the_others_are_there() -> None:
    registry = Server(None).registry(DATA)
    assert names(registry) == ["data"]
    assert found(registry, "@data/a") == ("data", "a")
    with pytest.raises(NotFound, match="no folder of its machine"):
        registry.find("a")


def test_the_contents_root_takes_another_name_where_its_own_is_taken() -> None:
    registry = Server().registry({"name": "home", "path": "/a"}, {"name": "home-2", "path": "/b"})
    assert names(registry) == ["home-3", "home", "home-2"]
    assert found(registry, "@home/x") == ("home", "x")


def test_users_see_roots_by_order_then_as_listed_and_added_ones_last() -> None:
    registry = Server().registry({**DATA, "order": 2}, {**SCRATCH, "order": -1}, {"name": "third", "path": "/third"})
    added = RootInfo("mine", "Mine", "@mine", True, False, "inside", "", -9, default=False, real=b"/m", added=True)
    registry.add(added)
    assert names(registry) == ["scratch", "home", "third", "data", "mine"]


def test_a_root_that_is_added_is_found_until_it_is_removed() -> None:
    registry = Server().registry()
    info = RootInfo("mine", "Mine", "@mine", True, False, "inside", "", 0, default=False, real=b"/m", added=True)
    root = registry.add(info)
    assert registry.find("@mine/a") == (root, "a")
    assert registry.named("mine") is root
    again = registry.add(info._replace(writable=False))
    assert root.closed  # type: ignore[attr-defined]
    assert registry.find("@mine/a") == (again, "a")
    registry.remove("@mine")
    registry.remove("@mine")
    assert again.closed  # type: ignore[attr-defined]
    assert found(registry, "@mine/a") == ("home", "@mine/a")


def test_close_lets_all_roots_go() -> None:
    registry = Server().registry(DATA)
    roots = registry.watched()
    registry.close()
    assert all(root.closed for root in roots)  # type: ignore[attr-defined]
