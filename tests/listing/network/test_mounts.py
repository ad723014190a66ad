"""Which paths lie on file systems that may hang."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudru_jlab.listing.scan.mounts import MountTable, parse_mountinfo

TableOf = Callable[..., MountTable]


@pytest.fixture
def table_of(tmp_path: Path) -> TableOf:
    def make(*lines: str, remote: tuple[str, ...] = ("nfs*", "fuse.*"), local: tuple[str, ...] = ()) -> MountTable:
        source = tmp_path / "mountinfo"
        source.write_text("".join(f"{line}\n" for line in lines))
        return MountTable(remote, local, source=str(source))

    return make


def line(ident: int, parent: int, point: str, kind: str) -> str:
    return f"{ident} {parent} 0:{ident} / {point} rw,relatime shared:1 master:2 - {kind} server:/export rw"


ROOT = line(1, 0, "/", "ext4")


def test_parse_reads_escaped_mount_points_and_skips_nonsense() -> None:
    mounts = parse_mountinfo(line(2, 1, r"/data\040set\134x", "nfs4").encode() + b"\nnonsense\n")

    assert [(mount.point, mount.kind) for mount in mounts] == [(rb"/data set\x", "nfs4")]


def test_a_path_below_a_network_mount_is_remote_and_its_neighbours_are_not(table_of: TableOf) -> None:
    table = table_of(ROOT, line(2, 1, "/mnt/share", "nfs4"))

    assert table.remote_mount(b"/mnt/share") is not None
    assert table.remote_mount(b"/mnt/share/a/b") is not None
    assert table.remote_mount(b"/mnt/shared") is None
    assert table.remote_mount(b"/mnt") is None


def test_a_network_mount_is_remote_although_something_local_is_mounted_below_it(table_of: TableOf) -> None:
    # the way to the local one leads through the remote one
    table = table_of(ROOT, line(2, 1, "/mnt", "nfs4"), line(3, 2, "/mnt/cache", "ext4"))

    assert table.remote_mount(b"/mnt/cache/x") is not None


def test_the_last_mount_on_a_point_counts(table_of: TableOf) -> None:
    table = table_of(ROOT, line(2, 1, "/mnt", "nfs4"), line(3, 2, "/mnt", "ext4"))

    assert table.remote_mount(b"/mnt/x") is None


def test_a_mount_hides_those_that_were_below_it(table_of: TableOf) -> None:
    table = table_of(ROOT, line(2, 1, "/mnt/deep", "nfs4"), line(3, 1, "/mnt", "tmpfs"))

    assert table.remote_mount(b"/mnt/deep/x") is None


def test_types_that_never_hang_are_taken_out(table_of: TableOf) -> None:
    mounts = [ROOT, line(2, 1, "/a", "fuse.fuse-overlayfs"), line(3, 1, "/b", "fuse.sshfs")]
    table = table_of(*mounts, local=("fuse.fuse-overlayfs",))

    assert table.remote_mount(b"/a/x") is None
    assert table.remote_mount(b"/b/x") is not None


def test_symbolic_links_are_followed_to_the_mount_without_touching_it(table_of: TableOf, tmp_path: Path) -> None:
    # the mount point does not exist: whoever looked behind it would find nothing
    share = tmp_path.parent / "share"
    table = table_of(ROOT, line(2, 1, str(share), "nfs4"))
    (tmp_path / "absolute").symlink_to(share / "deep")
    (tmp_path / "relative").symlink_to("../share")
    (tmp_path / "twice").symlink_to("absolute")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to(tmp_path.parent / "else")

    remote = {name for name in os.listdir(tmp_path) if table.remote_mount(os.fsencode(tmp_path / name / "x"))}

    assert remote == {"absolute", "relative", "twice"}


def test_dots_in_a_link_are_resolved_as_the_kernel_does(table_of: TableOf, tmp_path: Path) -> None:
    share = tmp_path.parent / "share"
    table = table_of(ROOT, line(2, 1, str(share), "nfs4"))
    (tmp_path / "inside").mkdir()
    (tmp_path / "link").symlink_to("inside/../outward")
    (tmp_path / "outward").symlink_to(f"{tmp_path}/./inside/../../share")

    assert table.remote_mount(os.fsencode(tmp_path / "link")) is not None


def test_without_a_mount_table_everything_is_local(tmp_path: Path) -> None:
    table = MountTable(["*"], source=str(tmp_path / "missing"))

    assert table.remote_mount(b"/") is None


def test_the_systems_own_table_finds_its_own_mounts() -> None:
    table = MountTable(["proc"])
    if not table.mounts:
        pytest.skip("needs Linux' /proc/self/mountinfo")

    assert table.remote_mount(b"/proc/self/status") is not None
    assert table.remote_mount(b"/usr") is None
