"""Measures the listing service alone, in one process and without HTTP: what it adds to a server.

    python benchmarks/listing.py [--where DIR] [--keep] [SIZE ...]

Sizes are numbers of files, 1,000,000 and 6,000,000 by default; each directory is made, measured by a process of its own
and removed. Times are milliseconds unless the name says otherwise. The event loop's delay is that of a task that sleeps
5 ms at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import directories
import msgspec
import psutil

from cloudru_jlab.listing.local_contents import Contents
from cloudru_jlab.listing.models import ChangesQuery, LocateQuery, PageQuery
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.listing.service import ListingService
from cloudru_jlab.listing.settings import ListingSettings

_TICK_SECONDS = 0.005
_MIB = 1024 * 1024


class _OneFileSystem:
    def __init__(self) -> None:
        self.local = LocalAccess()

    def access(self, path: bytes) -> LocalAccess:
        return self.local


class Loop:
    """How late the event loop is while something runs."""

    async def during(self, work: Awaitable[Any]) -> tuple[Any, dict[str, float]]:
        """The result of ``work``, and the loop's delay meanwhile."""
        delays: list[float] = []

        async def tick() -> None:
            while True:
                begun = time.perf_counter()
                await asyncio.sleep(_TICK_SECONDS)
                delays.append((time.perf_counter() - begun - _TICK_SECONDS) * 1000)

        ticker = asyncio.ensure_future(tick())
        try:
            result = await work
        finally:
            ticker.cancel()
        return result, {"p50": at(delays, 50), "p99": at(delays, 99), "max": at(delays, 100)}


def at(values: list[float], percent: int) -> float:
    """A percentile, 0 for no values."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 2) if ordered else 0.0


async def timed(work: Awaitable[Any]) -> tuple[Any, float]:
    """The result of ``work`` and its milliseconds."""
    begun = time.perf_counter()
    result = await work
    return result, round((time.perf_counter() - begun) * 1000, 2)


async def repeated(count: int, make: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """Percentiles of the milliseconds of ``count`` calls."""
    times = [(await timed(make()))[1] for _ in range(count)]
    return {"p50": at(times, 50), "p99": at(times, 99), "max": at(times, 100)}


async def measure(folder: Path, count: int) -> dict[str, Any]:
    """All figures of one directory."""
    changed = asyncio.Event()
    contents = Contents(str(folder), False, ("__pycache__", "*.pyc", "*.pyo", ".DS_Store", "*~"))
    service = ListingService(
        log=logging.getLogger("listing"),
        settings=ListingSettings(),
        contents=lambda: contents,
        file_systems=_OneFileSystem(),
        ring=lambda path, generation, kind, job: changed.set(),
    )
    await service.start()
    process = psutil.Process()
    # the table of weights, which a server reads when it starts
    await asyncio.sleep(1.5)
    before = process.memory_info().rss
    figures: dict[str, Any] = {"files": count}
    loop = Loop()
    cold = time.perf_counter()

    async def page(offset: int = 0, **view: Any) -> Any:
        answer = await service.page(PageQuery(offset=offset, **view))
        msgspec.json.encode(answer)
        return answer

    async def until_sorted() -> Any:
        first, figures["first_page_cold"] = await timed(page())
        figures["first_page_mode"] = first.mode
        slowest = 0.0
        while first.mode != "sorted":
            await asyncio.sleep(0.05)
            first, took = await timed(page())
            slowest = max(slowest, took)
        figures["slowest_page_meanwhile"] = slowest
        return first

    answer, figures["loop_while_scanning_and_sorting"] = await loop.during(until_sorted())
    figures["sorted_after_s"] = round(time.perf_counter() - cold, 2)
    figures["rss_peak_delta_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before / _MIB)
    figures["rss_steady_delta_mib"] = round((process.memory_info().rss - before) / _MIB)
    total = answer.total
    generation = answer.generation
    figures["warm_page_of_200"] = await repeated(300, lambda: page(random.randrange(total), generation=generation))
    name = (await page(random.randrange(total), limit=1)).rows[0].name
    figures["locate_name"] = await repeated(20, lambda: service.locate(LocateQuery(name=name)))
    figures["locate_prefix"] = await repeated(5, lambda: service.locate(LocateQuery(prefix="отч")))
    for text in ("e", "000123", "отчёт 99", "none at all"):
        (answer, took), late = await loop.during(timed(page(filter=text)))
        figures[f"filter “{text}”"] = {"ms": took, "of": answer.total, "loop_p99": late["p99"], "loop_max": late["max"]}
    poll = ChangesQuery(generation=generation, since=10**9, offset=total // 2)
    changes, _ = await timed(service.changes(poll))
    figures["poll_bytes"] = len(msgspec.json.encode(changes))
    figures["poll"] = await repeated(50, lambda: service.changes(poll))

    async def create(number: int) -> float:
        changed.clear()
        new = folder / f"sample-{number}-new.json"
        begun = time.perf_counter()
        new.touch()
        await changed.wait()
        took = (time.perf_counter() - begun) * 1000
        assert (await service.locate(LocateQuery(name=new.name))).index is not None
        changed.clear()
        new.unlink()
        await changed.wait()
        # the next event must not wait for this one's quiet time
        await asyncio.sleep(0.2)
        return took

    created, late = await loop.during(_in_turn(create, range(5)))
    figures["created_outside_to_new_generation"] = {"p50": at(created, 50), "max": at(created, 100)}
    figures["loop_while_creating"] = late
    (answer, took), late = await loop.during(timed(page(order="desc", locale="ru")))
    figures["page_of_another_locale"] = {"ms": took, "mode": answer.mode}
    while answer.mode != "sorted":
        await asyncio.sleep(0.05)
        answer = await page(order="desc", locale="ru")
    figures["rss_steady_with_two_orders_mib"] = round((process.memory_info().rss - before) / _MIB)
    await service.stop()
    return figures


async def _in_turn(work: Callable[[int], Awaitable[float]], numbers: range) -> list[float]:
    return [await work(number) for number in numbers]


def main() -> None:
    """Make, measure, remove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000_000, 6_000_000])
    parser.add_argument("--where", type=Path, default=Path(tempfile.gettempdir()) / "listing-benchmark")
    parser.add_argument("--keep", action="store_true", help="do not remove the directories")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(asyncio.run(measure(options.measure, options.sizes[0]))))
        return
    for size in options.sizes:
        options.where.mkdir(parents=True, exist_ok=True)
        room = directories.room_for(options.where, size)
        if not room.enough:
            print(f"{size:,} files are not measured: {room.why}", file=sys.stderr)
            continue
        folder = directories.make(options.where, size)
        try:
            command = [sys.executable, __file__, "--measure", str(folder), str(size)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            for key, value in json.loads(done.stdout).items():
                print(f"{key:36} {value}")
        finally:
            if not options.keep:
                directories.remove(folder)


if __name__ == "__main__":
    main()
