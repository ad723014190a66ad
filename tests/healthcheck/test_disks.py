"""Disks that are full, out of inodes, read-only, gone, or hang."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.healthcheck.supervisor import disks as module
from cloudru_jlab.healthcheck.supervisor.disks import Disks, Watched, WriteTest
from cloudru_jlab.healthcheck.supervisor.lane import Lane, Stuck

mount = pytest.importorskip("ctypes").CDLL(None, use_errno=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB and 16 inodes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if mount.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=1m,nr_inodes=16") != 0:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    mount.umount2(os.fsencode(folder), 2)


def watched(folder: Path, *, writable: bool = True, name: str = "home") -> Watched:
    return Watched(name, "Home", os.fsencode(folder), writable)


def disks(*roots: Watched, patience: float = 30.0) -> Disks:
    return Disks(lambda: roots, 5.0, patience)


async def only(probe: Disks) -> Any:
    (reading,) = await probe.read()
    return reading


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "big").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65536)


def use_up_inodes(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for number in range(100):
            (folder / str(number)).touch()


async def test_a_disk_with_room_passes_and_nothing_is_left(tmp_path: Path) -> None:
    before = os.stat(tmp_path).st_mtime_ns
    probe = disks(watched(tmp_path))
    assert (await only(probe)).code in ("", "disk_low")
    assert os.listdir(tmp_path) == []
    assert os.stat(tmp_path).st_mtime_ns == before, "whoever watches the folder sees nothing"
    (disk,) = probe.disks
    assert disk.total
    assert disk.free is not None


async def test_a_full_disk(small: Path) -> None:
    fill(small)
    reading = await only(disks(watched(small)))
    assert (reading.status, reading.code) == ("fail", "disk_full")
    (small / "big").unlink()
    assert (await only(disks(watched(small)))).status != "fail"


async def test_a_disk_without_inodes(small: Path) -> None:
    use_up_inodes(small)
    reading = await only(disks(watched(small)))
    assert (reading.status, reading.code) == ("fail", "inodes_low")


async def test_a_disk_that_became_read_only(small: Path) -> None:
    probe = disks(watched(small))
    assert (await only(probe)).status != "fail"
    assert mount.mount(b"none", os.fsencode(small), b"tmpfs", 32 | 1, b"") == 0
    assert (await only(probe)).code == "disk_read_only"
    assert (await only(disks(watched(small, writable=False)))).status != "fail", "never written to"


async def test_a_root_that_is_gone(tmp_path: Path) -> None:
    reading = await only(disks(watched(tmp_path / "gone")))
    assert (reading.status, reading.code) == ("fail", "disk_missing")
    assert str(tmp_path) not in reading.message


async def test_one_that_hangs_keeps_no_other_and_takes_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    hung = []
    real = module.look

    def look(folder: bytes, test: Any) -> Any:
        if folder == b"/hangs":
            hung.append(threading.current_thread())
            release.wait()
        return real(os.fsencode(tmp_path), test)

    monkeypatch.setattr(module, "look", look)
    probe = disks(Watched("bad", "Bad", b"/hangs", True), watched(tmp_path), patience=0.5)
    try:
        for _ in range(3):
            bad, good = await probe.read()
            assert bad.code == "disk_not_answering"
            assert good.code != "disk_not_answering"
        assert len(hung) == 1
    finally:
        release.set()
    await asyncio.to_thread(hung[0].join)
    bad, _ = await probe.read()
    assert bad.code != "disk_not_answering"


async def test_lane_passes_results_and_errors_on() -> None:
    lane = Lane("test")
    assert await lane.run(lambda: 1, 30) == 1

    def fail() -> None:
        raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        await lane.run(fail, 30)
    release = threading.Event()
    with pytest.raises(Stuck):
        await lane.run(release.wait, 0.01)
    with pytest.raises(Stuck):
        await lane.run(lambda: None, 30)
    release.set()


def test_a_named_file_is_made_seldom_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    made = []
    monkeypatch.setattr(WriteTest, "_named_file", staticmethod(lambda folder: made.append(real(folder))))
    test = WriteTest(lambda: now[0])
    for _ in range(5):
        test.run(os.fsencode(tmp_path))
        now[0] += 5
    assert made == [None]
    assert list(tmp_path.iterdir()) == []


real = WriteTest._named_file
