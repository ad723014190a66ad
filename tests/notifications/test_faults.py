"""What is promised holds whatever happens to the server and its disk: real servers, killed, and a real full disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from serving import Server, jupyter_server, until

from cloudru_jlab.notifications.models import NewNotification, Notification, Source
from cloudru_jlab.notifications.store import posting, reading
from cloudru_jlab.notifications.store.database import Database
from cloudru_jlab.notifications.store.writer import Store

LOG = logging.getLogger("test")


def post(title: str, **fields: Any) -> Callable[[Database], Notification]:
    new = NewNotification(title, **fields)
    return lambda db: posting.post(db, new, Source("program", "test"), "", "").notification


async def titles(store: Store) -> list[str]:
    page = await store.run(lambda db: reading.page(db, "", 0, 1_000))
    return [row.title for row in page.rows]


def database(folder: Path) -> Path:
    """The file of a server in ``folder``."""
    (file,) = (folder / "data").glob("cloudru_jlab/*/notifications.sqlite3")
    return file


# --- kill -9


@pytest.mark.slow
def test_what_was_accepted_is_there_after_kill_9(tmp_path: Path) -> None:
    chance = random.Random(4)
    accepted: dict[str, int] = {}
    for attempt in range(3):
        with jupyter_server(tmp_path) as server:
            known = {row["id"] for row in server.notifications()}
            assert accepted.keys() <= known
            # killed while some have been answered and others have not
            enough = threading.Semaphore(0)
            threads = [threading.Thread(target=_post_until_it_dies, args=(server, accepted, enough)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for _ in range(chance.randrange(30, 80)):
                assert enough.acquire(timeout=90)
            server.process.kill()
            server.process.wait()
            for thread in threads:
                thread.join()
        assert len(accepted) > 30 * attempt
    with jupyter_server(tmp_path) as server:
        rows = server.notifications()
        assert accepted.keys() <= {row["id"] for row in rows}
        assert {row["id"]: row["seq"] for row in rows if row["id"] in accepted} == accepted
        # in the order in which they came; what the server says of its ends is replaced, and moves to the end
        programs = [row["id"] for row in rows if row["source"]["kind"] == "program"]
        assert programs == sorted(programs)
        assert server.ask("POST", "cloudru/notifications", {"title": "later"}, 201)["seq"] > max(accepted.values())


def _post_until_it_dies(server: Server, accepted: dict[str, int], enough: threading.Semaphore) -> None:
    with contextlib.suppress(OSError, HTTPException):
        for number in range(10_000):
            try:
                row = server.ask("POST", "cloudru/notifications", {"title": str(number), "body": "x" * 500}, 201)
            except AssertionError:
                # too many a second
                continue
            accepted[row["id"]] = row["seq"]
            enough.release()


# --- a damaged database


def overwritten(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as stream:
        for place in range(4_096, size, 4_096):
            stream.seek(place)
            stream.write(os.urandom(2_048))


def header_overwritten(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(16)
        stream.write(b"\xff" * 40)


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 + 100)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def text(file: Path) -> None:
    file.write_text("no database\n" * 1_000)


def directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def texts_scrambled(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("UPDATE rows SET content = x'7b7d'")
        other.commit()


DAMAGES = [overwritten, header_overwritten, truncated, text, directory, texts_scrambled]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_a_database_damaged_while_nobody_looks_is_set_aside(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store = Store(tmp_path, log=LOG)
    await asyncio.gather(*(store.run(post(str(number), body="x" * 2_000)) for number in range(50)))
    await store.close()
    damage(tmp_path / "notifications.sqlite3")
    told: list[str] = []
    store = Store(tmp_path, log=LOG, damaged=told.append)
    assert await titles(store) == []
    await store.run(post("goes on"))
    assert await titles(store) == ["goes on"]
    assert store.lasting
    (aside,) = told
    assert (tmp_path / aside).exists()
    await store.close()
    store = Store(tmp_path, log=LOG, damaged=told.append)
    assert await titles(store) == ["goes on"]
    assert len(told) == 1
    await store.close()


@pytest.mark.parametrize("damage", [*DAMAGES, emptied], ids=lambda damage: damage.__name__)
async def test_a_database_damaged_while_it_is_open_is_set_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    told: list[str] = []
    store = Store(tmp_path, log=LOG, damaged=told.append)
    await asyncio.gather(*(store.run(post(str(number), body="x" * 2_000)) for number in range(50)))
    damage(tmp_path / "notifications.sqlite3")
    # found by the one or the other; SQLite may have all of it in memory, and see the damage only after a restart
    await store.run(post("first"))
    await titles(store)
    for number in range(3):
        await store.run(post(f"goes on {number}"))
    assert (await titles(store))[-3:] == [f"goes on {number}" for number in range(3)]
    assert store.lasting
    await store.close()
    store = Store(tmp_path, log=LOG, damaged=told.append)
    await store.run(post("after a restart"))
    assert (await titles(store))[-1] == "after a restart"
    assert [(tmp_path / aside).exists() for aside in told] == [True]
    await store.close()


async def test_a_database_that_was_removed_is_written_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "folder", log=LOG)
    await store.run(post("a"))
    shutil.rmtree(tmp_path / "folder")
    await store.run(post("b"))
    assert await titles(store) == ["a", "b"]
    assert store.lasting
    await store.close()
    store = Store(tmp_path / "folder", log=LOG)
    assert await titles(store) == ["a", "b"]
    await store.close()


async def test_few_damaged_files_are_kept(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "notifications.sqlite3").write_text("damaged" * 100)
        store = Store(tmp_path, log=LOG, clock=lambda number=number: 1e9 + number)  # type: ignore[misc]
        await store.run(post("a"))
        await store.close()
    kept = {name.removesuffix("-journal") for name in os.listdir(tmp_path) if ".damaged-" in name}
    assert len(kept) == 3


def test_the_user_is_told_of_a_damaged_database(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as server:
        server.ask("POST", "cloudru/notifications", {"title": "lost"}, 201)
    text(database(tmp_path))
    with jupyter_server(tmp_path) as server:
        row = server.told(title="The history of notifications was damaged")
        assert (row["source"]["kind"], row["severity"], row["recipient"]) == ("system", "warning", "all")
        assert "ru" in row["texts"]
        assert (database(tmp_path).parent / row["body"].split(" as ")[-1].rstrip(".")).exists()
        assert str(tmp_path) not in row["body"]
        server.ask("POST", "cloudru/notifications", {"title": "goes on"}, 201)


# --- two servers


def test_two_servers_of_one_home_and_one_root_do_not_mix(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as one:
        one.ask("POST", "cloudru/notifications", {"title": "of one", "recipient": "all"}, 201)
        with jupyter_server(tmp_path) as two:
            assert two.notifications() == []
            two.ask("POST", "cloudru/notifications", {"title": "of two", "recipient": "all"}, 201)
            one.ask("POST", "cloudru/notifications", {"title": "of one too"}, 201)
            assert [row["title"] for row in two.notifications()] == ["of two"]
        assert [row["title"] for row in one.notifications()] == ["of one", "of one too"]
    with jupyter_server(tmp_path) as again:
        assert [row["title"] for row in again.notifications()] == ["of one", "of one too"]


def test_servers_of_other_addresses_do_not_mix(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as one:
        one.ask("POST", "cloudru/notifications", {"title": "of one"}, 201)
    with jupyter_server(tmp_path, "--ServerApp.base_url=/user/anna/", ready="user/anna/api") as other:
        assert other.ask("GET", "user/anna/cloudru/notifications")["notifications"] == []


# --- no room, no permission


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own in memory."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a file system needs root"
)


def fill(folder: Path) -> Path:
    file = folder / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 1_024)
    return file


@pytest.mark.root
@needs_mounts
async def test_a_full_disk_loses_nothing_while_the_server_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with mounted(tmp_path / "disk", "-o", "size=1m") as disk:
        store = Store(disk, log=LOG, retry_seconds=0.01)
        await store.run(post("before"))
        filler = fill(disk)
        for number in range(20):
            await store.run(post(f"full {number}", body="x" * 4_000))
        wanted = ["before", *(f"full {number}" for number in range(20))]
        assert await titles(store) == wanted
        assert not store.lasting
        assert store.problem
        assert "kept in memory" in caplog.text
        filler.unlink()
        while not store.lasting:
            await store.run(lambda db: None)
        assert store.problem is None
        await store.run(post("after"))
        await store.close()
        store = Store(disk, log=LOG)
        assert await titles(store) == [*wanted, "after"]
        await store.close()


@pytest.mark.root
@needs_mounts
async def test_a_disk_that_is_full_from_the_beginning(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "size=1m") as disk:
        store = Store(disk, log=LOG)
        await store.run(post("yesterday"))
        await store.close()
        filler = fill(disk)
        store = Store(disk, log=LOG, retry_seconds=0.01)
        for number in range(20):
            await store.run(post(f"full {number}", body="x" * 4_000))
        assert (await titles(store))[:2] == ["yesterday", "full 0"]
        filler.unlink()
        while not store.lasting:
            await store.run(lambda db: None)
        await store.close()
        store = Store(disk, log=LOG)
        assert (await titles(store))[:2] == ["yesterday", "full 0"]
        assert len(await titles(store)) == 21
        await store.close()


@pytest.mark.root
@needs_mounts
@pytest.mark.parametrize("empty", [True, False])
async def test_a_read_only_disk_shows_what_it_holds(tmp_path: Path, empty: bool) -> None:
    with mounted(tmp_path / "disk") as disk:
        folder = disk / "folder"
        if not empty:
            store = Store(folder, log=LOG)
            await store.run(post("yesterday"))
            await store.close()
        await asyncio.to_thread(remount, disk, "ro")
        store = Store(folder, log=LOG, retry_seconds=0.01)
        await store.run(post("today"))
        wanted = ["today"] if empty else ["yesterday", "today"]
        assert await titles(store) == wanted
        assert not store.lasting
        await asyncio.to_thread(remount, disk, "rw")
        while not store.lasting:
            await store.run(lambda db: None)
        await store.close()
        store = Store(folder, log=LOG)
        assert await titles(store) == wanted
        await store.close()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "folder", log=LOG)
    await store.run(post("a"))
    assert await titles(store) == ["a"]
    assert not store.lasting
    await store.close()


@pytest.mark.root
@needs_mounts
def test_a_server_with_a_full_disk_says_so_and_goes_on(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "size=1m") as disk:
        environment = {"JUPYTER_DATA_DIR": str(disk)}
        with jupyter_server(
            tmp_path / "server", "--Notifications.retry_seconds=0.01", environment=environment
        ) as server:
            server.ask("POST", "cloudru/notifications", {"title": "before"}, 201)
            filler = fill(disk)
            for number in range(10):
                body = {"title": f"full {number}", "body": "x" * 4_000}
                server.ask("POST", "cloudru/notifications", body, 201)
            page = server.ask("GET", "cloudru/notifications")
            assert len(page["notifications"]) == 11
            assert not page["lasting"]
            assert page["problem"]
            filler.unlink()
            until(lambda: server.ask("GET", "cloudru/notifications")["lasting"], "the disk to be used again")
            server.process.kill()
            server.process.wait()
        with jupyter_server(tmp_path / "server", environment=environment) as server:
            # and one more: that the server had not ended of itself
            assert len([row for row in server.notifications() if row["source"]["kind"] == "program"]) == 11
