"""The service on real directories: life of a listing, generations, changes in place."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.access import Place
from cloudru_jlab.core.collation import Collator
from cloudru_jlab.core.errors import BadParameter, NotADirectory, NotFound, StaleGeneration, Vanished
from cloudru_jlab.listing import directory as directory_module
from cloudru_jlab.listing.models import ChangesQuery, LocateQuery, OrderQuery, PageQuery
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.listing.service import ListingService
from cloudru_jlab.listing.slices import WorkCancelled


async def names(service: ListingService, path: str = "", **view: Any) -> list[str]:
    """All names of a view, from pages of one generation."""
    while True:
        found: list[str] = []
        page = await service.page(PageQuery(path=path, limit=7, **view))
        generation = page.generation
        try:
            while page.rows:
                found += [row.name for row in page.rows]
                page = await service.page(
                    PageQuery(path=path, limit=7, offset=len(found), generation=generation, **view)
                )
        except StaleGeneration:
            continue
        assert len(found) == page.total
        return found


def ordered(directory: Path) -> list[str]:
    """What the directory holds now, in stock order."""
    collator = Collator()
    found = [entry for entry in os.scandir(directory) if not entry.name.startswith(".")]
    found.sort(key=lambda entry: (not entry.is_dir(), collator.key(os.fsencode(entry.name)), os.fsencode(entry.name)))
    return [entry.name for entry in found]


async def settled(service: ListingService, path: str, directory: Path) -> list[str]:
    """The names, as soon as they are what the directory holds."""
    while True:
        found = await names(service, path)
        if found == ordered(directory):
            return found
        await asyncio.sleep(0)


class CountingAccess(LocalAccess):
    """Counts scans, and holds them before their end until told."""

    def __init__(self) -> None:
        super().__init__()
        self.scans = 0
        self.ends = asyncio.Event()
        self.ends.set()
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def scan(self, directory: Place, sink: Any, cancelled: Any = None, *, hide_closed: bool = False) -> None:
        """See `LocalAccess.scan`."""
        self.scans += 1
        await super().scan(directory, sink, cancelled, hide_closed=hide_closed)
        self.begun.set()
        try:
            await self.ends.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@pytest.fixture
def access(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Any:
    """A counting access."""
    access = CountingAccess()
    yield access
    access.close()


@pytest.mark.parametrize("watch", [True, False])
async def test_outside_changes_show_in_place(make_service: Any, tmp_path: Path, watch: bool) -> None:
    service = make_service(watch=watch)
    for number in range(30):
        (tmp_path / f"file {number}").touch()
    assert await names(service) == ordered(tmp_path)
    (tmp_path / "file 15a").touch()
    (tmp_path / "file 3").unlink()
    (tmp_path / "file 4").rename(tmp_path / "other")
    (tmp_path / "file 5").unlink()
    (tmp_path / "file 5").mkdir()
    assert await settled(service, "", tmp_path) == ordered(tmp_path)


async def test_one_scan_serves_all_and_small_changes_keep_the_epoch(
    make_service: Any, tmp_path: Path, access: CountingAccess
) -> None:
    service = make_service(access=access)
    (tmp_path / "a").touch()
    pages = await asyncio.gather(*[service.page(PageQuery()) for _ in range(20)])
    assert access.scans == 1
    assert len({page.generation for page in pages}) == 1
    assert pages[0].watched
    (tmp_path / "b").touch()
    assert await settled(service, "", tmp_path) == ["a", "b"]
    page = await service.page(PageQuery())
    assert page.generation.rpartition("-")[0] == pages[0].generation.rpartition("-")[0]
    assert access.scans == 1


async def test_preview_rows_keep_their_places_until_sorted(
    make_service: Any, tmp_path: Path, access: CountingAccess, rings: Any
) -> None:
    for number in range(1000):
        (tmp_path / f"{number}").touch()
    (tmp_path / ".hidden").touch()
    service = make_service(access=access, preview_patience=0.0)
    access.ends.clear()
    first = await service.page(PageQuery(limit=50))
    assert (first.mode, first.complete) == ("preview", False)
    await access.begun.wait()
    second = await service.page(PageQuery(limit=1000))
    assert second.generation == first.generation
    assert second.total == 1000
    assert [row.name for row in second.rows[:50]] == [row.name for row in first.rows]
    filtered = await service.page(PageQuery(filter="99", limit=1000))
    assert filtered.total == sum("99" in str(number) for number in range(1000))
    assert filtered.unfiltered == 1000
    row = second.rows[321]
    located = await service.locate(LocateQuery(name=row.name))
    assert located.index == 321
    poll = ChangesQuery(generation=first.generation, since=second.seq, limit=1000)
    assert (await service.changes(poll)).rows == []
    access.ends.set()
    assert await settled(service, "", tmp_path) == ordered(tmp_path)
    with pytest.raises(StaleGeneration) as stale:
        await service.page(PageQuery(generation=first.generation))
    assert stale.value.details["total"] == 1000
    assert [ring[2] for ring in rings] == ["ready"]
    changed = await service.changes(poll)
    assert (changed.mode, changed.rows) == ("sorted", [])


async def test_changes_while_scanning_are_not_lost(make_service: Any, tmp_path: Path, access: CountingAccess) -> None:
    for number in range(300):
        (tmp_path / f"{number}").touch()
    service = make_service(access=access, preview_patience=0.0)
    access.ends.clear()
    await service.page(PageQuery(limit=50))
    await access.begun.wait()
    (tmp_path / "new").touch()
    for number in range(100):
        (tmp_path / f"{number}").unlink()
    (tmp_path / "200").rename(tmp_path / "renamed")
    access.ends.set()
    assert await settled(service, "", tmp_path) == ordered(tmp_path)
    assert access.scans == 1


async def test_a_scan_that_nobody_waits_for_is_cancelled(
    make_service: Any, tmp_path: Path, access: CountingAccess
) -> None:
    (tmp_path / "a").touch()
    service = make_service(access=access, preview_patience=0.0, abandoned_seconds=0.0)
    access.ends.clear()
    await service.page(PageQuery())
    await access.begun.wait()
    await service.keep_house()
    await access.cancelled.wait()
    access.ends.set()
    assert await names(service) == ["a"]
    assert access.scans == 2


async def test_directory_deleted_while_scanning_has_vanished(
    make_service: Any, tmp_path: Path, access: CountingAccess
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    service = make_service(access=access, watch=False)
    access.ends.clear()
    page = asyncio.ensure_future(service.page(PageQuery(path="folder")))
    await access.begun.wait()
    folder.rmdir()
    access.ends.set()
    with pytest.raises(Vanished):
        await page
    with pytest.raises(NotFound):
        await service.page(PageQuery(path="folder"))


@pytest.mark.parametrize("watch", [True, False])
async def test_another_directory_of_the_same_name_is_read_anew(make_service: Any, tmp_path: Path, watch: bool) -> None:
    service = make_service(watch=watch)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()
    assert await names(service, "folder") == ["old"]
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    (folder / "new").touch()
    assert await settled(service, "folder", folder) == ["new"]
    assert await names(service, "moved") == ["old"]


async def test_odd_names_are_listed(make_service: Any, tmp_path: Path) -> None:
    service = make_service()
    root = os.fsencode(tmp_path)
    raw = [b"\xff\xfe", b"new\nline", b"x" * 255, b" ", "ж".encode() * 127, b"-rf", b"\xd0", b"a\xcc\x81"]
    for name in raw:
        os.close(os.open(os.path.join(root, name), os.O_CREAT))
    os.symlink("nowhere", root + b"/dangling")
    os.symlink("loop", root + b"/loop")
    os.mkdir(root + b"/dir")
    os.symlink("dir", root + b"/link to dir")
    os.mkfifo(root + b"/pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.fspath(tmp_path / "socket"))
    page = await service.page(PageQuery())
    assert page.total == len(raw) + 4
    shown = {row.name: row for row in page.rows}
    assert len(shown) == page.total
    assert shown["link to dir"].type == shown["dir"].type == "directory"
    assert shown["dangling"].type == shown["loop"].type == "file"
    assert shown["new\nline"].path == "new\nline"
    assert shown["\ufffd\ufffd"].undecodable is True
    assert [row.name for row in page.rows[:2]] == ["dir", "link to dir"]
    assert (await service.page(PageQuery(path="link to dir"))).total == 0
    (tmp_path / "dir" / "x").touch()
    assert await settled(service, "link to dir", tmp_path / "dir") == ["x"]


async def test_errors_tell_what_is_wrong(make_service: Any, tmp_path: Path) -> None:
    service = make_service()
    (tmp_path / "file").touch()
    (tmp_path / ".secret").mkdir()
    for path, error in (("none", NotFound), ("file", NotADirectory), ("../x", NotFound), (".secret", NotFound)):
        with pytest.raises(error) as failure:
            await service.page(PageQuery(path=path))
        assert str(tmp_path) not in failure.value.message
    with pytest.raises(BadParameter):
        await service.locate(LocateQuery())
    with pytest.raises(BadParameter):
        await service.locate(LocateQuery(name="a/b"))


async def test_hidden_files_need_the_servers_leave(make_service: Any, tmp_path: Path) -> None:
    (tmp_path / ".secret").touch()
    (tmp_path / "a.pyc").touch()
    (tmp_path / "b").touch()
    assert await names(make_service(hide_globs=("*.pyc",)), hidden=True) == ["b"]
    open_service = make_service(allow_hidden=True)
    assert await names(open_service, hidden=True) == [".secret", "a.pyc", "b"]
    assert await names(open_service) == ["a.pyc", "b"]
    assert await names(open_service, "", hidden=True, filter="SEC") == [".secret"]


async def test_a_growing_file_travels_alone(make_service: Any, tmp_path: Path) -> None:
    service = make_service()
    for number in range(50):
        (tmp_path / f"f{number}").touch()
    page = await service.page(PageQuery())
    poll = ChangesQuery(generation=page.generation, since=page.seq)
    assert (await service.changes(poll)).rows == []
    (tmp_path / "f7").write_text("longer")
    changes = await service.changes(poll)
    assert [(change.index, change.row.name, change.row.size) for change in changes.rows] == [(7, "f7", 6)]
    assert changes.generation == page.generation
    # another client has not been told yet
    assert len((await service.changes(poll)).rows) == 1
    later = ChangesQuery(generation=page.generation, since=changes.seq)
    assert (await service.changes(later)).rows == []


async def test_a_vanished_row_stays_in_its_generation(make_service: Any, tmp_path: Path) -> None:
    service = make_service(watch=False)
    for number in range(5):
        (tmp_path / f"{number}").touch()
    page = await service.page(PageQuery())
    (tmp_path / "2").unlink()
    again = await service.page(PageQuery(generation=page.generation))
    assert [row.name for row in again.rows] == ["0", "1", "2", "3", "4"]
    assert again.rows[2].size is None
    assert await settled(service, "", tmp_path) == ["0", "1", "3", "4"]


async def test_memory_is_bounded_and_the_oldest_go_first(
    make_service: Any, tmp_path: Path, access: CountingAccess
) -> None:
    for folder in "abc":
        (tmp_path / folder).mkdir()
        for number in range(100):
            (tmp_path / folder / f"{number}").touch()
    probe = make_service()
    await names(probe, "a")
    (one,) = probe._directories.values()
    service = make_service(access=access, memory_limit=int(2.5 * one.nbytes))
    for folder in "abc":
        await names(service, folder)
    assert access.scans == 3
    await names(service, "c")
    await names(service, "b")
    assert access.scans == 3
    await names(service, "a")
    assert access.scans == 4


async def test_time_and_size_orders(make_service: Any, tmp_path: Path, until: Any) -> None:
    service = make_service(stat_sort_limit=5)
    for number, name in enumerate(["b", "a", "c"]):
        (tmp_path / name).write_text("x" * number)
        os.utime(tmp_path / name, (1000 - number, 1000 - number))
    assert await names(service, sort="size") == ["b", "a", "c"]
    assert await names(service, sort="size", order="desc") == ["c", "a", "b"]
    # stock calls it ascending when the newest is first
    assert await names(service, sort="modified") == ["b", "a", "c"]
    assert await names(service, sort="modified", order="desc") == ["c", "a", "b"]
    (tmp_path / "d").write_text("xxxxx")
    (tmp_path / "b").unlink()

    async def changed() -> bool:
        return await names(service, sort="size") == ["a", "c", "d"]

    await until(changed)
    for number in range(5):
        (tmp_path / f"{number}").touch()
    fresh = make_service(stat_sort_limit=5)
    page = await fresh.page(PageQuery(sort="size"))
    assert (page.deferred, page.sort, page.order) == (True, "name", "asc")
    page = await fresh.page(PageQuery(sort="size", order="desc", force=True))
    assert (page.deferred, page.sort, page.order) == (False, "size", "desc")
    assert [row.name for row in page.rows][:2] == ["d", "c"]


class SlowNumbers(LocalAccess):
    """Stats when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def numbers(self, directory: Place, names: Any) -> Any:
        """See `LocalAccess.numbers`."""
        await self.go.wait()
        return await super().numbers(directory, names)


async def test_a_sort_by_size_shows_names_meanwhile_and_can_be_cancelled(
    make_service: Any, tmp_path: Path, rings: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudru_jlab.listing.shown._QUICK_STATS", 0)
    access = SlowNumbers()
    service = make_service(access=access)
    (tmp_path / "a").write_text("xx")
    (tmp_path / "b").write_text("x")
    page = await service.page(PageQuery(sort="size"))
    assert (page.sort, page.progress) == ("name", 0.0)
    await service.cancel_order(OrderQuery(sort="size"))
    changes = await service.changes(ChangesQuery(generation=page.generation, sort="size"))
    assert changes.progress is None
    page = await service.page(PageQuery(sort="size"))
    assert page.progress == 0.0
    access.go.set()

    async def sorted_by_size() -> bool:
        return (await service.page(PageQuery(sort="size"))).sort == "size"

    await until(sorted_by_size)
    assert await names(service, sort="size") == ["b", "a"]
    assert rings[-1][2] == "ready"
    with pytest.raises(StaleGeneration):
        await service.page(PageQuery(sort="size", generation=page.generation))
    access.close()


async def test_head_gives_the_first_names_in_stock_order(make_service: Any, tmp_path: Path) -> None:
    service = make_service()
    for name in ("b10", "b9", ".h"):
        (tmp_path / name).touch()
    (tmp_path / "z").mkdir()
    head = await service.head("", 2, hidden=False)
    assert (head.names, head.total) == ([b"z", b"b9"], 3)


async def test_an_abandoned_request_ends_its_filter(make_service: Any, tmp_path: Path, monkeypatch: Any) -> None:
    service: ListingService = make_service()
    (tmp_path / "a").touch()
    await service.page(PageQuery())
    begun, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def matching(source: Any, start: int, stop: int, text: str, match: str, cancelled: Any) -> Any:
        loop.call_soon_threadsafe(begun.set)
        while not cancelled():
            pass
        loop.call_soon_threadsafe(ended.set)
        raise WorkCancelled

    monkeypatch.setattr("cloudru_jlab.listing.snapshot.matching", matching)
    request = asyncio.ensure_future(service.page(PageQuery(filter="a")))
    await begun.wait()
    request.cancel()
    await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await request


async def test_a_large_directory_is_read_again_a_tenth_of_the_time(
    make_service: Any, tmp_path: Path, access: CountingAccess, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "SMALL", 0)
    monkeypatch.setattr(directory_module, "_RESCAN_SHARE", 1e-9)
    service = make_service(access=access, watch=False)
    (tmp_path / "a").touch()
    assert await names(service) == ["a"]
    (tmp_path / "b").touch()
    (tmp_path / "c").touch()
    # told of by the server itself, it shows without a scan
    service.entry_created("c")

    async def shown() -> bool:
        return await names(service) == ["a", "c"]

    await until(shown)
    assert access.scans == 1
    (directory,) = service._directories.values()
    assert directory._later is not None
    directory._later.cancel()
    directory._later = None
    monkeypatch.setattr(directory_module, "_RESCAN_SHARE", 1.0)
    assert await settled(service, "", tmp_path) == ["a", "b", "c"]
    assert access.scans > 1


async def test_an_order_of_another_locale_catches_up_with_changes(
    make_service: Any, tmp_path: Path, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service()
    for name in ("a", "b", "ж", "э"):
        (tmp_path / name).touch()
    assert await names(service) == ["a", "b", "ж", "э"]
    sort_names, go, begun = directory_module.sort_names, asyncio.Event(), asyncio.Event()

    async def slow_sort(*arguments: Any) -> Any:
        order = await sort_names(*arguments)
        begun.set()
        await go.wait()
        return order

    monkeypatch.setattr(directory_module, "sort_names", slow_sort)
    page = asyncio.ensure_future(service.page(PageQuery(locale="ru_RU")))
    await begun.wait()
    (tmp_path / "c").touch()
    (tmp_path / "г").mkdir()
    (tmp_path / "ж").unlink()
    assert await settled(service, "", tmp_path) == ["г", "a", "b", "c", "э"]
    go.set()
    assert [row.name for row in (await page).rows] == ["г", "э", "a", "b", "c"]


async def test_names_long_gone_are_not_kept_for_ever(
    make_service: Any, tmp_path: Path, access: CountingAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudru_jlab.listing.snapshot._HISTORY", 10)
    service = make_service(access=access)
    (tmp_path / "stays").touch()
    await names(service)
    for number in range(30):
        (tmp_path / f"{number}").touch()
        await settled(service, "", tmp_path)
        (tmp_path / f"{number}").unlink()
        await settled(service, "", tmp_path)
    (directory,) = service._directories.values()
    assert access.scans > 1
    assert directory.snapshot is not None
    assert directory.snapshot.names.count < 30
