"""Access to one file system that may hang: in processes, under timeouts, and refused at once while it hangs."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import NamedTuple

from ...core.access import ABSENT, DIRECTORY, FILE, DirectoryStat, Place, ScanChunk
from ...core.entries import Entry, describe
from ..threads import run_in_thread
from . import worker
from .process import STUCK_SECONDS, Call, Channel, Graveyard, Scan, unanswered

#: More names than this per call would not be under way at the same time as others, and hide progress.
_NAMES_PER_CALL = 16


class GuardSettings(NamedTuple):
    """How a file system is guarded; the times in seconds. See `network.NetworkFileSystems` for the meaning."""

    timeout: float = 30.0
    parallel: int = 16
    scans: int = 4
    retry: float = 5.0
    stuck: int = 4
    idle: float = 300.0


class Record(NamedTuple):
    """What the worker tells of a name (`worker.RECORD`)."""

    found: bool
    is_dir: bool
    permitted: bool
    mode: int
    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def listed(self) -> bool:
        """See `core.entries.is_listed`."""
        return self.found and (S_ISREG(self.mode) or S_ISDIR(self.mode) or S_ISLNK(self.mode))


class Breaker:
    """Refuses calls while the thing behind does not answer, but for one now and then that tries.

    Closed: all pass. Tripped: none passes for ``retry`` seconds, then one does, as a trial; it closes the breaker when
    it succeeds. The time doubles with each failure, up to twelve times ``retry``.
    """

    def __init__(self, retry: float) -> None:
        self._retry = retry
        self._failures = 0
        self._until = 0.0

    @property
    def tripped(self) -> bool:
        """Whether the last that was heard is silence."""
        return self._failures > 0

    @property
    def refuses(self) -> bool:
        """Whether no call may pass now."""
        return self.tripped and time.monotonic() < self._until

    def admit(self) -> bool:
        """Whether this call may pass; as a trial where the breaker is tripped."""
        if self.refuses:
            return False
        if self.tripped:
            self._wait()
        return True

    def _wait(self) -> None:
        self._until = time.monotonic() + min(self._retry * 2 ** (self._failures - 1), 12 * self._retry)

    def trip(self) -> None:
        """No answer came. Said by many calls at a time, it counts once."""
        if not self.refuses:
            self._failures = min(self._failures + 1, 10)
            self._wait()

    def close(self) -> None:
        """An answer came."""
        self._failures = 0


class Guard:
    """`FileSystemAccess` to one mounted file system. All of it runs on the event loop; nothing of it ever hangs.

    At most ``parallel`` stats are under way, in one process; each scan has a process of its own. When a call gets no
    answer in time and nothing else did meanwhile, the file system hangs: the process is killed, all calls fail, and
    further ones fail at once until a trial succeeds or a killed process ends, which shows that the file system answered
    it. When others were answered meanwhile, only that directory hangs, and only calls about it are refused.
    """

    guarded = True
    #: Servers keep times by clocks of their own, and some to the second only.
    settle_seconds = 2.0

    def __init__(self, settings: GuardSettings) -> None:
        self._settings = settings
        self._channel: Channel | None = None
        self._retired: list[Channel] = []
        self._breaker = Breaker(settings.retry)
        self._directories: dict[Place, Breaker] = {}
        self._graveyard = Graveyard(on_end=self._answered_after_all)
        self._scans = asyncio.Semaphore(settings.scans)
        self._last_answer = -math.inf
        self._idle: asyncio.TimerHandle | None = None
        self._users = 0

    # --- what callers ask

    async def stat_directory(self, directory: Place) -> DirectoryStat:
        """See `FileSystemAccess.stat_directory`."""
        (record,) = await self._ask(worker.DIRECTORY, directory, [])
        return DirectoryStat(record.device, record.inode, record.mtime_ns, record.ctime_ns, record.permitted)

    async def stat_rows(self, directory: Place, names: Sequence[bytes]) -> list[Entry | None]:
        """See `FileSystemAccess.stat_rows`."""
        records = await self._ask(worker.STAT_WRITABLE, directory, names)
        return [_entry(name, record) if record.found else None for name, record in zip(names, records, strict=True)]

    async def kinds(self, directory: Place, names: Sequence[bytes], *, hide_closed: bool = False) -> bytes:
        """See `FileSystemAccess.kinds`."""
        records = await self._ask(worker.STAT_OPEN if hide_closed else worker.STAT, directory, names)
        return bytes(
            ABSENT if not (record.listed and record.permitted) else DIRECTORY if record.is_dir else FILE
            for record in records
        )

    async def numbers(self, directory: Place, names: Sequence[bytes]) -> array[int]:
        """See `FileSystemAccess.numbers`."""
        numbers = array("q")
        for record in await self._ask(worker.STAT, directory, names):
            numbers.extend((0 if record.is_dir else record.size, record.mtime_ns, record.ctime_ns))
        return numbers

    async def exists(self, directory: Place, name: bytes) -> bool:
        """See `FileSystemAccess.exists`."""
        (record,) = await self._ask(worker.EXISTS, directory, [name])
        return record.found

    async def scan(
        self,
        directory: Place,
        sink: Callable[[ScanChunk], None],
        cancelled: Callable[[], bool] | None = None,
        *,
        hide_closed: bool = False,
    ) -> None:
        """See `FileSystemAccess.scan`."""
        if self._breaker.refuses:
            raise unanswered()
        async with self._scans:
            # Only now: it may have begun to hang while this scan waited for its turn.
            self._admit(directory)
            self._users += 1
            scan = Scan(directory, hide_closed=hide_closed, timeout=self._settings.timeout)
            given_up = threading.Event()

            def unwanted() -> bool:
                return given_up.is_set() or (cancelled is not None and cancelled())

            def take(chunk: ScanChunk) -> None:
                self._last_answer = time.monotonic()
                sink(chunk)

            try:
                await run_in_thread(lambda: scan.run(take, unwanted), name="listing scan")
                if unwanted():
                    raise asyncio.CancelledError
            except TimeoutError:
                self._silence(directory, scan.last_sign)
                raise
            finally:
                given_up.set()
                self._graveyard.bury(scan.process)
                self._users -= 1
            self._heard(directory)

    # --- its life

    @property
    def busy(self) -> bool:
        """Whether calls are under way, or processes still dying."""
        return self._users > 0 or len(self._graveyard) > 0

    @property
    def hanging(self) -> bool:
        """Whether calls are refused now because the file system did not answer."""
        return self._breaker.tripped

    @property
    def dying(self) -> int:
        """How many processes were killed and have not ended."""
        return len(self._graveyard)

    def close(self) -> None:
        """Kill the processes; calls under way fail."""
        if self._idle is not None:
            self._idle.cancel()
        for channel in self._channels():
            self._end(channel)
        self._retired, self._channel = [], None

    async def stop(self) -> None:
        """`close`, and wait as long as a process takes that can die."""
        self.close()
        await self._graveyard.close()

    # --- calls

    def _admit(self, directory: Place) -> None:
        breaker = self._directories.get(directory)
        stuck = self._graveyard.stuck() + len(self._retired)
        if (
            stuck >= self._settings.stuck
            or any(call.directory == directory for channel in self._channels() for call in channel.silent)
            or not self._breaker.admit()
            or not (breaker is None or breaker.admit())
        ):
            raise unanswered()

    def _channels(self) -> list[Channel]:
        return self._retired if self._channel is None else [*self._retired, self._channel]

    async def _ask(self, operation: int, directory: Place, names: Sequence[bytes]) -> list[Record]:
        self._admit(directory)
        if self._channel is None:
            self._channel = self._open()
        channel = self._channel
        self._users += 1
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        try:
            # Small calls, all threads at work: the server's latency is paid by many names at once.
            size = min(max(math.ceil(len(names) / self._settings.parallel), 1), _NAMES_PER_CALL)
            calls = [
                Call(operation, directory, b"\0".join(names[start : start + size]))
                for start in range(0, len(names), size)
            ]
            if not calls and operation == worker.DIRECTORY:
                calls = [Call(operation, directory)]
            for call in calls:
                channel.submit(call)
            try:
                answers = await asyncio.gather(*(call.answer for call in calls))
            finally:
                for call in calls:
                    call.answer.cancel()
            return [Record(*fields) for answer in answers for fields in worker.RECORD.iter_unpack(answer)]
        finally:
            self._users -= 1
            if self._users == 0 and self._channel is not None:
                loop = asyncio.get_running_loop()
                self._idle = loop.call_later(self._settings.idle, self._rest)

    def _open(self) -> Channel:
        def on_end() -> None:
            if self._channel is channel:
                self._channel = None
            self._retired = [other for other in self._retired if other is not channel]
            self._graveyard.bury(channel.process)

        def on_silence(call: Call) -> None:
            self._call_silent(channel, call)

        channel = Channel(
            self._settings.parallel,
            self._settings.timeout,
            on_progress=self._call_answered,
            on_silence=on_silence,
            on_end=on_end,
        )
        return channel

    def _rest(self) -> None:
        """Nothing was asked for long: the process goes."""
        self._idle = None
        if self._channel is not None and self._channel.idle:
            self._end(self._channel)
            self._channel = None

    def _end(self, channel: Channel) -> None:
        channel.close()
        self._graveyard.bury(channel.process)

    # --- what answers and silence mean

    def _call_answered(self, call: Call) -> None:
        self._heard(call.directory)
        for channel in list(self._retired):
            if channel.idle and not channel.silent:
                self._retired.remove(channel)
                self._end(channel)

    def _heard(self, directory: Place) -> None:
        self._last_answer = time.monotonic()
        self._breaker.close()
        self._directories.pop(directory, None)

    def _answered_after_all(self, seconds: float) -> None:
        # A killed process dies at once, or when the call that it hangs in returns: the file system is back.
        if seconds >= STUCK_SECONDS:
            self._breaker.close()
            self._directories.clear()

    def _call_silent(self, channel: Channel, call: Call) -> None:
        call.fail(unanswered())
        since = time.monotonic() - self._settings.timeout
        if self._silence(call.directory, since):
            if channel is self._channel:
                self._channel = None
            self._retired = [other for other in self._retired if other is not channel]
            self._end(channel)
        elif channel is self._channel and len(channel.silent) * 2 >= self._settings.parallel:
            # Half of its threads hang in single directories: others go on in a new process.
            self._channel = None
            self._retired.append(channel)

    def _silence(self, directory: Place, since: float) -> bool:
        """Nothing came about ``directory`` from ``since`` on: whether the whole file system hangs, not it alone."""
        if self._last_answer <= since:
            self._breaker.trip()
            return True
        self._directories.setdefault(directory, Breaker(self._settings.retry)).trip()
        return False


def _seconds(nanoseconds: int) -> float:
    # as CPython computes a stat's float times: the same value, to the last bit
    whole, rest = divmod(nanoseconds, 10**9)
    return whole + 1e-9 * rest


def _entry(name: bytes, record: Record) -> Entry:
    mtime, ctime = record.mtime_ns // 10**9, record.ctime_ns // 10**9
    info = os.stat_result(
        (record.mode, record.inode, record.device, 1, 0, 0, record.size, mtime, mtime, ctime),
        {
            "st_mtime": _seconds(record.mtime_ns),
            "st_ctime": _seconds(record.ctime_ns),
            "st_mtime_ns": record.mtime_ns,
            "st_ctime_ns": record.ctime_ns,
        },
    )
    return describe(name, info, is_dir=record.is_dir, writable=record.permitted)
