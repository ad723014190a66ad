"""What the healthcheck costs, and what it gives: an interface that answers while every core is busy.

    python benchmarks/healthcheck.py [--only busy supervisor page journal told] [--rounds 4] [--times 50] [--keys 100]
                                     [--seconds 60]

`busy`: contents, status and a key press in a notebook until its letter is painted, while a kernel keeps every core
busy twice; stock and ours by turns, both servers and pages open all the time. `supervisor`: processor time and memory
of two servers with an idle kernel each, one without the healthcheck, over the same minute. `page`: processor time of a
page with a notebook that nobody touches, with the healthcheck and without. `journal`: what a burst of typing costs the
page. `told`: how long until a stopped server, its return, and the death of a kernel are told. All that is made is
removed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket
from chromium import BrowserError, Chromium, Page, find_browser, find_node
from figures import load, spread
from servers import REPOSITORY, Server

sys.path += [str(REPOSITORY / "tests"), str(REPOSITORY / "scripts")]

from serving import Page as KernelPage

SUBJECTS = ("busy", "supervisor", "page", "journal", "told")
#: Targets: shares of a core, MiB, milliseconds.
SUPERVISOR_SHARE, SUPERVISOR_MIB, PAGE_SHARE, BURST_MS = 0.01, 20.0, 0.005, 2.0
BANNER_MS, CLEARED_MS, EXPLAINED_MS = 15_000.0, 5_000.0, 1_000.0
TIMEOUT_MS = 60_000
MIB = 2**20
PLUGINS = tuple(
    f"cloudru-jlab:healthcheck{part}"
    for part in ("", "-connection", "-connection-lost", "-kernels", "-pressure", "-drafts")
)
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [{"id": "one", "cell_type": "code", "metadata": {}, "outputs": [], "source": "", "execution_count": None}],
}

#: Keeps every core busy, as training with its data loaders does, until the file is gone.
BURN = """
import os
def burn():
    while os.path.exists({file!r}):
        for _ in range(200000):
            pass
children = []
for _ in range({workers}):
    child = os.fork()
    if child == 0:
        burn()
        os._exit(0)
    children.append(child)
burn()
for child in children:
    os.waitpid(child, 0)
"""


class Kernel:
    """The kernel of a notebook, as a page has it."""

    def __init__(self, server: Server, path: str) -> None:
        with contextlib.closing(server.client()) as client:
            session = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
            answer = client.ask("POST", "api/sessions", session)
            assert answer.status == 201, answer.body[:300]
        self.id = answer.json()["kernel"]["id"]
        name = uuid.uuid4().hex
        url = f"{server.url.replace('http', 'ws', 1)}api/kernels/{self.id}/channels?session_id={name}"
        socket = websocket.create_connection(url, header={"Authorization": f"token {server.token}"}, timeout=60)
        self.page = KernelPage(socket, name)
        assert self.page.run("1")["status"] == "ok"

    def close(self) -> None:
        """Hang up."""
        self.page.close()


@contextlib.contextmanager
def burning(kernel: Kernel, folder: Path, workers: int) -> Iterator[None]:
    """Every core is busy within."""
    file = folder / f"burn-{uuid.uuid4().hex}"
    file.touch()
    request = kernel.page.execute(BURN.format(file=str(file), workers=workers))
    try:
        kernel.page.wait_for_input(request)
        time.sleep(2)  # until all are at it, and a look at the new processes has been had
        yield
    finally:
        file.unlink()
        kernel.page.wait_for_end(request)


def place(parent: Path, name: str) -> Path:
    """A root with a notebook and some files."""
    root = parent / name
    root.mkdir()
    (root / "one.ipynb").write_text(json.dumps(NOTEBOOK))
    for number in range(50):
        (root / f"file {number}.txt").write_text("Some text\n" * 100)
    return root


def busy(chromium: Chromium, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    """By turns: the machine drifts."""
    taken: dict[tuple[str, str], list[float]] = {}
    flavours = ("stock", "ours")
    with contextlib.ExitStack() as stack:
        servers, kernels, pages = {}, {}, {}
        for flavour in flavours:
            server = stack.enter_context(Server(flavour, place(parent, f"busy-{flavour}")))  # type: ignore[arg-type]
            kernels[flavour] = stack.enter_context(contextlib.closing(Kernel(server, "one.ipynb")))
            pages[flavour] = stack.enter_context(chromium.open(server)[0])
            pages[flavour].command("openDocument", path="one.ipynb", timeoutMs=TIMEOUT_MS)
            servers[flavour] = server
        for turn in range(options.rounds):
            for flavour in flavours if turn % 2 else flavours[::-1]:
                with burning(kernels[flavour], parent, options.workers):
                    for what, samples in _answers(servers[flavour], pages[flavour], options).items():
                        taken.setdefault((what, flavour), []).extend(samples)
    for what in ("contents of a file", "list of a directory", "status", "key press to painted"):
        stock, ours = (spread(taken[what, flavour]) for flavour in flavours)
        yield (
            f"| {what}, every core busy: median / p99 | {ours.p50:.1f} / {ours.p99:.1f} ms "
            f"| {stock.p50:.1f} / {stock.p99:.1f} ms | {stock.p99 / ours.p99:.1f} times |"
        )


def _answers(server: Server, page: Page, options: argparse.Namespace) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    asked = (
        ("contents of a file", "api/contents/file%207.txt"),
        ("list of a directory", "api/contents/"),
        ("status", "api/status"),
    )
    with contextlib.closing(server.client()) as client:
        for _ in range(options.times):
            for what, path in asked:
                answer = client.ask("GET", path)
                assert answer.status == 200, answer.body[:300]
                found.setdefault(what, []).append(answer.ms)
                time.sleep(0.03 * random.random())
    keys = page.command("keys", count=options.keys, timeoutMs=TIMEOUT_MS, pauseMs=80)
    return {**found, "key press to painted": keys["ms"]}


def supervisor(parent: Path, options: argparse.Namespace) -> Iterator[str]:
    """Both over the same time, one kernel each."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name, extensions in (("with", ()), ("without", ("without_health",))):
            server = stack.enter_context(Server("ours", place(parent, f"server-{name}"), extensions=extensions))
            stack.enter_context(contextlib.closing(Kernel(server, "one.ipynb")))
            with contextlib.closing(server.client()) as client:
                status = client.ask("GET", "cloudru/health").status
                assert (status == 200) == (name == "with"), f"{name} the healthcheck: {status}"
            found[name] = server
        time.sleep(10)  # until both have settled
        began, before = time.monotonic(), {name: _spent(server.pid) for name, server in found.items()}
        time.sleep(options.seconds)
        took = time.monotonic() - began
        used = {name: (_spent(server.pid) - before[name]) / took for name, server in found.items()}
        memory = {name: server.own_bytes() / MIB for name, server in found.items()}
    share, more = used["with"] - used["without"], memory["with"] - memory["without"]
    yield (
        f"| supervisor: share of a core over {took:.0f} s | {used['with']:.2%} | {used['without']:.2%} without "
        f"| {share:+.2%} (≤ {SUPERVISOR_SHARE:.0%}: {_met(share, SUPERVISOR_SHARE)}) |"
    )
    yield (
        f"| supervisor: memory | {memory['with']:.1f} MiB | {memory['without']:.1f} MiB without "
        f"| {more:+.1f} MiB (≤ {SUPERVISOR_MIB:.0f} MiB: {_met(more, SUPERVISOR_MIB)}) |"
    )


def _spent(pid: int) -> float:
    """Processor time of a process and its threads in seconds, its children's left out."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _met(value: float, target: float) -> str:
    return "met" if value <= target else "MISSED"


def idle_page(chromium: Chromium, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    """One page at a time: the renderers' time cannot be told apart."""
    used = {}
    variants: tuple[tuple[str, dict[str, Any]], ...] = (
        ("with", {}),
        ("without", {"extensions": ("without_health",), "disabled": PLUGINS}),
    )
    for name, arguments in variants:
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server("ours", place(parent, f"page-{name}"), **arguments))
            page = stack.enter_context(chromium.open(server)[0])
            page.command("openDocument", path="one.ipynb", timeoutMs=TIMEOUT_MS)
            time.sleep(15)  # until what starts late has started
            before, began = page.command("spent"), time.monotonic()
            time.sleep(options.seconds)
            after, took = page.command("spent"), time.monotonic() - began
            used[name] = {what: (after[what] - before[what]) / took for what in after}
    for what, title in (("main", "main thread"), ("renderers", "whole process")):
        with_us, without = used["with"][what], used["without"][what]
        more = with_us - without
        verdict = f" (≤ {PAGE_SHARE:.1%}: {_met(more, PAGE_SHARE)})"
        yield f"| idle page, {title}: share of a core | {with_us:.2%} | {without:.2%} without | {more:+.2%}{verdict} |"


def journal(chromium: Chromium, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    """Typing in a notebook, a burst at a time."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server("ours", place(parent, "journal")))
        page = stack.enter_context(chromium.open(server)[0])
        page.command("openDocument", path="one.ipynb", timeoutMs=TIMEOUT_MS)
        measures = page.command("bursts", count=options.times, letters=8, pauseMs=900)
    taken = measures.get("cloudru-jlab:drafts:burst", [])
    assert taken, f"The journal measured nothing: {list(measures)}"
    figures = spread(taken)
    yield (
        f"| journal: a burst of 8 letters, median / p95 / worst, n = {figures.count} | {figures.p50:.2f} / "
        f"{figures.p95:.2f} / {figures.worst:.2f} ms | | ≤ {BURST_MS:.0f} ms: {_met(figures.p95, BURST_MS)} |"
    )


def told(chromium: Chromium, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    """A kernel that is killed, a server that is stopped, and its return."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server("ours", place(parent, "told")))
        page = stack.enter_context(chromium.open(server)[0])
        page.command("openDocument", path="one.ipynb", timeoutMs=TIMEOUT_MS)
        kernel = stack.enter_context(contextlib.closing(Kernel(server, "one.ipynb")))
        time.sleep(3)
        began = time.time() * 1000
        kernel.page.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        seen = page.command("stands", selector=".cj-KernelLine", visible=True, timeoutMs=TIMEOUT_MS)["at"]
        yield _told("a killed kernel is explained", seen - began, EXPLAINED_MS)
        began = time.time() * 1000
        os.kill(server.pid, signal.SIGSTOP)
        try:
            seen = page.command("stands", selector=".cj-Connection", visible=True, timeoutMs=TIMEOUT_MS)["at"]
        finally:
            os.kill(server.pid, signal.SIGCONT)
        yield _told("a stopped server is told", seen - began, BANNER_MS)
        began = time.time() * 1000
        seen = page.command("stands", selector=".cj-Connection", visible=False, timeoutMs=TIMEOUT_MS)["at"]
        yield _told("it is taken back once it goes on", seen - began, CLEARED_MS)


def _told(what: str, ms: float, target: float) -> str:
    return f"| {what} after | {ms:,.0f} ms | | ≤ {target:,.0f} ms: {_met(ms, target)} |"


def main() -> int:
    """Measure and print; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS)
    parser.add_argument("--rounds", type=int, default=4, help="turns of stock and ours")
    parser.add_argument("--times", type=int, default=50, help="requests and bursts of a turn")
    parser.add_argument("--keys", type=int, default=100, help="keys of a turn: a p99 needs some hundreds in all")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long what does nothing is looked at")
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1), help="processes that burn")
    options = parser.parse_args()
    # A stopped benchmark cleans up as an interrupted one does: what burns must end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    executable, node = find_browser(), find_node()
    missing = 0
    print("\n| healthcheck | ours | stock | |\n|---|---|---|---|", flush=True)
    with contextlib.ExitStack() as stack:
        parent = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-healthcheck-")))
        chromium = None
        if executable and node:
            chromium = stack.enter_context(Chromium(executable, node))
        else:
            print("not measured: no Chromium or no Node, see README.md", file=sys.stderr)
            missing = 1
        for subject in (subject for subject in SUBJECTS if subject in options.only):
            try:
                if subject == "supervisor":
                    lines = supervisor(parent, options)
                elif chromium is None:
                    continue
                else:
                    measure = {"busy": busy, "page": idle_page, "journal": journal, "told": told}[subject]
                    lines = measure(chromium, parent, options)
                for line in lines:
                    print(line, flush=True)
            except (AssertionError, BrowserError, OSError, RuntimeError, websocket.WebSocketException) as error:
                print(f"not measured: {subject}: {error}", file=sys.stderr, flush=True)
                missing = 1
    print(f"\nload average {load():.1f}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
