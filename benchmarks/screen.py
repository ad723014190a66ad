"""What the user sees, and when: measured in Chromium with the page of either flavour."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import directories
from chromium import BrowserError, Chromium, Page
from figures import spread
from servers import OURS, Flavour, Server

#: Stock JupyterLab needs 7 minutes for 100,000 files.
TIMEOUT_MS = 800_000

#: How far from the even share of all rows a jump may end: a scaled scrollbar need not be even.
TOLERATED = 0.08

STARTS = [pattern.partition("{")[0] for pattern in directories.FAMILIES]
FIRST = next(directories.names(1))


def families(count: int) -> list[tuple[str, str, int]]:
    """What browser.mjs needs to tell a row's index from its name."""
    sizes = directories.sizes_of_families(count)
    return [
        (pattern.partition("{")[0], pattern.partition("}")[2], size)
        for pattern, size in zip(directories.FAMILIES, sizes, strict=True)
    ]


def _enter(page: Page, count: int) -> float:
    folder = directories.folder_name(count)
    ms: float = page.command("enter", folder=folder, starts=STARTS, timeoutMs=TIMEOUT_MS)["ms"]
    return ms


def start_up(chromium: Chromium, parent: Path, runs: int) -> dict[str, Any]:
    """JupyterLab's start with us and without, in turns, each time with an empty browser cache."""
    taken: dict[str, dict[str, list[float]]] = {
        flavour: {"first_row": [], "restored": []} for flavour in ("ours", "stock")
    }
    with Server("ours", parent) as ours, Server("stock", parent) as stock:
        for server in (ours, stock):
            # The first page of a server also warms its caches: not counted.
            chromium.open(server)[0].command("close")
        for run in range(runs):
            order = (ours, stock) if run % 2 else (stock, ours)
            for server in order:
                page, started = chromium.open(server)
                page.command("close")
                taken[server.flavour]["first_row"].append(started["firstRow"])
                taken[server.flavour]["restored"].append(started["restored"])
        page, started = chromium.open(ours, weigh=f"extensions/{OURS}/")
        page.command("close")
    result: dict[str, Any] = {"runs": runs, "weight": started["weight"]}
    for moment in ("first_row", "restored"):
        pairs = zip(taken["ours"][moment], taken["stock"][moment], strict=True)
        result[moment] = {
            "ours_ms": spread(taken["ours"][moment])._asdict(),
            "stock_ms": spread(taken["stock"][moment])._asdict(),
            "difference_ms": spread([with_us - without for with_us, without in pairs])._asdict(),
        }
    return result


def small_clicks(chromium: Chromium, parent: Path, sizes: list[int], rounds: int) -> dict[str, dict[int, Any]]:
    """Double click to first row in small directories, stock and ours in turns on two running servers."""
    taken: dict[str, dict[int, list[float]]] = {flavour: {size: [] for size in sizes} for flavour in ("ours", "stock")}
    with Server("ours", parent) as ours, Server("stock", parent) as stock:
        for count in sizes:
            for _ in range(2):
                for server in (ours, stock):
                    # One page at a time: a page in the background would poll into the other's figures.
                    with chromium.open(server)[0] as page:
                        for _ in range(rounds):
                            taken[server.flavour][count].append(_enter(page, count))
                            page.command("leave", folder=directories.folder_name(count))
    return {flavour: {size: spread(ms)._asdict() for size, ms in by_size.items()} for flavour, by_size in taken.items()}


def cold_clicks(
    chromium: Chromium, flavour: Flavour, parent: Path, count: int, runs: int, drop_caches: bool
) -> dict[str, Any]:
    """Double click to first row, each time on a server that has just started; without the kernel's caches if asked."""
    taken = []
    for _ in range(runs):
        with Server(flavour, parent) as server, chromium.open(server)[0] as page:
            if drop_caches:
                os.sync()
                Path("/proc/sys/vm/drop_caches").write_text("3")
            taken.append(_enter(page, count))
    return spread(taken)._asdict()


def stay(
    chromium: Chromium, flavour: Flavour, parent: Path, count: int, jumps: int, changes: int, idle_s: int
) -> dict[str, Any]:
    """Everything that one does inside a directory once it is open."""
    result: dict[str, Any] = {}
    with Server(flavour, parent) as server, chromium.open(server)[0] as page:
        result["click_ms"] = _enter(page, count)
        page.command("ordered", first=FIRST, timeoutMs=TIMEOUT_MS)
        steps = {
            "jumps": lambda: _jumps(page, count, jumps),
            "filter_ms": lambda: _filters(page, count, (37, 58, 91) if flavour == "ours" else (37,)),
            "idle": lambda: page.command("idle", seconds=idle_s),
            "heap_bytes": lambda: page.command("heap")["bytes"],
            "changes": lambda: _changes(page, parent, count, changes),
        }
        for name, step in steps.items():
            try:
                result[name] = step()
            except BrowserError as error:
                # One thing that does not work leaves the others measured; the table shows the gap.
                result[name] = {"error": str(error)}
    return result


def _jumps(page: Page, count: int, jumps: int) -> dict[str, Any]:
    generator = random.Random(count)
    places = [0.5]
    while len(places) < jumps:
        place = generator.random()
        if abs(place - places[-1]) > 2 * TOLERATED:
            places.append(place)
    rest = {"families": families(count), "tolerated": TOLERATED, "timeoutMs": 20_000}
    answer = page.command("jumps", places=places, **rest)
    page.command("jumps", places=[0, 1, 0], **rest)
    return {"ms": spread(answer["ms"])._asdict(), "long_tasks": answer["longTasks"]}


def _filters(page: Page, count: int, numbers: tuple[int, ...]) -> dict[str, Any]:
    filtered, cleared = [], []
    for number in numbers:
        if number >= directories.sizes_of_families(count)[2]:
            continue
        for pattern in (directories.FAMILIES[0], directories.FAMILIES[2]):
            name = pattern.format(number)
            answer = page.command("filter", text=name.partition(".")[0], first=name, all=FIRST, timeoutMs=60_000)
            filtered.append(answer["ms"])
            cleared.append(answer["cleared"])
    return {"typed": spread(filtered)._asdict(), "cleared": spread(cleared)._asdict()}


def _beside(name: str, mark: str) -> str:
    """A name that stands right below ``name`` in the order."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}{mark}.{suffix}"


def _changes(page: Page, parent: Path, count: int, repeats: int) -> dict[str, Any]:
    """New and renamed entries in the middle of the directory, until they stand in their place."""
    folder = directories.folder_name(count)
    made: list[Path] = []
    taken: dict[str, list[float]] = {"created": [], "renamed": [], "appeared": []}
    wait = {"timeoutMs": 30_000}
    try:
        for repeat in range(repeats):
            place = 0.15 + 0.1 * repeat
            page.command("scroll", place=place)
            names = page.command("visible")
            mark = "abcde"[repeat]
            first, second, third = (_beside(names[index], mark) for index in (3, 6, 9))
            made += [parent / folder / name for name in (first, second, third)]
            answer = page.command("create", path=folder, name=first, above=names[3], file=None, **wait)
            taken["created"].append(answer["ms"])
            answer = page.command("rename", **{"from": first}, to=second, above=names[6], **wait)
            taken["renamed"].append(answer["ms"])
            answer = page.command("create", path=folder, name=third, above=names[9], file=str(made[-1]), **wait)
            taken["appeared"].append(answer["ms"])
    finally:
        for file in made:
            file.unlink(missing_ok=True)
    return {what: spread(ms)._asdict() for what, ms in taken.items()}
