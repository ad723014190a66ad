"""Renaming without replacing, in all its ways."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core import renaming
from cloudru_jlab.core.renaming import rename_noreplace


class Refusing:
    """A C library on a file system that refuses the flag of renameat2."""

    def __init__(self) -> None:
        def renameat2(*arguments: object) -> int:
            ctypes.set_errno(errno.EINVAL)
            return -1

        self.renameat2 = renameat2


@pytest.fixture(params=["renameat2", "placeholder", "check"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All the ways to rename."""
    renaming._renameat2.cache_clear()
    if request.param != "renameat2":
        monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **options: Refusing())
    if request.param == "check":

        def no_links(*arguments: Any, **options: Any) -> None:
            raise OSError(errno.EPERM, "no hard links")

        monkeypatch.setattr(os, "link", no_links)
    yield
    renaming._renameat2.cache_clear()


def test_renaming_never_replaces(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "d").mkdir(parents=True)
        for name in ("file", "d/inner"):
            (tmp_path / folder / name).write_text(folder)
        (tmp_path / folder / "link").symlink_to("nowhere")
    (tmp_path / "b" / "empty").mkdir()
    (tmp_path / "a" / "empty").mkdir()
    before = tree(tmp_path)
    a, b = (os.open(tmp_path / folder, os.O_RDONLY) for folder in ("a", "b"))

    for name in (b"file", b"d", b"link", b"empty"):
        with pytest.raises(FileExistsError):
            rename_noreplace(a, name, b, name)
    assert tree(tmp_path) == before
    with pytest.raises(OSError, match="Invalid argument"):
        rename_noreplace(a, b"d", os.open(tmp_path / "a" / "d", os.O_RDONLY), b"d")
    with pytest.raises(FileNotFoundError):
        rename_noreplace(a, b"missing", b, b"missing")
    assert tree(tmp_path) == before
    for name in (b"file", b"d", b"link"):
        rename_noreplace(a, name, b, b"new " + name)

    assert sorted(os.listdir(a)) == ["empty"]
    moved = tree(tmp_path / "b")
    assert (moved["new file"], moved["new d/inner"], moved["new link"]) == ("a", "a", "→nowhere")
    os.close(a)
    os.close(b)


def tree(directory: Path) -> dict[str, str | None]:
    """All below ``directory``: its content, None for a directory, the target with "→" for a link."""
    return {
        str(path.relative_to(directory)): f"→{os.readlink(path)}"
        if path.is_symlink()
        else None
        if path.is_dir()
        else path.read_text()
        for path in sorted(directory.rglob("*"))
    }
