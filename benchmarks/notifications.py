"""How fast a notification arrives, and what a flood of them costs the page.

    python benchmarks/notifications.py [--times 100] [--posts 1000] [--seconds 10]

`painted`: from the moment a program begins its POST until the toast is painted in Chromium, and until the POST is
answered. Program and page are on one machine and so on one clock. `flood`: many posts at a steady rate from several
connections, twice; then the history is cleared. The page's own long tasks, the most toasts at once, the order of the
history, and live objects after a collection. All that is made is removed.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chromium import Chromium, Page, find_browser, find_node
from figures import load, spread
from servers import Client, Server

#: Targets: milliseconds until painted and until answered, toasts at once, milliseconds of one task of the page.
PAINTED_MS, ANSWERED_MS, TOASTS, TASK_MS = 250.0, 20.0, 3, 50.0
ROUTE = "cloudru/notifications"
CONNECTIONS = 4
TIMEOUT_MS = 30_000
MIB = 2**20


def painted(server: Server, page: Page, times: int) -> Iterator[str]:
    """One at a time, the one before gone."""
    shown, answered = [], []
    with contextlib.closing(server.client()) as client:
        for turn in range(times + 1):
            title = f"Message {turn}"
            began = time.time() * 1000
            answer = client.ask("POST", ROUTE, {"title": title, "body": "Some text below it."})
            assert answer.status == 201, answer.body[:300]
            seen = page.command("toastPainted", title=title, timeoutMs=TIMEOUT_MS)["at"]
            if turn > 0:  # JupyterLab loads its toasts with the first one
                shown.append(seen - began)
                answered.append(answer.ms)
            assert client.ask("DELETE", f"{ROUTE}/{answer.json()['id']}").status == 204
            page.command("toastsGone")
            time.sleep(0.2 + 0.1 * random.random())
    yield _row("posted to painted", shown, PAINTED_MS)
    yield _row("posted to answered", answered, ANSWERED_MS)


def flood(server: Server, page: Page, posts: int, seconds: float) -> Iterator[str]:
    """Many at a steady rate, twice; the heap must not grow from one time to the next."""
    heaps = [_heap(page)]
    with contextlib.closing(server.client()) as client:
        for turn in (1, 2):
            page.command("watchToasts")
            answered, took = _post(server, posts, seconds, f"Flood {turn}")
            known = page.command("noticed", count=posts, timeoutMs=TIMEOUT_MS)
            yield _row(f"flood {turn}: {posts:,} posts in {took:.1f} s, posted to answered", answered, None)
            order = known["titles"] == _in_order(client, posts)
            tasks = [ms for ms in known["longTasks"] if ms > TASK_MS]
            yield f"| flood {turn}: history complete, in the order of the server | {'yes' if order else 'NO'} | | |"
            yield (
                f"| flood {turn}: most toasts at once | {known['most']} | "
                f"| ≤ {TOASTS}: {'met' if known['most'] <= TOASTS else 'MISSED'} |"
            )
            yield (
                f"| flood {turn}: tasks of the page over {TASK_MS:.0f} ms | {len(tasks)} "
                f"| worst {max(tasks, default=0):.0f} ms | none: {'met' if not tasks else 'MISSED'} |"
            )
            heaps.append(_heap(page))
            assert client.ask("DELETE", ROUTE, up_to=2**53 - 1).status == 204
            page.command("noticed", count=0, timeoutMs=TIMEOUT_MS)
            heaps.append(_heap(page))
    begin, full, empty, again, end = (heap / MIB for heap in heaps)
    yield f"| live objects: before, with {posts:,}, cleared | {begin:.1f}, {full:.1f}, {empty:.1f} MiB | | |"
    yield f"| live objects: again, cleared | {again:.1f}, {end:.1f} MiB | {end - empty:+.1f} MiB | flat |"


def _row(what: str, samples: list[float], target: float | None) -> str:
    figures = spread(samples)
    verdict = "" if target is None else f"≤ {target:.0f} ms: {'met' if figures.p95 <= target else 'MISSED'}"
    return f"| {what} | {figures.p50:.1f} ms | {figures.p95:.1f} ms | {verdict} |"


def _post(server: Server, posts: int, seconds: float, title: str) -> tuple[list[float], float]:
    """Post at a steady rate; how long each was until it was answered, and how long all took."""
    begin = time.monotonic()
    turns = itertools.count()

    def work(client: Client) -> list[float]:
        answered = []
        while (turn := next(turns)) < posts:
            time.sleep(max(0.0, begin + turn * seconds / posts - time.monotonic()))
            answer = client.ask("POST", ROUTE, {"title": f"{title}: {turn}", "body": "Some text below it."})
            assert answer.status == 201, answer.body[:300]
            answered.append(answer.ms)
        return answered

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(CONNECTIONS) as pool:
        clients = [stack.enter_context(contextlib.closing(server.client())) for _ in range(CONNECTIONS)]
        answered = [ms for each in pool.map(work, clients) for ms in each]
    return answered, time.monotonic() - begin


def _in_order(client: Client, posts: int) -> list[str]:
    """The titles as the server has them, newest first."""
    rows: dict[str, str] = {}
    after = 0
    while True:
        answer = client.ask("GET", ROUTE, after=after, limit=1000).json()
        rows.update((row["id"], row["title"]) for row in answer["notifications"])
        after = answer["last"]
        if not answer["more"]:
            break
    assert len(rows) == posts, f"The server has {len(rows)} of {posts}"
    return [title for _, title in sorted(rows.items(), reverse=True)]


def _heap(page: Page) -> int:
    return int(page.command("heap")["bytes"])


def main() -> int:
    """Measure and print; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    executable, node = find_browser(), find_node()
    if executable is None or node is None:
        print("not measured: no Chromium or no Node, see README.md", file=sys.stderr)
        return 1
    print("\n| notifications | median | 95 % | target |\n|---|---|---|---|", flush=True)
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-notifications-")))
        # The driver takes a page for there when it shows a file.
        (root / "a file.txt").touch()
        server = stack.enter_context(Server("ours", root))
        chromium = stack.enter_context(Chromium(executable, node))
        page = stack.enter_context(chromium.open(server)[0])
        page.command("watchToasts")
        for lines in (
            painted(server, page, options.times),
            flood(server, page, options.posts, options.seconds),
        ):
            for line in lines:
                print(line, flush=True)
    print(f"\nload average {load():.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
