"""Time, memory and event loop delay of sorting names in the stock order.

    python benchmarks/collation.py [--locale en] [--no-natural] [COUNT ...]

The names are made in memory, in random order, of four families, about 16 bytes each. Prints for each count: wall and
CPU seconds of the whole sort (and of its first part, the encoding of keys), the peak of resident memory above what the
process had before the sort (the blob and the offsets of the names not counted), and the delay of a 5 ms ticker on an
event loop while the sort runs in a thread, beside what it was just before in the idle process.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloudru_jlab.core.collation import Collator

TICK = 0.005
FAMILIES: tuple[Callable[[int], str], ...] = (
    lambda i: f"img_{i:07d}.png",
    lambda i: f"train-{i:06d}-of-006000.parquet",
    lambda i: f"лог_{i}.txt",
    lambda i: f"IMG ({i}).JPG",
)


def make_names(count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """The bytes of `count` names end to end, and where each begins and ends (count + 1)."""
    blob = bytearray()
    lengths = np.zeros(count + 1, np.uint32)
    shuffled = np.random.default_rng(1).permutation(count)
    for first in range(0, count, 100_000):
        names = [FAMILIES[i % 4](i // 4).encode() for i in shuffled[first : first + 100_000].tolist()]
        blob += b"".join(names)
        lengths[first + 1 : first + 1 + len(names)] = [len(name) for name in names]
    return np.frombuffer(bytes(blob), np.uint8), np.cumsum(lengths, dtype=np.uint32)


def resident(field: str) -> float:
    """VmRSS (now) or VmHWM (peak) of this process, in MB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def forget_peak() -> float:
    """Let the peak begin anew; answer the resident memory now, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


async def tick(delays: list[float]) -> None:
    while True:
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        delays.append((time.perf_counter() - due) * 1000)


async def measure(count: int, locale: str, natural: bool) -> None:
    blob, offsets = make_names(count)
    groups = np.random.default_rng(2).integers(0, 2, count).astype(np.uint8)
    collator = Collator(locale, natural)
    idle: list[float] = []
    delays: list[float] = []
    encoded = 0.0

    def progress(part: float) -> None:
        nonlocal encoded
        if part <= 0.5:
            encoded = time.perf_counter()

    collator.argsort(blob, offsets[:1], offsets[1:2])  # lays out the table
    ticker = asyncio.create_task(tick(idle))
    await asyncio.sleep(3)
    ticker.cancel()
    before = forget_peak()
    ticker = asyncio.create_task(tick(delays))
    wall, cpu = time.perf_counter(), time.process_time()
    order = await asyncio.to_thread(
        collator.argsort, blob, offsets[:-1], offsets[1:], groups=groups, progress=progress
    )
    done, cpu = time.perf_counter(), time.process_time() - cpu
    peak = resident("VmHWM") - before
    ticker.cancel()
    assert len(order) == count
    print(
        f"{count:>9,} names of {len(blob) / count:.1f} bytes, {locale}, natural {'on' if natural else 'off'}: "
        f"{done - wall:.2f} s wall ({encoded - wall:.2f} s encoding), {cpu:.2f} s CPU, peak +{peak:.0f} MB, "
        f"ticker p99 {np.percentile(delays, 99):.1f} ms, max {max(delays):.1f} ms "
        f"(idle {np.percentile(idle, 99):.1f}, {max(idle):.1f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, default=[1_000_000, 6_000_000], metavar="COUNT")
    parser.add_argument("--locale", default="en")
    parser.add_argument("--no-natural", action="store_true")
    options = parser.parse_args()
    for count in options.counts:
        asyncio.run(measure(count, options.locale, not options.no_natural))


if __name__ == "__main__":
    main()
