"""Everything that CI runs, part after part, and a summary. `make test` calls it with the machine's own Python.

A part that fails does not keep the others from running. The last line is ``N passed, N failed``; the exit status is
not zero when anything failed. ``--only lint types`` runs some parts, ``--skip`` leaves some out. Up to five tests of a
part that fail are run once more, alone: real processes on a busy machine may miss their time. Those that pass then are
named as flaky, as Playwright does it: each is a defect of the test to be mended.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / ".cache" / "reports"


@dataclass
class Counts:
    """Numbers of tests; a check without tests of its own counts as one."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: Names of tests that passed the second time only.
    flaky: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.flaky += other.flaky


@dataclass(frozen=True)
class Check:
    """One command; `report`, where there is one, is read by `read` for the numbers of tests."""

    command: list[str]
    report: Path | None = None
    read: Callable[[Path], Counts] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    #: What is added to the command to run those alone that failed.
    again: list[str] | None = None


@dataclass(frozen=True)
class Part:
    """A row of the summary."""

    name: str
    checks: list[Check]


#: More failures than these are no accident.
MAX_AGAIN = 5
LAST_FAILED = ["--last-failed", "--last-failed-no-failures=none"]


def read_junit(report: Path) -> Counts:
    """The counts of pytest's report."""
    counts = Counts()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        wrong = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        counts.add(Counts(int(suite.get("tests", 0)) - wrong - skipped, wrong, skipped))
    return counts


def failed_of(report: Path) -> list[str]:
    """The names of the tests that failed, of pytest's report."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def read_jest(report: Path) -> Counts:
    """The counts of Jest's report; a file that does not even load is one failure."""
    found = json.loads(report.read_text(encoding="utf-8"))
    broken = found["numRuntimeErrorTestSuites"]
    return Counts(found["numPassedTests"], found["numFailedTests"] + broken, found["numPendingTests"])


def read_playwright(report: Path) -> Counts:
    """The counts of Playwright's report."""
    found = json.loads(report.read_text(encoding="utf-8"))
    stats = found["stats"]
    passed = stats["expected"] + stats["flaky"]
    return Counts(passed, stats["unexpected"] + len(found["errors"]), stats["skipped"], flaky_of(found["suites"]))


def flaky_of(suites: list[dict[str, Any]]) -> list[str]:
    """The titles of the tests that needed a second try, of Playwright's nested report."""
    names: list[str] = []
    for suite in suites:
        names += flaky_of(suite.get("suites", []))
        for spec in suite.get("specs", []):
            if any(test["status"] == "flaky" for test in spec["tests"]):
                names.append(f"{spec['file']}: {spec['title']}")
    return names


def tool(name: str) -> str:
    return str(BIN / name)


def pytest(report: str, *arguments: str) -> Check:
    file = REPORTS / f"{report}.xml"
    return Check(
        [tool("python"), "-m", "pytest", "-q", f"--junitxml={file}", *arguments], file, read_junit, again=LAST_FAILED
    )


def upstream(report: str, *arguments: str) -> Check:
    file = REPORTS / f"{report}.xml"
    command = [tool("python"), "scripts/run_upstream_contents_tests.py", f"--junitxml={file}", *arguments]
    return Check(command, file, read_junit, again=LAST_FAILED)


def browser(report: str, *arguments: str, mode: str = "") -> Check:
    file = REPORTS / f"{report}.json"
    environment = {"CLOUDRU_PLAYWRIGHT_REPORT": str(file), "CLOUDRU_BROWSER_MODE": mode}
    command = [tool("python"), "scripts/run_browser_tests.py", *arguments]
    return Check(command, file, read_playwright, environment)


def parts() -> list[Part]:
    jest = REPORTS / "jest.json"
    return [
        Part("install", [Check(["make", "--no-print-directory", "install-test"])]),
        Part(
            "lint",
            [
                Check([tool("jlpm"), "stylelint:check"]),
                Check([tool("jlpm"), "prettier:check"]),
                Check([tool("jlpm"), "eslint:check"]),
                Check([tool("jlpm"), "catalogue:check"]),
                Check([tool("ruff"), "check", "."]),
            ],
        ),
        Part("types", [Check([tool("jlpm"), "types"]), Check([tool("mypy")])]),
        Part("imports", [Check([tool("lint-imports")])]),
        Part("contract", [pytest("contract", "tests/test_contract.py")]),
        Part("pytest", [pytest("pytest", "tests", "--ignore=tests/test_contract.py")]),
        Part("upstream", [upstream("upstream"), upstream("upstream-root", "--manager", "second_root.InSecondRoot")]),
        Part("jest", [Check([tool("jlpm"), "test", "--json", f"--outputFile={jest}"], jest, read_jest)]),
        Part("browser", [browser("browser", "plain")]),
        Part("roots", [browser("roots", "roots")]),
        Part("wheel", [Check(["make", "--no-print-directory", "install-beside"])]),
        Part("beside", [browser("beside", "beside"), browser("together", "together")]),
    ]


def run(check: Check) -> Counts:
    """Run one command; what it prints is shown as it comes."""
    print(f"\n$ {' '.join(check.command)}".replace(f"{ROOT}/", ""), flush=True)
    if check.report is not None:
        check.report.unlink(missing_ok=True)
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "CI": "1", **check.environment}
    status = subprocess.run(check.command, cwd=ROOT, env=environment, check=False, stdin=subprocess.DEVNULL).returncode
    if check.report is None or check.read is None:
        return Counts(passed=int(status == 0), failed=int(status != 0))
    counts = check.read(check.report) if check.report.is_file() else Counts()
    if status != 0 and counts.failed == 0:
        counts.failed = 1
    if counts.passed + counts.failed + counts.skipped == 0:
        # A run that found no test shows nothing: that is no success.
        counts.failed = 1
    if check.again is not None and 0 < counts.failed <= MAX_AGAIN and check.report.is_file():
        counts = run_again(check, counts)
    return counts


def run_again(check: Check, first: Counts) -> Counts:
    """``first`` with those tests counted as passed that pass when they run once more, without the others."""
    assert check.report is not None  # noqa: S101 - who reads counts has a report
    assert check.again is not None  # noqa: S101
    names = failed_of(check.report)
    kept = check.report.with_suffix(".first.xml")
    check.report.replace(kept)
    print(f"\n{len(names)} failed: once more, alone", flush=True)
    second = run(replace(check, command=[*check.command, *check.again], again=None))
    if len(names) != first.failed or second.failed or second.passed != first.failed:
        kept.replace(check.report)
        return first
    return Counts(first.passed + first.failed, 0, first.skipped, names)


def table(rows: list[tuple[str, Counts, float]]) -> str:
    """The summary, one line a part."""
    lines = [f"{'part':<12}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}"]
    for name, counts, seconds in rows:
        lines.append(f"{name:<12}{counts.passed:>8}{counts.failed:>8}{counts.skipped:>8}{seconds:>9.0f}")
    return "\n".join(lines)


def main() -> int:
    known = parts()
    names = [part.name for part in known]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--skip", nargs="+", choices=names, default=[])
    options = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, Counts, float]] = []
    total = Counts()
    begin = time.monotonic()
    for part in known:
        if part.name not in options.only or part.name in options.skip:
            continue
        print(f"\n=== {part.name}", flush=True)
        start = time.monotonic()
        counts = Counts()
        for check in part.checks:
            counts.add(run(check))
        rows.append((part.name, counts, time.monotonic() - start))
        total.add(counts)
    print(f"\n{table([*rows, ('total', total, time.monotonic() - begin)])}\n")
    for name in total.flaky:
        print(f"flaky, passed the second time: {name}")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
