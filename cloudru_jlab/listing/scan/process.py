"""Worker processes from the parent's side: start one, talk with it, and let go of it whatever state it is in.

A process that hangs in a system call may not even die of SIGKILL before the call returns (state D). Nothing here ever
waits for one: it is killed, abandoned, and reaped when it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ...core.access import Place, ScanChunk
from .worker import HEADER, REPLY, REQUEST

_WORKER = str(Path(__file__).with_name("worker.py"))
_PIPE_BYTES = 1 << 20
#: A killed process that lives longer hangs in a system call.
STUCK_SECONDS = 1.0
#: How soon a scan notices that it is no longer wanted.
_CANCEL_SECONDS = 0.05


def unanswered() -> TimeoutError:
    """The error of a file system that does not answer."""
    return TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def start_worker(*arguments: str | bytes, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    """Start a worker process; about 25 ms until it works, of which this call takes one."""
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        # Isolated and without site-packages: it starts in the time that importing one of them takes.
        [sys.executable, "-I", "-S", _WORKER, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        # The server's own directory may be on the file system that hangs.
        cwd="/",
        # Ctrl-C in the server's terminal is the server's to handle.
        start_new_session=True,
    )


def words(place: Place) -> tuple[bytes, bytes, bytes]:
    """``place`` as a worker takes it."""
    return place.symlinks.encode() + b" mounted" * place.mounted, place.root, place.inside


class Graveyard:
    """Killed processes until they have ended; runs on the event loop and never waits.

    ``on_end`` is told how many seconds a process took to die.
    """

    def __init__(self, on_end: Callable[[float], None] | None = None) -> None:
        self._dying: dict[subprocess.Popen[bytes], float] = {}
        self._watched: dict[subprocess.Popen[bytes], int] = {}
        self._on_end = on_end

    def bury(self, process: subprocess.Popen[bytes]) -> None:
        """Kill ``process`` and reap it when it has ended."""
        process.kill()
        if process.poll() is None:
            self._dying[process] = time.monotonic()
            # Ready for reading once the process has ended, all its threads with it (pidfd_open(2)).
            with contextlib.suppress(AttributeError, OSError):
                pidfd = os.pidfd_open(process.pid)
                self._watched[process] = pidfd
                asyncio.get_running_loop().add_reader(pidfd, self._reap, process)

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None or process not in self._dying:
            return
        self._unwatch(process)
        seconds = time.monotonic() - self._dying.pop(process)
        if self._on_end is not None:
            self._on_end(seconds)

    def _unwatch(self, process: subprocess.Popen[bytes]) -> None:
        pidfd = self._watched.pop(process, None)
        if pidfd is not None:
            asyncio.get_running_loop().remove_reader(pidfd)
            os.close(pidfd)

    def stuck(self) -> int:
        """How many processes did not die within `STUCK_SECONDS` of being killed: they hang in a system call."""
        for process in list(self._dying):
            self._reap(process)
        limit = time.monotonic() - STUCK_SECONDS
        return sum(1 for killed in self._dying.values() if killed < limit)

    async def close(self) -> None:
        """Wait for those that can die, and watch no more: what still hangs is left to the system."""
        for _ in range(int(STUCK_SECONDS / 0.005)):
            if self.stuck() == len(self):
                break
            await asyncio.sleep(0.005)
        for process in list(self._dying):
            self._reap(process)
            self._unwatch(process)

    def __len__(self) -> int:
        return len(self._dying)


class Call:
    """One request to a worker: done by one of its threads as a whole."""

    def __init__(self, operation: int, directory: Place, names: bytes = b"") -> None:
        self.operation = operation
        self.directory = directory
        self.names = names
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.sent_at = 0.0

    def fail(self, error: OSError) -> None:
        """Settle the call, unless its caller is gone."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Channel:
    """A serving worker process: at most ``parallel`` calls are under way in it, the others wait here.

    Parameters
    ----------
    on_progress:
        Called for each answer.
    on_silence:
        Called with each call that has no answer after ``timeout`` seconds; the call is still the channel's.
    on_end:
        Called once when the process ended by itself.
    """

    def __init__(
        self,
        parallel: int,
        timeout: float,
        *,
        on_progress: Callable[[Call], None],
        on_silence: Callable[[Call], None],
        on_end: Callable[[], None],
    ) -> None:
        self._parallel, self._timeout = parallel, timeout
        self._on_progress, self._on_silence, self._on_end = on_progress, on_silence, on_end
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Call] = deque()
        self._sent: dict[int, Call] = {}
        self._silent: dict[int, Call] = {}
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._open = True
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.process = start_worker("serve", str(parallel), stdin=theirs.fileno(), stdout=theirs.fileno())
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)

    @property
    def idle(self) -> bool:
        """Whether no call is under way or waits, those given up aside."""
        return not self._sent and not self._waiting

    @property
    def silent(self) -> list[Call]:
        """The calls that were given up and have no answer yet: each holds a thread of the process."""
        return list(self._silent.values())

    def submit(self, call: Call) -> None:
        """Send ``call`` as soon as a thread is free for it."""
        self._waiting.append(call)
        self._pump()

    def close(self) -> None:
        """Stop talking; what has no answer fails. The process is the caller's to bury."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        if self._timer is not None:
            self._timer.cancel()
        for call in [*self._sent.values(), *self._waiting, *self._silent.values()]:
            call.fail(unanswered())
        self._sent.clear()
        self._waiting.clear()
        self._silent.clear()

    def _pump(self) -> None:
        while self._open and self._waiting and len(self._sent) + len(self._silent) < self._parallel:
            call = self._waiting.popleft()
            if call.answer.done():
                # its caller was cancelled meanwhile
                continue
            call.sent_at = self._loop.time()
            self._next = (self._next + 1) & 0xFFFFFFFF
            self._sent[self._next] = call
            body = REQUEST.pack(self._next, call.operation) + b"\0".join((*words(call.directory), call.names))
            self._outgoing += HEADER.pack(len(body)) + body
        self._write()
        self._watch()

    def _write(self) -> None:
        if not self._open:
            return
        try:
            while self._outgoing:
                del self._outgoing[: self._socket.send(self._outgoing)]
        except BlockingIOError:
            self._loop.add_writer(self._socket, self._write)
            return
        except OSError:
            # The process is gone; the reader sees it too and says so.
            self._outgoing.clear()
        self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            self._on_end()
            return
        self._incoming += data
        start = 0
        while len(self._incoming) - start >= HEADER.size:
            end = start + HEADER.size + HEADER.unpack_from(self._incoming, start)[0]
            if len(self._incoming) < end:
                break
            self._answered(bytes(self._incoming[start + HEADER.size : end]))
            start = end
        del self._incoming[:start]
        self._pump()

    def _answered(self, frame: bytes) -> None:
        ident, code = REPLY.unpack_from(frame)
        call = self._sent.pop(ident, None) or self._silent.pop(ident)
        if code:
            call.fail(OSError(code, os.strerror(code)))
        elif not call.answer.done():
            call.answer.set_result(frame[REPLY.size :])
        self._on_progress(call)

    def _watch(self) -> None:
        if self._timer is None and self._sent and self._open:
            oldest = next(iter(self._sent.values()))
            self._timer = self._loop.call_at(oldest.sent_at + self._timeout, self._expire)

    def _expire(self) -> None:
        self._timer = None
        # This process itself may have been kept waiting: what has come meanwhile counts.
        self._read()
        limit = self._loop.time() - self._timeout
        for ident, call in list(self._sent.items()):
            # Anything that takes a closer look than the timer's own precision would fire again and again.
            if call.sent_at <= limit + 0.001 and self._open:
                self._silent[ident] = self._sent.pop(ident)
                self._on_silence(call)
        self._pump()


class Scan:
    """A scan by a process of its own. `run` blocks, but never longer than the process is silent for ``timeout``."""

    def __init__(self, directory: Place, *, hide_closed: bool, timeout: float) -> None:
        self._timeout = timeout
        self._pipe, theirs = os.pipe()
        #: When the process last said something, in `time.monotonic` seconds.
        self.last_sign = time.monotonic()
        try:
            with contextlib.suppress(AttributeError, OSError):
                fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            arguments = [b"closed"] if hide_closed else []
            self.process = start_worker("scan", *words(directory), *arguments, stdin=subprocess.DEVNULL, stdout=theirs)
        except BaseException:
            os.close(self._pipe)
            raise
        finally:
            os.close(theirs)

    def run(self, sink: Callable[[ScanChunk], None], cancelled: Callable[[], bool]) -> None:
        """Hand the names to ``sink`` until the directory ends or ``cancelled``; raises what the process met.

        The process is then the caller's to bury.
        """
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        data = bytearray()
        try:
            while not cancelled():
                if not poll.poll(_CANCEL_SECONDS * 1000):
                    if time.monotonic() - self.last_sign > self._timeout:
                        raise unanswered()
                    continue
                part = os.read(self._pipe, _PIPE_BYTES)
                if not part:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                self.last_sign = time.monotonic()
                data += part
                if self._take(data, sink, cancelled):
                    return
        finally:
            os.close(self._pipe)

    def _take(self, data: bytearray, sink: Callable[[ScanChunk], None], cancelled: Callable[[], bool]) -> bool:
        """Hand on the whole frames in ``data`` and drop them; whether the last one was the end."""
        start, ended = 0, False
        while len(data) - start >= HEADER.size:
            first = start + HEADER.size
            last = first + HEADER.unpack_from(data, start)[0]
            if len(data) < last:
                break
            letter = data[first : first + 1]
            if letter == b"E":
                ended = True
                (code,) = struct.unpack_from("<i", data, first + 1)
                if code:
                    raise OSError(code, os.strerror(code))
            elif letter == b"C" and not cancelled():
                (count,) = HEADER.unpack_from(data, first + 1)
                lengths = first + 1 + HEADER.size
                types = lengths + 2 * count
                blob = types + count
                sink(ScanChunk(bytes(data[blob:last]), bytes(data[lengths:types]), bytes(data[types:blob])))
                # The time that the sink took is not the file system's.
                self.last_sign = time.monotonic()
            start = last
        del data[:start]
        return ended
