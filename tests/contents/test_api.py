"""The contents API with our manager behind it, and JupyterLab's save as it asks for it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from tornado.httpclient import HTTPClientError

Fetch = Callable[..., Awaitable[Any]]
SIZE = 20_000_000


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    return {**jp_server_config, "CloudruContentsManager": {"max_children": 5}}


async def get(jp_fetch: Fetch, path: str, **parameters: str) -> Any:
    return await jp_fetch("api/contents", path, method="GET", params=parameters)


async def put(jp_fetch: Fetch, path: str, model: dict[str, Any]) -> Any:
    return await jp_fetch("api/contents", path, method="PUT", body=json.dumps(model))


def fill(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"file{number}.txt").touch()


# --- directories


async def test_get_directory_tells_of_its_truncation(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    fill(jp_root_dir, 12)
    response = await get(jp_fetch, "", content="1", type="directory")
    model = json.loads(response.body)
    assert response.headers["X-Cloudru-Truncated"] == "12"
    assert model["truncated"] == {"total": 12, "shown": 5}
    assert [child["name"] for child in model["content"]] == [f"file{number}.txt" for number in range(5)]
    assert model["content"][0]["last_modified"].endswith("Z")


async def test_get_directory_within_the_limit_is_untouched(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    fill(jp_root_dir, 5)
    response = await get(jp_fetch, "", content="1", type="directory")
    assert "X-Cloudru-Truncated" not in response.headers
    assert set(json.loads(response.body)) == {
        "name",
        "path",
        "last_modified",
        "created",
        "content",
        "format",
        "mimetype",
        "size",
        "writable",
        "hash",
        "hash_algorithm",
        "type",
    }


async def test_head_of_a_directory_counts_nothing(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    fill(jp_root_dir, 12)
    response = await get(jp_fetch, "", content="0")
    assert "X-Cloudru-Truncated" not in response.headers
    assert "truncated" not in json.loads(response.body)


async def test_copy_of_a_large_directory_is_no_listing(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    (jp_root_dir / "folder").mkdir()
    fill(jp_root_dir / "folder", 12)
    body = json.dumps({"copy_from": "folder"})
    response = await jp_fetch("api/contents", "", method="POST", body=body)
    assert response.code == 201
    assert "X-Cloudru-Truncated" not in response.headers
    assert len(os.listdir(jp_root_dir / "folder-Copy1")) == 12


@pytest.mark.parametrize("path", ["missing", ".hidden", "%2e%2e/outside", "folder/../../outside"])
async def test_get_of_what_must_not_be_seen(jp_fetch: Fetch, jp_root_dir: Path, path: str) -> None:
    (jp_root_dir / ".hidden").mkdir()
    (jp_root_dir.parent / "outside").mkdir()
    with pytest.raises(HTTPClientError) as failure:
        await get(jp_fetch, path, type="directory")
    assert failure.value.code == 404


# --- a save reads a file at most once


def read_bytes() -> int:
    """Bytes that this process has asked the kernel for, copies from file to file included."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])


async def hash_of(jp_fetch: Fetch, path: str) -> str:
    model = json.loads((await get(jp_fetch, path, content="0", hash="1")).body)
    assert model["hash_algorithm"] == "sha256"
    digest: str = model["hash"]
    return digest


needs_counts = pytest.mark.skipif(sys.platform != "linux", reason="counts reads in /proc/self/io")


@needs_counts
async def test_save_reads_a_file_at_most_once(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    path = jp_root_dir / "file.txt"
    path.write_text("a" * SIZE, encoding="ascii")
    asked: list[float] = []
    for letter in "bcd":
        before = path.read_bytes()
        started = read_bytes()
        assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(before).hexdigest()
        read = read_bytes() - started
        await put(jp_fetch, "file.txt", {"type": "file", "format": "text", "content": letter * SIZE})
        started = read_bytes()
        assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(letter.encode() * SIZE).hexdigest()
        asked.append((read + read_bytes() - started) / SIZE)
    # The first save reads the file that somebody else wrote; what we wrote ourselves is known.
    assert 1 <= asked[0] < 1.1
    assert asked[1] < 0.1
    assert asked[2] < 0.1


@needs_counts
async def test_save_of_a_notebook_reads_it_at_most_once(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    notebook = new_notebook(cells=[new_markdown_cell("Ячейка " * 500_000)])
    await put(jp_fetch, "book.ipynb", {"type": "notebook", "content": notebook})
    path = jp_root_dir / "book.ipynb"
    started = read_bytes()
    assert await hash_of(jp_fetch, "book.ipynb") == hashlib.sha256(path.read_bytes()).hexdigest()
    # the test's own reading
    assert read_bytes() - started < 1.1 * path.stat().st_size


@needs_counts
async def test_opening_a_file_leaves_its_hash_known(
    jp_fetch: Fetch, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The times of a file just made are too young to be believed, and no test waits for them to grow old.
    monkeypatch.setattr("cloudru_jlab.contents.hashes.COARSEST_TICK_NS", -(10**18))
    path = jp_root_dir / "file.txt"
    path.write_text("a" * SIZE, encoding="ascii")
    model = json.loads((await get(jp_fetch, "file.txt", content="1", hash="1")).body)
    assert model["hash"] == hashlib.sha256(path.read_bytes()).hexdigest()
    started = read_bytes()
    assert await hash_of(jp_fetch, "file.txt") == model["hash"]
    assert read_bytes() - started < 0.1 * SIZE
    again = json.loads((await get(jp_fetch, "file.txt", content="1", hash="1")).body)
    assert (again["hash"], again["content"]) == (model["hash"], model["content"])


async def test_hash_tells_what_somebody_else_wrote(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    path = jp_root_dir / "file.txt"
    await put(jp_fetch, "file.txt", {"type": "file", "format": "text", "content": "ours"})
    assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(b"ours").hexdigest()
    path.write_text("longer", encoding="ascii")
    assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(b"longer").hexdigest()
    path.unlink()
    path.write_text("new", encoding="ascii")
    assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(b"new").hexdigest()


async def test_hash_tells_what_a_hook_wrote_in_the_same_instant(
    jp_fetch: Fetch, jp_root_dir: Path, jp_serverapp: Any
) -> None:
    def overwrite(os_path: str, **kwargs: Any) -> None:
        info = os.stat(os_path)
        with open(os_path, "r+b") as file:
            file.write(b"hook")
        # as a coarse clock leaves it
        os.utime(os_path, ns=(info.st_atime_ns, info.st_mtime_ns))

    jp_serverapp.contents_manager.register_post_save_hook(overwrite)
    await put(jp_fetch, "file.txt", {"type": "file", "format": "text", "content": "ours"})
    assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(b"hook").hexdigest()


async def test_hash_follows_links(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    (jp_root_dir / "target.txt").write_text("before", encoding="ascii")
    (jp_root_dir / "link.txt").symlink_to("target.txt")
    await put(jp_fetch, "link.txt", {"type": "file", "format": "text", "content": "after"})
    assert (jp_root_dir / "link.txt").is_symlink()
    assert await hash_of(jp_fetch, "link.txt") == hashlib.sha256(b"after").hexdigest()
    assert await hash_of(jp_fetch, "target.txt") == hashlib.sha256(b"after").hexdigest()


async def test_hash_after_an_upload_in_chunks(jp_fetch: Fetch) -> None:
    for chunk, text in ((1, "one"), (2, "two"), (-1, "end")):
        model = {"type": "file", "format": "text", "content": text, "chunk": chunk}
        await put(jp_fetch, "file.txt", model)
    assert await hash_of(jp_fetch, "file.txt") == hashlib.sha256(b"onetwoend").hexdigest()


async def test_hash_of_what_is_no_file(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    os.mkfifo(jp_root_dir / "pipe")
    with pytest.raises(HTTPClientError) as failure:
        await get(jp_fetch, "pipe", content="0", hash="1")
    assert failure.value.code == 400
    assert str(jp_root_dir) not in failure.value.response.body.decode()  # type: ignore[union-attr]
