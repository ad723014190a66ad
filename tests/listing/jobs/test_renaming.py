"""Renaming without replacing, and the names of copies."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.listing.jobs.engine.naming import copy_names
from cloudru_jlab.listing.jobs.engine.renaming import Renamer

from .conftest import fill, tree


class NoSuchCall:
    """A libc without renameat2, or a file system that refuses its flag."""

    def renameat2(self, *arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1


@pytest.fixture(params=["renameat2", "placeholder", "check"])
def renamer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Renamer:
    """All the ways to rename."""
    if request.param != "renameat2":
        monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **options: NoSuchCall())
    if request.param == "check":

        def no_links(*arguments: Any, **options: Any) -> None:
            raise OSError(errno.EPERM, "no hard links")

        monkeypatch.setattr(os, "link", no_links)
    return Renamer()


def test_renaming_never_replaces(tmp_path: Path, renamer: Renamer) -> None:
    for folder in ("a", "b"):
        fill(tmp_path / folder, ["file"], folder)
        fill(tmp_path / folder / "d", ["inner"], folder)
        (tmp_path / folder / "link").symlink_to("nowhere")
    (tmp_path / "b" / "empty").mkdir()
    (tmp_path / "a" / "empty").mkdir()
    before = tree(tmp_path)
    a, b = (os.open(tmp_path / folder, os.O_RDONLY) for folder in ("a", "b"))

    for name in (b"file", b"d", b"link", b"empty"):
        with pytest.raises(FileExistsError):
            renamer(a, name, b, name)
    assert tree(tmp_path) == before
    with pytest.raises(OSError, match="Invalid argument"):
        renamer(a, b"d", os.open(tmp_path / "a" / "d", os.O_RDONLY), b"d")
    with pytest.raises(FileNotFoundError):
        renamer(a, b"missing", b, b"missing")
    assert tree(tmp_path) == before
    for name in (b"file", b"d", b"link"):
        renamer(a, name, b, b"new " + name)

    assert sorted(os.listdir(a)) == ["empty"]
    moved = tree(tmp_path / "b")
    assert (moved["new file"], moved["new d/inner"], moved["new link"]) == ("a", "a", "→nowhere")
    os.close(a)
    os.close(b)


# --- names of copies


_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


async def test_copy_names_are_those_of_jupyter_server(jp_serverapp: Any, jp_root_dir: Path) -> None:
    manager = jp_serverapp.contents_manager
    for name in ("a", "a.txt", "a.tar.gz", "n.v2.ipynb", "x-Copy7.ipynb", "dir.d", "-Copy1.", "a-Copy2"):
        fill(jp_root_dir, [name], _NOTEBOOK if name.endswith(".ipynb") else "x")
        stock = (await manager.copy(name, ""))["name"]
        names = copy_names(name.encode())
        mine = next(candidate for candidate in names if candidate.decode() == stock)
        assert mine.decode() == stock
        for earlier in copy_names(name.encode()):
            if earlier == mine:
                break
            assert (jp_root_dir / earlier.decode()).exists(), "stock takes the first free one"
