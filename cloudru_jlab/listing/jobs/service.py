"""Bulk actions as jobs: confirmed, started, watched, cancelled, remembered for a while."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, Protocol

from traitlets import Bool, Float, Integer, TraitError, validate
from traitlets.config import LoggingConfigurable

from ...core.access import FileSystems, Place
from ...core.errors import BadParameter, Conflict, CountChanged, NotAnswering, NotFound, from_os_error
from ...core.paths import ContentsRoot, join
from ...core.tasks import TaskGroup
from ..models import Job, JobError, JobRequest, Jobs, Selection, View
from ..scan.process import Graveyard
from .engine.plan import ERRORS_KEPT, JobCancelled, JobFailed, Plan, Prepared, Report
from .managers import ManagerRunner, works_directly
from .runners import ProcessRunner, Runner, ThreadRunner

#: With so many jobs hanging unkillably in file systems, no more are started there.
_STUCK_LIMIT = 4
#: After a job on more entries their directories are read again: to tell of each would take the server longer.
_MANY = 5000
#: Up to so many files are not worth a process.
_SMALL = 200
#: How many times longer a local file system may be silent: deleting a huge file takes one long call.
_LOCAL_PATIENCE = 5
#: Seconds between two events about a running job.
_RING_SECONDS = 0.2


class Selected(Protocol):
    """What was selected; see `selection.Selected`."""

    generation: str

    def __len__(self) -> int: ...

    def batches(self, size: int = 1000) -> Iterator[list[tuple[bytes, bool]]]: ...


class Listing(Protocol):
    """What jobs need of the listing service."""

    async def resolve_selection(self, path: str, view: View, generation: str, selection: Selection) -> Selected:
        """See `service.ListingService.resolve_selection`."""

    def touch_names(self, path: str, names: list[bytes]) -> None:
        """These entries of ``path`` may have come or gone. Cheap."""

    def reread(self, path: str) -> None:
        """So much was changed in ``path`` that it is read again at once."""

    def ring_job(self, path: str, job: str) -> None:
        """Tell clients of news about a job on ``path``."""


class _Record:
    """A job and what carries it out; ``runner`` is None once it has ended."""

    def __init__(self, job: Job, runner: Runner) -> None:
        self.job = job
        self.runner: Runner | None = runner
        self.ended = 0.0
        self.rung = 0.0
        self.timer: asyncio.TimerHandle | None = None


class JobService(LoggingConfigurable):
    """Runs bulk actions in the background, a few at a time.

    The user who may write to the contents may start, see and cancel all of them: a server belongs to one user, or to a
    few who share its files.

    Parameters
    ----------
    listing:
        Resolves selections and is told of what changed.
    file_systems:
        Tells which paths may hang.
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

    def __init__(self, listing: Listing, file_systems: FileSystems, manager: Callable[[], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._listing, self._file_systems, self._manager = listing, file_systems, manager
        self._tasks = TaskGroup(self.log)
        self._records: dict[str, _Record] = {}
        self._slots = asyncio.Semaphore(self.parallel_jobs)
        # send2trash looks for a free name and then takes it: two at a time would overwrite each other's.
        self._trash = asyncio.Lock()
        self._graveyard = Graveyard()

    @validate("parallel_jobs", "max_jobs", "finished_jobs")
    def _at_least_one(self, proposal: Any) -> int:
        if proposal["value"] < 1:
            raise TraitError(f"JobService.{proposal['trait'].name} must be at least 1.")
        return int(proposal["value"])

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
        if sum(1 for record in self._records.values() if record.runner is not None) >= self.max_jobs:
            raise Conflict("Too many actions are running. Wait until one has ended, or cancel one.")
        plan = self._plan(request)
        await self._require_answers(plan)
        selected = await self._listing.resolve_selection(
            request.path, request.view, request.generation, request.selection
        )
        if len(selected) != request.count:
            raise CountChanged(
                f"The selection has changed: it is {len(selected)} items now, not {request.count}.",
                count=len(selected),
                generation=selected.generation,
            )
        runner = self._runner(plan, selected)
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
            kind=request.kind,
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
        record = _Record(job, runner)
        self._records[job.id] = record
        self._tasks.start(self._run(record, plan, selected), name=f"listing job {job.kind} {job.id}")
        return job

    def jobs(self) -> Jobs:
        """All that run or ended lately, the newest first."""
        self._forget_old()
        return Jobs([record.job for record in reversed(self._records.values())])

    def job(self, ident: str) -> Job:
        """One of them; raises `NotFound`."""
        return self._record(ident).job

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

    def _record(self, ident: str) -> _Record:
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

    def _plan(self, request: JobRequest) -> Plan:
        manager = self._manager()
        root = ContentsRoot(manager.root_dir, allow_hidden=manager.allow_hidden)
        source = root.normalise(request.path)
        target = None if request.destination is None else root.normalise(request.destination)
        return Plan(
            job=uuid.uuid4().hex,
            kind=request.kind,
            source=root.os_path(source),
            source_api=source,
            target=None if target is None else root.os_path(target),
            target_api=target or "",
            trash=request.kind == "delete" and bool(getattr(manager, "delete_to_trash", False)),
            always_delete_dir=bool(getattr(manager, "always_delete_dir", False)),
            allow_hidden=bool(manager.allow_hidden),
            checkpoint_dir=getattr(manager.checkpoints, "checkpoint_dir", ".ipynb_checkpoints").encode(),
        )

    def _runner(self, plan: Plan, selected: Selected) -> Runner:
        manager = self._manager()
        if not works_directly(manager, plan.kind):
            return ManagerRunner(plan, manager, self.log)
        paths = [path for path in (plan.source, plan.target) if path is not None]
        if any(self._file_systems.access(path).guarded for path in paths):
            return ProcessRunner(plan, timeout=self.silence_seconds, graveyard=self._graveyard)
        if self.own_process and not _is_small(selected):
            return ProcessRunner(plan, timeout=_LOCAL_PATIENCE * self.silence_seconds, graveyard=self._graveyard)
        return ThreadRunner(plan)

    async def _require_answers(self, plan: Plan) -> None:
        """Raises `DomainError` where a file system hangs: before anything waits for it that is less patient."""
        for path, api_path in ((plan.source, plan.source_api), (plan.target, plan.target_api)):
            if path is not None and (access := self._file_systems.access(path)).guarded:
                if self._graveyard.stuck() >= _STUCK_LIMIT:
                    raise NotAnswering("Earlier actions hang in a file system that does not answer. Try again later.")
                try:
                    await access.stat_directory(Place(path, b""))
                except OSError as error:
                    raise from_os_error(error, api_path) from None

    @asynccontextmanager
    async def _turn(self, plan: Plan) -> AsyncIterator[None]:
        async with self._slots:
            if plan.trash:
                async with self._trash:
                    yield
            else:
                yield

    async def _run(self, record: _Record, plan: Plan, selected: Selected) -> None:
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
            message = str(failure)
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
            self._ring(record, now=True)
            self._forget_old()

    def _reported(self, record: _Record, plan: Plan, news: Report) -> None:
        job = record.job
        job.done += news.done
        job.failed += news.failed
        job.skipped += news.skipped
        room = ERRORS_KEPT - len(job.errors)
        job.errors += [JobError(name, message) for name, message in news.errors[:room]]
        if news.gone and job.total <= _MANY:
            self._listing.touch_names(plan.source_api, news.gone)
        if news.came and job.total <= _MANY:
            self._listing.touch_names(plan.target_api, [name for _, name in news.came])
        if job.total <= self.max_events:
            self._emit(plan, news)
        if news.done or news.failed or news.skipped:
            self._ring(record)

    def _emit(self, plan: Plan, news: Report) -> None:
        manager = self._manager()
        if not hasattr(manager, "emit") or not works_directly(manager, plan.kind):
            # Asked for each entry, it has told of each.
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

    def _ring(self, record: _Record, *, now: bool = False) -> None:
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

    def _ring_later(self, record: _Record) -> None:
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
