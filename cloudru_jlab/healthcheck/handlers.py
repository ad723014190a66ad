"""The routes of the server's own state. None of it is activity of the user."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado import web

from ..core.handlers import ApiHandler, operation
from .models import HealthDocument, Liveness, Samples, SamplesQuery, encode
from .service import HealthService


class HealthHandler(ApiHandler):
    """What all of them share."""

    _track_activity = False

    def initialize(self, service: HealthService) -> None:
        """Take the service."""
        self.service = service


class DocumentHandler(HealthHandler):
    """All components."""

    @web.authenticated
    @authorized(action="read", resource="healthcheck")
    @operation(returns=HealthDocument)
    async def get(self) -> None:
        """How all components are, and why kernels died lately, as application/health+json."""
        self.set_header("Cache-Control", "no-store")
        self.finish(encode(self.service.document()), set_content_type="application/health+json")


class SamplesHandler(HealthHandler):
    """Figures of the last minutes."""

    @web.authenticated
    @authorized(action="read", resource="healthcheck")
    @operation(query=SamplesQuery, returns=Samples)
    async def get(self) -> None:
        """The samples after a sequence number, and the checks of now."""
        self.reply(self.service.samples(self.query(SamplesQuery).after))


class OpenHandler(HealthHandler):
    """What needs no token, because an orchestrator asks: one word."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Nothing: who asks is looked up nowhere, for that may hang, and a pod is asked by its address, which is none
        of the server's names."""

    def get_current_user(self) -> Any:
        """Nobody."""
        return None

    def answer(self, liveness: Liveness) -> None:
        """Reply with the status that an orchestrator reads."""
        self.reply(liveness, 200 if liveness.status == "pass" else 503)


class LiveHandler(OpenHandler):
    """Whether the event loop turns."""

    @allow_unauthenticated
    @operation(returns=Liveness)
    async def get(self) -> None:
        """Whether the server's process answers at all; no failure of anything else changes it."""
        self.answer(self.service.live())


class ReadyHandler(OpenHandler):
    """Whether requests are welcome."""

    @allow_unauthenticated
    @operation(returns=Liveness)
    async def get(self) -> None:
        """503 until the start has ended, and once the server was asked to end; else 200."""
        self.answer(self.service.ready())
