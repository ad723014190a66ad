"""Bulk actions as jobs: confirmed, started, watched, cancelled, remembered for a while."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, Literal, Protocol

import msgspec
from traitlets import Bool, Float, Integer
from traitlets.config import LoggingConfigurable

from ...core.errors import BadParameter, Conflict, CountChanged, NotAnswering, NotFound, from_os_error
from ...core.paths import join, split
from ...core.tasks import TaskGroup
from ...core.traits import at_least
from ..models import Job, JobDetails, JobError, JobRequest, Jobs, Moved, Selection, View
from ..roots import Spot
from ..scan.process import Graveyard
from .asking import BackendRunner
from .engine.plan import ERRORS_KEPT, JobCancelled, JobFailed, Plan, Prepared, Report
from .managers import ManagerRunner, works_directly
from .runners import ProcessRunner, Runner, ThreadRunner
from .work import One, Selected, Work, refusal

#: With so many jobs hanging unkillably in file systems, no more are started there.
_STUCK_LIMIT = 4
#: After a job on more entries their directories are read again: to tell of each would take the server longer. Nor are
#: the names kept that it moved.
_MANY = 5000
#: Up to so many files are not worth a process.
_SMALL = 200
#: How many times longer a local file system may be silent: deleting a huge file takes one long call.
_LOCAL_PATIENCE = 5
#: Seconds between two events about a running job.
_RING_SECONDS = 0.2


class Listing(Protocol):
    """What jobs need of the listing service."""

    def find(self, api_path: str) -> Spot:
        """See `service.ListingService.find`."""

    async def resolve_selection(self, path: str, view: View, generation: str, selection: Selection) -> Selected:
        """See `service.ListingService.resolve_selection`."""

    def touch_names(self, path: str, names: list[bytes]) -> None:
        """These entries of ``path`` may have come or gone. Cheap."""

    def reread(self, path: str) -> None:
        """So much was changed in ``path`` that it is read again at once."""

    def ring_job(self, path: str, job: str) -> None:
        """Tell clients of news about a job on ``path``."""


class Record:
    """A job and what carries it out; ``runner`` is None once it has ended."""

    def __init__(self, job: Job, runner: Runner) -> None:
        self.job = job
        self.runner: Runner | None = runner
        self.failure: JobFailed | None = None
        self.over = asyncio.Event()
        self.ended = 0.0
        self.rung = 0.0
        self.timer: asyncio.TimerHandle | None = None
        #: What moves have completed, and what is in the target but still in the source, too, by its name there.
        self.moved: list[Moved] = []
        self.arrived: dict[bytes, bytes] = {}


class JobService(LoggingConfigurable):
    """Runs bulk actions in the background, a few at a time.

    The user who may write to the contents may start, see and cancel all of them: a server belongs to one user, or to a
    few who share its files.

    Parameters
    ----------
    listing:
        Finds paths, resolves selections and is told of what changed.
    manager:
        Gives the contents manager of now.
    """

    parallel_jobs = Integer(2, help="How many bulk actions run at the same time; the others wait.").tag(config=True)
    max_jobs = Integer(20, help="How many bulk actions may run or wait; more are refused.").tag(config=True)
    finished_jobs = Integer(50, help="How many ended bulk actions are remembered.").tag(config=True)
    finished_seconds = Float(3600.0, help="How long ended bulk actions are remembered, in seconds.").tag(config=True)
    stop_seconds = Float(
        5.0, help="How long the server waits at its end for bulk actions to stop cleanly, in seconds."
    ).tag(config=True)
    silence_seconds = Float(
        120.0,
        help="How long a bulk action on a network file system may be without progress before it is ended, in seconds.",
    ).tag(config=True)
    own_process = Bool(
        True,
        help="""Whether bulk actions on folders, or on more than 200 files, run in a process of their own, so that the
        server stays quick meanwhile.""",
    ).tag(config=True)
    max_events = Integer(
        1000,
        help="""A bulk action of up to this many entries emits one contents event for each (jupyter_events), as the
        contents manager does; a larger one emits none.""",
    ).tag(config=True)

    def __init__(self, listing: Listing, manager: Callable[[], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._listing, self._manager = listing, manager
        self._tasks = TaskGroup(self.log)
        self._records: dict[str, Record] = {}
        self._slots = asyncio.Semaphore(self.parallel_jobs)
        # send2trash looks for a free name and then takes it: two at a time would overwrite each other's.
        self._trash = asyncio.Lock()
        self._graveyard = Graveyard()

    _counts = at_least(1, "parallel_jobs", "max_jobs", "finished_jobs")

    # --- what users ask

    async def start(self, request: JobRequest) -> Job:
        """Begin a bulk action on what the user confirmed.

        Raises
        ------
        CountChanged
            When that is no longer what the user was shown: nothing is done.
        DomainError
            When it cannot be done at all.
        """
        if (request.destination is None) != (request.kind == "delete"):
            raise BadParameter("A copy or a move needs a “destination”, and a deletion has none.")
        work = self._work(request.kind, request.path, request.destination)
        await self._require_answers(work)
        selected = await self._listing.resolve_selection(
            request.path, request.view, request.generation, request.selection
        )
        if len(selected) != request.count:
            raise CountChanged(
                f"The selection has changed: it is {len(selected)} items now, not {request.count}.",
                count=len(selected),
                generation=selected.generation,
            )
        return (await self._begin(work, selected)).job

    async def transfer(self, kind: Literal["copy", "move"], source: str, target: str) -> None:
        """See `core.ports.Transfers.transfer`: `NoSpace`, `Conflict` and `ReadOnlyRoot` among others."""
        source_spot, target_spot = self._listing.find(source), self._listing.find(target)
        if not source_spot.inside or not target_spot.inside:
            raise BadParameter("A root as a whole cannot be copied or moved.")
        (parent, name), (destination, new_name) = split(source_spot.path), split(target_spot.path)
        raw = os.fsencode(name)
        work = self._work(kind, parent, destination, new_name=os.fsencode(new_name))
        await self._require_answers(work)
        try:
            (entry,) = await work.source.access.stat_rows(work.source.place, [raw])
        except OSError as error:
            raise from_os_error(error, source_spot.path) from None
        if entry is None:
            raise NotFound(f"{source_spot.path} does not exist. It may have been moved or deleted.")
        record = await self._begin(work, One(raw, entry))
        # Who asked may go away; users see the job, and cancel it if they like.
        await record.over.wait()
        if record.job.state != "done" or not record.job.done:
            raise refusal(record.job, record.failure, source_spot.path, target_spot.path)

    async def _begin(self, work: Work, selected: Selected) -> Record:
        """Prepare what was asked for, and start it in the background; raises `DomainError` where it cannot be done."""
        if sum(1 for record in self._records.values() if record.runner is not None) >= self.max_jobs:
            raise Conflict("Too many actions are running. Wait until one has ended, or cancel one.")
        plan = work.plan
        runner = self._runner(work, selected)
        try:
            prepared = await runner.prepare()
            await asyncio.to_thread(_refuse_inside, prepared, selected)
        except BaseException as error:
            await runner.close()
            if isinstance(error, JobFailed):
                raise Conflict(str(error)) from None
            raise
        job = Job(
            id=plan.job,
            kind=plan.kind,  # type: ignore[arg-type]
            path=plan.source_api,
            destination=plan.target_api if plan.target is not None else None,
            state="running",
            total=len(selected),
            done=0,
            failed=0,
            skipped=0,
            errors=[],
            started=_now(),
            finished=None,
        )
        record = Record(job, runner)
        self._records[job.id] = record
        self._tasks.start(self._run(record, plan, selected), name=f"listing job {job.kind} {job.id}")
        return record

    def jobs(self) -> Jobs:
        """All that run or ended lately, the newest first."""
        self._forget_old()
        return Jobs([record.job for record in reversed(self._records.values())])

    def details(self, ident: str) -> JobDetails:
        """One of them, and what it moved; raises `NotFound`."""
        record = self._record(ident)
        job = record.job
        moved = None if job.kind == "move" and job.total > _MANY else record.moved
        return JobDetails(moved=moved, **msgspec.structs.asdict(job))

    def cancel(self, ident: str) -> Job:
        """Ask a job to end, or forget one that has; raises `NotFound`."""
        record = self._record(ident)
        if record.runner is None:
            del self._records[ident]
        elif record.job.state == "running":
            record.job.state = "cancelling"
            record.runner.cancel()
            self._ring(record)
        return record.job

    async def stop(self) -> None:
        """Cancel all, and wait a moment for them to clean up."""
        running = [record for record in self._records.values() if record.runner is not None]
        for record in running:
            self.cancel(record.job.id)
        try:
            await asyncio.wait_for(self._ended(), self.stop_seconds)
        except asyncio.TimeoutError:
            self.log.warning("%d bulk actions did not end in time and were left", len(self._tasks))
        await self._tasks.stop()
        for record in self._records.values():
            if record.timer is not None:
                record.timer.cancel()
        await self._graveyard.close()

    # --- inside

    async def _ended(self) -> None:
        while len(self._tasks):  # noqa: ASYNC110 - the tasks are the group's
            await asyncio.sleep(0.01)

    def _record(self, ident: str) -> Record:
        self._forget_old()
        try:
            return self._records[ident]
        except KeyError:
            raise NotFound("There is no such action. It may have ended long ago.") from None

    def _forget_old(self) -> None:
        ended = [ident for ident, record in self._records.items() if record.runner is None]
        limit = time.monotonic() - self.finished_seconds
        for index, ident in enumerate(reversed(ended)):
            if index >= self.finished_jobs or self._records[ident].ended < limit:
                del self._records[ident]

    def _work(self, kind: str, path: str, destination: str | None, *, new_name: bytes | None = None) -> Work:
        """What is to be done; raises `DomainError` where the roots forbid it, or are not there."""
        manager = self._manager()
        source = self._listing.find(path)
        target = None if destination is None else self._listing.find(destination)
        if kind != "copy":
            source.require_writable()
        if target is not None:
            target.require_writable()
        delete_to_trash = kind == "delete" and bool(getattr(manager, "delete_to_trash", False))
        plan = Plan(
            job=uuid.uuid4().hex,
            kind=kind,
            source=source.place,
            source_api=source.path,
            target=None if target is None else target.place,
            target_api="" if target is None else target.path,
            trash=delete_to_trash and source.trash,
            always_delete_dir=bool(getattr(manager, "always_delete_dir", False)),
            allow_hidden=source.hidden and (target is None or target.hidden),
            checkpoint_dir=getattr(manager.checkpoints, "checkpoint_dir", ".ipynb_checkpoints").encode(),
            new_name=new_name,
        )
        return Work(plan, source, target)

    def _runner(self, work: Work, selected: Selected) -> Runner:
        plan, manager = work.plan, self._manager()
        # The trash of the engine knows paths alone, which a link may lead elsewhere.
        if not all(spot.local for spot in work.spots) or (plan.trash and plan.source.symlinks != "follow"):
            return BackendRunner(work)
        # From root to root, a manager would only ask for a transfer.
        if plan.new_name is None and work.in_one_root and not works_directly(manager, plan.kind):
            return ManagerRunner(plan, manager, self.log)
        if any(spot.access.guarded for spot in work.spots):
            return ProcessRunner(plan, timeout=self.silence_seconds, graveyard=self._graveyard)
        if self.own_process and not _is_small(selected):
            return ProcessRunner(plan, timeout=_LOCAL_PATIENCE * self.silence_seconds, graveyard=self._graveyard)
        return ThreadRunner(plan)

    async def _require_answers(self, work: Work) -> None:
        """Raises `DomainError` where a file system hangs: before anything waits for it that is less patient."""
        for spot in work.spots:
            if spot.access.guarded:
                if self._graveyard.stuck() >= _STUCK_LIMIT:
                    raise NotAnswering("Earlier actions hang in a file system that does not answer. Try again later.")
                try:
                    await spot.access.stat_directory(spot.place)
                except OSError as error:
                    raise from_os_error(error, spot.path) from None

    @asynccontextmanager
    async def _turn(self, plan: Plan) -> AsyncIterator[None]:
        async with self._slots:
            if plan.trash:
                async with self._trash:
                    yield
            else:
                yield

    async def _run(self, record: Record, plan: Plan, selected: Selected) -> None:
        job, runner = record.job, record.runner
        assert runner is not None  # noqa: S101 - it has not ended

        def names() -> Iterator[list[bytes]]:
            for batch in selected.batches():
                yield [name for name, _ in batch]

        def report(news: Report) -> None:
            self._reported(record, plan, news)

        state, message = "failed", "The server was stopped."
        try:
            async with self._turn(plan):
                if job.state == "cancelling":
                    raise JobCancelled
                await runner.run(names, report)
            state, message = "done", ""
        except JobCancelled:
            state, message = "cancelled", ""
        except JobFailed as failure:
            message, job.reason, record.failure = str(failure), failure.reason, failure
        except asyncio.CancelledError:
            state, message = "cancelled", ""
            raise
        except OSError as error:
            message = from_os_error(error, plan.source_api).message
        except Exception:
            message = "The server failed on this action; its log says why."
            raise
        finally:
            await runner.close()
            record.runner, record.ended = None, time.monotonic()
            job.state = state  # type: ignore[assignment]
            job.finished = _now()
            if message:
                job.errors.append(JobError("", message))
            if job.total > _MANY:
                self._listing.reread(plan.source_api)
                if plan.target is not None:
                    self._listing.reread(plan.target_api)
            record.over.set()
            self._ring(record, now=True)
            self._forget_old()

    def _reported(self, record: Record, plan: Plan, news: Report) -> None:
        job = record.job
        job.done += news.done
        job.failed += news.failed
        job.skipped += news.skipped
        job.copied_bytes += news.copied
        job.total_bytes += news.weighed
        room = ERRORS_KEPT - len(job.errors)
        job.errors += [JobError(name, message) for name, message in news.errors[:room]]
        if news.gone and job.total <= _MANY:
            self._listing.touch_names(plan.source_api, news.gone)
        if news.came and job.total <= _MANY:
            self._listing.touch_names(plan.target_api, [name for _, name in news.came])
        if plan.kind == "move" and job.total <= _MANY:
            record.arrived.update(news.came)
            for name in news.gone:
                if name in record.arrived:
                    new_path = _api(plan.target_api, record.arrived.pop(name))
                    record.moved.append(Moved(_api(plan.source_api, name), new_path))
        if job.total <= self.max_events:
            self._emit(plan, news)
        if news.done or news.failed or news.skipped or news.copied:
            self._ring(record)

    def _emit(self, plan: Plan, news: Report) -> None:
        manager = self._manager()
        if not hasattr(manager, "emit") or plan.new_name is not None or not works_directly(manager, plan.kind):
            # Asked for each entry, it has told of each; and who asked for a transfer tells of it.
            return
        if plan.kind == "delete":
            told = [{"action": "delete", "path": _api(plan.source_api, name)} for name in news.gone]
        else:
            action = "copy" if plan.kind == "copy" else "rename"
            told = [
                {"action": action, "path": _api(plan.target_api, name), "source_path": _api(plan.source_api, source)}
                for source, name in news.came
            ]
        self._tasks.start(_emit_all(manager, told), name="listing job events")

    def _ring(self, record: Record, *, now: bool = False) -> None:
        """Ring at most every `_RING_SECONDS`, and at the end."""
        wait = record.rung + _RING_SECONDS - time.monotonic()
        if now or wait <= 0:
            if record.timer is not None:
                record.timer.cancel()
                record.timer = None
            record.rung = time.monotonic()
            self._listing.ring_job(record.job.path, record.job.id)
        elif record.timer is None:
            loop = asyncio.get_running_loop()
            record.timer = loop.call_later(wait, self._ring_later, record)

    def _ring_later(self, record: Record) -> None:
        record.timer = None
        if record.runner is not None:
            self._ring(record, now=True)


async def _emit_all(manager: Any, told: list[dict[str, str]]) -> None:
    for index, data in enumerate(told):
        manager.emit(data=data)
        if index % 10 == 9:
            # each is checked against its schema, which takes a while
            await asyncio.sleep(0)


def _is_small(selected: Selected) -> bool:
    """Whether it takes a moment: a few files, and no directory, of which nobody knows what it holds."""
    if isinstance(selected, One) and selected.large:
        return False
    return len(selected) <= _SMALL and not any(is_dir for batch in selected.batches() for _, is_dir in batch)


def _refuse_inside(prepared: Prepared, selected: Selected) -> None:
    """Raises `BadParameter` where the target lies in one of the entries."""
    if prepared.inside is None:
        return
    for batch in selected.batches():
        if any(name == prepared.inside for name, _ in batch):
            shown = prepared.inside.decode("utf-8", "replace")
            raise BadParameter(f"The folder “{shown}” cannot be put into itself. Choose another destination.")


def _api(parent: str, name: bytes) -> str:
    return join(parent, name.decode("utf-8", "replace"))


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
