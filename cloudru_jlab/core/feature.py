"""The frame of a server feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from traitlets.config import LoggingConfigurable

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from .handlers import ApiHandler

Port = TypeVar("Port")

Route = tuple[str, "type[ApiHandler]", dict[str, Any]]


class Ports:
    """The ports that features have provided so far, looked up by Protocol."""

    def __init__(self) -> None:
        self._providers: dict[type, object] = {}
        self._contributions: dict[type, list[object]] = {}

    def provide(self, port: type, provider: object) -> None:
        """Offer ``provider`` as ``port``; a second provider of one port is a programming error."""
        if port in self._providers:
            raise ValueError(f"{port.__name__} is provided twice")
        self._providers[port] = provider

    def get(self, port: type[Port]) -> Port | None:
        """The provider of ``port``, or None: the caller then does without."""
        return self._providers.get(port)  # type: ignore[return-value]

    def contribute(self, port: type, contribution: object) -> None:
        """Add one of several of a kind, such as a `core.ports.HealthProbe`. During `Feature.setup`."""
        self._contributions.setdefault(port, []).append(contribution)

    def contributions(self, port: type[Port]) -> list[Port]:
        """All that features have contributed of the kind. Complete once all are set up: from `Feature.start` on."""
        return list(self._contributions.get(port, []))  # type: ignore[arg-type]


class Feature(LoggingConfigurable):
    """One feature's server half: its configuration, what it provides and requires, its routes and its life.

    The life of a feature is `link` (before the server builds its managers: classes are replaced here), `setup` (ports
    are connected, services are built), `start` (the event loop runs) and `stop`. Requests may arrive as soon as `setup`
    has returned.
    """

    slug: ClassVar[str]
    #: Which halves exist: the contract test fails when one of them is missing.
    halves: ClassVar[frozenset[str]] = frozenset({"server"})
    provides: ClassVar[tuple[type, ...]] = ()
    requires: ClassVar[tuple[type, ...]] = ()
    #: Classes beside this one that the operator configures.
    configured: ClassVar[tuple[type[LoggingConfigurable], ...]] = ()

    def link(self, serverapp: ServerApp) -> None:
        """Replace classes of the server, chaining to what an operator set."""

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Build the service and offer it through ``ports.provide``."""

    def routes(self) -> list[Route]:
        """The feature's routes below ``/cloudru/``, as (pattern, handler class, handler arguments)."""
        return []

    async def start(self) -> None:
        """Start background work."""

    async def stop(self) -> None:
        """End all background work; must be safe to call without `start`, and twice."""
