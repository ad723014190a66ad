"""What several roots cost: switching to a huge one, the containment check, and one whose server went away.

    python benchmarks/roots.py [--files 1000000] [--switches 20] [--rounds 1500] [--only switch check hung]

`switch`: from the command until the first row of the other root is painted, in Chromium, back and forth.
`check`: GET of a small file from jupyter_server alone and from ours, by turns in one run on running servers. The
containment check is what lies between a root that follows all links, as jupyter_server does, and one that does not.
`hung`: requests to the default root, while nothing else is asked and while 200 requests go to a root on a FUSE file
system that does not answer, by turns on one server. All that is made is removed.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import directories
import screen
from chromium import Chromium, find_browser, find_node
from figures import load, spread
from servers import REPOSITORY, Client, Server

sys.path.append(str(REPOSITORY / "tests"))

from fuse.mounting import SlowMount, why_not

SUBJECTS = ("switch", "check", "hung")
#: Targets: milliseconds to painted, share of a GET that the check may take.
SWITCH_MS, CHECK_SHARE = 150.0, 0.05
HUNG_REQUESTS = 200
#: Roots that are each switched to for the first time once.
LARGE_ROOTS = 3


def configured(*roots: dict[str, Any]) -> dict[str, Any]:
    """The server's options for ``roots``."""
    return {"Roots": {"roots": list(roots)}}


def switch(chromium: Chromium, parent: Path, count: int, times: int) -> Iterator[str]:
    """Switching to roots of ``count`` files, each for the first time on this server and then again, and back."""
    home, other = parent / "home", parent / "other"
    for folder in (home, other):
        (folder / "first").mkdir(parents=True)
    large = []
    try:
        for number in range(LARGE_ROOTS):
            (parent / f"volume {number}").mkdir()
            large.append(directories.make(parent / f"volume {number}", count))
        options = configured(
            {"name": "home", "path": str(home), "default": True},
            {"name": "other", "path": str(other)},
            *({"name": f"large{number}", "path": str(path)} for number, path in enumerate(large)),
        )
        first, again, back = [], [], []
        with Server("ours", home, options=options) as server, chromium.open(server)[0] as page:
            # JupyterLab is still busy with its own start for a second or so: not what is measured
            for root in ("other", "home", "other", "home"):
                page.command("switchRoot", root=root, starts=["first"], timeoutMs=screen.TIMEOUT_MS)
            for turn in range(times):
                name = f"large{turn % LARGE_ROOTS}"
                answer = page.command("switchRoot", root=name, starts=screen.STARTS, timeoutMs=screen.TIMEOUT_MS)
                (first if turn < LARGE_ROOTS else again).append(answer["ms"])
                if turn < LARGE_ROOTS:
                    page.command("ordered", first=screen.FIRST, timeoutMs=screen.TIMEOUT_MS)
                answer = page.command("switchRoot", root="home", starts=["first"], timeoutMs=20_000)
                back.append(answer["ms"])
    finally:
        for path in large:
            directories.remove(path)
    cold, warm = spread(first), spread(again)
    for what, taken in ((f"first time on this server, {LARGE_ROOTS} roots", cold), ("again", warm)):
        verdict = "met" if taken.p95 <= SWITCH_MS else "MISSED"
        yield (
            f"| switch to a root of {count:,} files, {what} | {taken.p50:.0f} ms | {taken.p95:.0f} ms "
            f"| ≤ {SWITCH_MS:.0f} ms: {verdict} |"
        )
    yield f"| back to the small root | {spread(back).p50:.0f} ms | {spread(back).p95:.0f} ms | |"


def check(parent: Path, rounds: int) -> Iterator[str]:
    """A small file, by turns from servers that differ in who checks what."""
    folder = parent / "files"
    folder.mkdir()
    (folder / "small.txt").write_text("A small file.\n" * 20)
    kinds = {
        "jupyter_server alone": None,
        "ours, all links followed": {"name": "home", "path": str(folder), "default": True, "symlinks": "follow"},
        "ours, contained": {"name": "home", "path": str(folder), "default": True, "symlinks": "inside"},
    }
    with contextlib.ExitStack() as stack:
        clients: dict[str, Client] = {}
        for kind, root in kinds.items():
            options = {} if root is None else configured(root)
            server = stack.enter_context(Server("stock" if root is None else "ours", folder, options=options))
            clients[kind] = stack.enter_context(contextlib.closing(server.client()))
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        order = list(kinds)
        for turn in range(rounds):
            # each is the first as often as the others
            for kind in order[turn % len(order) :] + order[: turn % len(order)]:
                answer = clients[kind].ask("GET", "api/contents/small.txt", content=1)
                assert answer.status == 200, answer.body[:300]
                taken[kind].append(answer.ms)
    for kind, ms in taken.items():
        yield f"| GET of a small file, {kind} | {spread(ms).p50:.2f} ms | {spread(ms).p95:.2f} ms | |"
    stock, plain, contained = (taken[kind] for kind in kinds)
    for what, one, other in (("check", plain, contained), ("all of ours", stock, contained)):
        extra = statistics.median(b - a for a, b in zip(one, other, strict=True))
        share = extra / statistics.median(stock)
        verdict = f"≤ {CHECK_SHARE:.0%}: {'met' if share <= CHECK_SHARE else 'MISSED'}" if what == "check" else ""
        yield f"| what the {what} adds, median of the pairs | {extra:+.3f} ms | {share:+.1%} | {verdict} |"


def hung(parent: Path, rounds: int) -> Iterator[str]:
    """The default root's answers while another root hangs, and while it does not."""
    home, source, point = parent / "served", parent / "source", parent / "slow"
    for path in (home, source, point):
        path.mkdir()
    for index in range(200):
        (home / f"file {index}.txt").write_text("text")
    (source / "file.txt").write_text("text")
    taken: dict[str, list[float]] = {"quiet": [], "answering": [], "hung": []}
    statuses: Counter[str] = Counter()
    with SlowMount(source, point) as mount:
        options = configured({"name": "slow", "path": str(point)})
        # short, so that requests also meet a root that is known to hang
        options["Roots"]["deadline_seconds"] = 2.0
        options["NetworkFileSystems"] = {"timeout_seconds": 2.0}
        with Server("ours", home, options=options) as server, contextlib.closing(server.client()) as client:
            assert client.ask("GET", "api/contents/@slow/file.txt").status == 200
            for turn in range(9):
                if turn % 3 == 0:
                    taken["quiet"] += list(_answers(client, rounds))
                    continue
                if turn % 3 == 1:
                    # what 200 requests cost a server of one event loop, whatever they ask for
                    with _asking(server, HUNG_REQUESTS, Counter()):
                        taken["answering"] += list(_answers(client, rounds))
                    continue
                mount.tell("hang")
                with _asking(server, HUNG_REQUESTS, statuses):
                    taken["hung"] += list(_answers(client, rounds))
                    mount.tell("release")
                _until(lambda: client.ask("GET", "api/contents/@slow/file.txt").status == 200)
    quiet, answering, while_hung = (spread(taken[kind]) for kind in ("quiet", "answering", "hung"))
    yield f"| default root, nothing else asked | {quiet.p50:.1f} ms | p99 {quiet.p99:.1f} ms | |"
    yield (
        f"| default root, {HUNG_REQUESTS} requests to another root that answers | {answering.p50:.1f} ms "
        f"| p99 {answering.p99:.1f} ms | |"
    )
    yield (
        f"| default root, {HUNG_REQUESTS} requests to a root that hangs | {while_hung.p50:.1f} ms "
        f"| p99 {while_hung.p99:.1f} ms | unchanged: ratio {while_hung.p99 / quiet.p99:.2f} |"
    )
    answered = ", ".join(f"{count} with {status}" for status, count in sorted(statuses.items()))
    yield f"| those requests themselves | {answered} | | |"


def _answers(client: Client, rounds: int) -> Iterator[float]:
    for turn in range(rounds):
        if turn % 2:
            answer = client.ask("GET", f"api/contents/file {turn % 200}.txt".replace(" ", "%20"), content=1)
        else:
            answer = client.ask("GET", "cloudru/listing", path="", limit=200)
        assert answer.status == 200, answer.body[:300]
        yield answer.ms
        time.sleep(0.005)


@contextlib.contextmanager
def _asking(server: Server, count: int, statuses: Counter[str]) -> Iterator[None]:
    """``count`` requests to the root that hangs, of all kinds, all at once; their answers are read at the end.

    By bare connections: threads of this process would only wait for each other, and for who measures.
    """
    targets = (
        "api/contents/@slow/file.txt",
        "api/contents/@slow",
        "cloudru/listing?path=%40slow",
        "files/@slow/file.txt",
    )
    with contextlib.ExitStack() as stack:
        connections = []
        for index in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            head = f"GET /{targets[index % len(targets)]} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            connection.sendall(f"{head}Authorization: token {server.token}\r\n\r\n".encode())
            connections.append(connection)
        yield
        for connection in connections:
            with connection.makefile("rb") as answer:
                statuses[answer.readline().decode().split(" ")[1]] += 1


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("The root did not come back")
        time.sleep(0.1)


def main() -> int:
    """Measure and print; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--switches", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1500)
    parser.add_argument("--folder", type=Path, help="where all is made (default: a temporary directory)")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS))
    options = parser.parse_args()
    gaps: list[str] = []
    print("\n| roots | median | 95 % | target |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-roots-", dir=options.folder) as made:
        parent = Path(made)
        for subject in options.only:
            try:
                for line in _measured(subject, parent, options):
                    print(line, flush=True)
            except (RuntimeError, OSError, AssertionError) as error:
                gaps.append(f"{subject}: {error}")
    print(f"\nload average {load():.1f}")
    for gap in gaps:
        print(f"not measured: {gap}", file=sys.stderr)
    return 1 if gaps else 0


def _measured(subject: str, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    if subject == "check":
        return check(parent, options.rounds)
    if subject == "hung":
        if (reason := why_not()) is not None:
            raise RuntimeError(reason)
        return hung(parent, options.rounds // 3)
    executable, node = find_browser(), find_node()
    if executable is None or node is None:
        raise RuntimeError("no Chromium or no Node, see README.md")
    return _switched(executable, node, parent, options)


def _switched(executable: str, node: str, parent: Path, options: argparse.Namespace) -> Iterator[str]:
    with Chromium(executable, node) as chromium:
        yield from switch(chromium, parent, options.files, options.switches)


if __name__ == "__main__":
    sys.exit(main())
