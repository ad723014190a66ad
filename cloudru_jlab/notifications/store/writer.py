"""The one thread that reads and writes the store.

What waits at the same moment is done in one transaction, so that a hundred posts a second need no hundred waits for the
disk. Nobody is answered before the transaction is on disk. Where the disk is full or cannot be written to, the store
goes on in memory, tries again from time to time, and then puts what it kept on disk.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from logging import Logger
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ...core.errors import DomainError
from . import moving
from .database import Damaged, Database, in_memory, is_damage
from .disk import Disk

T = TypeVar("T")

#: So many wait at most for one transaction.
_MOST_JOBS = 256
#: A transaction is tried so often: once more on the file opened anew, then on a new one or in memory.
_ATTEMPTS = 4


class Closed(DomainError):
    """The server is ending."""

    status = 503
    reason = "closed"


class _Job(NamedTuple):
    work: Callable[[Database], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


class _Outcome(NamedTuple):
    result: Any
    error: BaseException | None


class Store:
    """Runs work on the database.

    Parameters
    ----------
    folder:
        Where the file lies; it is made when it is first needed.
    clock:
        Seconds since 1970.
    cap:
        So many notifications are kept.
    retry_seconds:
        How long the store stays in memory before it tries the disk again.
    committed:
        Called on the event loop after each change with the highest sequence number, and whether something is new.
    damaged:
        Called on the event loop with the name under which a damaged database is kept.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log: Logger,
        clock: Callable[[], float] = time.time,
        cap: int = 5_000,
        retry_seconds: float = 30.0,
        committed: Callable[[int, bool], None] = lambda seq, inserted: None,
        damaged: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._log = log
        self._clock = clock
        self._cap = cap
        self._retry_seconds = retry_seconds
        self._committed = committed
        self._tell_damaged = damaged
        self._disk = Disk(folder, clock=clock, cap=cap, log=log, damaged=self._was_damaged)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        #: In words why nothing lasts; None while all is well.
        self.problem: str | None = None
        #: The file that the memory is a copy of, all of it.
        self._copy_of: Path | None = None
        self._tried = 0.0
        #: How many rows the open connection had changed when the last transaction ended.
        self._changes = 0

    @property
    def lasting(self) -> bool:
        """Whether what is stored is there after a restart."""
        return self.problem is None

    async def run(self, work: Callable[[Database], T]) -> T:
        """The result of ``work``, once it is on disk; what it raises undoes what it did. It may run more than once.

        Raises
        ------
        Closed
            After `close`.
        """
        if self._closed:
            raise Closed("The server is ending. Try again when it is back.")
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._loop = loop
            self._thread = threading.Thread(target=self._serve, name="cloudru-notifications", daemon=True)
            self._thread.start()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, answer))
        return await answer

    async def close(self) -> None:
        """Finish what waits, and close the file."""
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    # --- all below runs on the thread

    def _serve(self) -> None:
        self._db = self._opened()
        try:
            ended = False
            while not ended:
                jobs, ended = self._waiting()
                try:
                    if not self.lasting and time.monotonic() - self._tried >= self._retry_seconds:
                        self._back_to_disk()
                    outcomes = self._done(jobs) if jobs else []
                except Exception as error:
                    # a fault of ours: whoever waits is told, and the thread lives on
                    self._log.exception("The notifications failed")
                    outcomes = [_Outcome(None, error) for _ in jobs]
                self._answer(jobs, outcomes)
            if not self.lasting:
                self._back_to_disk()
        finally:
            self._db.close()
            self._disk.release()

    def _waiting(self) -> tuple[list[_Job], bool]:
        """What waits now, and whether it is the last."""
        jobs: list[_Job] = []
        try:
            job = self._jobs.get(timeout=None if self.lasting else self._retry_seconds)
            while job is not None:
                jobs.append(job)
                if len(jobs) == _MOST_JOBS:
                    return jobs, False
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs, False
        return jobs, True

    def _done(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        error: Exception = RuntimeError("never tried")
        for attempt in range(_ATTEMPTS):
            try:
                if self.lasting and not self._disk.is_there():
                    self._moved_away()
                return self._transaction(jobs)
            except (sqlite3.Error, Damaged, OSError) as failure:
                error = failure
                self._recover(failure, attempt)
        return [_Outcome(None, error) for _ in jobs]

    def _transaction(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        db = self._db
        before, name = db.seq, db.name
        db.inserted = False
        db.begin()
        try:
            outcomes = [self._outcome(db, job) for job in jobs]
            if db.connection.total_changes != self._changes:
                db.commit()
            else:
                # nothing to wait for
                db.roll_back()
        except BaseException:
            db.roll_back()
            db.seq, db.name = before, name
            raise
        self._changes = db.connection.total_changes
        if db.seq != before:
            self._call(self._committed, db.seq, db.inserted)
        return outcomes

    def _outcome(self, db: Database, job: _Job) -> _Outcome:
        seq, name = db.seq, db.name
        db.execute("SAVEPOINT job")
        try:
            outcome = _Outcome(job.work(db), None)
        except (sqlite3.OperationalError, Damaged):
            raise
        except Exception as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                raise
            db.execute("ROLLBACK TO job")
            db.seq, db.name = seq, name
            outcome = _Outcome(None, error)
        db.execute("RELEASE job")
        return outcome

    def _answer(self, jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
        def deliver() -> None:
            for job, outcome in zip(jobs, outcomes, strict=True):
                if job.answer.done():
                    continue
                if outcome.error is not None:
                    job.answer.set_exception(outcome.error)
                else:
                    job.answer.set_result(outcome.result)

        self._call(deliver)

    def _call(self, callback: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _was_damaged(self, name: str) -> None:
        self._call(self._tell_damaged, name)

    # --- what is done when the disk fails

    def _opened(self) -> Database:
        try:
            return self._use(self._disk.open().database)
        except (OSError, sqlite3.Error, Damaged) as error:
            return self._in_memory(error)

    def _use(self, db: Database) -> Database:
        self._changes = db.connection.total_changes
        return db

    def _recover(self, error: Exception, attempt: int) -> None:
        if not self.lasting:
            # memory itself: nothing is left to be tried
            self._log.error("Notifications cannot be kept in memory: %s", error)
            return
        self._db.close()
        try:
            if is_damage(error):
                self._disk.set_aside(str(error))
            elif attempt > 0:
                raise error
            self._db = self._use(self._disk.open().database)
        except (OSError, sqlite3.Error, Damaged) as failure:
            self._db = self._in_memory(failure)

    def _in_memory(self, error: Exception) -> Database:
        copy = self._disk.copy()
        self._copy_of = self._disk.path if copy is not None else None
        db = copy or in_memory(clock=self._clock, cap=self._cap)
        # the numbers that it gives out from now on may be given out again, on disk, after a restart
        db.rename()
        self._say(error)
        return self._use(db)

    def _say(self, error: Exception) -> None:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.problem = f"The disk is full or cannot be written to ({words})."
        self._tried = time.monotonic()
        self._log.warning(
            "Notifications are kept in memory and will be lost when the server ends, as the disk is full or cannot be "
            "written to: %s",
            error,
        )

    def _moved_away(self) -> None:
        """The file was removed or replaced: keep what it held."""
        db = in_memory(clock=self._clock, cap=self._cap)
        try:
            moving.overwrite(db, self._db.connection)
        except (sqlite3.Error, Damaged):
            # emptied, rather than removed
            db.close()
            db = in_memory(clock=self._clock, cap=self._cap)
        self._db.close()
        self._db = self._use(db)
        self._copy_of = None
        self.problem = "The file of the notifications was removed or replaced."
        self._back_to_disk()

    def _back_to_disk(self) -> None:
        self._tried = time.monotonic()
        opened = None
        try:
            opened = self._disk.open()
            if opened.fresh or (self._copy_of is not None and self._copy_of == self._disk.path):
                moving.overwrite(opened.database, self._db.connection)
            else:
                moving.add(opened.database, self._db.connection)
        except (OSError, sqlite3.Error, Damaged) as error:
            if opened is not None:
                opened.database.close()
            self._log.debug("Notifications stay in memory: %s", error)
            return
        self._db.close()
        self._db = self._use(opened.database)
        self._copy_of = None
        self.problem = None
        self._log.info("Notifications are kept on disk: %s", self._disk.path)
        self._call(self._committed, self._db.seq, True)
