"""Owned background tasks: whoever starts one also ends it, and no failure is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from logging import Logger
from typing import Any


class TaskGroup:
    """The background tasks of one owner, cancelled together in `stop`.

    Unlike with `asyncio.TaskGroup`, one that fails does not end the others: a watcher must survive a bad request.
    """

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run ``work`` on the current event loop; a failure is logged under ``name``."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("Background task %s failed", task.get_name(), exc_info=error)

    async def stop(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
