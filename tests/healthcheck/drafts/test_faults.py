"""A disk that is full, out of inodes or read-only takes nothing away from a draft."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from healthcheck.drafts.drafting import data_of, file_of, fill, more, new, put, store_of, tmpfs

from cloudru_jlab.core.errors import NoSpace
from cloudru_jlab.healthcheck.drafts.errors import Unavailable


def test_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        store = store_of(disk / "drafts")
        put(store, new("S" * 100, "u2"))
        fill(disk)
        before = file_of(disk / "drafts").read_bytes()
        for batch in (more(2, "u" * 50_000), more(2, "S" * 50_000), new("S" * 50_000, after=2)):
            with pytest.raises(NoSpace) as raised:
                put(store, batch)
            assert raised.value.status == 507
            assert str(disk) not in raised.value.message
            assert file_of(disk / "drafts").read_bytes() == before
            assert len(list(file_of(disk / "drafts").parent.iterdir())) == 1
        with pytest.raises(NoSpace):
            store.rename("", "0123456789abcdef" * 2, "x" * 4000 + "/y" * 40)
        with pytest.raises(NoSpace):
            put(store, new("S1"), user="another")
        (disk / "filler").unlink()
        assert put(store, more(2, "u3")).last == 3
        assert [seq for seq, _ in data_of(store_of(disk / "drafts"))] == [1, 2, 3]


def test_a_disk_that_fills_up_in_the_midst_of_a_line(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        store = store_of(disk / "drafts")
        put(store, new("S1"))
        fill(disk, leave=20_000)
        with pytest.raises(NoSpace):
            put(store, more(1, "u" * 500_000))
        assert file_of(disk / "drafts").stat().st_size < 1000
        assert put(store, more(1, "u2")).last == 2
        assert data_of(store_of(disk / "drafts")) == [(1, "S1"), (2, "u2")]


def test_no_inodes_left(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "size=1m,nr_inodes=20") as disk:
        store = store_of(disk / "drafts")
        put(store, new("S1"))
        for number in range(20):
            try:
                (disk / str(number)).touch()
            except OSError:
                break
        assert put(store, more(1, "u2")).last == 2
        with pytest.raises(NoSpace):
            put(store, new("S1"), draft="e" * 32)
        with pytest.raises(NoSpace):
            put(store, more(2, "S3"))
        assert data_of(store_of(disk / "drafts")) == [(1, "S1"), (2, "u2")]


def test_a_read_only_disk_is_read(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "size=1m") as disk:
        put(store_of(disk / "drafts"), new("S1"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        store = store_of(disk / "drafts")
        with pytest.raises(Unavailable):
            put(store, more(1, "u2"))
        with pytest.raises(Unavailable):
            store.remove("", "0123456789abcdef" * 2, None)
        assert [summary.last for summary in store.summaries("")] == [1]
        assert data_of(store) == [(1, "S1")]


def test_a_failing_fsync_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path)
    put(store, new("S1"))

    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        patch.setattr(os, "fsync", fail)
        for batch in (more(1, "u2"), more(1, "S2")):
            with pytest.raises(Unavailable) as raised:
                put(store, batch)
            assert "EIO" in raised.value.message
    assert data_of(store) == [(1, "S1")]
    assert put(store, more(1, "u2")).last == 2
