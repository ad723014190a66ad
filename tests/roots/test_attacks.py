"""Hostile paths and races against every verb of a root: what lies outside is neither read nor changed.

The same is asked of a whole server in `attacks/`; here it is asked of the backend alone, under each policy for links.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core import beneath, renaming
from cloudru_jlab.core.access import ScanChunk
from cloudru_jlab.core.errors import DomainError, NotFound
from cloudru_jlab.roots.local import LocalBackend

from .making import content, info, local
from .memory import MemoryBackend, tree

CANARY = b"canary-0f3a"
OUTSIDE_NAMES = (b"bird.txt", b"nest")


def traversals() -> Iterator[str]:
    encoded = ("..%00", "%2e%2e", "%2E%2e", "%252e%252e", "%c0%ae%c0%ae")
    alike = ("...", "....", ".. ", " ..", "..\t", "..;", "．．", "‥", "․․", "..\u200b", "\u202e..")
    for dots in ("..", ".", *encoded, *alike):
        for slash in ("/", "\\", "%2f", "%5c", "∕", "／", "⁄", "//", "/./"):
            yield f"{dots}{slash}outside{slash}bird.txt"
    for depth in range(1, 12):
        yield "../" * depth + "etc/passwd"
        yield "folder/" + "../" * depth + "outside/bird.txt"
    yield from (
        "folder/../../outside/bird.txt",
        "none/../../outside",
        "file.txt/../../outside",
        "folder/sub/../../../outside",
        "./..",
        "..",
        "../",
    )


def absolutes(top: Path) -> Iterator[str]:
    for path in (
        f"{top}/outside/bird.txt",
        f"{top}/data2/bird.txt",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
        "/proc/self/environ",
    ):
        for start in ("", "/", "//", "/.", "file://", "folder/", "~", "~root"):
            yield start + path
    yield from (
        "C:\\outside",
        "C:outside",
        "\\\\host\\share",
        "\\\\?\\C:\\x",
        "NUL",
        "CON",
        "file.txt::$DATA",
        "~",
        "~/x",
        "$HOME",
        "${HOME}",
    )


def odd() -> Iterator[str]:
    yield from (
        "\0",
        "a\0b",
        "folder\0/../../outside",
        "file.txt\0",
        "../outside/bird.txt\0",
        "\ud800",
        "a/\udfff",
        "\udcff",
        "\udc2e\udc2e/outside",
        "\udc2f..",
    )
    yield from (
        "a" * 256,
        "a" * 5000,
        "é" * 128,
        "a/" * 2047,
        "a/" * 3000,
        "folder/../" * 500 + "../outside",
        "/" * 4000 + "../outside",
    )
    yield from (
        "\n",
        "\r\n..",
        "\x7f",
        "\x1b[2J",
        "-rf",
        "*",
        "%s%n",
        "`id`",
        "'",
        '"',
        "\u202etxt",
        "\ufeff..",
        "cafe\u0301",
        "a" * 255 + "/../../outside",
    )


def look_alikes() -> Iterator[str]:
    yield from (
        "@data",
        "@data/..",
        "@data2",
        "@data2/bird.txt",
        "../data2/bird.txt",
        "../data2",
        "@data/../data2",
        "@",
        "@/..",
        "@data:",
        "＠data",
        "2/bird.txt",
    )


def hidden() -> Iterator[str]:
    yield from (
        ".secret",
        ".secret/bird.txt",
        "folder/.secret/bird.txt",
        "folder/../.secret/bird.txt",
        "./.secret/bird.txt",
        ".secret/../.secret/bird.txt",
        "//.secret",
    )


#: Below `data`: where they lead, with TOP for the folder of all.
LINKS = {
    "out": "../outside", "out-absolute": "TOP/outside", "out-file": "../outside/bird.txt",
    "out-file-absolute": "TOP/outside/bird.txt", "look-alike": "TOP/data2", "climb": "..",
    "climb-more": "../../../../../..", "back": "../data/../outside", "absolute-climb": "TOP/data/../outside",
    "folder/up": "../../outside", "chain": "chain1", "chain1": "TOP/data/chain2", "chain2": "folder/../chain3",
    "chain3": "../outside", "loop": "loop", "loop1": "loop2", "loop2": "TOP/data/loop1",
    "dangling": "../outside/made", "dangling-absolute": "TOP/outside/made", "proc": "/proc/self/root",
    "cwd": "/proc/self/cwd", "etc": "/etc", "passwd": "/etc/passwd", "device": "/dev/zero", "no-root": "TOP",
    "half": "../data2/../outside", "escape-by-folder": "folder/up", "many-dots": "../" * 40 + "etc",
    "slashes": "..//.//outside", "self-out": "self-out2/x", "self-out2": "../outside",
}  # fmt: skip
#: Those that lead to the machine's own folders. What they are asked does no harm even where the tests fail.
MACHINE = {"climb-more", "proc", "cwd", "etc", "passwd", "device", "many-dots"}


def links() -> Iterator[str]:
    for name in LINKS:
        for rest in ("", "/", "/bird.txt", "/nest", "/nest/bird.txt", "/new", "/../outside/bird.txt"):
            yield name + rest


def corpus(top: Path) -> list[str]:
    return list(dict.fromkeys([*traversals(), *absolutes(top), *odd(), *look_alikes(), *hidden(), *links()]))


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A root `data`, and around it what no request may touch."""
    top = tmp_path / "top"
    for folder in ("outside", "outside/nest", "data2", "data/.secret", "data/folder/.secret"):
        (top / folder).mkdir(parents=True)
        (top / folder / "bird.txt").write_bytes(CANARY)
    (top / "data" / "folder" / "sub").mkdir()
    for name in ("file.txt", "folder/file.txt", "folder/sub/file.txt"):
        (top / "data" / name).write_bytes(b"inside")
    for name, target in LINKS.items():
        (top / "data" / name).symlink_to(target.replace("TOP", str(top)))
    return top


def seen(top: Path) -> dict[str, Any]:
    """All that may not change."""
    found: dict[str, Any] = {"": sorted(os.listdir(top))}
    for folder in ("outside", "data2", "data/.secret", "data/folder/.secret"):
        for path in [top / folder, *sorted((top / folder).rglob("*"))]:
            state = path.lstat()
            data = path.read_bytes() if stat.S_ISREG(state.st_mode) else None
            found[str(path)] = (state.st_ino, state.st_mode, state.st_nlink, state.st_mtime_ns, data)
    return found


@pytest.fixture(params=["deny", "inside", "inside, by hand", "memory"])
def root(request: pytest.FixtureRequest, top: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if "by hand" in request.param:
        monkeypatch.setattr(beneath, "_kernel", lambda: None)
        monkeypatch.setattr(renaming, "_renameat2", lambda: None)
    if request.param == "memory":
        yield MemoryBackend(info(), tree())
        return
    root = local(
        top / "data",
        symlinks=request.param.split(",")[0],
        options={"trash_directory": os.fsencode(top / "data" / "bin")},
    )
    yield root
    root.close()


async def listing(root: Any, path: str) -> bytes:
    """The names of a directory, and what is told of the names outside."""
    access, place = root.place(path)
    names: list[bytes] = []

    def sink(chunk: ScanChunk) -> None:
        names.append(chunk.blob)

    await access.scan(place, sink)
    await access.stat_directory(place)
    rows = await access.stat_rows(place, list(OUTSIDE_NAMES))
    assert rows == [None, None], path
    assert not await access.exists(place, b"bird.txt")
    return b"".join(names)


def on_machine(path: str) -> bool:
    """Whether ``path`` could lead to the machine's own folders, if anywhere."""
    return path.split("/")[0] in MACHINE or any(word in path for word in ("etc", "proc", "cwd"))


def verbs(root: Any, path: str) -> Iterator[Callable[[], Awaitable[Any]]]:
    """Every verb on ``path``, the ones that would do harm too, but not to the machine."""
    yield lambda: root.stat(path)
    yield lambda: content(root, path)
    yield lambda: content(root, path, 3, 9)
    yield lambda: root.real_path(path)
    yield lambda: listing(root, path)
    yield lambda: root.copy(path, "copied")
    if on_machine(path):
        return
    yield lambda: root.copy("file.txt", path)
    yield lambda: root.write(path, b"changed", create_only=True)
    yield lambda: root.make_directory(path)
    yield lambda: root.write_chunk(path, 1, b"changed")
    yield lambda: root.write_chunk(path, -1, b"changed")
    yield lambda: root.write(path, b"changed")
    yield lambda: root.rename("file.txt", path)
    yield lambda: root.rename(path, "renamed")
    yield lambda: root.delete(path, trash=True)
    yield lambda: root.delete(path)
    yield lambda: root.delete(path, recursive=True)


def test_the_corpus_is_large(top: Path) -> None:
    assert len(corpus(top)) >= 400


async def test_no_path_reads_or_changes_what_is_outside(root: Any, top: Path) -> None:
    before = seen(top)
    inside = os.fsencode(top / "data")
    for path in corpus(top):
        for verb in verbs(root, path):
            answer = await outcome(verb)
            if isinstance(answer, Exception):
                # what was asked may be said again
                assert str(top) in path or str(top) not in str(answer), path
            elif isinstance(answer, bytes):
                assert CANARY not in answer, path
                assert not any(name in answer for name in OUTSIDE_NAMES), path
            elif isinstance(answer, str):
                assert os.fsencode(answer) == inside or os.fsencode(answer).startswith(inside + b"/"), path
        await tidy(root)
        assert sorted(os.listdir(top)) == before[""], path
    assert seen(top) == before


async def outcome(verb: Callable[[], Awaitable[Any]]) -> Any:
    """What a verb gives or raises."""
    try:
        return await verb()
    except (DomainError, OSError) as error:
        return error


async def tidy(root: Any) -> None:
    """Take away what honest requests made, put back what they took, and look into what was copied."""
    for name in ("copied", "renamed"):
        copied = await outcome(partial(content, root, name))
        assert isinstance(copied, Exception) or CANARY not in copied
        await outcome(partial(root.delete, name, recursive=True))
    for folder in ("folder", "folder/sub"):
        await outcome(partial(root.make_directory, folder))
    for name in ("file.txt", "folder/file.txt"):
        await outcome(partial(root.write, name, b"inside", create_only=True))
    if root.info.real is not None:
        _relink(Path(os.fsdecode(root.info.real)))


def _relink(data: Path) -> None:
    for name, target in LINKS.items():
        if not (data / name).is_symlink():
            (data / name).symlink_to(target.replace("TOP", str(data.parent)))


@pytest.mark.parametrize("path", sorted(LINKS))
async def test_links_that_lead_out_are_not_found_but_can_be_removed(root: Any, top: Path, path: str) -> None:
    if root.info.real is None:
        return
    harmful = [] if path in MACHINE else [root.write(path, b"changed")]
    for verb in (root.stat(path), root.read(path), root.real_path(path), root.copy(path, "copied"), *harmful):
        with pytest.raises(NotFound):
            await verb
    await root.rename(path, "renamed")
    await root.delete("renamed", recursive=path not in MACHINE)
    assert os.path.basename(path) not in os.listdir((top / "data" / path).parent)
    assert (top / "outside" / "bird.txt").read_bytes() == CANARY


async def test_hidden_files_of_a_root_stay_hidden(root: Any, top: Path) -> None:
    for path in hidden():
        for verb in verbs(root, path):
            with pytest.raises(NotFound):
                await verb()


async def test_removing_a_directory_goes_through_no_link(top: Path) -> None:
    root = local(top / "data", symlinks="follow", hidden=True)
    for name in MACHINE:
        (top / "data" / name).unlink()
    before = {name: value for name, value in seen(top).items() if "/data/" not in name}
    for name in sorted(os.listdir(top / "data")):
        await root.delete(name, recursive=True)
    assert os.listdir(top / "data") == []
    after = {name: value for name, value in seen_outside(top).items()}
    assert after == before
    root.close()


def seen_outside(top: Path) -> dict[str, Any]:
    for folder in ("data/.secret", "data/folder/.secret"):
        (top / folder).mkdir(parents=True)
    return {name: value for name, value in seen(top).items() if "/data/" not in name}


# --- races


class Swapper:
    """Swaps a directory for a link that leads outside, and back, as fast as it can."""

    def __init__(self, top: Path) -> None:
        self.rounds = 0
        self._data = top / "data"
        self._ended = threading.Event()
        (self._data / "swap" / "deep").mkdir(parents=True)
        for folder in ("swap", "swap/deep"):
            (self._data / folder / "bird.txt").write_bytes(b"inside")
            (self._data / folder / "nest").mkdir()
        (self._data / "trap").symlink_to(top / "outside")
        self._thread = threading.Thread(target=self._swap)

    def _swap(self) -> None:
        with contextlib.suppress(OSError):
            # where somebody takes away what is swapped, that ends it
            self._swap_until_ended()

    def _swap_until_ended(self) -> None:
        while not self._ended.is_set():
            for source, target in (("swap", "spare"), ("trap", "swap"), ("swap", "trap"), ("spare", "swap")):
                os.rename(self._data / source, self._data / target)
            self.rounds += 1

    def __enter__(self) -> Swapper:
        self._thread.start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._ended.set()
        self._thread.join()


def race_verbs(root: Any, number: int) -> Iterator[Callable[[], Awaitable[Any]]]:
    yield lambda: content(root, "swap/bird.txt")
    yield lambda: content(root, "swap/deep/bird.txt")
    yield lambda: root.real_path("swap/bird.txt")
    yield lambda: root.stat("swap/nest")
    yield lambda: root.write("swap/bird.txt", b"changed")
    yield lambda: root.write(f"swap/new{number}", b"changed", create_only=True)
    yield lambda: root.make_directory(f"swap/made{number}")
    yield lambda: root.copy("swap/bird.txt", f"swap/copy{number}")
    yield lambda: root.copy("swap/bird.txt", "folder/copy")
    yield lambda: root.rename("swap/bird.txt", f"swap/moved{number}")
    yield lambda: root.rename(f"swap/moved{number}", "swap/bird.txt")
    yield lambda: root.write_chunk("swap/up", 1, b"changed")
    yield lambda: root.write_chunk("swap/up", -1, b"changed")
    yield lambda: root.delete("swap/nest", recursive=True)
    yield lambda: root.delete("swap/deep", recursive=True)


async def test_no_race_leads_outside(root: Any, top: Path) -> None:
    if root.info.real is None:
        return
    before, outcomes = seen(top), {"done": 0, "refused": 0}

    with Swapper(top) as swapper:
        number = 0
        while number < 150 or swapper.rounds < 300:
            number += 1
            for answer in await asyncio.gather(*map(outcome, race_verbs(root, number))):
                outcomes["refused" if isinstance(answer, Exception) else "done"] += 1
                assert answer != CANARY
                assert not isinstance(answer, str) or answer.startswith(str(top / "data"))
            copy = top / "data" / "folder" / "copy"
            if copy.exists():
                assert copy.read_bytes() != CANARY
                copy.unlink()
    assert seen(top) == before
    assert all(count > 50 for count in outcomes.values()), outcomes


async def test_no_race_while_a_directory_is_removed(top: Path) -> None:
    """A directory that is removed with all in it is swapped for a link meanwhile: what the link leads to stays."""
    root: LocalBackend = local(top / "data", symlinks="follow")
    before = seen(top)
    for number in range(30):
        with Swapper(top), contextlib.suppress(DomainError):
            await root.delete("swap", recursive=True)
        for name in ("swap", "spare", "trap"):
            try:
                await root.delete(name, recursive=True)
            except NotFound:
                continue
        assert seen(top) == before, number
    root.close()
