"""What every root does: a directory under each policy for links, with and without newer calls, and one in memory."""

from __future__ import annotations

import asyncio
import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core import beneath, renaming
from cloudru_jlab.core.access import ABSENT, DIRECTORY, FILE, ScanChunk
from cloudru_jlab.core.errors import Conflict, DomainError, NotADirectory, NotFound, ReadOnlyRoot
from cloudru_jlab.core.ports import RootBackend

from .making import content, info, local
from .memory import MemoryBackend, tree

Make = Callable[..., Any]

BIG = os.urandom(1 << 20) * 3 + b"end"


@pytest.fixture(params=["deny", "inside", "follow", "inside, by hand", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes roots of one kind, all with the same content."""
    top, made = tree(), []
    (tmp_path / "root").mkdir()
    if "by hand" in request.param:
        monkeypatch.setattr(beneath, "_kernel", lambda: None)
        monkeypatch.setattr(renaming, "_renameat2", lambda: None)

    def make(**changes: Any) -> Any:
        if request.param == "memory":
            return MemoryBackend(info(**changes), top)
        backend = local(tmp_path / "root", symlinks=request.param.split(",")[0], **changes)
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def root(make: Make, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Any:
    """A root with a few entries."""
    root = make()

    async def fill() -> None:
        await root.make_directory("folder")
        await root.write("folder/a.txt", b"12345")
        await root.write("b.ipynb", b"{}")

    jp_asyncio_loop.run_until_complete(fill())
    return root


def test_it_is_a_backend(make: Make) -> None:
    root = make()
    assert isinstance(root, RootBackend)
    assert "write" in root.capabilities
    assert "write" not in make(writable=False).capabilities
    assert root.state().availability == "available"


async def test_stat_describes(root: Any) -> None:
    top, folder, file, book = [await root.stat(path) for path in ("", "folder", "/folder//a.txt", "b.ipynb")]
    assert (top.name, top.type, top.size) == (b"", "directory", None)
    assert (folder.name, folder.type, folder.size) == (b"folder", "directory", None)
    assert (file.name, file.type, file.size, file.writable) == (b"a.txt", "file", 5, True)
    assert (book.name, book.type) == (b"b.ipynb", "notebook")
    with pytest.raises(NotFound):
        await root.stat("folder/none")
    with pytest.raises((NotFound, NotADirectory)):
        await root.stat("b.ipynb/none")


@pytest.mark.parametrize("bounds", [(), (0, 0), (1, 4), (3,), (5,), (9,), (2, 100), (0, 5)])
async def test_read_gives_the_bytes(root: Any, bounds: tuple[int, ...]) -> None:
    start, stop = (*bounds, 0, 100)[:2] if not bounds else (*bounds, 100)[:2]
    assert await content(root, "folder/a.txt", *bounds) == b"12345"[start:stop]


async def test_read_gives_large_files_in_pieces(root: Any) -> None:
    await root.write("big", BIG)
    pieces = [piece async for piece in await root.read("big")]
    assert len(pieces) > 1
    assert b"".join(pieces) == BIG
    assert await content(root, "big", 5, len(BIG) - 5) == BIG[5:-5]


async def test_read_gives_the_file_that_was_opened(root: Any) -> None:
    await root.write("big", BIG)
    pieces = await root.read("big")
    await root.write("big", b"other")
    assert b"".join([piece async for piece in pieces]) == BIG


async def test_read_refuses_directories_and_what_is_not_there(root: Any) -> None:
    with pytest.raises(Conflict):
        await root.read("folder")
    with pytest.raises(NotFound):
        await root.read("none")


async def test_write_replaces(root: Any) -> None:
    before = await root.stat("folder/a.txt")
    after = await root.write("folder/a.txt", b"other text")
    assert (after.name, after.size) == (b"a.txt", 10)
    assert after.signature != before.signature
    assert after.signature == (await root.stat("folder/a.txt")).signature
    assert await content(root, "folder/a.txt") == b"other text"


async def test_write_may_only_create(root: Any) -> None:
    await root.write("new", b"1", create_only=True)
    for path in ("new", "folder"):
        with pytest.raises(Conflict):
            await root.write(path, b"2", create_only=True)
    assert await content(root, "new") == b"1"


async def test_write_needs_a_file_in_a_directory(root: Any) -> None:
    with pytest.raises(Conflict):
        await root.write("folder", b"")
    with pytest.raises(NotFound):
        await root.write("none/a", b"")
    with pytest.raises(NotADirectory):
        await root.write("b.ipynb/a", b"")
    with pytest.raises(DomainError):
        await root.write("", b"")


async def test_uploads_appear_with_their_last_piece(root: Any) -> None:
    assert await root.write_chunk("up", 1, b"one ") is None
    assert await root.write_chunk("up", 2, b"two ") is None
    with pytest.raises(NotFound):
        await root.stat("up")
    assert (await root.write_chunk("up", -1, b"three")).size == 13
    assert await content(root, "up") == b"one two three"
    assert await names(root, "") == {b"folder": DIRECTORY, b"b.ipynb": FILE, b"up": FILE}


async def test_uploads_replace_and_begin_anew(root: Any) -> None:
    await root.write_chunk("b.ipynb", 1, b"lost")
    await root.write_chunk("b.ipynb", 1, b"1")
    assert await content(root, "b.ipynb") == b"{}"
    await root.write_chunk("b.ipynb", -1, b"2")
    assert await content(root, "b.ipynb") == b"12"


async def test_uploads_take_pieces_in_turn(root: Any) -> None:
    for number in (2, -1):
        with pytest.raises(Conflict):
            await root.write_chunk("up", number, b"x")
    await root.write_chunk("up", 1, b"1")
    with pytest.raises(Conflict):
        await root.write_chunk("up", 3, b"3")
    with pytest.raises(Conflict):
        await root.write_chunk("folder", 1, b"x")


async def test_make_directory(root: Any) -> None:
    made = await root.make_directory("folder/new")
    assert (made.name, made.type) == (b"new", "directory")
    for path in ("folder/new", "b.ipynb"):
        with pytest.raises(Conflict):
            await root.make_directory(path)
    with pytest.raises(NotFound):
        await root.make_directory("none/new")


async def test_rename_moves_files_and_directories(root: Any) -> None:
    assert (await root.rename("folder/a.txt", "c.txt")).name == b"c.txt"
    assert await content(root, "c.txt") == b"12345"
    assert (await root.rename("folder", "other")).type == "directory"
    assert await names(root, "") == {b"b.ipynb": FILE, b"c.txt": FILE, b"other": DIRECTORY}
    assert (await root.rename("other", "other")).name == b"other"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("folder/a.txt", "b.ipynb", Conflict),
        ("b.ipynb", "folder", Conflict),
        ("folder", "b.ipynb", Conflict),
        ("folder", "empty", Conflict),
        ("folder", "folder/inner", Conflict),
        ("none", "new", NotFound),
        ("b.ipynb", "none/new", NotFound),
        ("", "new", DomainError),
        ("b.ipynb", "", DomainError),
    ],
)
async def test_rename_overwrites_nothing(root: Any, old: str, new: str, error: type[DomainError]) -> None:
    await root.make_directory("empty")
    with pytest.raises(error):
        await root.rename(old, new)
    assert await names(root, "") == {b"folder": DIRECTORY, b"b.ipynb": FILE, b"empty": DIRECTORY}
    assert await content(root, "folder/a.txt") == b"12345"
    assert await content(root, "b.ipynb") == b"{}"


async def test_delete(root: Any) -> None:
    with pytest.raises(Conflict):
        await root.delete("folder")
    await root.make_directory("folder/deep")
    await root.write("folder/deep/b", b"")
    await root.delete("folder", recursive=True)
    await root.delete("b.ipynb")
    assert await names(root, "") == {}
    with pytest.raises(NotFound):
        await root.delete("folder")
    with pytest.raises(DomainError):
        await root.delete("", recursive=True)


async def test_copy(root: Any) -> None:
    await root.write("big", BIG)
    assert (await root.copy("big", "folder/copy")).size == len(BIG)
    assert await content(root, "folder/copy") == BIG
    for source, target in (("big", "folder/copy"), ("big", "folder"), ("folder", "new")):
        with pytest.raises(Conflict):
            await root.copy(source, target)
    with pytest.raises(NotFound):
        await root.copy("none", "new")
    assert await names(root, "folder") == {b"a.txt": FILE, b"copy": FILE}


async def test_a_read_only_root_refuses_every_verb(make: Make, root: Any) -> None:
    locked = make(writable=False)
    for call in (
        locked.write("new", b""),
        locked.write("b.ipynb", b""),
        locked.write_chunk("new", 1, b""),
        locked.make_directory("new"),
        locked.rename("b.ipynb", "new"),
        locked.delete("b.ipynb"),
        locked.delete("folder", recursive=True),
        locked.delete("b.ipynb", trash=True),
        locked.copy("b.ipynb", "new"),
    ):
        with pytest.raises(ReadOnlyRoot):
            await call
    assert await names(root, "") == {b"folder": DIRECTORY, b"b.ipynb": FILE}
    assert await content(locked, "folder/a.txt") == b"12345"
    assert not (await locked.stat("folder/a.txt")).writable


async def test_hidden_entries_need_permission(make: Make) -> None:
    open_root, root = make(hidden=True), make()
    await open_root.make_directory(".secret")
    await open_root.write(".secret/a", b"1")
    await open_root.write("b", b"2")
    for call in (
        root.stat(".secret/a"),
        root.read(".secret/a"),
        root.write(".secret/a", b""),
        root.write_chunk(".new", 1, b""),
        root.make_directory(".new"),
        root.rename("b", ".b"),
        root.rename(".secret", "secret"),
        root.delete(".secret", recursive=True),
        root.copy(".secret/a", "a"),
        root.copy("b", ".b"),
        root.real_path(".secret"),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(NotFound):
        root.place(".secret")
    assert await names(open_root, "") == {b".secret": DIRECTORY, b"b": FILE}


async def test_some_hidden_names_can_be_let_through(make: Make) -> None:
    root = make()
    through = root.with_hidden(".checkpoints")
    await through.make_directory(".checkpoints")
    await through.write(".checkpoints/a", b"1")
    assert await content(through, ".checkpoints/a") == b"1"
    assert not through.info.hidden
    for path in (".checkpoints/a", ".checkpoints"):
        with pytest.raises(NotFound):
            await root.stat(path)
    with pytest.raises(NotFound):
        await through.stat(".other")


async def test_directories_are_listed_by_their_place(root: Any) -> None:
    access, place = root.place("/folder/")
    assert place.inside == b"folder"
    (row,) = await access.stat_rows(place, [b"a.txt"])
    assert row is not None
    assert row.size == 5
    assert await names(root, "folder") == {b"a.txt": FILE}
    assert list(await access.kinds(place, [b"a.txt", b"none"])) == [FILE, ABSENT]


async def test_real_path_is_for_this_machine(root: Any) -> None:
    path = await root.real_path("folder/a.txt")
    if root.info.real is None:
        assert path is None
        assert "real_path" not in root.capabilities
    else:
        assert path.endswith("/root/folder/a.txt")
    with pytest.raises(NotFound):
        await root.real_path("none")


async def test_names_that_are_not_utf8(root: Any) -> None:
    await root.write("a\udcff", b"1")
    assert (await root.stat("a\udcff")).name == b"a\xff"
    assert b"a\xff" in await names(root, "")


async def names(root: Any, path: str) -> dict[bytes, int]:
    """What a listing of a directory gives."""
    found: dict[bytes, int] = {}

    def sink(chunk: ScanChunk) -> None:
        start = 0
        for length, kind in zip(array("H", chunk.lengths), chunk.types, strict=True):
            found[chunk.blob[start : start + length]] = kind
            start += length

    access, place = root.place(path)
    await access.scan(place, sink)
    return found
