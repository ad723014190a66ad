"""inotify, and what the service makes of it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.access import Place
from cloudru_jlab.listing.inotify import Event, Inotify, Unavailable, parse
from cloudru_jlab.listing.models import PageQuery
from cloudru_jlab.listing.watching import Watching


def test_events_are_parsed() -> None:
    def raw(watch: int, mask: int, name: bytes = b"") -> bytes:
        padded = name + b"\0" * (-len(name) % 16) if name else b""
        return struct.pack("iIII", watch, mask, 0, len(padded)) + padded

    data = raw(1, 0x100, b"new\xff") + raw(2, 0x40000040, b"x" * 16) + raw(-1, 0x4000) + raw(3, 0x400) + raw(3, 0x8000)
    assert list(parse(data)) == [
        Event(1, b"new\xff"),
        Event(2, b"x" * 16),
        Event(-1, None, overflow=True),
        Event(3, None),
        Event(3, None),
    ]


def flood(directory: Path) -> None:
    """More events than the kernel keeps."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip("the queue of inotify holds too many events here to make it overflow")
    for number in range(limit // 2 + 10):
        (directory / f"{number}").touch()
        (directory / f"{number}").unlink()


class Watched:
    """Keeps what it is told."""

    def __init__(self, path: Path) -> None:
        self.place = Place(os.fsencode(path), b"")
        self.watched = True
        self.names: set[bytes] = set()
        self.news = asyncio.Event()
        self.stale = self.gone = False

    def touch(self, names: Any) -> None:
        """See `watching.Watched`."""
        self.names.update(names)
        self.news.set()

    def mark_stale(self) -> None:
        """See `watching.Watched`."""
        self.stale = True
        self.news.set()

    def lost(self) -> None:
        """See `watching.Watched`."""
        self.gone = True
        self.news.set()


@pytest.fixture
def watching(jp_asyncio_loop: Any) -> Any:
    """A watching of its own."""
    watching = Watching(logging.getLogger("watch"))
    yield watching
    watching.stop()


async def test_entries_that_come_and_go_are_told(watching: Watching, tmp_path: Path) -> None:
    directory = Watched(tmp_path)
    assert watching.add(directory)
    (tmp_path / "a").touch()
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "c").mkdir()
    await directory.news.wait()
    assert directory.names == {b"a", b"b", b"c"}
    (tmp_path / "b").write_text("growing is left to the polls")
    watching.remove(directory)
    assert directory.names == {b"a", b"b", b"c"}
    assert not directory.watched


async def test_one_directory_by_two_paths(watching: Watching, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to("real")
    one, two = Watched(real), Watched(tmp_path / "link")
    assert watching.add(one)
    assert watching.add(two)
    watching.remove(one)
    (real / "a").touch()
    await two.news.wait()
    assert (one.names, two.names) == (set(), {b"a"})


async def test_a_directory_that_goes_away_is_lost(watching: Watching, tmp_path: Path) -> None:
    for number, end in enumerate((Path.rmdir, lambda path: path.rename(tmp_path / "moved"))):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        directory = Watched(folder)
        assert watching.add(directory)
        end(folder)
        await directory.news.wait()
        assert directory.gone


async def test_a_flood_makes_it_stale(watching: Watching, tmp_path: Path) -> None:
    directory = Watched(tmp_path)
    assert watching.add(directory)
    flood(tmp_path)
    while not directory.stale:
        await directory.news.wait()
        directory.news.clear()


async def test_without_inotify_polls_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def none() -> Inotify:
        raise Unavailable(errno.EMFILE, "Too many open files")

    watching = Watching(logging.getLogger("watch"), none)
    assert not watching.add(Watched(tmp_path))
    assert not watching.add(Watched(tmp_path))
    assert len(caplog.records) == 1


async def test_a_flood_is_read_anew(make_service: Any, tmp_path: Path, until: Any) -> None:
    service = make_service()
    (tmp_path / "a").touch()
    page = await service.page(PageQuery())
    assert page.watched
    flood(tmp_path)
    (tmp_path / "told of by nobody").touch()

    async def shown() -> bool:
        page = await service.page(PageQuery())
        return [row.name for row in page.rows] == ["a", "told of by nobody"]

    await until(shown)


async def test_what_nobody_looks_at_is_not_watched_but_not_forgotten(
    make_service: Any, tmp_path: Path, until: Any
) -> None:
    service = make_service(watch_seconds=0.0)
    (tmp_path / "a").touch()
    page = await service.page(PageQuery())
    assert page.watched
    (tmp_path / "b").touch()
    await service.keep_house()
    (tmp_path / "c").touch()

    async def shown() -> bool:
        return (await service.page(PageQuery())).total == 3

    await until(shown)
    assert (await service.page(PageQuery())).watched
