"""`make test` runs what failed once more, and hides nothing by it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from run_tests import LAST_FAILED, Check, Counts, read_junit, run

TESTS = """
from pathlib import Path

def test_that_holds():
    pass

def test_that_needs_two_tries():
    file = Path(__file__).with_name("tried")
    tried = file.exists()
    file.touch()
    assert tried
"""
BROKEN = """
def test_that_fails():
    assert False
"""


def check(folder: Path, *, again: list[str] | None = LAST_FAILED) -> Check:
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--rootdir={folder}", f"--junitxml={report}", str(folder)]
    return Check(command, report, read_junit, again=again)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def test_what_passes_the_second_time_is_passed_and_named(folder: Path) -> None:
    assert run(check(folder)) == Counts(passed=2, failed=0, flaky=["test_it::test_that_needs_two_tries"])


def test_what_fails_twice_has_failed_with_all_that_failed_beside_it(folder: Path) -> None:
    (folder / "test_other.py").write_text(BROKEN)

    assert run(check(folder)) == Counts(passed=1, failed=2)


def test_nothing_is_run_again_where_it_is_not_said(folder: Path) -> None:
    assert run(check(folder, again=None)) == Counts(passed=1, failed=1)


def test_what_does_not_load_has_failed(folder: Path) -> None:
    (folder / "test_other.py").write_text("import nothing_of_that_name\n")

    assert run(check(folder)).failed > 0
