"""Blocking looks at what may hang: a disk, a driver."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stuck(TimeoutError):
    """The look did not come back in time, or the one before has not yet."""


class Lane:
    """Runs one blocking look at a time in a daemon thread of its own.

    A look that hangs holds its thread until it comes back; meanwhile no other is begun, so that threads never pile up.
    Daemons do not keep the server from ending.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a look is on its way, given up or not."""
        return self._busy

    async def run(self, look: Callable[[], T], timeout_seconds: float) -> T:
        """What ``look`` gives, or raises.

        Raises
        ------
        Stuck
            It takes longer than ``timeout_seconds``, or one before it still does.
        """
        if self._busy:
            raise Stuck(f"{self._name} has not answered yet")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._busy = True

        def settle(result: T | None, failure: BaseException | None) -> None:
            self._busy = False
            if done.done():
                return
            if failure is not None:
                done.set_exception(failure)
            else:
                done.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            result, failure = None, None
            try:
                result = look()
            except BaseException as error:
                failure = error
            try:
                loop.call_soon_threadsafe(settle, result, failure)
            except RuntimeError:
                # the loop is closed: nobody waits any more
                return

        try:
            threading.Thread(target=work, name=f"healthcheck {self._name}", daemon=True).start()
        except BaseException:
            self._busy = False
            raise
        finished, _ = await asyncio.wait([done], timeout=timeout_seconds)
        if not finished:
            # what comes back later is nobody's any more
            done.cancel()
            raise Stuck(f"{self._name} did not answer within {timeout_seconds:g} s")
        return done.result()
