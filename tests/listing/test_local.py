"""Touching local directories."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.access import ABSENT, DIRECTORY, FILE, Place, ScanChunk
from cloudru_jlab.core.entries import read_entry
from cloudru_jlab.listing.globs import HiddenGlobs
from cloudru_jlab.listing.names import Gathering
from cloudru_jlab.listing.scan.local import LocalAccess


@pytest.fixture
def access() -> Any:
    """A local access."""
    access = LocalAccess()
    yield access
    access.close()


@pytest.fixture
def folder(tmp_path: Path) -> Place:
    """One entry of each kind."""
    (tmp_path / "file").write_text("12345")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link to directory").symlink_to("directory")
    (tmp_path / "link to file").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to pipe").symlink_to("pipe")
    return Place(os.fsencode(tmp_path), b"")


KINDS = {
    b"file": FILE,
    b"directory": DIRECTORY,
    b"link to directory": DIRECTORY,
    b"link to file": FILE,
    b"dangling": FILE,
    b"loop": FILE,
    b"link to pipe": FILE,
}


async def test_a_scan_and_a_look_agree_about_kinds(access: LocalAccess, folder: Place) -> None:
    gathering = Gathering(HiddenGlobs())
    await access.scan(folder, gathering.add, hide_closed=True)
    names = gathering.freeze()
    assert {names[i]: int(names.flags[i]) & 1 for i in range(names.count)} == KINDS
    assert await access.kinds(folder, list(KINDS)) == bytes(KINDS.values())
    assert await access.kinds(folder, [b"pipe", b"none"]) == bytes([ABSENT, ABSENT])


async def test_numbers_are_those_of_the_rows(access: LocalAccess, folder: Place) -> None:
    numbers = await access.numbers(folder, [*KINDS, b"none"])
    entries = await access.stat_rows(folder, [*KINDS, b"none"])
    assert list(numbers[-3:]) == [0, 0, 0]
    assert entries[-1] is None
    for index, name in enumerate(KINDS):
        entry = read_entry(folder.path, name)
        assert entry == entries[index]
        size, modified, created = numbers[3 * index : 3 * index + 3]
        assert size == (entry.size or 0)
        assert abs(modified / 1e9 - entry.last_modified.timestamp()) < 1e-5
        assert abs(created / 1e9 - entry.created.timestamp()) < 1e-5


async def test_the_first_chunk_is_small_and_a_cancelled_scan_ends(access: LocalAccess, tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}").touch()
    sizes: list[int] = []

    def take(chunk: ScanChunk) -> None:
        sizes.append(len(chunk.types))

    await access.scan(Place(os.fsencode(tmp_path), b""), take)
    assert sum(sizes) == 3000
    assert sizes[0] < 300
    with pytest.raises(asyncio.CancelledError):
        await access.scan(Place(os.fsencode(tmp_path), b""), take, lambda: True)
    assert sum(sizes) == 3000
