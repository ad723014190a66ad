"""A file system with latency, and one that hangs: what the guard answers, and that it lets go of both."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount, why_not

from cloudru_jlab.core.access import ABSENT, DIRECTORY, FILE, Place, ScanChunk
from cloudru_jlab.core.entries import read_entry
from cloudru_jlab.core.errors import NotAnswering, from_os_error
from cloudru_jlab.listing.scan.guard import Breaker, Guard
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.listing.scan.network import NetworkFileSystems

from .conftest import Until

GuardOf = Callable[..., Guard]


def place(path: Path) -> Place:
    """The root ``path``."""
    return Place(os.fsencode(path), b"")


class Collected:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.types: dict[bytes, int] = {}
        self.chunks = 0

    def __call__(self, chunk: ScanChunk) -> None:
        self.chunks += 1
        start = 0
        for length, kind in zip(array("H", chunk.lengths), chunk.types, strict=True):
            name = chunk.blob[start : start + length]
            assert name not in self.types, "told twice"
            self.types[name] = kind
            start += length
        assert start == len(chunk.blob)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A local directory with all sorts of entries."""
    path = tmp_path / "odd"
    path.mkdir()
    for name in (b"plain", b"\xff\xfe", b"two\nlines", b"n" * 255, "Файл.ipynb".encode()):
        with open(os.path.join(os.fsencode(path), name), "wb") as file:
            file.write(b"12345")
    (path / "directory").mkdir()
    (path / "to-directory").symlink_to("directory")
    (path / "to-file").symlink_to("plain")
    (path / "dangling").symlink_to("nowhere")
    (path / "loop").symlink_to("loop")
    os.mkfifo(path / "pipe")
    os.chmod(path / "plain", 0o400)
    return path


LISTED = {
    b"plain": FILE,
    b"\xff\xfe": FILE,
    b"two\nlines": FILE,
    b"n" * 255: FILE,
    "Файл.ipynb".encode(): FILE,
    b"directory": DIRECTORY,
    b"to-directory": DIRECTORY,
    b"to-file": FILE,
    b"dangling": FILE,
    b"loop": FILE,
}


async def test_scan_lists_what_stock_lists(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard, sink = guarded(), Collected()

    await guard.scan(place(odd), sink)

    assert sink.types == LISTED
    await guard.stop()


async def test_rows_kinds_and_numbers_are_those_of_a_direct_look(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard, directory = guarded(), place(odd)
    names = [*LISTED, b"pipe", b"missing"]

    rows = await guard.stat_rows(directory, names)
    numbers = await guard.numbers(directory, names)

    direct = [read_entry(directory.path, name) for name in names[:-1]]
    assert rows == [*direct, None]
    assert await guard.kinds(directory, names) == bytes([*LISTED.values(), ABSENT, ABSENT])
    infos = [os.lstat(os.path.join(directory.path, name)) for name in names[:-1]]
    sizes = [0 if entry.type == "directory" else entry.size for entry in direct]
    expected = [(size, info.st_mtime_ns, info.st_ctime_ns) for size, info in zip(sizes, infos, strict=True)]
    assert numbers == array("q", [*(number for triple in expected for number in triple), 0, 0, 0])
    await guard.stop()


async def test_directory_and_names_are_looked_up(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard, directory = guarded(), place(odd)
    info = os.stat(odd)

    told = await guard.stat_directory(directory)

    assert told == (info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns, True)
    assert await guard.exists(directory, b"dangling")
    assert not await guard.exists(directory, b"missing")
    assert await guard.stat_rows(directory, []) == []
    await guard.stop()


@pytest.mark.parametrize(("name", "error"), [("missing", FileNotFoundError), ("plain", NotADirectoryError)])
async def test_errors_of_the_system_are_passed_on(
    odd: Path, guarded: GuardOf, until: Until, name: str, error: type[OSError]
) -> None:
    guard, path = guarded(), place(odd / name)

    with pytest.raises(error):
        await guard.stat_directory(path)
    with pytest.raises(error):
        await guard.scan(path, Collected())
    with pytest.raises(error):
        await guard.stat_rows(path, [b"x"])
    await guard.stop()


@pytest.mark.parametrize(
    ("symlinks", "followed"),
    [("deny", set()), ("inside", {b"in"}), ("follow", {b"in", b"out"})],
)
async def test_links_are_followed_as_far_as_the_root_says(
    tmp_path: Path, guarded: GuardOf, until: Until, symlinks: Any, followed: set[bytes]
) -> None:
    (tmp_path / "outside" / "canary").mkdir(parents=True)
    root = tmp_path / "inner root"
    (root / "real").mkdir(parents=True)
    (root / "in").symlink_to("real")
    (root / "out").symlink_to(tmp_path / "outside")
    guard, sink, directory = guarded(), Collected(), Place(os.fsencode(root), b"", symlinks)
    local = LocalAccess()
    names = [b"in", b"out", b"real"]

    await guard.scan(directory, sink)

    kinds = {name: DIRECTORY if name in {*followed, b"real"} else FILE for name in names}
    assert sink.types == kinds
    assert await guard.kinds(directory, names) == bytes(kinds.values())
    rows = await guard.stat_rows(directory, names)
    assert rows == await local.stat_rows(directory, names)
    assert [row.writable for row in rows if row is not None] == [kinds[name] == DIRECTORY for name in names]
    for name in (b"in", b"out"):
        if name in followed:
            assert (await guard.stat_directory(directory.child(name))).inode
            await guard.scan(directory.child(name), Collected())
        else:
            with pytest.raises(FileNotFoundError):
                await guard.stat_directory(directory.child(name))
            with pytest.raises(FileNotFoundError):
                await guard.scan(directory.child(name), Collected())
            with pytest.raises(FileNotFoundError):
                await guard.stat_rows(directory.child(name), [b"canary"])
    local.close()
    await guard.stop()


async def test_a_cancelled_scan_ends_its_process(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard = guarded()

    with pytest.raises(asyncio.CancelledError):
        await guard.scan(place(odd), Collected(), lambda: True)

    await until(lambda: not guard.busy)


async def test_a_failing_sink_ends_the_scan(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard = guarded()

    def sink(chunk: ScanChunk) -> None:
        raise MemoryError("too large")

    with pytest.raises(MemoryError, match="too large"):
        await guard.scan(place(odd), sink)
    await until(lambda: not guard.busy)


async def test_a_worker_that_dies_is_replaced(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard, directory = guarded(), place(odd)
    await guard.stat_directory(directory)
    assert guard._channel is not None
    first = guard._channel.process

    first.kill()
    await until(lambda: guard._channel is None)

    assert (await guard.stat_directory(directory)).inode == os.stat(odd).st_ino
    await guard.stop()


async def test_an_idle_worker_ends(odd: Path, guarded: GuardOf, until: Until) -> None:
    guard = guarded(idle=0.05)

    await guard.stat_directory(place(odd))

    await until(lambda: guard._channel is None and guard.dying == 0)


def test_breaker_lets_one_call_try_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    breaker = Breaker(5.0)

    breaker.trip()
    breaker.trip()
    assert not breaker.admit()
    now = 5.0
    assert [breaker.admit(), breaker.admit()] == [True, False]
    now = 10.0
    breaker.trip()
    now = 19.0
    assert not breaker.admit()
    now = 20.0
    assert breaker.admit()
    breaker.close()
    assert [breaker.admit(), breaker.admit()] == [True, True]


# --- with a file system in user space


async def test_latency_is_paid_by_many_names_at_once(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    names = [b"f%d" % index for index in range(64)]
    for name in names:
        (source / os.fsdecode(name)).touch()
    guard = guarded(timeout=30, parallel=16)
    await guard.stat_directory(place(mount.point))
    mount.tell("hang /f")

    rows = asyncio.ensure_future(guard.stat_rows(place(mount.point), names))
    # as many as allowed are under way at the same time, and no more
    await until(lambda: mount.tell("status") == 16)
    mount.tell("release")

    assert [row.name for row in await rows if row is not None] == names
    await guard.stop()


@pytest.fixture
def in_memory(mount: SlowMount, source: Path) -> Iterator[None]:
    """`source` is a tmpfs: a disk takes long to make thousands of files."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(source)], check=True)
    yield
    subprocess.run(["umount", "-l", str(source)], check=True)


@pytest.mark.usefixtures("in_memory")
async def test_scan_of_many_entries_with_latency(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    mount.tell("latency 0.002")
    guard, sink = guarded(timeout=20), Collected()
    for index in range(20_000):
        os.close(os.open(source / f"file {index}", os.O_CREAT | os.O_WRONLY))
    (source / "directory").mkdir()

    await guard.scan(place(mount.point), sink)

    assert len(sink.types) == 20_001
    assert sink.types[b"directory"] == DIRECTORY
    assert sink.chunks > 2
    await until(lambda: not guard.busy)


async def test_types_that_a_listing_does_not_tell_are_asked_for_many_at_once(
    tmp_path: Path, source: Path, guarded: GuardOf, until: Until
) -> None:
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    point = tmp_path / "untyped"
    point.mkdir()
    for index in range(200):
        (source / f"f{index}").mkdir() if index % 3 == 0 else (source / f"f{index}").touch()
    os.mkfifo(source / "pipe")
    guard, sink = guarded(timeout=30), Collected()
    with SlowMount(source, point, "untyped") as mount:
        mount.tell("latency 0.002")
        scan = asyncio.ensure_future(guard.scan(place(point), sink))
        await until(lambda: mount.tell("status") > 8 or scan.done())
        assert not scan.done(), "one after the other"
        await scan

    assert sink.types == {b"f%d" % index: DIRECTORY if index % 3 == 0 else FILE for index in range(200)}
    await until(lambda: not guard.busy)


async def test_a_hung_file_system_fails_in_time_then_at_once_and_recovers(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    (source / "a").touch()
    directory = place(mount.point)
    # the breaker is not to be opened by time alone
    guard = guarded(timeout=0.5, retry=1000)
    assert (await guard.stat_rows(directory, [b"a"]))[0] is not None
    mount.tell("hang")

    results = await asyncio.gather(
        *(guard.stat_rows(directory, [b"a"] * 20) for _ in range(50)),
        *(guard.stat_directory(directory) for _ in range(50)),
        *(guard.scan(directory, Collected()) for _ in range(10)),
        return_exceptions=True,
    )

    assert {type(result) for result in results} == {TimeoutError}
    assert isinstance(from_os_error(results[0], "remote"), NotAnswering)  # type: ignore[arg-type]
    assert guard.hanging
    # one worker and as many scans as allowed: the processes hang in the kernel and cannot be killed
    await until(lambda: guard._graveyard.stuck() == guard.dying)
    assert 1 <= guard.dying <= 5
    held = mount.tell("status")
    assert held <= 16 + 4
    with pytest.raises(TimeoutError):
        await guard.stat_directory(directory)
    assert mount.tell("status") == held, "a refused call has touched the file system"

    mount.tell("release")
    # the killed processes end, which shows that the file system answers
    await until(lambda: guard.dying == 0 and not guard.hanging)
    assert (await guard.stat_rows(directory, [b"a"]))[0] is not None
    await guard.stop()


async def test_after_a_while_one_call_tries_again(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    directory = place(mount.point)
    guard = guarded(timeout=1, retry=0.1, stuck=100)
    mount.tell("hang")
    with pytest.raises(TimeoutError):
        await guard.stat_directory(directory)
    mount.tell("release")

    while True:
        try:
            await guard.stat_directory(directory)
            break
        except TimeoutError:
            await asyncio.sleep(0.02)

    assert not guard.hanging
    await guard.stop()


async def test_with_too_many_stuck_processes_no_more_are_started(
    mount: SlowMount, guarded: GuardOf, until: Until
) -> None:
    directory = place(mount.point)
    guard = guarded(timeout=0.1, retry=0.001, stuck=2)
    mount.tell("hang")

    def stuck() -> bool:
        return guard._graveyard.stuck() >= 2

    while not stuck():
        with pytest.raises(TimeoutError):
            await guard.stat_directory(directory)
        await asyncio.sleep(0.01)
    dying = guard.dying
    for _ in range(20):
        with pytest.raises(TimeoutError):
            await guard.scan(directory, Collected())

    assert guard.dying == dying
    mount.tell("release")
    await until(lambda: guard.dying == 0)


async def test_one_hung_directory_does_not_take_the_others_with_it(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    for name in ("bad", "good"):
        (source / name).mkdir()
    bad, good = (place(mount.point / name) for name in ("bad", "good"))
    guard = guarded(timeout=3, retry=1000)
    await guard.stat_directory(good)
    mount.tell("hang /bad")

    hung = asyncio.ensure_future(guard.stat_directory(bad))
    while not hung.done():
        await guard.stat_directory(good)
    with pytest.raises(TimeoutError):
        await hung
    with pytest.raises(TimeoutError):
        await guard.stat_rows(bad, [b"x"])

    assert not guard.hanging
    assert stat.S_ISDIR(os.stat(source / "good").st_mode)
    assert (await guard.stat_directory(good)).inode == os.stat(source / "good").st_ino
    mount.tell("release")
    await until(lambda: not any(channel.silent for channel in guard._channels()))
    assert (await guard.stat_directory(bad)).inode == os.stat(source / "bad").st_ino
    await guard.stop()


async def test_a_file_system_that_goes_away_in_mid_scan_is_a_clear_error(
    mount: SlowMount, source: Path, guarded: GuardOf, until: Until
) -> None:
    for index in range(2000):
        (source / f"f{index}").symlink_to("f1")
    guard, sink = guarded(timeout=30), Collected()
    mount.tell("hang /f1")

    scan = asyncio.ensure_future(guard.scan(place(mount.point), sink))
    await until(lambda: mount.tell("status") > 0)
    mount.die()

    with pytest.raises(OSError, match=r"Errno") as caught:
        await scan
    error = from_os_error(caught.value, "remote")
    assert isinstance(error, NotAnswering), error
    await until(lambda: not guard.busy)


async def test_paths_lead_to_guards_by_mount(mount: SlowMount, tmp_path: Path, until: Until) -> None:
    local = object()
    systems = NetworkFileSystems(local)  # type: ignore[arg-type]
    (tmp_path / "link").symlink_to(mount.point)
    mount.tell("hang")

    guard = systems.access(os.fsencode(mount.point / "x"))

    assert isinstance(guard, Guard)
    assert systems.access(os.fsencode(tmp_path / "link" / "y")) is guard
    assert systems.access(os.fsencode(tmp_path)) is local
    mount.tell("release")
    await systems.stop()
