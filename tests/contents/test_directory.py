"""A directory's model is the one that jupyter_server makes of it, whatever lies in it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from traitlets import Unicode

from cloudru_jlab.contents.directory import DirectoryReader
from cloudru_jlab.contents.manager import CloudruContentsManager

NOBODY = 65534

SUFFIXES = ["", ".txt", ".ipynb", ".tgz", ".tar.gz", ".html", ".HTML", ".pyc", "~", ".PNG", ".", ".svgz", ".json.bz2"]
ODD_NAMES = [
    b".hidden",
    b".hidden.ipynb",
    b"__pycache__",
    b".DS_Store",
    b"data:text,x.png",
    b"http:x?a.html",
    b"line\nbreak.txt",
    b" spaces ",
    b"back\\slash.txt",
    b"percent%20.txt",
    b"not-utf8-\xff\xfe.txt",
    b"\xd0\xa4\xd0\xb0\xd0\xb9\xd0\xbb.txt",
    b"x" * 255,
    b"-rf",
    b"*",
    b".html",
]
LINKS = ["file link", "dir link", "locked link", "dangling", "loop", "self"]
names = st.one_of(
    st.sampled_from(ODD_NAMES),
    st.builds(lambda stem, suffix: (stem + suffix).encode(), st.sampled_from("abcxyz"), st.sampled_from(SUFFIXES)),
)


class Node(NamedTuple):
    """An entry to make."""

    name: bytes
    kind: str
    mode: int
    mtime: float


nodes = st.builds(
    Node,
    name=names,
    kind=st.sampled_from(
        [
            "file",
            "dir",
            "full dir",
            "file link",
            "dir link",
            "locked link",
            "dangling",
            "loop",
            "self",
            "fifo",
            "socket",
        ]
    ),
    mode=st.sampled_from([0o755, 0o644, 0o444, 0o000, 0o111, 0o500]),
    mtime=st.sampled_from([0.0, -1.0, 1.5, 1_700_000_000.123456, 2.0**35]),
)


def make(folder: bytes, node: Node) -> None:
    """Put ``node`` into ``folder``."""
    path = os.path.join(folder, node.name)
    targets = {
        "file link": b"../target.txt",
        "dir link": b"../target",
        "locked link": b"../locked/inside",
        "dangling": b"nowhere",
        "loop": b"../loop",
        "self": node.name,
    }
    if node.kind in targets:
        os.symlink(targets[node.kind], path)
        return
    if node.kind == "fifo":
        os.mkfifo(path)
    elif node.kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            # The address of a socket is shorter than a file name may be.
            listener.bind(os.path.join(folder, b"s"))
            os.rename(os.path.join(folder, b"s"), path)
    elif node.kind == "file":
        Path(os.fsdecode(path)).write_bytes(b"x" * (len(node.name) % 7))
    else:
        os.mkdir(path)
        if node.kind == "full dir":
            Path(os.fsdecode(path), "inside.txt").write_text("inside", encoding="utf-8")
    os.utime(path, (0, node.mtime))
    os.chmod(path, node.mode)


@contextmanager
def tree(entries: list[Node]) -> Iterator[str]:
    """A root with ``entries`` in its folder ``folder``, removed afterwards."""
    root = tempfile.mkdtemp(prefix="cloudru-tree-")
    try:
        # For everybody: the listing is made without root's rights.
        os.chmod(root, 0o755)  # noqa: S103
        Path(root, "target.txt").write_text("target", encoding="utf-8")
        Path(root, "target").mkdir()
        Path(root, "locked", "inside").mkdir(parents=True)
        Path(root, "locked").chmod(0)
        Path(root, "loop").symlink_to("loop")
        Path(root, "folder").mkdir()
        for node in entries:
            make(os.fsencode(os.path.join(root, "folder")), node)
        yield root
    finally:
        Path(root, "locked").chmod(0o755)
        for folder, _, _ in os.walk(root):
            os.chmod(folder, 0o700)
        shutil.rmtree(root)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's rights: root may read and enter everything, and most servers do not run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelname, record.getMessage()))


def listed(manager_class: type[AsyncLargeFileManager], root: str, **traits: Any) -> tuple[dict[str, Any], Any]:
    """The model of ``folder`` with its children by name, and the sorted lines of the log."""
    log = logging.Logger("listing")
    records = Records()
    log.addHandler(records)
    manager = manager_class(root_dir=root, log=log, **traits)
    try:
        model = asyncio.run(manager.get("folder"))
    finally:
        if isinstance(manager, CloudruContentsManager):
            manager.close()
    children = {child["name"]: child for child in model["content"]}
    assert len(children) == len(model["content"])
    return {**model, "content": children}, sorted(records.lines)


LOCKED = [Node(b"d", "dir", 0, 0.0), Node(b"e", "dir link", 0, 0.0), Node(b"f", "locked link", 0, 0.0)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=st.lists(nodes, max_size=12, unique_by=lambda node: node.name), allow_hidden=st.booleans())
@example(entries=LOCKED, allow_hidden=False)
@example(entries=[Node(b"loop", "self", 0, 0.0), Node(b"x", "loop", 0, 0.0)], allow_hidden=True)
@example(entries=[Node(b"y", "file", 0o644, 2.0**35)], allow_hidden=False)
def test_dir_model_is_that_of_jupyter_server(entries: list[Node], allow_hidden: bool) -> None:
    with tree(entries) as root, as_nobody():
        expected = listed(AsyncLargeFileManager, root, allow_hidden=allow_hidden)
        assert listed(CloudruContentsManager, root, allow_hidden=allow_hidden) == expected


def test_dir_model_honours_other_globs() -> None:
    entries = [Node(name, "file", 0o644, 0.0) for name in (b"a.txt", b"b.tmp", b"c.pyc", b"[x].txt")]
    with tree(entries) as root:
        for globs in ([], ["*.tmp", "[[]*"], ["?.*"]):
            expected = listed(AsyncLargeFileManager, root, hide_globs=globs)
            assert listed(CloudruContentsManager, root, hide_globs=globs) == expected


def test_dir_model_tells_the_order_of_the_directory() -> None:
    entries = [Node(f"file{number}".encode(), "file", 0o644, 0.0) for number in range(50)]
    with tree(entries) as root:
        theirs, _ = listed(AsyncLargeFileManager, root)
        ours, _ = listed(CloudruContentsManager, root)
    assert list(ours["content"]) == list(theirs["content"])


def reader_of(folder: Path, **changes: Any) -> DirectoryReader:
    options: dict[str, Any] = {"allow_hidden": False, "should_list": lambda name: True, "log": logging.getLogger("x")}
    return DirectoryReader(str(folder), "folder", **{**options, **changes})


def test_describe_leaves_out_what_vanished(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "stays").touch()
    models = reader_of(tmp_path).describe(["gone", "stays"])
    assert [model["name"] for model in models] == ["stays"]
    assert f"{tmp_path}/gone doesn't exist" in caplog.text


def test_describe_closes_the_directory(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    reader_of(tmp_path).describe(["gone"])
    with pytest.raises(FileNotFoundError):
        reader_of(tmp_path / "gone").describe([])
    assert len(os.listdir("/proc/self/fd")) == before


def test_names_stops_beyond_the_limit(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).touch()
    reader = reader_of(tmp_path)
    assert reader.names(4) is None
    assert sorted(reader.names(5) or []) == list("01234")
    assert sorted(reader.names(0) or []) == list("01234")


def test_head_is_in_the_order_of_jupyterlab(tmp_path: Path) -> None:
    for name in ("file10", "file9", "Beta", "alpha", "файл", ".hidden"):
        (tmp_path / name).touch()
    for name in ("zoo", "Dir2", "dir10"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("zoo")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    head = reader_of(tmp_path).head(0)
    expected = ["Dir2", "dir10", "link", "zoo", "alpha", "Beta", "dangling", "file9", "file10", "файл"]
    assert [os.fsdecode(name) for name in head.names] == expected
    assert head.total == len(expected)
    assert reader_of(tmp_path).head(3) == (head.names[:3], head.total)


def test_head_of_nothing(tmp_path: Path) -> None:
    assert reader_of(tmp_path).head(10) == ([], 0)


class Shouting(CloudruContentsManager):
    """A subclass that lists what it likes."""

    mark = Unicode("no")

    def should_list(self, name: str) -> bool:
        return self.mark not in name


def test_should_list_of_a_subclass_is_asked() -> None:
    entries = [Node(name, "file", 0o644, 0.0) for name in (b"yes.txt", b"no.txt", b"x.pyc")]
    with tree(entries) as root:
        model, _ = listed(Shouting, root)
    assert set(model["content"]) == {"yes.txt", "x.pyc"}
