"""On a disk that is full, or out of inodes, a save is refused in clear words and changes nothing."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.sign import MemorySignatureStore
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

from cloudru_jlab.contents.manager import CloudruContentsManager
from cloudru_jlab.contents.writing import written

LOG = logging.getLogger("contents")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB and 40 inodes."""
    point = tmp_path / "disk"
    point.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "none", str(point)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a tmpfs can be mounted by root alone, and not in every container")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], disk: Path) -> dict[str, Any]:
    """The disk is the root ``@disk``, too."""
    return {**jp_server_config, "Roots": {"roots": [{"name": "disk", "path": str(disk / "root"), "title": "Disk"}]}}


@pytest.fixture
def jp_root_dir(disk: Path) -> Path:
    root = disk / "root"
    root.mkdir()
    return root


def fill_up(disk: Path, leave: int = 0) -> None:
    """Take all of the space but for ``leave`` bytes."""
    with (disk / "filler").open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
        file.truncate(max(0, file.tell() - leave))


def take_inodes(disk: Path) -> None:
    for number in range(100):
        try:
            (disk / f"filler{number}").touch()
        except OSError:
            return
    raise AssertionError("there are more inodes than there should be")


def make_room(disk: Path) -> None:
    for filler in disk.glob("filler*"):
        filler.unlink()


def snapshot(root: Path) -> dict[str, str]:
    """Every file and directory, with the content's hash."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in root.rglob("*")
    }


def text(content: str) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content}


def notebook(source: str) -> dict[str, Any]:
    cell = nbformat.v4.new_code_cell(source)
    return {"type": "notebook", "format": "json", "content": nbformat.v4.new_notebook(cells=[cell])}


Put = Callable[..., Any]


@pytest.fixture
def put(jp_fetch: Any) -> Put:
    """Asks the contents API, and gives status and answer."""

    async def put(path: str, model: Any = None, method: str = "PUT") -> tuple[int, Any]:
        try:
            response = await jp_fetch(
                *("api", "contents", *path.split("/")),
                method=method,
                body=None if model is None else json.dumps(model),
                allow_nonstandard_methods=True,
            )
        except HTTPClientError as error:
            response = error.response  # type: ignore[assignment]
        return response.code, json.loads(response.body) if response.body else None

    return put


def is_clear(answer: tuple[int, Any], disk: Path) -> bool:
    status, body = answer
    assert (status, body["reason"]) == (507, "no_space"), answer
    assert body["message"].endswith(".")
    assert str(disk) not in body["message"]
    return True


@pytest.mark.parametrize("prefix", ["", "@disk/"])
@pytest.mark.parametrize("taken", [fill_up, take_inodes])
async def test_a_save_changes_nothing(
    put: Put, disk: Path, jp_root_dir: Path, prefix: str, taken: Callable[[Path], None]
) -> None:
    assert (await put(f"{prefix}a.txt", text("old\n")))[0] == 201
    assert (await put(f"{prefix}b.ipynb", notebook("1")))[0] == 201
    taken(disk)
    before = snapshot(jp_root_dir)
    large = "x" * 50_000
    saves = {
        "a.txt": text(large),
        "b.ipynb": notebook(large),
        "new.txt": text(large),
        "new.ipynb": notebook(large),
        "new.bin": {"type": "file", "format": "base64", "content": "eHh4" * 10_000},
    }
    for name, model in saves.items():
        assert is_clear(await put(f"{prefix}{name}", model), disk)
        assert snapshot(jp_root_dir) == before, name
    make_room(disk)
    for name, model in saves.items():
        assert (await put(f"{prefix}{name}", model))[0] in (200, 201)
    assert (jp_root_dir / "a.txt").read_text() == large


@pytest.mark.parametrize("prefix", ["", "@disk/"])
async def test_no_inodes_left_refuses_new_entries(put: Put, disk: Path, jp_root_dir: Path, prefix: str) -> None:
    take_inodes(disk)
    before = snapshot(jp_root_dir)
    for name, model in {"n.txt": text(""), "n.ipynb": notebook(""), "folder": {"type": "directory"}}.items():
        assert is_clear(await put(f"{prefix}{name}", model), disk)
        assert snapshot(jp_root_dir) == before, name


async def test_the_sentence_tells_space_from_inodes(put: Put, disk: Path) -> None:
    await put("a.txt", text("old"))
    fill_up(disk)
    assert "the disk is full" in (await put("a.txt", text("x" * 9000)))[1]["message"]
    (disk / "filler").unlink()
    take_inodes(disk)
    assert "inodes" in (await put("a.txt", text("x" * 9000)))[1]["message"]


@pytest.mark.parametrize("prefix", ["", "@disk/"])
async def test_checkpoints_are_made_and_restored_whole_or_not_at_all(
    put: Put, disk: Path, jp_root_dir: Path, prefix: str
) -> None:
    first, second = "1" * 100_000, "2" * 150_000
    await put(f"{prefix}a.txt", text(first))
    assert (await put(f"{prefix}a.txt/checkpoints", method="POST"))[0] == 201
    await put(f"{prefix}a.txt", text(second))
    await put(f"{prefix}c.txt", text(first))
    fill_up(disk, leave=20_000)
    before = snapshot(jp_root_dir)
    assert is_clear(await put(f"{prefix}a.txt/checkpoints", method="POST"), disk)
    assert snapshot(jp_root_dir) == before
    assert is_clear(await put(f"{prefix}c.txt/checkpoints", method="POST"), disk)
    assert snapshot(jp_root_dir) == before
    assert is_clear(await put(f"{prefix}a.txt/checkpoints/checkpoint", method="POST"), disk)
    assert snapshot(jp_root_dir) == before
    (disk / "filler").unlink()
    assert (await put(f"{prefix}a.txt/checkpoints/checkpoint", method="POST"))[0] == 204
    assert (jp_root_dir / "a.txt").read_text() == first


@pytest.mark.parametrize("prefix", ["", "@disk/"])
async def test_a_notebook_is_saved_though_there_is_no_room_for_its_checkpoint(
    put: Put, disk: Path, jp_root_dir: Path, prefix: str
) -> None:
    fill_up(disk, leave=300_000)
    assert (await put(f"{prefix}b.ipynb", notebook("x" * 200_000)))[0] == 201
    assert len((jp_root_dir / "b.ipynb").read_bytes()) > 200_000
    assert not [name for name in snapshot(jp_root_dir) if name.endswith("checkpoint.ipynb")]


@pytest.mark.parametrize("prefix", ["", "@disk/"])
async def test_a_piece_of_an_upload_that_does_not_fit_is_told(
    put: Put, disk: Path, jp_root_dir: Path, prefix: str
) -> None:
    piece = {"type": "file", "format": "base64", "content": "eHh4" * 40_000}
    fill_up(disk, leave=200_000)
    assert (await put(f"{prefix}u.bin", {**piece, "chunk": 1}))[0] in (200, 201)
    assert is_clear(await put(f"{prefix}u.bin", {**piece, "chunk": 2}), disk)
    if not prefix:
        assert (jp_root_dir / "u.bin").stat().st_size == 120_000


# --- what is written and how


def write(path: Path, content: str, *, atomic: bool = True) -> None:
    with written(str(path), atomic=atomic, log=LOG) as file:
        file.write(content)


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("leave", [0, 4096, 100_000])
def test_a_failure_puts_the_old_content_back(disk: Path, atomic: bool, leave: int) -> None:
    file = disk / "a.txt"
    file.write_text("old" * 10_000)
    modified = file.stat().st_mtime_ns
    fill_up(disk, leave=leave)
    with pytest.raises(OSError, match="No space"):
        write(file, "x" * 600_000, atomic=atomic)
    assert file.read_text() == "old" * 10_000
    # Else JupyterLab would say that the file was changed by somebody else.
    assert file.stat().st_mtime_ns == modified
    with pytest.raises(OSError, match="No space"):
        write(disk / "new", "x" * 600_000, atomic=atomic)
    assert sorted(path.name for path in disk.iterdir()) == ["a.txt", "filler"]


@pytest.mark.parametrize("atomic", [True, False])
def test_an_error_of_who_writes_puts_the_old_content_back(tmp_path: Path, atomic: bool) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    for path in (file, tmp_path / "new"):
        with pytest.raises(ZeroDivisionError), written(str(path), atomic=atomic, log=LOG) as opened:
            opened.write("x" * (1 // 0))
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_other_names_of_the_file_have_the_old_content_too(disk: Path) -> None:
    file, other = disk / "a.txt", disk / "b.txt"
    file.write_text("old" * 10_000)
    os.link(file, other)
    before = file.stat()
    fill_up(disk, leave=100_000)
    with pytest.raises(OSError, match="No space"):
        write(file, "x" * 600_000)
    assert file.read_text() == other.read_text() == "old" * 10_000
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(path.name for path in disk.iterdir()) == ["a.txt", "b.txt", "filler"]


def test_the_file_stays_the_same_one(tmp_path: Path) -> None:
    file, link = tmp_path / "a.txt", tmp_path / "link"
    file.write_text("old\n")
    file.chmod(0o640)
    other = tmp_path / "other"
    os.link(file, other)
    link.symlink_to("a.txt")
    before = file.stat()
    write(link, "new\n")
    assert (file.read_text(), other.read_text(), link.is_symlink()) == ("new\n", "new\n", True)
    assert (file.stat().st_ino, file.stat().st_mode) == (before.st_ino, before.st_mode)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_an_earlier_save_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".~a.txt").write_text("older")
    write(tmp_path / "a.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


class FullStore(MemorySignatureStore):
    """A database of signatures on a full disk."""

    def store_signature(self, digest: str, algorithm: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def check_signature(self, digest: str, algorithm: str) -> bool:
        raise sqlite3.OperationalError("database or disk is full")


async def test_a_full_home_keeps_no_notebook_from_being_saved(
    make_manager: Callable[..., CloudruContentsManager], tmp_path: Path
) -> None:
    manager = make_manager()
    manager.notary.store_factory = FullStore
    manager.notary.store = FullStore()
    await manager.save(notebook("1"), "b.ipynb")
    assert (await manager.get("b.ipynb"))["content"]["cells"][0]["source"] == "1"


async def test_other_errors_are_told_as_before(
    make_manager: Callable[..., CloudruContentsManager], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make_manager()

    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(HTTPError) as raised:
        await manager.save(text("x"), "a.txt")
    assert raised.value.status_code == 500
