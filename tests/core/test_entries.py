"""One entry is described as jupyter_server describes it."""

from __future__ import annotations

import os
import stat
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cloudru_jlab.core.entries import Entry, describe, display_name, entry_type, is_listed, read_entry


def read(folder: Path, name: bytes | str) -> Entry:
    """``name`` read by path, once it is checked that it reads the same by descriptor."""
    raw = os.fsencode(name)
    by_path = read_entry(os.fsencode(folder), raw)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        assert read_entry(descriptor, raw) == by_path
    finally:
        os.close(descriptor)
    return by_path


def test_read_entry_describes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"12345")
    os.utime(path, (1_700_000_000, 1_700_000_000.5))
    entry = read(tmp_path, "data.csv")
    assert (entry.name, entry.type, entry.size, entry.mimetype, entry.writable) == (
        b"data.csv",
        "file",
        5,
        "text/csv",
        True,
    )
    assert entry.last_modified == datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=timezone.utc)
    assert entry.created == datetime.fromtimestamp(path.stat().st_ctime, timezone.utc)


def test_read_entry_describes_notebooks_and_directories(tmp_path: Path) -> None:
    (tmp_path / "book.ipynb").touch()
    (tmp_path / "folder.ipynb").mkdir()
    assert read(tmp_path, "book.ipynb")[1:3] == ("notebook", 0)
    assert read(tmp_path, "folder.ipynb")[1:3] == ("directory", None)
    assert read(tmp_path, "book.ipynb").mimetype is None


def test_read_entry_follows_links_for_the_type_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_bytes(b"12345")
    for name, target in (("to-folder", "folder"), ("to-file", "file.txt"), ("dangling", "no"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    kinds = {name: read(tmp_path, name)[1:3] for name in ("to-folder", "to-file", "dangling", "loop")}
    assert kinds == {
        "to-folder": ("directory", None),
        # the length of the link's own text
        "to-file": ("file", len("file.txt")),
        "dangling": ("file", len("no")),
        "loop": ("file", len("loop")),
    }
    assert not read(tmp_path, "dangling").writable


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe.txt", "Файл.txt".encode(), b"x" * 255, b"-rf", b" "])
def test_read_entry_takes_any_name(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).touch()
    assert read(tmp_path, name).name == name


def test_read_entry_raises_for_what_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_entry(os.fsencode(tmp_path), b"gone")


def test_signature_moves_with_what_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    seen = [read(tmp_path, "file").signature]
    assert read(tmp_path, "file").signature == seen[0]
    for change in (lambda: path.write_bytes(b"12"), lambda: os.utime(path, (0, 0)), lambda: path.chmod(0o400)):
        change()
        seen.append(read(tmp_path, "file").signature)
    assert len(set(seen)) == len(seen)


def info(**changes: Any) -> Any:
    fields = {"st_mode": stat.S_IFREG, "st_size": 1, "st_mtime": 1.0, "st_ctime": 2.0, "st_ino": 1}
    return SimpleNamespace(**{**fields, "st_mtime_ns": 10**9, "st_ctime_ns": 2 * 10**9, **changes})


@pytest.mark.parametrize("seconds", [1e18, -1e18, float("nan"), float("inf")])
def test_describe_survives_times_that_no_calendar_holds(seconds: float) -> None:
    entry = describe(b"x", info(st_mtime=seconds, st_ctime=seconds), is_dir=False, writable=True)
    assert entry.last_modified == entry.created == datetime(1970, 1, 1, tzinfo=timezone.utc)


def test_describe_prefers_the_time_of_birth() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc).timestamp()

    def created(birth: Any) -> float:
        return describe(b"x", info(st_birthtime=birth), is_dir=False, writable=True).created.timestamp() - epoch

    assert created(5.0) == 5.0
    for useless in (None, "5", -1.0, float("nan")):
        assert created(useless) == 2.0


def test_entry_type_goes_by_the_suffix() -> None:
    assert entry_type(b"a.ipynb", is_dir=False) == "notebook"
    assert entry_type(b"a.IPYNB", is_dir=False) == "file"
    assert entry_type(b"a.ipynb", is_dir=True) == "directory"


def test_display_name_shows_what_is_not_utf8() -> None:
    assert display_name("Файл".encode()) == ("Файл", True)
    assert display_name(b"a\xffb") == ("a\ufffdb", False)


@pytest.mark.parametrize(
    ("mode", "listed"),
    [
        (stat.S_IFREG, True),
        (stat.S_IFDIR, True),
        (stat.S_IFLNK, True),
        (stat.S_IFIFO, False),
        (stat.S_IFSOCK, False),
        (stat.S_IFCHR, False),
        (stat.S_IFBLK, False),
    ],
)
def test_is_listed_leaves_out_what_is_no_file(mode: int, listed: bool) -> None:
    assert is_listed(info(st_mode=mode | 0o644)) is listed


@pytest.mark.parametrize("name", [b"data:,x.png", b"http:a.png", b"plain.png"])
def test_describe_guesses_by_the_suffix_whatever_a_name_begins_with(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"")
    assert read_entry(os.fsencode(tmp_path), name).mimetype == "image/png"
