"""Measures cloudru-jlab beside stock JupyterLab and prints the tables that the README quotes.

Run it with the Python that JupyterLab and cloudru-jlab are installed in; `benchmarks/README.md` says what it does and
what the environment variables change. It makes its own directories, servers and browser, and removes them all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import directories
import figures
import report
import screen
import wire
from chromium import Chromium, find_browser, find_node
from servers import REPOSITORY, Flavour

RESULTS = Path(__file__).parent / "results"
SMALL = [10, 100, 1_000]
OURS = [10_000, 100_000, 1_000_000, 6_000_000]
STOCK = [1_000, 10_000, 100_000]
#: The sizes that stand in the table of targets.
TABLE = {"ours": (1_000_000, 6_000_000), "stock": (1_000, 10_000, 100_000)}
SUBJECTS = ("start-up", "small", "click", "wire", "stay")


class Run:
    """One run: what is measured goes into ``results``, what could not be measured into its ``gaps``."""

    def __init__(self, arguments: argparse.Namespace, parent: Path, chromium: Chromium | None) -> None:
        self.arguments = arguments
        self.parent = parent
        self.chromium = chromium
        self.results: dict[str, Any] = {"ours": {}, "stock": {}, "clicks": {"ours": {}, "stock": {}}, "gaps": []}
        self.load_before = figures.load()
        self.until = time.monotonic() + 60 * arguments.minutes

    def save(self) -> str:
        """The report as far as it goes; written to the results where that was asked for."""
        self.results["load"] = [self.load_before, figures.load()]
        text = report.report(self.results)
        if self.arguments.save:
            RESULTS.mkdir(exist_ok=True)
            name = self.arguments.save
            (RESULTS / f"{name}.json").write_text(json.dumps(self.results, indent=1) + "\n", encoding="utf-8")
            (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
        return text

    def gap(self, what: str, why: object) -> None:
        """Something that is missing in the tables."""
        print(f"  not measured: {what}: {why}", file=sys.stderr, flush=True)
        self.results["gaps"].append(f"{what}: {str(why).splitlines()[0]}")

    def measure(self, what: str, measurement: Callable[[], Any]) -> Any:
        """The result of ``measurement``, or None where it failed."""
        if time.monotonic() > self.until:
            self.gap(what, "the time was up")
            return None
        print(f"{time.strftime('%H:%M:%S')} {what} (load {figures.load():.1f})", file=sys.stderr, flush=True)
        try:
            result = measurement()
        except (RuntimeError, OSError, ValueError, HTTPException, AssertionError) as error:
            self.gap(what, error)
            return None
        for name, part in result.items() if isinstance(result, dict) else ():
            if isinstance(part, dict) and "error" in part:
                self.gap(f"{what}: {name}", part["error"])
        return result

    def wants(self, subject: str) -> bool:
        """Whether the subject was asked for, and can be had."""
        return subject in self.arguments.only and (self.chromium is not None or subject == "wire")

    def all(self) -> None:
        """Everything that was asked for, the table of targets first."""
        largest = [count for count in OURS if count <= self.arguments.files_max]
        for count in (count for count in largest if count in TABLE["ours"]):
            self.directory("ours", count)
        self._small_tree()
        for count in (count for count in STOCK if count <= self.arguments.stock_max):
            if not self.arguments.ours_only:
                self.directory("stock", count)
        for count in (count for count in largest if count not in TABLE["ours"]):
            self.directory("ours", count)

    def _small_tree(self) -> None:
        """Start-up, and clicks where stock has no trouble either."""
        chromium = self.chromium
        if chromium is None:
            return
        for count in SMALL:
            directories.make(self.parent, count)
        if self.wants("start-up"):
            what = "start-up with us and without"
            runs = self.arguments.start_ups
            self.results["start_up"] = self.measure(what, lambda: screen.start_up(chromium, self.parent, runs))
            self.save()
        if self.wants("small"):
            taken = self.measure(
                "clicks in small directories",
                lambda: screen.small_clicks(chromium, self.parent, SMALL, self.arguments.rounds),
            )
            for flavour, by_size in (taken or {}).items():
                self.results["clicks"][flavour].update({str(count): one for count, one in by_size.items()})
                for count, one in by_size.items():
                    self.results[flavour].get(str(count), {})["click"] = one
            self.save()

    def directory(self, flavour: Flavour, count: int) -> None:
        """All subjects of one directory, which is made for it and removed when it is large."""
        room = directories.room_for(self.parent, count)
        if not room.enough and not (self.parent / directories.folder_name(count)).exists():
            self.gap(f"{count:,} files", room.why)
            return
        folder = directories.make(self.parent, count)
        try:
            self._directory(flavour, count)
            self.save()
        finally:
            if count > max(SMALL) and not self.arguments.tree:
                directories.remove(folder)

    def _directory(self, flavour: Flavour, count: int) -> None:
        name = f"{flavour}, {count:,} files"
        chromium, parent = self.chromium, self.parent
        into: dict[str, Any] = {}
        if self.wants("click") and chromium and count > max(SMALL):
            runs = self.arguments.cold_runs if flavour == "ours" else 2 if count <= 10_000 else 1
            what = f"{name}: click to first row on a fresh server"
            into["click"] = self.measure(
                what, lambda: screen.cold_clicks(chromium, flavour, parent, count, runs, drop_caches=False)
            )
            if self.arguments.drop_caches and flavour == "ours":
                into["uncached_click"] = self.measure(
                    f"{what}, kernel caches dropped",
                    lambda: screen.cold_clicks(chromium, flavour, parent, count, 2, drop_caches=True),
                )
            if into["click"]:
                self.results["clicks"][flavour][str(count)] = into["click"]
        if count not in TABLE[flavour] and count != self.arguments.files_max:
            return
        if self.wants("wire"):
            measured = wire.ours if flavour == "ours" else wire.stock
            into["wire"] = self.measure(f"{name}: the server", lambda: measured(parent, count))
        if self.wants("stay") and chromium:
            # All rows of stock are in the page: its jumps need no server and vary little, while its changes take long.
            jumps, changes = (self.arguments.jumps, 5) if flavour == "ours" else (self.arguments.jumps // 5, 2)
            idle = self.arguments.idle
            into["stay"] = self.measure(
                f"{name}: staying in it", lambda: screen.stay(chromium, flavour, parent, count, jumps, changes, idle)
            )
        self.results[flavour][str(count)] = into


def parse() -> argparse.Namespace:
    """The command line; the environment gives the defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    environment = os.environ.get
    parser.add_argument("--files-max", type=int, default=int(environment("FILES_MAX", "6000000")))
    parser.add_argument("--stock-max", type=int, default=int(environment("STOCK_MAX", "10000")))
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), help="measure these alone")
    parser.add_argument("--ours-only", action="store_true", help="no directories with stock JupyterLab")
    parser.add_argument("--start-ups", type=int, default=11, help="starts of JupyterLab of each kind")
    parser.add_argument("--rounds", type=int, default=10, help="half the clicks in each small directory")
    parser.add_argument("--cold-runs", type=int, default=5, help="clicks on fresh servers")
    parser.add_argument("--jumps", type=int, default=200, help="scrollbar jumps")
    parser.add_argument("--idle", type=int, default=60, help="seconds of doing nothing")
    parser.add_argument("--drop-caches", action="store_true", help="also cold clicks with the kernel's caches emptied")
    parser.add_argument("--minutes", type=float, default=180, help="begin nothing after so many minutes")
    parser.add_argument(
        "--tree", metavar="FOLDER", help="make the directories there, or use those there, and keep them"
    )
    parser.add_argument("--save", metavar="NAME", help="write results/NAME.json and results/NAME.md")
    return parser.parse_args()


@contextlib.contextmanager
def workplace(tree: str | None) -> Iterator[Path]:
    """``tree``; else a folder of our own on the file system that BENCH_DIR names, removed whatever happens."""
    if tree:
        parent = Path(tree)
        parent.mkdir(parents=True, exist_ok=True)
        yield parent
        return
    with tempfile.TemporaryDirectory(prefix="cloudru-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        parent = Path(name)
        try:
            yield parent
        finally:
            for folder in parent.glob("folder-*"):
                directories.remove(folder)


def main() -> int:
    """Measure, print, save; 1 when something could not be measured."""
    arguments = parse()
    # A stopped benchmark cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    executable, node = find_browser(), find_node()
    with contextlib.ExitStack() as stack:
        parent = stack.enter_context(workplace(arguments.tree))
        chromium = None
        if executable and node and (REPOSITORY / "ui-tests/node_modules/playwright-core").exists():
            chromium = stack.enter_context(Chromium(executable, node))
        run = Run(arguments, parent, chromium)
        if chromium is None:
            run.gap("all that needs a browser", "Chromium, Node or ui-tests/node_modules is missing: see README.md")
        run.results["machine"] = figures.machine(parent, executable)
        run.all()
    print(run.save())
    return 1 if run.results["gaps"] else 0


if __name__ == "__main__":
    sys.exit(main())
