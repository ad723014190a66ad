"""The routes of bulk actions."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ...core.handlers import ApiHandler, operation
from ..models import Job, JobDetails, JobRequest, Jobs
from .service import JobService


class JobsHandler(ApiHandler):
    """All bulk actions."""

    def initialize(self, jobs: JobService) -> None:
        """Take the service."""
        self.jobs = jobs

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(returns=Jobs)
    async def get(self) -> None:
        """The bulk actions that run or ended lately."""
        self._track_activity = False
        self.reply(self.jobs.jobs())

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(body=JobRequest, returns=Job, status=202)
    async def post(self) -> None:
        """Delete, copy or move what the user selected and confirmed."""
        self.reply(await self.jobs.start(self.body(JobRequest)), 202)


class JobHandler(ApiHandler):
    """One bulk action."""

    def initialize(self, jobs: JobService) -> None:
        """Take the service."""
        self.jobs = jobs

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(returns=JobDetails)
    async def get(self, job: str) -> None:
        """The state of a bulk action, and what it moved."""
        self._track_activity = False
        self.reply(self.jobs.details(job))

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(returns=Job)
    async def delete(self, job: str) -> None:
        """Cancel a bulk action, or forget one that has ended."""
        self.reply(self.jobs.cancel(job))
