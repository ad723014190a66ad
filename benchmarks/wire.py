"""What a server answers, how fast, and what it costs the server: measured over HTTP on loopback."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import directories
from figures import spread
from servers import Client, Server

PAGES = 300
POLLS = 100
ORDER_TIMEOUT_S = 120
#: How often the client asks whether the order is ready: the figure is that much too large at most.
ASK_EVERY_S = 0.02
#: Until freed pages have gone back to the kernel.
SETTLE_S = 1


class Memory:
    """Samples the server's memory during a block, above what it was before."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.own_bytes()
        self._stop = threading.Event()
        self.peak_bytes = 0

    def __enter__(self) -> Memory:
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def now_bytes(self) -> int:
        """What the server has more than before."""
        return self._server.own_bytes() - self._before

    def _sample(self) -> None:
        while not self._stop.wait(0.01):
            self.peak_bytes = max(self.peak_bytes, self.now_bytes())


class Strain:
    """What the server's other users feel during a block: delays of its event loop, and of GET /api/status."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self._status_ms: list[float] = []

    def result(self) -> dict[str, Any]:
        """Percentiles in milliseconds, and CPU seconds of the server."""
        return self._result

    def __enter__(self) -> Strain:
        self._client = self._server.client()
        self._client.ask("POST", "bench/loop")
        self._thread = threading.Thread(target=self._probe)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        answer = self._client.ask("GET", "bench/loop").json()
        self._client.ask("DELETE", "bench/loop")
        self._client.close()
        self._result = {
            "loop_ms": spread(answer["delays_ms"] or [0.0])._asdict(),
            "status_ms": spread(self._status_ms or [0.0])._asdict(),
            "cpu_s": round(answer["cpu_s"], 2),
        }

    def _probe(self) -> None:
        client = self._server.client()
        while not self._stop.wait(0.025):
            self._status_ms.append(client.ask("GET", "api/status").ms)
        client.close()


def ours(parent: Path, count: int) -> dict[str, Any]:
    """All server figures of one directory with us, on a server that never saw it."""
    folder = directories.folder_name(count)
    with Server("ours", parent) as server, contextlib.closing(server.client()) as client:
        with Strain(server) as idle:
            time.sleep(3)
        memory = Memory(server)
        with memory, Strain(server) as ordering:
            order = _until_ordered(client, folder)
            time.sleep(SETTLE_S)
        order["steady_bytes"] = memory.now_bytes()
        order["peak_bytes"] = memory.peak_bytes
        generator = random.Random(count)
        pages, page_bytes = _pages(client, folder, count, generator)
        poll, poll_bytes = _polls(client, folder, count, generator)
        filter_memory = Memory(server)
        with filter_memory, Strain(server) as filtering:
            filters = _filters(client, folder, count, generator)
        result: dict[str, Any] = {
            "idle": idle.result(),
            "order": order,
            "ordering": ordering.result(),
            "page_ms": spread(pages)._asdict(),
            "page_bytes": page_bytes,
            "poll_ms": spread(poll)._asdict(),
            "poll_bytes": poll_bytes,
            "filter_ms": spread(filters)._asdict(),
            "filtering": filtering.result(),
            "filter_peak_bytes": filter_memory.peak_bytes,
            "all_bytes": memory.now_bytes(),
        }
        if count <= 1_000_000:
            with Strain(server) as by_time:
                started = time.perf_counter()
                _until_ordered(client, folder, sort="modified", force=1)
                result["modified_s"] = time.perf_counter() - started
            result["sorting_by_time"] = by_time.result()
        return result


def stock(parent: Path, count: int) -> dict[str, Any]:
    """What stock JupyterLab asks for at every poll: the whole listing."""
    folder = directories.folder_name(count)
    with Server("stock", parent) as server, contextlib.closing(server.client()) as client:
        answers = []
        memory = Memory(server)
        with memory, Strain(server) as listing:
            for _ in range(3 if count <= 10_000 else 1):
                answers.append(client.ask("GET", f"api/contents/{folder}", content=1))
            time.sleep(SETTLE_S)
        return {
            "poll_ms": spread([answer.ms for answer in answers])._asdict(),
            "poll_bytes": answers[0].wire_bytes,
            "listing": listing.result(),
            "steady_bytes": memory.now_bytes(),
            "peak_bytes": memory.peak_bytes,
        }


def _listing(client: Client, folder: str, **query: Any) -> tuple[dict[str, Any], float, int]:
    answer = client.ask("GET", "cloudru/listing", path=folder, **query)
    if answer.status != 200:
        raise RuntimeError(f"/cloudru/listing answered {answer.status}: {answer.body[:300]!r}")
    page: dict[str, Any] = answer.json()
    return page, answer.ms, answer.wire_bytes


def _until_ordered(client: Client, folder: str, **view: Any) -> dict[str, Any]:
    """From the first request for a directory until its rows come in the asked order."""
    started = time.perf_counter()
    page, first_ms, _ = _listing(client, folder, limit=200, **view)
    first_rows = len(page["rows"])
    wanted = view.get("sort", "name")
    while not (page["mode"] == "sorted" and page["complete"] and page["sort"] == wanted):
        if time.perf_counter() - started > ORDER_TIMEOUT_S:
            raise RuntimeError(f"{folder} is not in order after {ORDER_TIMEOUT_S} s: {page['mode']}")
        time.sleep(ASK_EVERY_S)
        page, _, _ = _listing(client, folder, limit=1, **view)
    return {
        "first_page_ms": first_ms,
        "first_page_rows": first_rows,
        "ready_s": time.perf_counter() - started,
        "first": page["rows"][0]["name"],
    }


def _pages(client: Client, folder: str, count: int, generator: random.Random) -> tuple[list[float], int]:
    took, wire = [], 0
    for _ in range(PAGES):
        offset = generator.randrange(max(1, count - 200))
        page, ms, wire = _listing(client, folder, offset=offset, limit=200)
        assert page["offset"] == offset
        assert len(page["rows"]) == min(200, count)
        took.append(ms)
    return took, wire


def _polls(client: Client, folder: str, count: int, generator: random.Random) -> tuple[list[float], int]:
    """The page's poll of its window while nothing changes."""
    page, _, _ = _listing(client, folder, offset=count // 2, limit=60)
    took, wire = [], 0
    for _ in range(POLLS):
        answer = client.ask(
            "GET", "cloudru/listing/changes", path=folder, generation=page["generation"], since=page["seq"],
            offset=count // 2, limit=60,
        )  # fmt: skip
        changes = answer.json()
        assert answer.status == 200, changes
        assert changes["generation"] == page["generation"]
        assert not changes["rows"]
        took.append(answer.ms)
        wire = max(wire, answer.wire_bytes)
        time.sleep(0.005 * generator.random())
    return took, wire


def _texts(count: int, generator: random.Random) -> Iterator[str]:
    """Filters that find one name, thousands, everything and nothing; in capitals, in Russian."""
    largest = max(11, directories.sizes_of_families(count)[0])
    for _ in range(3):
        yield f"{generator.randrange(10, largest)}"
    yield "SAMPLE"
    yield "отчёт"
    yield "."
    yield "no such name"
    yield "e"


def _filters(client: Client, folder: str, count: int, generator: random.Random) -> list[float]:
    return [_listing(client, folder, filter=text, limit=60)[1] for text in _texts(count, generator)]
