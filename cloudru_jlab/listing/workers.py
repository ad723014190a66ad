"""Threads for what takes long: sorting, filtering, editing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .slices import Cancelled

T = TypeVar("T")


class Workers:
    """The service's own threads: two for long sorts, and some for what a request waits for, so that neither waits for
    the other, nor for the server's shared pool."""

    def __init__(self) -> None:
        self._long = ThreadPoolExecutor(2, "listing-sort")
        self._short = ThreadPoolExecutor(4, "listing-view")

    async def sort(self, work: Callable[[Cancelled], T]) -> T:
        """The result of ``work``, which may take seconds; it is told when the caller is cancelled."""
        return await self._run(self._long, work)

    async def view(self, work: Callable[[Cancelled], T]) -> T:
        """The result of ``work``, which a request waits for; it is told when the caller is cancelled."""
        return await self._run(self._short, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[Cancelled], T]) -> T:
        stopped = False
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, lambda: stopped)
        finally:
            stopped = True

    def close(self) -> None:
        """Let the threads end when they are done."""
        self._long.shutdown(wait=False, cancel_futures=True)
        self._short.shutdown(wait=False, cancel_futures=True)
