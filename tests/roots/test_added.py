"""Roots that users add: below what the operator allows, decided on the opened folder, and kept."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount

from cloudru_jlab.core.errors import Conflict, NotAnswering, NotFound
from cloudru_jlab.roots.added import Checked, Other, check, name_for
from cloudru_jlab.roots.models import NewRoot

from .conftest import Ask


@pytest.fixture
def allowed(folders: Callable[[str], Path]) -> Path:
    """The folder below which roots may be added."""
    return folders("allowed")


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], allowed: Path) -> dict[str, Any]:
    """Users may add roots below one folder."""
    jp_server_config["Roots"] = {"user_parents": [str(allowed)]}
    return jp_server_config


def other(path: Path, *, writable: bool = True, answers: bool = True) -> Other:
    return Other("Other", os.fsencode(path), writable, answers)


def checked(path: Path, parent: Path, *others: Other) -> Checked:
    return check(os.fsencode(path), [b"/no/such/parent", os.fsencode(parent)], others)


# --- where they may be


def test_a_folder_below_a_parent_may_be_added(allowed: Path) -> None:
    (allowed / "a" / "b").mkdir(parents=True)
    for path in (allowed / "a" / "b", allowed / "a", allowed):
        assert checked(path, allowed) == Checked(os.fsencode(path), os.fsencode(allowed), False)


def test_a_link_that_stays_below_stands_for_where_it_leads(allowed: Path) -> None:
    (allowed / "a").mkdir()
    (allowed / "link").symlink_to("a")
    assert checked(allowed / "link", allowed).path == os.fsencode(allowed / "a")


def test_a_parent_may_be_reached_through_a_link(allowed: Path, tmp_path: Path) -> None:
    (allowed / "a").mkdir()
    (tmp_path / "short").symlink_to(allowed)
    assert checked(tmp_path / "short" / "a", allowed).path == os.fsencode(allowed / "a")
    assert checked(allowed / "a", tmp_path / "short").parent == os.fsencode(tmp_path / "short")


def test_what_leads_out_is_refused_like_what_is_not_there(allowed: Path, folders: Callable[[str], Path]) -> None:
    outside, beside = folders("outside"), folders("allowed-too")
    (outside / "secret").mkdir()
    (allowed / "file").write_text("")
    (allowed / "out").symlink_to(outside)
    (allowed / "up").symlink_to("..")
    (allowed / "loop").symlink_to("loop")
    messages = set()
    for path in (
        outside,
        beside,
        allowed.parent,
        allowed / "out",
        allowed / "out" / "secret",
        allowed / "up",
        allowed / ".." / "outside",
        allowed / "file",
        allowed / "loop",
        allowed / "none",
        allowed / ("x" * 300),
        Path("/proc/self/fd"),
    ):
        with pytest.raises(NotFound) as refused:
            checked(path, allowed)
        messages.add(refused.value.message.replace(os.fspath(path), "…"))
    assert len(messages) == 1


def test_a_deleted_folder_is_refused(allowed: Path) -> None:
    (allowed / "gone").mkdir()
    fd = os.open(allowed / "gone", os.O_RDONLY)
    try:
        (allowed / "gone").rmdir()
        with pytest.raises(NotFound):
            checked(Path(f"/proc/self/fd/{fd}"), allowed)
    finally:
        os.close(fd)


def test_what_is_a_root_already_is_a_conflict(allowed: Path) -> None:
    (allowed / "a").mkdir()
    (allowed / "link").symlink_to("a")
    with pytest.raises(Conflict, match="the root “Other” already"):
        checked(allowed / "a", allowed, other(allowed / "a"))
    with pytest.raises(Conflict):
        checked(allowed / "a", allowed, other(allowed / "link"))
    assert checked(allowed / "a", allowed, other(allowed / "link", answers=False)).read_only is False


def test_what_overlaps_a_read_only_root_is_read_only(allowed: Path, tmp_path: Path) -> None:
    (allowed / "a" / "b" / "c").mkdir(parents=True)
    (allowed / "ab").mkdir()
    closed = other(allowed / "a" / "b", writable=False)
    answers = {path: checked(allowed / path, allowed, closed).read_only for path in ("a", "a/b/c", "ab", ".")}
    assert answers == {"a": True, "a/b/c": True, "ab": False, ".": True}
    (tmp_path / "alias").symlink_to(allowed / "a")
    assert checked(allowed / "a" / "b", allowed, other(tmp_path / "alias", writable=False)).read_only is True
    assert checked(allowed / "a" / "b" / "c", allowed, other(allowed / "a")).read_only is False


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("data", "data"),
        ("My Data (2)", "my-data-2"),
        ("Été", "e-te"),
        ("Данные", "folder"),
        ("..", "folder"),
        ("real-path", "real-path-2"),
        ("taken", "taken-3"),
        ("x" * 300, "x" * 50),
        ("@home", "home"),
    ],
)
def test_a_name_is_made_of_the_title(title: str, name: str) -> None:
    assert name_for(title, lambda name: name in {"taken", "taken-2"}) == name


# --- the server


async def add(ask: Ask, path: Path, **more: Any) -> Any:
    status, root = await ask(method="POST", body={"path": str(path), **more})
    assert status == 201, root
    return root


async def test_an_added_root_is_a_root(ask: Ask, allowed: Path, jp_fetch: Any) -> None:
    (allowed / "Set 1").mkdir()
    (allowed / "Set 1" / "file.txt").write_text("text")
    root = await add(ask, allowed / "Set 1")
    assert (root["name"], root["title"], root["prefix"]) == ("set-1", "Set 1", "@set-1")
    assert (root["added"], root["writable"], root["state"], root["symlinks"]) == (True, True, "available", "inside")
    _, listed = await ask()
    assert listed["may_add"] is True
    assert listed["roots"][1]["name"] == "set-1"
    found = await jp_fetch("api", "contents", "@set-1", "file.txt")
    assert json.loads(found.body)["content"] == "text"


async def test_an_added_root_may_be_read_only(ask: Ask, allowed: Path) -> None:
    (allowed / "a").mkdir()
    root = await add(ask, allowed / "a", read_only=True, title="Набор")
    assert (root["writable"], root["title"], root["name"]) == (False, "Набор", "folder")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"path": "relative"}, 400, "bad_parameter"),
        ({"path": "/a\0b"}, 400, "bad_parameter"),
        ({"path": ""}, 400, "bad_parameter"),
        ({}, 400, "bad_parameter"),
        ({"path": "/", "title": "a\nb"}, 400, "bad_parameter"),
        ({"path": "/", "title": ""}, 400, "bad_parameter"),
        ({"path": "/"}, 404, "not_found"),
        ({"path": "/no/such"}, 404, "not_found"),
        ({"path": "~no-such-user/x"}, 400, "bad_parameter"),
    ],
)
async def test_what_cannot_be_added_is_refused(ask: Ask, body: Any, status: int, reason: str) -> None:
    assert [(code, answer["reason"]) for code, answer in [await ask(method="POST", body=body)]] == [(status, reason)]


async def test_a_folder_is_added_once(ask: Ask, allowed: Path) -> None:
    (allowed / "a").mkdir()
    await add(ask, allowed / "a")
    status, refused = await ask(method="POST", body={"path": str(allowed / "a")})
    assert (status, refused["reason"]) == (409, "conflict")


async def test_folders_of_one_name_get_names_of_their_own(ask: Ask, allowed: Path, jp_root_dir: Path) -> None:
    (jp_root_dir / "@same-2").mkdir()
    roots = []
    for parent in ("a", "b", "c"):
        (allowed / parent / "same").mkdir(parents=True)
        roots.append(await add(ask, allowed / parent / "same"))
    assert [root["name"] for root in roots] == ["same", "same-3", "same-4"]


async def test_a_removed_root_is_gone_and_its_files_stay(ask: Ask, allowed: Path) -> None:
    (allowed / "a").mkdir()
    root = await add(ask, allowed / "a")
    assert await ask(root["name"], method="DELETE") == (204, None)
    status, _ = await ask(root["name"], method="DELETE")
    assert status == 404
    _, listed = await ask()
    assert [each["default"] for each in listed["roots"]] == [True]
    assert (allowed / "a").is_dir()


async def test_a_root_of_the_operator_is_not_removed(ask: Ask) -> None:
    _, listed = await ask()
    status, refused = await ask(listed["roots"][0]["name"], method="DELETE")
    assert (status, refused["reason"]) == (403, "permission_denied")


# --- after a restart


class Restarts:
    """Starts servers, one after the other, in the same folder."""

    def __init__(self, make: Callable[..., Any], config: dict[str, Any], loop: Any) -> None:
        self._make, self._config, self._loop = make, config, loop
        self.app: Any = None

    def start(self, **roots: Any) -> Any:
        """The feature of a new server."""
        if self.app is not None:
            self.stop()
        self.app = self._make(config={**self._config, "Roots": {**self._config["Roots"], **roots}})
        [extension] = self.app.extension_manager.extension_apps["cloudru_jlab"]
        [feature] = [each for each in extension.features if each.slug == "roots"]
        return feature

    def run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    def names(self, feature: Any) -> list[str]:
        """Of the added roots, once all are looked for."""
        self.run(feature.service.validate())
        return [root.info.name for root in feature.registry.watched() if root.info.added]

    def stop(self) -> None:
        self.run(self.app._cleanup())
        type(self.app).clear_instance()


@pytest.fixture
def restarts(
    early_log: None, jp_configurable_serverapp: Any, jp_server_config: dict[str, Any], jp_asyncio_loop: Any
) -> Iterator[Restarts]:
    """See `Restarts`."""
    restarts = Restarts(jp_configurable_serverapp, jp_server_config, jp_asyncio_loop)
    yield restarts
    restarts.stop()


def add_to(restarts: Restarts, feature: Any, path: Path, *, read_only: bool = False) -> None:
    restarts.run(feature.service.add(NewRoot(path=str(path), read_only=read_only)))


def test_added_roots_come_back(restarts: Restarts, allowed: Path, jp_data_dir: Path) -> None:
    for name in ("a", "b", "c"):
        (allowed / name).mkdir()
    feature = restarts.start()
    add_to(restarts, feature, allowed / "a")
    add_to(restarts, feature, allowed / "b", read_only=True)
    add_to(restarts, feature, allowed / "c")
    restarts.run(feature.service.remove("a"))
    feature = restarts.start()
    assert [root.info.name for root in feature.registry.watched()][1:] == ["b", "c"]
    assert restarts.names(feature) == ["b", "c"]
    assert [feature.registry.named(name).info.writable for name in ("b", "c")] == [False, True]
    [kept] = jp_data_dir.glob("cloudru_jlab/*/roots.json")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_an_added_root_stays_away_where_the_operator_no_longer_allows_it(
    restarts: Restarts, allowed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (allowed / "a").mkdir()
    add_to(restarts, restarts.start(), allowed / "a")
    feature = restarts.start(user_parents=[str(allowed.parent / "other")])
    assert restarts.names(feature) == []
    assert "its place is not in Roots.user_parents" in caplog.text


def test_an_added_root_stays_away_where_a_link_took_its_place(
    restarts: Restarts, allowed: Path, folders: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    outside = folders("outside")
    (allowed / "a").mkdir()
    add_to(restarts, restarts.start(), allowed / "a")
    (allowed / "a").rmdir()
    (allowed / "a").symlink_to(outside)
    assert restarts.names(restarts.start()) == []
    assert "leads elsewhere" in caplog.text


def test_an_added_root_that_is_missing_stays_and_is_not_available(restarts: Restarts, allowed: Path) -> None:
    (allowed / "a").mkdir()
    add_to(restarts, restarts.start(), allowed / "a")
    (allowed / "a").rmdir()
    feature = restarts.start()
    assert restarts.names(feature) == ["a"]
    listed = restarts.run(feature.service.overview())
    assert [(root.name, root.state) for root in listed.roots if root.added] == [("a", "missing")]
    (allowed / "a").mkdir()
    listed = restarts.run(feature.service.overview(refresh=True))
    assert [(root.name, root.state) for root in listed.roots if root.added] == [("a", "available")]


def test_an_added_root_makes_way_for_an_entry_of_the_default_root(
    restarts: Restarts, allowed: Path, jp_root_dir: Path
) -> None:
    (allowed / "a").mkdir()
    add_to(restarts, restarts.start(), allowed / "a")
    (jp_root_dir / "@a").mkdir()
    assert restarts.names(restarts.start()) == []


def test_an_added_root_becomes_read_only_with_the_root_that_it_overlaps(restarts: Restarts, allowed: Path) -> None:
    (allowed / "a" / "b").mkdir(parents=True)
    (allowed / "alias").symlink_to("a")
    add_to(restarts, restarts.start(), allowed / "a" / "b")
    closed = {"name": "closed", "path": str(allowed / "alias"), "read_only": True}
    feature = restarts.start(roots=[closed])
    restarts.run(feature.service.overview())
    assert restarts.names(feature) == ["b"]
    assert feature.registry.named("b").info.writable is False


def test_an_added_root_makes_way_for_one_of_the_operator(restarts: Restarts, allowed: Path) -> None:
    (allowed / "a").mkdir()
    add_to(restarts, restarts.start(), allowed / "a")
    assert restarts.names(restarts.start(roots=[{"name": "mine", "path": str(allowed / "a")}])) == []


@pytest.mark.root
def test_a_folder_that_hangs_is_refused_in_time_and_nothing_else_with_it(
    restarts: Restarts, allowed: Path, hanging: SlowMount
) -> None:
    (allowed / "a").mkdir()
    short = {"user_parents": [str(allowed), str(hanging.point)], "deadline_seconds": 0.5, "retry_seconds": 0.1}
    feature = restarts.start(**short)
    hanging.tell("hang")
    with pytest.raises(NotAnswering):
        add_to(restarts, feature, hanging.point)
    listed = restarts.run(feature.service.overview(refresh=True))
    assert [root.state for root in listed.roots] == ["available"]
    hanging.tell("release")
    added = False
    while not added:
        with suppress(NotAnswering):
            add_to(restarts, feature, hanging.point)
            added = True

    # after a restart it is there, and not answering
    hanging.tell("hang")
    feature = restarts.start(**short)
    assert restarts.names(feature) == ["slow"]
    listed = restarts.run(feature.service.overview(refresh=True))
    assert [(root.name, root.state) for root in listed.roots if root.added] == [("slow", "not_answering")]
    hanging.tell("release")


async def test_the_server_looks_for_added_roots_when_it_starts(jp_serverapp: Any, allowed: Path) -> None:
    [app] = jp_serverapp.extension_manager.extension_apps["cloudru_jlab"]
    [feature] = [each for each in app.features if each.slug == "roots"]
    (allowed / "a").mkdir()
    await feature.service.add(NewRoot(path=str(allowed / "a")))
    (allowed / "a").rmdir()
    (allowed / "a").symlink_to(allowed.parent)
    await feature.start()
    while feature.registry.named("a") is not None:  # noqa: ASYNC110 - nothing tells when it is done
        await asyncio.sleep(0.01)
