"""Where the engine runs: in a thread, or in a process that can be killed."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from ...core import errors
from ...core.errors import NotAnswering
from ..scan.process import Graveyard
from ..threads import run_in_thread
from .engine.child import HEADER, decode_report, encode_plan, frame, to_name, to_text
from .engine.plan import JobCancelled, JobFailed, Plan, Prepared, Report
from .engine.run import Engine
from .engine.words import sentence

Batches = Callable[[], Iterator[list[bytes]]]
Sink = Callable[[Report], None]


def _program() -> str:
    """What the process runs. It starts without site-packages, and is told where the two things are that it needs."""
    places = [str(Path(__file__).parents[3])]
    trash = find_spec("send2trash")
    if trash is not None and trash.origin is not None:
        places.append(str(Path(trash.origin).parents[1]))
    return f"import sys; sys.path += {places!r}; from {__package__}.engine.child import main; main()"


class Runner(Protocol):
    """Carries out one plan; on the event loop. `close` comes last in any case."""

    async def prepare(self) -> Prepared:
        """Open the directories; raises `DomainError` where the job cannot be done at all."""

    async def run(self, batches: Batches, report: Sink) -> None:
        """Do it; ``report`` is called on the event loop. Raises `JobCancelled` and `JobFailed`."""

    def cancel(self) -> None:
        """End `run` soon."""

    async def close(self) -> None:
        """Let go of all."""


class ThreadRunner:
    """Runs the engine in a thread of its own: for what takes a moment on a local file system."""

    def __init__(self, plan: Plan) -> None:
        self._engine = Engine(plan)
        self._cancelled = threading.Event()
        self._running = False

    async def prepare(self) -> Prepared:
        """See `Runner.prepare`."""
        return await run_in_thread(self._engine.prepare, name="listing job")

    async def run(self, batches: Batches, report: Sink) -> None:
        """See `Runner.run`."""
        loop = asyncio.get_running_loop()

        def on_report(news: Report) -> None:
            # A closed loop has nobody left to tell; the work then ends by itself.
            if loop.is_closed():
                self._cancelled.set()
            else:
                loop.call_soon_threadsafe(report, news)

        def work() -> None:
            try:
                self._engine.run(batches, on_report, self._cancelled.is_set)
            except OSError as error:
                raise JobFailed(sentence(error)) from error
            finally:
                self._running = False
                self._engine.close()

        self._running = True
        await run_in_thread(work, name="listing job")

    def cancel(self) -> None:
        """See `Runner.cancel`."""
        self._cancelled.set()

    async def close(self) -> None:
        """See `Runner.close`."""
        self.cancel()
        if not self._running:
            self._engine.close()


class ProcessRunner:
    """Runs the engine in a process: for file systems that may hang, and for much work, which in a thread would make the
    server's own wait for the interpreter. It is killed when it is silent for ``timeout`` seconds; what it hung in is
    then unknown, and the job has failed."""

    def __init__(self, plan: Plan, *, timeout: float, graveyard: Graveyard) -> None:
        self._plan, self._timeout, self._graveyard = plan, timeout, graveyard
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    async def prepare(self) -> Prepared:
        """See `Runner.prepare`."""
        ours = self._start()
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=1 << 24)
        await self._send({"plan": encode_plan(self._plan)})
        try:
            answer = await self._receive()
        except asyncio.TimeoutError:
            raise NotAnswering("The file system does not answer. Try again in a moment.") from None
        if "refused" in answer:
            kind = getattr(errors, answer["refused"], errors.FileSystemError)
            raise kind(answer["message"])
        inside = answer["prepared"]
        return Prepared(None if inside is None else to_name(inside))

    def _start(self) -> socket.socket:
        """Start the process; about 50 ms until it works, of which this call takes one."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-I", "-S", "-c", _program()],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        return ours

    async def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(frame(message))
        await self._writer.drain()

    async def _receive(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self._next(), self._timeout)
        if message is None:
            raise JobFailed("The process that did it ended unexpectedly.")
        return message

    async def _next(self) -> dict[str, Any] | None:
        try:
            size = HEADER.unpack(await self._reader.readexactly(HEADER.size))[0]
            message: dict[str, Any] = json.loads(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return message

    async def run(self, batches: Batches, report: Sink) -> None:
        """See `Runner.run`."""
        try:
            for names in batches():
                await self._send({"names": list(map(to_text, names))})
                # `drain` alone goes on at once while there is room in the pipe.
                await asyncio.sleep(0)
            await self._send({"run": True})
            while "report" in (message := await self._receive()):
                report(decode_report(message["report"]))
        except asyncio.TimeoutError:
            if self._cancelled:
                raise JobCancelled from None
            raise JobFailed("The file system does not answer. What was under way may or may not be done.") from None
        if message["end"] == "cancelled":
            raise JobCancelled
        if message["end"] == "failed":
            raise JobFailed(message["message"], reason=message.get("reason"), **message.get("details", {}))

    def cancel(self) -> None:
        """See `Runner.cancel`."""
        if not self._cancelled and self._process is not None:
            self._cancelled = True
            self._writer.write(frame({"cancel": True}))

    async def close(self) -> None:
        """See `Runner.close`."""
        if self._process is not None:
            self._graveyard.bury(self._process)
            self._process = None
            self._writer.close()
