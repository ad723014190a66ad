"""What a directory of this machine does as a root, besides what every root does (`test_backend.py`)."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core import renaming
from cloudru_jlab.core.errors import Conflict, DomainError, NoSpace, NotFound, PermissionDenied, RootUnavailable
from cloudru_jlab.roots.local import LocalBackend, looking, trash, uploads

from .making import content, local

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting is left to root")
Make = Callable[..., LocalBackend]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    path.mkdir()
    (path / "file").write_bytes(b"12345")
    (path / "sub").mkdir()
    return path


@pytest.fixture
def make(folder: Path, tmp_path: Path) -> Iterator[Make]:
    made: list[LocalBackend] = []

    def make(real: Path = folder, **changes: Any) -> LocalBackend:
        options = {"trash_directory": os.fsencode(tmp_path / "trash"), **changes.pop("options", {})}
        made.append(local(real, options=options, **changes))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


async def until(check: Callable[[], bool]) -> None:
    while not check():  # noqa: ASYNC110  what is waited for tells nobody
        await asyncio.sleep(0.002)


def mount(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


# --- writing


@pytest.mark.parametrize("symlinks", ["inside", "follow"])
async def test_a_save_goes_through_a_link_and_leaves_it(make: Make, folder: Path, symlinks: str) -> None:
    root = make(symlinks=symlinks)
    (folder / "sub" / "link").symlink_to("../file")
    before = os.lstat(folder / "sub" / "link")
    entry = await root.write("sub/link", b"other")
    assert (folder / "file").read_bytes() == b"other"
    assert os.path.samestat(before, os.lstat(folder / "sub" / "link"))
    assert entry.name == b"link"
    assert entry.signature == (await root.stat("sub/link")).signature
    await root.write_chunk("sub/link", 1, b"up")
    await root.write_chunk("sub/link", -1, b"load")
    assert (folder / "file").read_bytes() == b"upload"
    assert stat.S_ISLNK(os.lstat(folder / "sub" / "link").st_mode)
    assert sorted(os.listdir(folder)) == ["file", "sub"]


async def test_a_save_makes_nothing_through_a_dangling_link(make: Make, folder: Path) -> None:
    (folder / "link").symlink_to("nothing")
    for root in (make(), make(symlinks="deny"), make(symlinks="follow")):
        with pytest.raises(NotFound):
            await root.write("link", b"x")
        with pytest.raises(Conflict):
            await root.write("link", b"x", create_only=True)
    assert not (folder / "nothing").exists()


async def test_a_save_keeps_permissions_owners_and_attributes(make: Make, folder: Path) -> None:
    file = folder / "file"
    file.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(file, 1234, 5678)
    try:
        os.setxattr(file, "user.colour", b"blue")
        coloured = True
    except OSError:
        coloured = False
    await make().write("file", b"other")
    state = file.stat()
    assert stat.S_IMODE(state.st_mode) == 0o604
    if os.geteuid() == 0:
        assert (state.st_uid, state.st_gid) == (1234, 5678)
    assert not coloured or os.getxattr(file, "user.colour") == b"blue"


async def test_new_files_have_the_permissions_that_others_get(make: Make, folder: Path) -> None:
    root = make()
    (folder / "plain").touch()
    await root.write("new", b"")
    await root.write_chunk("up", 1, b"")
    await root.write_chunk("up", -1, b"")
    modes = {stat.S_IMODE((folder / name).stat().st_mode) for name in ("plain", "new", "up")}
    assert len(modes) == 1, modes
    (folder / "file").chmod(0o750)
    await root.copy("file", "copy")
    assert stat.S_IMODE((folder / "copy").stat().st_mode) == 0o750


async def test_a_failure_leaves_the_old_file_and_nothing_else(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cloudru_jlab.roots.local.writing.os.fsync", full)
    for call in (root.write("file", b"other"), root.write("new", b"x"), root.copy("file", "new")):
        with pytest.raises(NoSpace):
            await call
    assert sorted(os.listdir(folder)) == ["file", "sub"]
    assert (folder / "file").read_bytes() == b"12345"


async def test_pipes_are_neither_read_nor_written(make: Make, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    root = make()
    for call in (root.read("pipe"), root.stat("pipe"), root.write("pipe", b""), root.copy("pipe", "new")):
        with pytest.raises(PermissionDenied):
            await call
    await root.rename("pipe", "tube")
    await root.delete("tube")


# --- uploads


async def test_an_upload_that_is_given_up_leaves_nothing(make: Make, folder: Path) -> None:
    root = make(options={"upload_idle_seconds": 0.02})
    await root.write_chunk("up", 1, b"x" * 100)
    await until(lambda: sorted(os.listdir(folder)) == ["file", "sub"])
    with pytest.raises(Conflict):
        await root.write_chunk("up", -1, b"x")


async def test_closing_gives_uploads_up(make: Make, folder: Path) -> None:
    root = make()
    await root.write_chunk("up", 1, b"x" * 100)
    assert len(os.listdir(folder)) == 3
    root.close()
    await until(lambda: sorted(os.listdir(folder)) == ["file", "sub"])


async def test_uploads_of_a_server_that_died_are_removed_by_the_next(make: Make, folder: Path) -> None:
    dead = make()
    await dead.write_chunk("one", 1, b"x")
    area = folder / ".cloudru-jlab-partial"
    (left,) = os.listdir(area)
    os.utime(area / left, (1, time.time() - uploads._STALE_SECONDS - 60))
    root = make()
    await root.write_chunk("two", 1, b"x")
    assert len(os.listdir(area)) == 1
    assert left not in os.listdir(area)
    await root.write_chunk("two", -1, b"y")
    assert sorted(os.listdir(folder)) == ["file", "sub", "two"]


# --- links, mounts, and what is removed


async def test_links_themselves_are_moved_and_removed(make: Make, folder: Path) -> None:
    root = make(symlinks="deny")
    (folder / "sub" / "inner").touch()
    (folder / "link").symlink_to("sub")
    (folder / "dangling").symlink_to("nowhere")
    assert (await root.rename("dangling", "still")).name == b"still"
    await root.delete("link", recursive=True)
    assert sorted(os.listdir(folder)) == ["file", "still", "sub"]
    assert (folder / "sub" / "inner").exists()


async def test_two_hard_links_are_two_entries(make: Make, folder: Path) -> None:
    (folder / "FILE").hardlink_to(folder / "file")
    with pytest.raises(Conflict):
        await make().rename("file", "FILE")
    assert sorted(os.listdir(folder)) == ["FILE", "file", "sub"]


@pytest.mark.parametrize("links", [True, False])
async def test_nothing_is_overwritten_where_the_newer_call_is_missing(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    monkeypatch.setattr(renaming, "_renameat2", lambda: None)
    if not links:

        def link(*arguments: Any, **keywords: Any) -> None:
            raise PermissionError(1, "no hard links here")

        monkeypatch.setattr(renaming.os, "link", link)
    root = make()
    await root.write("other", b"1")
    await root.make_directory("full")
    await root.write("full/a", b"")
    for old, new in (
        ("other", "file"),
        ("sub", "file"),
        ("file", "sub"),
        ("sub", "full"),
        ("full", "sub"),
        ("full", "full/b"),
    ):
        with pytest.raises(Conflict):
            await root.rename(old, new)
    assert sorted(os.listdir(folder)) == ["file", "full", "other", "sub"]
    await root.rename("other", "sub/other")
    await root.rename("sub", "moved")
    assert await content(root, "moved/other") == b"1"


@pytest.fixture
def mounted(folder: Path) -> Iterator[Path]:
    """A small file system of its own in the root."""
    point = folder / "mounted"
    point.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(point)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("nothing can be mounted here")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)


@as_root
@pytest.mark.root
async def test_what_is_mounted_below_is_reached_but_not_removed(make: Make, folder: Path, mounted: Path) -> None:
    root = make(symlinks="deny")
    await root.write("mounted/a", b"1")
    assert await content(root, "mounted/a") == b"1"
    with pytest.raises(Conflict) as refused:
        await root.rename("file", "mounted/file")
    assert refused.value.details == {"cross_device": True}
    for path in ("mounted", ""):
        with pytest.raises(DomainError):
            await root.delete(path, recursive=True)
    assert (mounted / "a").exists()


@as_root
@pytest.mark.root
async def test_a_full_file_system_is_told(make: Make, mounted: Path) -> None:
    root = make()
    await root.write("mounted/a", b"x" * 700_000)
    for call in (
        root.write("mounted/b", b"x" * 700_000),
        root.copy("mounted/a", "mounted/b"),
        root.write_chunk("mounted/b", 1, b"x" * 700_000),
    ):
        with pytest.raises(NoSpace):
            await call
    await root.look()
    await until(lambda: os.listdir(mounted) == ["a"])


@as_root
@pytest.mark.root
async def test_a_root_that_needs_a_mount_is_there_only_with_it(make: Make, mounted: Path) -> None:
    root = make(mounted, options={"mount_required": True})
    assert (await root.look()).availability == "available"
    assert (await root.look()).file_system == "tmpfs"
    await root.write("a", b"1")
    mount("umount", str(mounted))
    (mounted / "below").write_bytes(b"not of this root")
    # at once, without a look
    for call in (root.write("b", b""), root.stat("below"), root.delete("below"), root.read("below")):
        with pytest.raises(RootUnavailable):
            await call
    assert (await root.look()).availability == "not_mounted"
    with pytest.raises(RootUnavailable):
        root.place("")
    mount("mount", "-t", "tmpfs", "none", str(mounted))
    await root.write("b", b"2")
    assert (await root.look()).availability == "available"
    assert root.place("")[1].inside == b""


# --- the state of a root


async def test_a_root_that_is_not_there_comes_back(make: Make, folder: Path) -> None:
    root = make()
    assert root.state().availability == "available"
    os.rename(folder, f"{folder}.away")
    for call in (root.stat("file"), root.read("file"), root.write("new", b""), root.delete("file")):
        with pytest.raises(RootUnavailable) as refused:
            await call
        assert str(folder) not in refused.value.message
    assert (await root.look()).availability == "missing"
    assert root.state().availability == "missing"
    with pytest.raises(RootUnavailable):
        root.place("")
    os.rename(f"{folder}.away", folder)
    assert await content(root, "file") == b"12345"
    state = await root.look()
    assert state.availability == "available"
    assert state.total_bytes is not None
    assert state.free_bytes is not None
    assert 0 < state.free_bytes <= state.total_bytes
    root.place("")


async def test_a_file_is_no_root(make: Make, folder: Path) -> None:
    assert (await make(folder / "file").look()).availability == "missing"
    assert (await make(folder / "file" / "below").look()).availability == "missing"


def test_a_root_without_permission_says_so() -> None:
    # Not one of pytest's directories: nobody may enter those, and pytest closes them again if they are opened.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "folder")
        folder.mkdir(0o000)
        Path(name).chmod(0o755)
        if os.geteuid() != 0:
            assert looking.look(os.fsencode(folder), mount_required=False)[0] == looking.DENIED
            return
        # as nobody, in a process of its own
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgid(65534)
                os.setuid(65534)
                os.write(writing, looking.look(os.fsencode(folder), mount_required=False)[0].availability.encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        assert os.read(reading, 100) == b"permission_denied"
        os.close(reading)


def test_the_mount_table_is_read_as_it_is_seen(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 20 0:40 / /mnt/nfs rw shared:1 - nfs4 server:/x rw\n"
        "31 20 0:41 / /mnt/nfs2 rw - cifs //x rw\n"
        "32 30 0:42 / /mnt/nfs rw - tmpfs none rw\n"
        "33 20 0:43 / /mnt/with\\040space rw - fuse.sshfs x rw\n"
        "broken\n"
    )
    found = [
        looking.mounted_on(path, str(table))
        for path in (b"/home", b"/mnt/nfs", b"/mnt/nfs/deep", b"/mnt/nfs3", b"/mnt/with space/a")
    ]
    assert found == [
        (b"/", "ext4"),
        (b"/mnt/nfs", "tmpfs"),
        (b"/mnt/nfs", "tmpfs"),
        (b"/", "ext4"),
        (b"/mnt/with space", "fuse.sshfs"),
    ]
    assert looking.mounted_on(b"/", str(tmp_path / "none")) == (b"", None)


# --- trash


async def test_trash_takes_entries_and_says_where_they_were(make: Make, folder: Path, tmp_path: Path) -> None:
    root = make()
    await root.look()
    assert "trash" in root.capabilities
    (folder / "link").symlink_to("file")
    await root.delete("link", trash=True)
    await root.delete("file", trash=True)
    await root.write("file", b"second")
    await root.delete("file", trash=True)
    await root.delete("sub", trash=True)
    assert os.listdir(folder) == []
    bins = tmp_path / "trash"
    assert sorted(os.listdir(bins / "files")) == ["file", "file 1", "link", "sub"]
    assert (bins / "files" / "file 1").read_bytes() == b"second"
    assert (bins / "files" / "link").is_symlink()
    text = (bins / "info" / "file 1.trashinfo").read_text()
    assert text.startswith(f"[Trash Info]\nPath={folder}/file\nDeletionDate=20")


@as_root
@pytest.mark.root
async def test_trash_is_refused_on_another_file_system(make: Make, mounted: Path, tmp_path: Path) -> None:
    (mounted / "a").touch()
    root, inner = make(), make(mounted)
    await inner.look()
    assert "trash" not in inner.capabilities
    with pytest.raises(PermissionDenied):
        await inner.delete("a", trash=True)
    with pytest.raises(Conflict):
        await root.delete("mounted/a", trash=True)
    assert (mounted / "a").exists()
    assert not any((tmp_path / "trash" / "info").glob("*"))


def test_the_home_trash_is_where_others_look_for_it() -> None:
    assert trash.home_trash() is None or trash.home_trash().endswith(b"/Trash")


def test_a_place_is_told_outside_the_event_loop_too(make: Make) -> None:
    assert make().place("sub")[1].inside == b"sub"


async def test_a_place_is_known_again_without_anybody_looking(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudru_jlab.roots.local.backend._SEEN_SECONDS", 0.0)
    root = make()

    def refused() -> bool:
        try:
            root.place("")
        except RootUnavailable:
            return True
        return False

    os.rename(folder, f"{folder}.away")
    await until(refused)
    os.rename(f"{folder}.away", folder)
    await until(lambda: not refused())
