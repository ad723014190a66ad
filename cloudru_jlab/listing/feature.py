"""The listing feature: configuration and life."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.services.contents.filemanager import FileContentsManager
from traitlets import Bool, Float, Integer

from ..core.access import FileSystems
from ..core.feature import Feature, Ports, Route
from ..core.ports import REGISTRY_SETTING, TRANSFERS_SETTING, DirectoryIndex, RootRegistry, Transfers
from ..core.traits import at_least, more_than_no_time
from . import handlers
from .jobs.handlers import JobHandler, JobsHandler
from .jobs.service import JobService
from .local_contents import Contents
from .scan.local import LocalAccess
from .scan.network import NetworkFileSystems
from .service import ListingService
from .settings import ListingSettings

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_MIB = 1024 * 1024
EVENT_SCHEMA = "https://schema.cloud.ru/cloudru_jlab/listing/v1"


class ListingFeature(Feature):
    """Pages, sorts and filters directories of any size."""

    slug = "listing"
    halves = frozenset({"server", "front"})
    provides = (DirectoryIndex, FileSystems, Transfers)

    memory_limit_mib = Integer(
        512,
        help="""Memory for the listings of directories, in MiB. The ones asked for longest ago are dropped. A directory
        whose names alone are larger is not listed; 6 million files take about 200 MiB.""",
    ).tag(config=True)
    fuzzy_limit = Integer(
        10_000,
        help="""Up to this many entries the filter box may be fuzzy; the names of larger directories must contain the
        filter's text as it stands.""",
    ).tag(config=True)
    stat_sort_limit = Integer(
        200_000,
        help="""Up to this many entries a directory is sorted by time or size at once. In a larger one, where each
        million takes about 4 seconds and reads all inodes, the user is asked first.""",
    ).tag(config=True)
    watch = Bool(
        True,
        help="""Whether inotify watches the directories that users look at, so that changes show at once. Without it,
        and on network file systems, changes show with the next poll.""",
    ).tag(config=True)
    preview_patience_seconds = Float(
        0.025,
        help="""How long the first answer about a directory waits for its sorted order, in seconds, before it shows
        entries as they are found.""",
    ).tag(config=True)
    watch_seconds = Float(
        60.0, help="How long after the last request for it a directory is still watched, in seconds."
    ).tag(config=True)
    abandoned_seconds = Float(
        30.0, help="How long after the last request for it a directory's first scan goes on, in seconds."
    ).tag(config=True)

    _limits = at_least(0, "memory_limit_mib", "fuzzy_limit", "stat_sort_limit")
    _times = more_than_no_time("preview_patience_seconds", "watch_seconds", "abandoned_seconds")

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Build the service and offer it as the index of directories."""
        self._settings = serverapp.web_app.settings
        self._events = serverapp.event_logger
        if self._events is not None:
            self._events.register_event_schema(Path(__file__).parent / "events" / "v1.yaml")
        self._local = LocalAccess()
        self._network = NetworkFileSystems(self._local, parent=self)
        self.service = ListingService(
            log=self.log,
            settings=ListingSettings(
                memory_limit=self.memory_limit_mib * _MIB,
                fuzzy_limit=self.fuzzy_limit,
                stat_sort_limit=self.stat_sort_limit,
                watch=self.watch,
                preview_patience=self.preview_patience_seconds,
                watch_seconds=self.watch_seconds,
                abandoned_seconds=self.abandoned_seconds,
            ),
            contents=self._contents,
            file_systems=self._network,
            ring=self._ring,
            registry=self._registry,
        )
        self.jobs = JobService(self.service, lambda: self._settings["contents_manager"], parent=self)
        ports.provide(DirectoryIndex, self.service)
        ports.provide(FileSystems, self._network)
        ports.provide(Transfers, self.jobs)
        self._settings[TRANSFERS_SETTING] = self.jobs
        page_config = self._settings.setdefault("page_config_data", {})
        page_config["cloudruListing"] = self._contents() is not None

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`."""
        arguments = {"service": self.service}
        return [
            ("listing", handlers.PageHandler, arguments),
            ("listing/changes", handlers.ChangesHandler, arguments),
            ("listing/locate", handlers.LocateHandler, arguments),
            ("listing/order", handlers.OrderHandler, arguments),
            ("listing/jobs", JobsHandler, {"jobs": self.jobs}),
            (r"listing/jobs/(?P<job>\w+)", JobHandler, {"jobs": self.jobs}),
        ]

    async def start(self) -> None:
        """See `core.feature.Feature.start`."""
        await self.service.start()

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        if hasattr(self, "service"):
            await self.jobs.stop()
            await self.service.stop()
            await self._network.stop()
            self._local.close()

    def _contents(self) -> Contents | None:
        # Looked up each time: other extensions replace the manager after load.
        manager = self._settings["contents_manager"]
        if not isinstance(manager, FileContentsManager) or not manager.root_dir:
            return None
        return Contents(manager.root_dir, manager.allow_hidden, tuple(manager.hide_globs))

    def _registry(self) -> RootRegistry | None:
        # Looked up each time: the roots need what this feature provides, so they come after it.
        registry: RootRegistry | None = self._settings.get(REGISTRY_SETTING)
        return registry

    def _ring(self, path: str, generation: str, kind: str, job: str | None) -> None:
        news = {"path": path, "generation": generation, "kind": kind, "job": job}
        if self._events is not None:
            self._events.emit(schema_id=EVENT_SCHEMA, data=news)
