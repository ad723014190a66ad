"""Nothing below a root leads out of it, by the kernel's resolution and by hand alike."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloudru_jlab.core import beneath
from cloudru_jlab.core.access import Place, Symlinks

CANARY = b"canary"


@pytest.fixture(params=["by the kernel", "by hand"], autouse=True)
def _resolution(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "by hand":
        monkeypatch.setattr(beneath, "_kernel", lambda: None)
    elif beneath._kernel() is None:
        pytest.skip("the kernel has no openat2, or does not allow it")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with links of all sorts."""
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").write_bytes(b"inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_bytes(CANARY)
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "file").write_bytes(CANARY)
    for name, target in {
        "relative": "a/b",
        "absolute": str(root / "a" / "b"),
        "untidy": f"{root}//./a/b/",
        "a/up": "../a/b/../b",
        "through": "relative/../b",
        "to-root": ".",
        "absolute-to-root": str(root),
        "out": "../outside",
        "absolute-out": str(tmp_path / "outside"),
        "back": "../root/a/b",
        "look-alike": str(tmp_path / "root2"),
        "climb": "a/../../outside",
        "absolute-climb": f"{root}/a/../../outside",
        "loop": "loop",
        "loop1": "loop2",
        "loop2": str(root / "loop1"),
        "dangling": "nowhere",
        "proc": "/proc/self/root",
        "cwd": "/proc/self/cwd",
        "etc": "/etc",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    return root


def place(root: Path, inside: str | bytes, symlinks: Symlinks = "inside") -> Place:
    return Place(os.fsencode(root), inside if isinstance(inside, bytes) else os.fsencode(inside), symlinks)


def content(where: Place) -> bytes:
    fd = beneath.open_file(where)
    try:
        return os.read(fd, 100)
    finally:
        os.close(fd)


INSIDE = ["relative", "absolute", "untidy", "a/up", "through"]
OUTSIDE = [
    "out",
    "absolute-out",
    "back",
    "look-alike",
    "climb",
    "absolute-climb",
    "loop",
    "loop1",
    "proc",
    "cwd",
    "etc",
]


@pytest.mark.parametrize("symlinks", ["deny", "inside", "follow"])
def test_what_is_no_link_opens(root: Path, symlinks: Symlinks) -> None:
    assert content(place(root, "a/b/file", symlinks)) == b"inside"
    assert beneath.resolved(place(root, "a/b/file", symlinks)) == os.fsencode(root / "a" / "b" / "file")
    assert beneath.resolved(place(root, "", symlinks)) == os.fsencode(root)
    with beneath.opened(place(root, "a/b", symlinks), read=True) as fd:
        assert os.listdir(fd) == ["file"]
    with beneath.opened_path(place(root, "a/b", symlinks)) as path:
        assert os.listdir(path) == [b"file"]


@pytest.mark.parametrize("name", INSIDE)
def test_links_that_stay_inside_open_where_they_may(root: Path, name: str) -> None:
    for symlinks in ("inside", "follow"):
        assert content(place(root, f"{name}/file", symlinks)) == b"inside"  # type: ignore[arg-type]
    assert beneath.resolved(place(root, name)) == os.fsencode(root / "a" / "b")
    assert beneath.is_directory(place(root, name))


@pytest.mark.parametrize("name", ["to-root", "absolute-to-root"])
def test_a_link_may_lead_to_the_root(root: Path, name: str) -> None:
    assert beneath.resolved(place(root, name)) == os.fsencode(root)
    assert content(place(root, f"{name}/{name}/a/b/file")) == b"inside"


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("rest", ["", "/file"])
def test_links_that_lead_out_are_refused(root: Path, name: str, rest: str) -> None:
    for symlinks in ("deny", "inside"):
        where = place(root, name + rest, symlinks)  # type: ignore[arg-type]
        for call in (beneath.open_directory, beneath.open_file, beneath.open_path, beneath.resolved):
            with pytest.raises(FileNotFoundError):
                call(where)
        assert not beneath.is_directory(where)
    with pytest.raises(FileNotFoundError):
        beneath.open_file(place(root, name), os.O_WRONLY | os.O_CREAT)


@pytest.mark.parametrize("name", [*INSIDE, "to-root", "dangling"])
def test_no_link_is_followed_where_none_may_be(root: Path, name: str) -> None:
    for call in (beneath.open_directory, beneath.open_file, beneath.open_path, beneath.resolved):
        with pytest.raises(beneath.Refused):
            call(place(root, name, "deny"))
    with pytest.raises(beneath.Refused):
        beneath.open_file(place(root, name, "deny"), os.O_WRONLY | os.O_CREAT)


def test_links_are_followed_anywhere_where_all_are(root: Path) -> None:
    assert content(place(root, "out/file", "follow")) == CANARY
    assert beneath.resolved(place(root, "back/file", "follow")) == os.fsencode(root / "a" / "b" / "file")


@pytest.mark.parametrize(("links", "opens"), [(40, True), (41, False)])
@pytest.mark.parametrize("absolute", [False, True])
def test_so_many_links_are_followed(root: Path, links: int, opens: bool, absolute: bool) -> None:
    for number in range(1, links):
        (root / f"link{number}").symlink_to(f"{root}/link{number + 1}" if absolute else f"link{number + 1}")
    (root / f"link{links}").symlink_to("a/b/file")
    if opens:
        assert content(place(root, "link1")) == b"inside"
    else:
        with pytest.raises(OSError, match=r"No such file|Too many"):
            content(place(root, "link1"))


def test_the_root_may_lie_behind_links(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to("root")
    (root / "by-alias").symlink_to(tmp_path / "alias" / "a" / "b")
    for name in ("relative", "absolute", "by-alias"):
        assert content(place(tmp_path / "alias", f"{name}/file")) == b"inside"


def test_the_machine_may_be_the_root(root: Path) -> None:
    assert content(Place(b"/", os.fsencode(root / "absolute" / "file")[1:], "inside")) == b"inside"
    with pytest.raises(FileNotFoundError):
        content(Place(b"/", os.fsencode(root / "absolute" / "file")[1:], "deny"))


@pytest.mark.parametrize(
    "inside", ["..", "../outside/file", "a/../../outside/file", "a/..", ".", "a/./b", "/etc", "a//b", "a\0b", "a/"]
)
def test_what_was_not_checked_is_refused(root: Path, inside: str) -> None:
    for call in (beneath.open_directory, beneath.open_file, beneath.open_parent, beneath.resolved):
        for symlinks in ("deny", "inside", "follow"):
            with pytest.raises(beneath.Refused):
                call(place(root, inside, symlinks))  # type: ignore[arg-type]


def test_pipes_and_directories_are_no_files(root: Path) -> None:
    for symlinks in ("deny", "inside", "follow"):
        for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
            with pytest.raises(OSError, match=r"Permission denied|No such device"):
                beneath.open_file(place(root, "pipe", symlinks), flags)  # type: ignore[arg-type]
        with pytest.raises(IsADirectoryError):
            beneath.open_file(place(root, "a", symlinks))  # type: ignore[arg-type]
        with pytest.raises(NotADirectoryError):
            beneath.open_directory(place(root, "a/b/file", symlinks))  # type: ignore[arg-type]
        with pytest.raises(NotADirectoryError):
            beneath.open_file(place(root, "a/b/file/x", symlinks))  # type: ignore[arg-type]


def test_files_can_be_made(root: Path) -> None:
    os.close(beneath.open_file(place(root, "relative/new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
    assert stat.S_IMODE((root / "a" / "b" / "new").stat().st_mode) == 0o640
    with pytest.raises(FileExistsError):
        beneath.open_file(place(root, "relative/new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def test_the_parent_is_opened_and_the_name_is_not_looked_at(root: Path) -> None:
    fd, leaf = beneath.open_parent(place(root, "relative/none"))
    try:
        assert leaf == b"none"
        assert beneath.fd_target(fd) == os.fsencode(root / "a" / "b")
    finally:
        os.close(fd)
    fd, leaf = beneath.open_parent(place(root, "out", "deny"))
    os.close(fd)
    assert leaf == b"out"
    with pytest.raises(OSError, match=r"busy"):
        beneath.open_parent(place(root, ""))


def test_what_was_removed_has_no_path(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        beneath.resolved(place(root, "a/none"))
    (root / "odd (deleted)").touch()
    assert beneath.resolved(place(root, "odd (deleted)")).endswith(b"/odd (deleted)")


def test_nothing_stays_open(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for name in [*INSIDE, *OUTSIDE, "dangling", "pipe", "a", "a/b/file", "none"]:
        for symlinks in ("deny", "inside", "follow"):
            where = place(root, name, symlinks)  # type: ignore[arg-type]
            for call in (beneath.open_directory, beneath.open_file, beneath.open_path):
                try:
                    os.close(call(where))
                except OSError:
                    continue
    assert len(os.listdir("/proc/self/fd")) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    links=st.lists(
        st.tuples(
            st.sampled_from(["l1", "l2", "a/l3", "a/b/l4"]),
            st.lists(
                st.sampled_from(["..", "a", "b", "l1", "l2", "l3", "l4", ".", "file", "outside"]),
                min_size=1,
                max_size=6,
            ),
            st.sampled_from(["", "/", "ROOT/"]),
        ),
        unique_by=lambda link: link[0],
    ),
    path=st.lists(st.sampled_from(["a", "b", "l1", "l2", "l3", "l4", "file"]), min_size=1, max_size=4),
)
@example(links=[("l1", ["..", "outside"], "")], path=["l1", "file"])
def test_no_links_whatever_lead_out(
    tmp_path_factory: pytest.TempPathFactory, links: list[tuple[str, list[str], str]], path: list[str]
) -> None:
    top = tmp_path_factory.mktemp("links")
    root = top / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").write_bytes(b"inside")
    (top / "outside").mkdir()
    (top / "outside" / "file").write_bytes(CANARY)
    for name, target, start in links:
        (root / name).symlink_to(start.replace("ROOT", str(root)) + "/".join(target))
    try:
        found = beneath.resolved(place(root, "/".join(path)))
    except OSError:
        return
    # it is inside, and it is what the system says that the path is
    assert found == os.fsencode(root) or found.startswith(os.fsencode(root) + b"/")
    assert found == os.fsencode(os.path.realpath(os.path.join(root, *path)))


@pytest.fixture
def swapping(root: Path) -> Iterator[Callable[[], bool]]:
    """Swaps a directory for a link that leads out and back, as fast as can be, until it is done."""
    (root / "swap").mkdir()
    (root / "swap" / "file").write_bytes(b"inside")
    (root / "link").symlink_to("../outside")
    ended, rounds = threading.Event(), 0

    def swap() -> None:
        nonlocal rounds
        while not ended.is_set():
            for source, target in (("swap", "spare"), ("link", "swap"), ("swap", "link"), ("spare", "swap")):
                os.rename(root / source, root / target)
            rounds += 1

    thread = threading.Thread(target=swap)
    thread.start()
    yield lambda: rounds >= 300
    ended.set()
    thread.join()


@pytest.mark.parametrize("symlinks", ["deny", "inside"])
def test_a_race_leads_nowhere_else(root: Path, swapping: Callable[[], bool], symlinks: Symlinks) -> None:
    seen = {b"inside": 0, b"": 0}
    while not swapping() or sum(seen.values()) < 3000:
        try:
            seen[content(place(root, "swap/file", symlinks))] += 1
        except OSError:
            seen[b""] += 1
    assert CANARY not in seen
    assert all(seen.values()), seen


def test_it_works_without_site_packages(root: Path) -> None:
    program = (
        "import sys, types, os; sys.path.insert(0, sys.argv[1]); import beneath\n"
        "where = dict(root=os.fsencode(sys.argv[2]), inside=b'relative/file', symlinks='inside', mounted=False)\n"
        "place = types.SimpleNamespace(**where)\n"
        "print(os.read(beneath.open_file(place), 100))\n"
    )
    folder = os.path.dirname(beneath.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, folder, str(root)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "b'inside'\n"


# --- roots that are there only while something is mounted on them


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Calls mount(8) and umount(8) for `tmp_path / "point"`, which holds ``a/file``."""
    if os.geteuid() != 0:
        pytest.skip("mounting is left to root")
    point = tmp_path / "point"
    (point / "a").mkdir(parents=True)
    (point / "a" / "file").write_bytes(CANARY)

    def call(command: str, *arguments: str) -> None:
        done = subprocess.run([command, *arguments, str(point)], capture_output=True, text=True, check=False)
        if done.returncode and command == "mount":
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr

    yield call
    subprocess.run(["umount", "-l", str(point)], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.root
@pytest.mark.parametrize("kind", ["another file system", "a directory of the same file system"])
@pytest.mark.parametrize("symlinks", ["deny", "inside", "follow"])
def test_what_lies_below_a_mount_point_is_not_opened(
    tmp_path: Path, mount: Callable[..., None], symlinks: Symlinks, kind: str
) -> None:
    point = tmp_path / "point"
    (tmp_path / "elsewhere" / "a").mkdir(parents=True)
    (tmp_path / "by-link").symlink_to(point)
    reason = os.strerror(beneath.NOT_MOUNTED)

    def wanted(inside: str = "", root: Path = point) -> Place:
        return place(root, inside, symlinks)._replace(mounted=True)

    def not_opened() -> None:
        for inside in ("", "a"):
            for way in (beneath.opened(wanted(inside)), beneath.opened_path(wanted(inside))):
                with pytest.raises(OSError, match=reason), way:
                    pass
        for call in (beneath.open_file, beneath.open_parent, beneath.open_path, beneath.resolved):
            with pytest.raises(OSError, match=reason):
                call(wanted("a/file"))

    not_opened()
    if kind == "another file system":
        mount("mount", "-t", "tmpfs", "none")
        (point / "a").mkdir()
    else:
        mount("mount", "--bind", str(tmp_path / "elsewhere"))
    (point / "a" / "file").write_bytes(b"mounted")
    for root in (point, tmp_path / "by-link"):
        assert content(wanted("a/file", root)) == b"mounted"
        with beneath.opened(wanted("", root), read=True) as fd:
            assert os.listdir(fd) == ["a"]
        with beneath.opened_path(wanted("a", root)) as path:
            assert os.listdir(path) == [b"file"]
    assert beneath.resolved(wanted()) == os.fsencode(point)
    mount("umount")
    not_opened()


@pytest.mark.parametrize("symlinks", ["deny", "inside", "follow"])
def test_the_root_of_the_machine_is_always_mounted(symlinks: Symlinks) -> None:
    with beneath.opened(Place(b"/", b"", symlinks, mounted=True), read=True) as fd:
        assert os.listdir(fd)
