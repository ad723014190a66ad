"""The listing service over several roots: directories under each policy for links, and one in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import NotFound, RootUnavailable
from cloudru_jlab.core.ports import RootState
from cloudru_jlab.listing.models import ChangesQuery, LocateQuery, PageQuery, Selection, View
from cloudru_jlab.listing.service import ListingService

from .rooted import Registered

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def registry(jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[Registered]:
    """A registry whose default root is ``tmp_path / "home"``."""
    registry = Registered()
    (tmp_path / "home").mkdir()
    registry.add("home", tmp_path / "home", symlinks="follow")
    yield registry
    registry.close()


@pytest.fixture
def service(make_service: Any, registry: Registered, tmp_path: Path) -> ListingService:
    """A service of the registry's roots."""
    made: ListingService = make_service(root=tmp_path / "home", registry=lambda: registry)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory for another root."""
    path = tmp_path / "volume"
    path.mkdir()
    return path


async def shown(service: ListingService, path: str, **view: Any) -> list[str]:
    """The paths of a page's rows."""
    return [row.path for row in (await service.page(PageQuery(path=path, **view))).rows]


@pytest.mark.parametrize("kind", ["local", "memory"])
class TestEveryRoot:
    """What holds whatever the root is."""

    @pytest.fixture
    def root(self, kind: str, registry: Registered, data: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> str:
        """A root with a few entries; its prefix."""
        backend = registry.add("data", data if kind == "local" else None)

        async def fill() -> None:
            await backend.make_directory("sub")
            for name in ("b", "a10", "a9", "sub/inner"):
                await backend.write(name, name.encode())

        jp_asyncio_loop.run_until_complete(fill())
        return backend.info.prefix

    async def test_pages_carry_the_prefix_and_are_sorted(self, service: ListingService, root: str) -> None:
        page = await service.page(PageQuery(path=root))
        assert (page.path, page.total, page.writable) == (root, 4, True)
        assert [row.path for row in page.rows] == [f"{root}/sub", f"{root}/a9", f"{root}/a10", f"{root}/b"]
        assert page.rows[1].size == 2
        inner = await service.page(PageQuery(path=f"{root}/sub/"))
        assert (inner.path, [row.path for row in inner.rows]) == (f"{root}/sub", [f"{root}/sub/inner"])

    async def test_polls_look_ups_filters_and_sorts(self, service: ListingService, root: str) -> None:
        page = await service.page(PageQuery(path=root, sort="size", order="desc", filter="a", filter_directories=True))
        assert (page.sort, [row.name for row in page.rows]) == ("size", ["a10", "a9"])
        location = await service.locate(LocateQuery(path=root, name="a10"))
        assert (location.index, location.exists) == (2, True)
        page = await service.page(PageQuery(path=root))
        changes = await service.changes(ChangesQuery(path=root, generation=page.generation, since=page.seq))
        assert (changes.path, changes.generation, changes.rows) == (root, page.generation, [])
        head = await service.head(f"{root}/sub", 10, hidden=False)
        assert (head.names, head.total) == ([b"inner"], 1)

    async def test_what_the_server_made_stands_in_its_place(
        self, service: ListingService, registry: Registered, root: str, until: Until
    ) -> None:
        await service.page(PageQuery(path=root))
        await registry.backends[root].write("a9a", b"")
        service.entry_created(f"{root}/a9a")
        await until(lambda: _is(service, root, [f"{root}/{name}" for name in ("sub", "a9", "a9a", "a10", "b")]))
        await registry.backends[root].rename("a9a", "c")
        service.entry_renamed(f"{root}/a9a", f"{root}/c")
        await until(lambda: _is(service, root, [f"{root}/{name}" for name in ("sub", "a9", "a10", "b", "c")]))

    async def test_a_selection_is_resolved(self, service: ListingService, root: str) -> None:
        page = await service.page(PageQuery(path=root))
        selected = await service.resolve_selection(root, View(), page.generation, Selection(all=True, excluded=["b"]))
        names = {name for batch in selected.batches() for name, _ in batch}
        assert names == {b"sub", b"a9", b"a10"}

    @pytest.mark.parametrize("path", ["../home", "sub/../../home", "./sub", "missing", "a\0b", ".hidden"])
    async def test_what_is_not_in_it_is_not_found(self, service: ListingService, root: str, path: str) -> None:
        with pytest.raises(NotFound):
            await service.page(PageQuery(path=f"{root}/{path}"))


async def _is(service: ListingService, path: str, expected: list[str]) -> bool:
    return await shown(service, path) == expected


async def test_equal_paths_in_two_roots_are_two_directories(
    service: ListingService, registry: Registered, tmp_path: Path, data: Path
) -> None:
    registry.add("data", data)
    for root, name in ((tmp_path / "home", "mine"), (data, "shared")):
        (root / "same").mkdir()
        (root / "same" / name).touch()
    assert await shown(service, "same") == ["same/mine"]
    assert await shown(service, "@data/same") == ["@data/same/shared"]
    assert await shown(service, "") == ["same"]


async def test_nothing_is_writable_in_a_read_only_root(
    service: ListingService, registry: Registered, tmp_path: Path, data: Path
) -> None:
    registry.add("data", data, writable=False)
    for root in (tmp_path / "home", data):
        (root / "file").touch()
    page = await service.page(PageQuery(path="@data"))
    assert (page.writable, [row.writable for row in page.rows]) == (False, [False])
    page = await service.page(PageQuery())
    assert (page.writable, [row.writable for row in page.rows]) == (True, [True])


async def test_hidden_files_are_the_roots_own_decision(
    service: ListingService, registry: Registered, data: Path
) -> None:
    registry.add("open", data, hidden=True)
    registry.add("closed", data)
    (data / ".hidden").mkdir()
    assert await shown(service, "@open", hidden=True) == ["@open/.hidden"]
    assert await shown(service, "@open") == []
    assert await shown(service, "@open/.hidden") == []
    assert await shown(service, "@closed", hidden=True) == []
    with pytest.raises(NotFound):
        await service.page(PageQuery(path="@closed/.hidden"))


@pytest.fixture
def linked(data: Path, tmp_path: Path) -> Path:
    """`data` with links in it and out of it."""
    outside = tmp_path / "outside"
    (outside / "secret").mkdir(parents=True)
    (data / "real").mkdir()
    (data / "real" / "file").write_text("x")
    (data / "in").symlink_to("real")
    (data / "absolute").symlink_to(data / "real")
    (data / "out").symlink_to(outside)
    (data / "up").symlink_to("../outside")
    (data / "dangling").symlink_to("nowhere")
    return data


LINKS = {
    "deny": {"in": False, "absolute": False, "out": False, "up": False},
    "inside": {"in": True, "absolute": True, "out": False, "up": False},
    "follow": {"in": True, "absolute": True, "out": True, "up": True},
}


@pytest.mark.parametrize("symlinks", LINKS)
async def test_links_are_followed_as_far_as_the_root_says(
    service: ListingService, registry: Registered, linked: Path, symlinks: str
) -> None:
    registry.add("data", linked, symlinks=symlinks)
    page = await service.page(PageQuery(path="@data"))
    rows = {row.name: row for row in page.rows}
    for name, followed in {**LINKS[symlinks], "dangling": False}.items():
        assert rows[name].type == ("directory" if followed else "file"), name
        assert rows[name].writable is followed, name
        if name == "dangling":
            continue
        if followed:
            assert (await service.page(PageQuery(path=f"@data/{name}"))).total == 1
        else:
            with pytest.raises(NotFound):
                await service.page(PageQuery(path=f"@data/{name}"))
    # sorts, and what changes in place, see the same
    page = await service.page(PageQuery(path="@data", sort="size"))
    (linked / "again").symlink_to("../outside")
    service.entry_created("@data/again")
    for row in (await service.page(PageQuery(path="@data"))).rows:
        if row.name == "again":
            assert row.type == ("directory" if symlinks == "follow" else "file")


async def test_a_directory_that_becomes_a_link_out_of_the_root_is_not_listed(
    service: ListingService, registry: Registered, data: Path, tmp_path: Path
) -> None:
    registry.add("data", data)
    (data / "folder").mkdir()
    (data / "folder" / "file").touch()
    (tmp_path / "home" / "canary").touch()
    assert await shown(service, "@data/folder") == ["@data/folder/file"]
    (data / "folder").rename(data / "old")
    (data / "folder").symlink_to(tmp_path / "home")
    with pytest.raises(NotFound):
        await service.page(PageQuery(path="@data/folder"))


async def test_a_root_that_is_not_there_is_refused_at_once(
    service: ListingService, registry: Registered, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = registry.add("data", data)
    monkeypatch.setattr(backend, "state", lambda: RootState("not_answering", "It does not answer."))

    with pytest.raises(RootUnavailable, match="It does not answer") as refused:
        await service.page(PageQuery(path="@data"))

    assert (refused.value.status, refused.value.reason) == (503, "root_unavailable")
    # what others tell of it is no error
    service.entry_created("@data/x")
    assert (await service.page(PageQuery())).total == 0


async def test_changes_from_outside_show_in_every_root(
    service: ListingService, registry: Registered, data: Path, until: Until
) -> None:
    registry.add("data", data, symlinks="deny")
    (data / "a").touch()
    page = await service.page(PageQuery(path="@data"))
    assert page.watched
    (data / "b").touch()
    await until(lambda: _is(service, "@data", ["@data/a", "@data/b"]))


async def test_a_name_that_is_given_to_another_folder_shows_that(
    service: ListingService, registry: Registered, data: Path, tmp_path: Path
) -> None:
    registry.add("data", data)
    (data / "old").touch()
    assert await shown(service, "@data") == ["@data/old"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "new").touch()
    registry.add("data", other)
    assert await shown(service, "@data") == ["@data/new"]


async def test_the_events_name_the_path_with_its_prefix(
    service: ListingService, registry: Registered, data: Path, rings: Any, until: Until
) -> None:
    registry.add("data", data)
    os.close(os.open(data / "a", os.O_CREAT))
    await service.page(PageQuery(path="@data"))

    async def rung() -> bool:
        return any(path == "@data" for path, *_ in rings)

    await until(rung)
