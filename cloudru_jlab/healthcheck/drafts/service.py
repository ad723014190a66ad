"""Drafts, for requests: the disk does not hold up the server, and what waits for it together is written once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from logging import Logger
from typing import Any, TypeVar

from ...core.errors import BadParameter, DomainError, NotAnswering, NotFound
from ...core.paths import normalise
from ...core.tasks import TaskGroup
from .documents import Documents
from .errors import Busy
from .models import Append, Appended, Base, Draft, DraftHead, DraftRecord, Drafts, FileState
from .store import DraftStore, Summary

T = TypeVar("T")

#: Threads that touch the disk.
_THREADS = 4
#: How long a request waits for the disk, in seconds.
_PATIENCE_S = 10.0
#: So many characters may wait to be written.
_MOST_WAITING = 256 << 20


def now() -> str:
    """RFC 3339 of now."""
    return rfc3339(datetime.now(timezone.utc))


def rfc3339(time: datetime) -> str:
    """``time`` in milliseconds: text that sorts as the times do."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Line:
    """The requests for one draft, one after the other."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting: list[tuple[Append, asyncio.Future[Appended]]] = []
        self.users = 0


class DraftService:
    """See `models` for what the verbs promise. All of its methods belong to one event loop.

    Parameters
    ----------
    store:
        Where drafts are.
    documents:
        Tells how the documents' files are.
    """

    def __init__(self, store: DraftStore, documents: Documents, log: Logger) -> None:
        self._store = store
        self._documents = documents
        self._tasks = TaskGroup(log)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="cloudru-drafts")
        self._lines: dict[tuple[str, str], _Line] = {}
        self._waiting = 0
        self._running: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Write what has arrived, and let the threads go; one that hangs is not waited for."""
        if self._running:
            await asyncio.wait(self._running, timeout=_PATIENCE_S)
        await self._tasks.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def heads(self, user: str, path: str | None) -> Drafts:
        """The drafts of ``user``, of the document at ``path`` alone where one is given."""
        wanted = None if path is None else path.strip("/")
        found = await self._on_disk(partial(self._store.summaries, user))
        shown = [summary for summary in found if wanted is None or summary.header.path == wanted]
        files = await self._documents.look([summary.header.path for summary in shown])
        return Drafts(now(), [_head(summary, files.get(summary.header.path)) for summary in shown])

    async def read(self, user: str, draft: str) -> Draft:
        """A draft with its records; raises `NotFound`."""
        summary, records = await self._on_disk(partial(self._store.load, user, draft))
        files = await self._documents.look([summary.header.path])
        head = _head(summary, files.get(summary.header.path))
        return Draft(head, [DraftRecord(record.seq, record.kind, record.data) for record in records])

    async def append(self, user: str, draft: str, more: Append) -> Appended:
        """Add to a draft. It is on the disk when this returns.

        Raises
        ------
        OutOfStep, TooLarge, BadParameter
            As `models.Append` says.
        NoSpace, Busy, NotAnswering, Unavailable
            Where the disk does not take it: the draft is what it was, or, with `NotAnswering`, may hold it.
        """
        if more.head is not None:
            more.head.path = _path(more.head.path)
        size = sum(len(record.data) for record in more.records)
        if self._waiting and self._waiting + size > _MOST_WAITING:
            raise Busy("The server has not yet written what came before. Try again in a moment.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Appended] = loop.create_future()
        # Whoever waited may have gone.
        done.add_done_callback(lambda future: future.cancelled() or future.exception())
        key = user, draft
        line = self._lines.setdefault(key, _Line())
        line.waiting.append((more, done))
        line.users += 1
        self._waiting += size
        self._start(self._write(key, line, size))
        return await _patiently(done)

    async def _write(self, key: tuple[str, str], line: _Line, size: int) -> None:
        """Write all that waits for one draft; whoever comes later finds it done."""
        try:
            async with line.lock:
                batch, line.waiting = line.waiting, []
                if not batch:
                    return
                try:
                    answers = await self._in_thread(
                        partial(self._store.append, *key, [more for more, _ in batch]),
                    )
                except BaseException as error:
                    for _, done in batch:
                        _settle(
                            done, error if isinstance(error, Exception) else NotAnswering("The server is stopping.")
                        )
                    raise
                for (_, done), answer in zip(batch, answers, strict=True):
                    _settle(done, answer)
        finally:
            self._waiting -= size
            self._leave(key, line)

    async def rename(self, user: str, draft: str, path: str) -> None:
        """The draft's document is at ``path`` now; raises `NotFound`."""
        path = _path(path)
        await self._alone((user, draft), partial(self._store.rename, user, draft, path))

    async def remove(self, user: str, draft: str, up_to: int | None) -> None:
        """Remove a draft, unless it holds records after ``up_to``."""
        await self._alone((user, draft), partial(self._store.remove, user, draft, up_to))

    async def sweep(self, oldest: float) -> int:
        """See `DraftStore.sweep`."""
        return await self._in_thread(partial(self._store.room.sweep, oldest))

    # --- threads

    async def _alone(self, key: tuple[str, str], work: Callable[[], None]) -> None:
        line = self._lines.setdefault(key, _Line())
        line.users += 1

        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        done.add_done_callback(lambda future: future.cancelled() or future.exception())

        async def alone() -> None:
            try:
                async with line.lock:
                    await self._in_thread(work)
                _settle(done, None)
            except DomainError as error:
                _settle(done, error)
            except BaseException as error:
                _settle(done, error if isinstance(error, Exception) else _stopping())
                raise
            finally:
                self._leave(key, line)

        self._start(alone())
        await _patiently(done)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.start(work, name="draft")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _leave(self, key: tuple[str, str], line: _Line) -> None:
        line.users -= 1
        if not line.users:
            self._lines.pop(key, None)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await _patiently(self._in_thread(work))

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _patiently(future: asyncio.Future[T]) -> T:
    """What comes; raises `NotAnswering` where nothing comes for long. What was begun goes on."""
    try:
        return await asyncio.wait_for(asyncio.shield(future), _PATIENCE_S)
    except asyncio.TimeoutError:
        raise NotAnswering("The disk on which the server keeps unsaved edits does not answer.") from None


def _settle(done: asyncio.Future[T], answer: T | Exception) -> None:
    if done.done():
        return
    if isinstance(answer, Exception):
        done.set_exception(answer)
    else:
        done.set_result(answer)


def _stopping() -> NotAnswering:
    return NotAnswering("The server is stopping.")


def _path(path: str) -> str:
    """The API path as it is kept; raises `BadParameter`."""
    try:
        clean = normalise(path, hidden=True)
    except NotFound:
        clean = ""
    if not clean:
        raise BadParameter("That is no path of a document.")
    return clean


def _head(summary: Summary, file: Base | None) -> DraftHead:
    header = summary.header
    return DraftHead(
        id=header.id,
        page=header.page,
        path=header.path,
        kind=header.kind,
        type=header.type,
        format=header.format,
        base=header.base,
        created=header.created,
        updated=summary.updated,
        seen=rfc3339(datetime.fromtimestamp(summary.seen, timezone.utc)),
        last=summary.last,
        size=summary.size,
        file=_state(header.base, file),
        on_disk=file or Base(),
    )


def _state(base: Base, file: Base | None) -> FileState:
    if file is None:
        return "unknown"
    if file.last_modified is None:
        return "missing"
    if base.last_modified is None:
        return "unknown"
    same = base.size is None or base.size == file.size
    return "same" if same and _same_time(base.last_modified, file.last_modified) else "changed"


def _same_time(one: str, other: str) -> bool:
    try:
        times = [datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (one, other)]
        return abs((times[0] - times[1]).total_seconds()) < 0.001
    except (ValueError, TypeError):
        return one == other
