"""Documents on disk: whole or not at all, each server its own."""

from __future__ import annotations

import logging
import os
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from cloudru_jlab.core.state import Document, instance_folder


class Numbers(msgspec.Struct):
    """A document."""

    numbers: list[int] = []


def document(folder: Path) -> Document[Numbers]:
    return Document(folder, "numbers", Numbers, logging.getLogger("state"))


def test_a_document_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert document(tmp_path / "none").read() == Numbers()
    assert not (tmp_path / "none").exists()


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document(tmp_path / "a" / "b").write(Numbers([1, 2]))
    assert document(tmp_path / "a" / "b").read() == Numbers([1, 2])


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        document(tmp_path / "mine").write(Numbers([1]))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "mine" / "numbers.json").stat().st_mode) == 0o600


def test_a_failure_leaves_the_old_document_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document(tmp_path).write(Numbers([1]))

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        document(tmp_path).write(Numbers([2]))
    assert document(tmp_path).read() == Numbers([1])
    assert [entry.name for entry in tmp_path.iterdir()] == ["numbers.json"]


@pytest.mark.parametrize("damage", [b"", b'{"numbers": [1', b'{"numbers": "x"}', b"\xff\xfe", b"[]"])
def test_a_damaged_document_is_kept_aside(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "numbers.json").write_bytes(damage)
    assert document(tmp_path).read() == Numbers()
    assert (tmp_path / "numbers.damaged").read_bytes() == damage
    assert "damaged" in caplog.text


def test_changes_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    def count(start: int) -> None:
        mine = document(tmp_path)
        for number in range(start, start + 25):
            with mine.changing():
                mine.write(Numbers([*mine.read().numbers, number]))

    threads = [threading.Thread(target=count, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(document(tmp_path).read().numbers) == 75


def test_each_server_has_its_own_folder() -> None:
    folders = {
        instance_folder("/data", base_url, root)
        for base_url in ("/", "/user/a/", "/user/a/two/")
        for root in ("/home/a", "/home/b", "/home/\udcff")
    }
    assert len(folders) == 9
    assert instance_folder("/data", "/", "/home/a") in folders
    assert all(folder.parent == Path("/data/cloudru_jlab") for folder in folders)
