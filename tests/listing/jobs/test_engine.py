"""The engine on file systems of all sorts: full, read-only, others, and without the calls it likes best."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import PermissionDenied
from cloudru_jlab.listing.jobs.engine.copying import Copier, signature
from cloudru_jlab.listing.jobs.engine.plan import JobCancelled, JobFailed, Plan, Report
from cloudru_jlab.listing.jobs.engine.run import Engine

from .conftest import at, fill, tree


class Outcome:
    """The reports of a job, added up."""

    def __init__(self) -> None:
        self.done = self.failed = self.skipped = 0
        self.errors: list[tuple[str, str]] = []
        self.gone: list[bytes] = []
        self.came: list[bytes] = []

    def __call__(self, report: Report) -> None:
        self.done += report.done
        self.failed += report.failed
        self.skipped += report.skipped
        self.errors += report.errors
        self.gone += report.gone
        self.came += [name for _, name in report.came]


def do(
    kind: str, source: Path, target: Path | None = None, *, names: list[str] | None = None, **fields: Any
) -> Outcome:
    """Run a job on ``names``, all of ``source`` unless given."""
    outcome = Outcome()
    place = None if target is None else at(target)
    engine = Engine(Plan("job", kind, at(source), "a", place, "b", **fields))
    chosen = [os.fsencode(name) for name in (sorted(os.listdir(source)) if names is None else names)]
    try:
        engine.prepare()
        engine.run(lambda: iter([chosen]), outcome, lambda: False)
    finally:
        engine.close()
    return outcome


# --- another file system


def test_move_across_file_systems_keeps_everything(tmp_path: Path, other: Path) -> None:
    source = tmp_path / "a"
    fill(source / "d" / "deep", ["one"], "1")
    fill(source, ["file", "taken"], "new")
    fill(other, ["taken"], "old")
    (source / "d" / "link").symlink_to("deep/one")
    (source / "dangling").symlink_to("nowhere")
    (source / "d" / "deep").chmod(0o555)
    (source / "file").chmod(0o640)
    os.utime(source / "file", ns=(10**18, 10**18 + 1))
    os.setxattr(source / "file", "user.kind", b"x") if _has_xattr(source / "file", other) else None

    outcome = do("move", source, other)

    assert (outcome.done, outcome.skipped, outcome.failed) == (3, 1, 0)
    assert tree(source) == {"taken": "new"}
    assert tree(other) == {
        "d": None,
        "d/deep": None,
        "d/deep/one": "1",
        "d/link": "→deep/one",
        "dangling": "→nowhere",
        "file": "new",
        "taken": "old",
    }
    info = (other / "file").stat()
    assert (info.st_mode & 0o777, info.st_mtime_ns) == (0o640, 10**18 + 1)
    assert (other / "d" / "deep").stat().st_mode & 0o777 == 0o555


def _has_xattr(file: Path, other: Path) -> bool:
    try:
        os.setxattr(file, "user.probe", b"1")
        os.removexattr(file, "user.probe")
    except OSError:
        return False
    return True


def test_an_original_that_was_written_meanwhile_is_kept(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a"
    fill(source, ["during", "after"], "old")
    fill(source / "d", ["inner"])
    data = Copier._data

    def written(copier: Copier, old: int, new: int, info: os.stat_result) -> int:
        size = data(copier, old, new, info)
        if signature(info)[0] == (source / "during").stat().st_ino:
            (source / "during").write_text("newer and longer")
        elif signature(info)[0] == (source / "d" / "inner").stat().st_ino:
            (source / "d" / "late").write_text("came later")
            (source / "after").write_text("newer and longer")
        return size

    monkeypatch.setattr(Copier, "_data", written)

    outcome = do("move", source, other, names=["after", "during", "d"])

    assert dict(outcome.errors) == {
        "during": "It was written while it was copied.",
        "after": "It was copied, but the original was changed meanwhile and is kept.",
        "d": "It was copied, but the original was changed meanwhile and is kept.",
    }
    assert tree(source) == {
        "during": "newer and longer",
        "after": "newer and longer",
        "d": None,
        "d/late": "came later",
    }
    assert tree(other) == {"after": "old", "d": None, "d/inner": "x"}


def test_a_cancelled_move_across_file_systems_has_each_entry_once(tmp_path: Path, other: Path) -> None:
    source = tmp_path / "a"
    names = [f"f{index:02}" for index in range(30)]
    fill(source, names)
    engine = Engine(Plan("job", "move", at(source), "a", at(other), "b"))
    engine.prepare()
    outcome = Outcome()

    with pytest.raises(JobCancelled):
        engine.run(lambda: iter([[os.fsencode(name) for name in names]]), outcome, lambda: (other / "f09").exists())
    engine.close()

    moved, left = set(os.listdir(other)), set(os.listdir(source))
    assert moved | left == set(names)
    assert not moved & left
    assert len(moved) == outcome.done == 10


# --- full


def test_a_copy_that_cannot_fit_is_not_begun(tmp_path: Path, other: Path) -> None:
    fill(tmp_path / "a", ["large"], "x" * 3_000_000)

    with pytest.raises(JobFailed, match=r"not enough space in the destination: 2\.9 MiB are needed"):
        do("copy", tmp_path / "a", other)

    assert tree(other) == {}


def test_a_disk_that_fills_up_ends_the_job_and_leaves_nothing_half(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudru_jlab.listing.jobs.engine.transfer.weigh", lambda *arguments, **options: 0)
    fill(tmp_path / "a", ["1 small"], "s")
    fill(tmp_path / "a", ["2 large", "3 large"], "x" * 3_000_000)

    with pytest.raises(JobFailed, match=r"The disk is full\."):
        do("copy", tmp_path / "a", other)

    assert tree(other) == {"1 small": "s"}


# --- not permitted

_AS_NOBODY = """
import json, os, sys
sys.path[:0] = sys.argv[4].split(":")
from cloudru_jlab.listing.jobs.engine.run import Engine
from cloudru_jlab.listing.jobs.engine.plan import Plan
from cloudru_jlab.core.access import Place
from cloudru_jlab.core.errors import DomainError
import send2trash
os.setgid(65534); os.setuid(65534)
kind, source, target = sys.argv[1], os.fsencode(sys.argv[2]), os.fsencode(sys.argv[3]) or None
place = None if target is None else Place(target, b"")
engine = Engine(Plan("job", kind, Place(source, b""), "a", place, "b", always_delete_dir=True))
reports = []
try:
    engine.prepare()
    engine.run(lambda: iter([sorted(os.listdir(source))]), reports.append, lambda: False)
    print(json.dumps([sum(r.done for r in reports), [e for r in reports for e in r.errors]]))
except DomainError as error:
    print(json.dumps([type(error).__name__, error.message]))
"""


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that everybody may enter. Those of pytest may not be, and are not opened: they are pytest's, which
    closes them again whenever another run begins."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def as_nobody(kind: str, source: Path, target: Path | None = None) -> Any:
    """What a user without rights gets; by its own process, since root may do everything."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user is left to root")
    arguments = [kind, str(source), "" if target is None else str(target), ":".join(sys.path)]
    done = subprocess.run([sys.executable, "-c", _AS_NOBODY, *arguments], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["delete", "move"])
def test_a_read_only_directory_is_refused_before_anything_is_done(open_path: Path, kind: str) -> None:
    fill(open_path / "a", ["x", "y"])
    (open_path / "b").mkdir()
    (open_path / "b").chmod(0o777)

    error, message = as_nobody(kind, open_path / "a", open_path / "b" if kind == "move" else None)

    assert (error, message) == (
        PermissionDenied.__name__,
        "You may not change the folder a. Ask its owner for access.",
    )
    assert len(tree(open_path / "a")) == 2


def test_a_read_only_destination_is_refused(open_path: Path) -> None:
    fill(open_path / "a", ["x"])
    (open_path / "b").mkdir()

    assert as_nobody("copy", open_path / "a", open_path / "b")[0] == PermissionDenied.__name__


def test_entries_that_are_not_permitted_fail_one_by_one(open_path: Path) -> None:
    fill(open_path / "a" / "closed", ["x"])
    fill(open_path / "a", ["open"])
    (open_path / "a").chmod(0o777)

    done, errors = as_nobody("delete", open_path / "a")

    assert (done, errors) == (1, [["closed", "You have no permission."]])
    assert sorted(tree(open_path / "a")) == ["closed", "closed/x"]


def test_a_file_that_may_not_be_read_is_not_copied(open_path: Path) -> None:
    fill(open_path / "a", ["secret", "shown"])
    (open_path / "a" / "secret").chmod(0o600)
    (open_path / "b").mkdir()
    (open_path / "b").chmod(0o777)

    done, errors = as_nobody("copy", open_path / "a", open_path / "b")

    assert (done, errors) == (1, [["secret", "You have no permission."]])
    assert sorted(tree(open_path / "b")) == ["shown"]


# --- data


def test_holes_stay_holes(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.mkdir()
    target.mkdir()
    with open(source / "sparse", "wb") as file:
        file.seek(10_000_000)
        file.write(b"middle")
        file.truncate(50_000_000)
    with open(source / "hole", "wb") as file:
        file.truncate(20_000_000)
    if (source / "hole").stat().st_blocks:
        pytest.skip("this file system has no holes")

    outcome = do("copy", source, target)

    assert outcome.done == 2
    for name in ("sparse", "hole"):
        assert (target / name).read_bytes() == (source / name).read_bytes()
        assert (target / name).stat().st_blocks <= (source / name).stat().st_blocks + 16


@pytest.mark.parametrize("size", [0, 1, 4 << 20, (4 << 20) + 1, 9_000_000])
@pytest.mark.parametrize("call", [True, False])
def test_data_is_copied_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, call: bool) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.mkdir()
    target.mkdir()
    (source / "file").write_bytes(os.urandom(size))

    def unsupported(*arguments: Any) -> int:
        raise OSError(errno.EXDEV, "not here")

    if not call:
        monkeypatch.setattr(os, "copy_file_range", unsupported)

    do("copy", source, target)

    assert (target / "file").read_bytes() == (source / "file").read_bytes()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "a" / "pipe")

    outcome = do("copy", tmp_path / "a", tmp_path / "b")

    assert outcome.errors == [("pipe", "It is neither a file nor a folder.")]


def test_a_tree_that_is_too_deep_fails_that_entry_alone(tmp_path: Path) -> None:
    source = tmp_path / "a"
    fill(source, ["file"])
    here = os.open(source, os.O_RDONLY)
    for _ in range(350):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)

    outcome = do("delete", source, always_delete_dir=True)

    assert (outcome.done, outcome.errors) == (1, [("d", "Its folders are nested too deeply.")])
    subprocess.run(["rm", "-rf", str(source)], check=True)
