"""A root's own few threads: a file system that hangs takes nothing else down.

A call into a file system whose server went away does not return, and nothing ends the thread that made it. So the calls
to each root have threads of their own, a deadline, and a circuit breaker: after a call missed its deadline, further
ones fail at once, until the root is seen to answer again.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from enum import Enum
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from ..core.errors import NotAnswering, RootUnavailable

T = TypeVar("T")

#: Told by a call that goes on for long, so that its deadline counts from then; raises `GivenUp`.
Beat = Callable[[], None]


class GivenUp(Exception):
    """Nobody waits for this call any more; it cleans up and ends."""


class _Kind(Enum):
    ASKED = 0
    PROBE = 1
    #: Closes what a call opened: done whether or not the root answers.
    DISPOSAL = 2


class _Step(Enum):
    QUEUED = 0
    RUNNING = 1
    ENDED = 2
    #: It ran past its deadline, or was dropped from the queue: its thread, if any, is not counted on any more.
    ABANDONED = 3


class _Call(Generic[T]):
    def __init__(
        self, kind: _Kind, function: Callable[[Beat], T], discard: Callable[[T], object] | None = None
    ) -> None:
        self.kind, self.function, self.discard = kind, function, discard
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if kind is not _Kind.ASKED:
            # Nobody awaits it.
            self.future.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.step = _Step.QUEUED
        self.touched = time.monotonic()
        self.timer: asyncio.TimerHandle | None = None
        self.cancelled = False

    def beat(self) -> None:
        """See `Beat`."""
        if self.cancelled or self.step is not _Step.RUNNING:
            raise GivenUp
        self.touched = time.monotonic()


class RootPool:
    """Runs blocking calls to one root. Its methods belong to one event loop.

    Parameters
    ----------
    title:
        What users call the root, for messages.
    probe:
        A cheap call that the file system cannot answer from a cache. While the root does not answer it is made now and
        then, and the root is taken for well again when it returns (with an error too: an error is an answer).
    threads:
        Calls under way at a time; further ones wait.
    deadline:
        After so many seconds without an answer, or without a sign of life from a long call, the root does not answer.
    retry:
        Seconds until the first probe; doubled after each that fails, up to thirty times.
    stuck:
        Threads that may hang at a time. With so many no probe is made: the root is well again when one of them returns.
    """

    def __init__(
        self,
        title: str,
        probe: Callable[[], object],
        *,
        threads: int = 4,
        deadline: float = 10.0,
        retry: float = 1.0,
        stuck: int = 16,
    ) -> None:
        self._title, self._probe = title, probe
        self._limit, self._deadline, self._retry, self._stuck_limit = threads, deadline, retry, max(stuck, threads)
        self._queue: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._calls: set[_Call[Any]] = set()
        self._alive = 0
        self._numbers = itertools.count(1)
        self._failures = 0
        self._last_answer = 0.0
        self._next_probe: asyncio.TimerHandle | None = None
        self._probing = False
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Threads that hang in a call.
        self.stuck = 0

    @property
    def answering(self) -> bool:
        """Whether calls are made, and not refused at once."""
        return self._failures == 0

    async def run(self, function: Callable[[], T], *, discard: Callable[[T], object] | None = None) -> T:
        """Call ``function`` in a thread.

        ``discard`` gets its result, in a thread, where nobody waits for that any more: what it opened must be closed.

        Raises
        ------
        NotAnswering
            When there was no answer in time.
        RootUnavailable
            At once, while the root is known not to answer.
        """
        return await self.run_long(lambda beat: function(), discard=discard)

    async def run_long(self, function: Callable[[Beat], T], *, discard: Callable[[T], object] | None = None) -> T:
        """`run` for a call that takes its time: it gets a `Beat`, to be called more often than every ``deadline``."""
        if self._closed or not self.answering:
            raise self._unavailable()
        call = _Call(_Kind.ASKED, function, discard)
        self._submit(call)
        try:
            return await call.future
        except asyncio.CancelledError:
            call.cancelled = True
            self._drop(call)
            raise

    def dispose(self, function: Callable[[], object]) -> None:
        """Call ``function`` in a thread some time, whatever comes of it. From any thread, a finaliser too."""
        if self._loop is None or self._loop.is_closed():
            return

        def submit() -> None:
            self._submit(_Call(_Kind.DISPOSAL, lambda beat: function()))

        if asyncio._get_running_loop() is self._loop:
            submit()
        else:
            self._loop.call_soon_threadsafe(submit)

    def close(self) -> None:
        """Let the threads end when they are done; one that hangs is not waited for."""
        if self._closed:
            return
        self._closed = True
        if self._next_probe is not None:
            self._next_probe.cancel()
        self._drop_queued()
        for call in self._calls:
            if call.timer is not None:
                call.timer.cancel()
        self._dismiss()

    # --- on the event loop

    def _unavailable(self) -> RootUnavailable:
        return RootUnavailable(f"“{self._title}” does not answer. It is back by itself once its file system is.")

    def _silent(self) -> NotAnswering:
        return NotAnswering(f"“{self._title}” did not answer in time. Try again in a moment.")

    def _submit(self, call: _Call[Any]) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls.add(call)
        self._arm(call, self._deadline)
        self._queue.put(call)
        self._staff()
        if self._closed:
            self._dismiss()

    def _staff(self) -> None:
        """As many threads as there are calls, up to the limit."""
        while self._alive < min(self._limit, len(self._calls)):
            self._alive += 1
            name = f"root-{self._title}-{next(self._numbers)}"
            # A daemon: the interpreter ends even while it hangs.
            threading.Thread(target=self._work, args=(self._loop,), name=name, daemon=True).start()

    def _dismiss(self) -> None:
        """The threads end after what is in the queue; there are none to be counted on from now on."""
        for _ in range(self._alive):
            self._queue.put(None)
        self._alive = 0

    def _arm(self, call: _Call[Any], seconds: float) -> None:
        call.timer = asyncio.get_running_loop().call_later(seconds, self._check, call)

    def _check(self, call: _Call[Any]) -> None:
        """``call`` may have missed its deadline."""
        with self._lock:
            left = call.touched + self._deadline - time.monotonic()
            running = call.step is _Step.RUNNING
            if running and left <= 0:
                call.step = _Step.ABANDONED
        if not running and call.kind is _Kind.DISPOSAL:
            if call in self._calls:
                self._arm(call, self._deadline)
        elif not running:
            # Behind others that take long: no news of the file system. (It may also have ended just now.)
            self._drop(call, self._silent())
        elif left > 0:
            self._arm(call, left)
        else:
            self._calls.discard(call)
            self._alive = max(0, self._alive - 1)
            self.stuck += 1
            self._fail(call, self._silent())
            self._trip(call)

    def _trip(self, call: _Call[Any]) -> None:
        if self._closed:
            return
        if call.kind is _Kind.PROBE:
            self._probing = False
        elif not self.answering:
            return
        self._failures += 1
        self._drop_queued()
        # Where another call was answered meanwhile it may be this file alone that hangs: found out at once.
        others = self._last_answer > call.touched and self._failures == 1
        self._plan_probe(0.0 if others else self._retry * min(2 ** (self._failures - 1), 30))

    def _plan_probe(self, seconds: float) -> None:
        if self._next_probe is not None:
            self._next_probe.cancel()
        self._next_probe = asyncio.get_running_loop().call_later(seconds, self._try)

    def _try(self) -> None:
        """Make the probe, unless too many threads hang: then the first to return is the news."""
        self._next_probe = None
        if self._closed or self.answering or self._probing or self.stuck >= self._stuck_limit:
            return
        self._probing = True
        self._submit(_Call(_Kind.PROBE, lambda beat: self._probe()))

    def _answered(self) -> None:
        self._last_answer = time.monotonic()
        if self.answering:
            return
        self._failures = 0
        if self._next_probe is not None:
            self._next_probe.cancel()
            self._next_probe = None

    def _settle(self, call: _Call[Any], result: object, error: BaseException | None, abandoned: bool) -> None:
        """``call`` came back."""
        if call.timer is not None:
            call.timer.cancel()
        self._calls.discard(call)
        if call.kind is _Kind.PROBE:
            self._probing = False
        if abandoned:
            self.stuck -= 1
        # Of a call that began before the root fell silent, an answer is no news; of one that hung it is.
        if abandoned or call.kind is _Kind.PROBE or self.answering:
            self._answered()
        if not call.future.done():
            if error is None:
                call.future.set_result(result)
            elif isinstance(error, GivenUp):
                call.future.cancel()
            else:
                call.future.set_exception(error)
        elif error is None and call.discard is not None:
            discard = call.discard
            self.dispose(lambda: discard(result))
        if not self._closed:
            self._staff()

    def _fail(self, call: _Call[Any], error: Exception) -> None:
        if not call.future.done():
            call.future.set_exception(error)

    def _drop(self, call: _Call[Any], error: Exception | None = None) -> None:
        """Take ``call`` out of the queue, if it is still there."""
        with self._lock:
            if call.step is not _Step.QUEUED:
                return
            call.step = _Step.ABANDONED
        self._calls.discard(call)
        if call.timer is not None:
            call.timer.cancel()
        if call.kind is _Kind.PROBE:
            # All threads are busy with calls that give signs of life, which is an answer.
            self._probing = False
            self._answered()
        if error is not None:
            self._fail(call, error)

    def _drop_queued(self) -> None:
        for call in [call for call in self._calls if call.kind is _Kind.ASKED]:
            self._drop(call, self._unavailable())

    # --- in the threads

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while (call := self._queue.get()) is not None:
            with self._lock:
                if call.step is not _Step.QUEUED:
                    continue
                call.step = _Step.RUNNING
                call.touched = time.monotonic()
            result, failure = None, None
            try:
                result = call.function(call.beat)
            except BaseException as error:
                failure = error
            with self._lock:
                abandoned = call.step is _Step.ABANDONED
                call.step = _Step.ENDED
            try:
                loop.call_soon_threadsafe(self._settle, call, result, failure, abandoned)
            except RuntimeError:
                # The loop is closed: the server ends, and nobody waits any more.
                return
            if abandoned:
                return
            del call, result, failure
