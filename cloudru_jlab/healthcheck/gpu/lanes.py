"""Calls of a C library that may hang: each look in a thread of its own, given up after a time, never piling up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

#: So many calls of one lane may hang before it is left alone until one returns.
MOST_STUCK = 2

_UNAVAILABLE = frozenset({3, 13})


class Asked:
    """What one look has found, also when it was given up half way."""

    def __init__(self, library: Any, hung: frozenset[str], unavailable: set[str]) -> None:
        self.values: dict[str, Any] = {}
        #: Error codes, by function.
        self.failed: dict[str, int] = {}
        #: The function that the look is in, or in which it was given up.
        self.inside = ""
        #: What hangs, from this look or an earlier one.
        self.hung = hung
        self._library = library
        # not an NVMLError, and not in every version of the binding
        self._mismatch: type[Exception] = getattr(library, "NVMLLibraryMismatchError", library.NVMLError)
        self._unavailable = unavailable
        self._given_up = threading.Event()  # by the event loop, while the thread works

    def ask(self, function: str, *arguments: Any) -> Any:
        """The function's value, None where it failed; never raises for the library."""
        if function in self.hung or function in self._unavailable or self._given_up.is_set():
            return None
        self.inside = function
        code = 0
        try:
            value = getattr(self._library, function)(*arguments)
        except self._library.NVMLError as error:
            code = int(error.value)
        except (AttributeError, ValueError, TypeError, self._mismatch):
            # a binding or a driver without the function, or a name that is no text
            code = 13
        if self._given_up.is_set():
            return None
        if code == 0:
            self.values[function] = value
            return value
        self.failed[function] = code
        if code in _UNAVAILABLE:
            self._unavailable.add(function)
        return None

    def give_up(self) -> None:
        """Nothing that arrives later counts."""
        self._given_up.set()
        self.hung |= {self.inside or "?"}


class Lane:
    """One device, or the library as a whole. What hangs is not asked again until it has returned; the other functions
    are. At most `MOST_STUCK` threads hang."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stuck: list[tuple[str, threading.Thread]] = []
        self._unavailable: set[str] = set()

    @property
    def stuck(self) -> frozenset[str]:
        """The functions that have not returned."""
        self._stuck = [(function, thread) for function, thread in self._stuck if thread.is_alive()]
        return frozenset(function for function, _ in self._stuck)

    def forget(self) -> None:
        """Ask again what was not available: the driver may be another."""
        self._unavailable.clear()

    async def look(self, library: Any, script: Callable[[Asked], None], seconds: float) -> Asked:
        """Run ``script`` in a thread for at most ``seconds``."""
        stuck = self.stuck
        asked = Asked(library, stuck, self._unavailable)
        if len(self._stuck) >= MOST_STUCK:
            return asked
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def finished(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        def work() -> None:
            failure: BaseException | None = None
            try:
                script(asked)
            except Exception as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(finished, failure)

        # A daemon: a call that hangs for ever must not keep the server from ending.
        thread = threading.Thread(target=work, name=f"nvml-{self._name}", daemon=True)
        thread.start()
        try:
            await asyncio.wait_for(done, seconds)
        except (TimeoutError, asyncio.TimeoutError):
            asked.give_up()
            self._stuck.append((asked.inside, thread))
        return asked
