"""A server extension of the benchmarks alone: how late does the server's event loop come?

A ticker asks to be woken every 5 ms and keeps how much later it was. Whatever holds the loop or the GIL shows here, as
it would show to every kernel and every other user request.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

PERIOD_S = 0.005


class Ticker:
    """Samples of the loop's delay in milliseconds since the last reset."""

    def __init__(self) -> None:
        self.delays_ms: list[float] = []
        self.cpu_s = 0.0
        self.task: asyncio.Task[None] | None = None

    def reset(self) -> None:
        """Forget all samples."""
        self.delays_ms = []
        self.cpu_s = _cpu_seconds()

    def start(self) -> None:
        """Begin to tick, once."""
        if self.task is None:
            self.reset()
            self.task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Stop ticking."""
        if self.task is not None:
            self.task.cancel()
            self.task = None

    async def _run(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(PERIOD_S)
            self.delays_ms.append((time.perf_counter() - before - PERIOD_S) * 1000)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class LoopHandler(APIHandler):
    """POST starts and forgets; GET answers the samples; DELETE stops."""

    @property
    def ticker(self) -> Ticker:
        """The one ticker of the server."""
        ticker: Ticker = self.settings["bench_ticker"]
        return ticker

    @web.authenticated
    async def post(self) -> None:
        """Start afresh."""
        self.ticker.start()
        self.ticker.reset()
        self.set_status(204)
        self.finish()

    @web.authenticated
    async def get(self) -> None:
        """The samples, and the CPU seconds of the process meanwhile."""
        answer: dict[str, Any] = {
            "delays_ms": [round(delay, 3) for delay in self.ticker.delays_ms],
            "cpu_s": _cpu_seconds() - self.ticker.cpu_s,
        }
        self.finish(json.dumps(answer))

    @web.authenticated
    async def delete(self) -> None:
        """Stop."""
        self.ticker.stop()
        self.set_status(204)
        self.finish()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "looptick"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    web_app = serverapp.web_app
    web_app.settings["bench_ticker"] = Ticker()
    base_url = web_app.settings["base_url"]
    web_app.add_handlers(".*$", [(url_path_join(base_url, "bench/loop"), LoopHandler)])
