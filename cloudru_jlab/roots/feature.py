"""The roots feature: configuration and life.

The registry stands in the server's settings under `core.ports.REGISTRY_SETTING`, and is provided as the port
`RootRegistry`. It is set in `setup`, after that of `listing`, which `roots` requires: `listing` and `contents` look it
up at each request, ``settings.get(REGISTRY_SETTING)``, and find None where there is none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_server.services.contents.filemanager import FileContentsManager
from traitlets import Dict, Float, Integer, List, TraitError, Unicode
from traitlets.config import Config

from ..core.access import FileSystems
from ..core.feature import Feature, Ports, Route
from ..core.ports import REGISTRY_SETTING, RootInfo, RootRegistry
from ..core.state import Document, instance_folder
from ..core.tasks import TaskGroup
from ..core.traits import between, more_than_no_time
from . import handlers
from .added import AddedRoots, AddedStore, collides
from .bypass import install, link
from .config import RootConfig, RootsMisconfigured, expand, read_roots, shadows
from .local import LocalBackend
from .monitor import Monitor
from .pool import RootPool
from .registry import ContentsFolder, Registry
from .service import RootsService

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

#: The front end's view: whether it has to ask for roots at all.
PAGE_CONFIG = "cloudruRoots"


class Roots(Feature):
    """Several folders of the machine in one JupyterLab."""

    slug = "roots"
    halves = frozenset({"server", "front"})
    provides = (RootRegistry,)
    requires = (FileSystems,)

    roots = List(
        Dict(),
        help="""The roots, each as {"name", "title", "path", "read_only", "hidden", "symlinks", "icon", "order",
        "default", "mount_required"}; name and path must be there. The name stands in paths: ``@name/folder/file``.
        ``~`` and ``${VARIABLES}`` expand in the path. ``symlinks`` is "deny", "inside" (links are followed that stay in
        the root; so it is unless given) or "follow". The root marked as ``default`` is what the server opens in, in
        place of its working directory; its paths have no ``@name``. ``hidden`` is as ContentsManager.allow_hidden
        unless given. With ``mount_required`` the root is there only while something is mounted on its path.""",
    ).tag(config=True)
    file = Unicode(
        "", help="A JSON file with more roots, a list of the same shape. ``~`` and ``${VARIABLES}`` expand."
    ).tag(config=True)
    user_parents = List(
        Unicode(),
        help="""Folders below which users may add roots of their own. ``~`` and ``${VARIABLES}`` expand. Users may add
        none where this is empty.""",
    ).tag(config=True)
    look_seconds = Float(
        30.0, help="How long what was seen of a root (is it there, its free space) is good for, in seconds."
    ).tag(config=True)
    patience_seconds = Float(
        1.0, help="How long the list of roots waits for those that are looked at, in seconds."
    ).tag(config=True)
    threads = Integer(
        4, help="Threads of each root: so many calls into its file system are made at the same time."
    ).tag(config=True)
    deadline_seconds = Float(
        10.0, help="How long a call into a root's file system may take before it is said not to answer, in seconds."
    ).tag(config=True)
    retry_seconds = Float(
        1.0,
        help="""How long a root that did not answer is left alone before one call tries it again, in seconds; doubled
        with each failure, up to thirty times.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        self._configured: list[RootConfig] = []
        self._parents: list[bytes] = []
        try:
            super().__init__(**kwargs)
        except TraitError as error:
            # jupyter_server would go on without us: with no roots, and perhaps in another folder than was meant
            _refuse(kwargs["parent"].serverapp.log, str(error))

    _times = more_than_no_time("look_seconds", "patience_seconds", "deadline_seconds", "retry_seconds")
    _counts = between(1, 64, "threads")

    def link(self, serverapp: ServerApp) -> None:
        """Read the configuration, and let the server open in the default root.

        Raises
        ------
        SystemExit
            Where the configuration cannot be used: served wrongly, it would show or change what it should not.
        """
        try:
            self._configured = read_roots(self.roots, self.file, os.environ)
            self._parents = [
                expand(parent, f"c.Roots.user_parents[{index}]", os.environ)
                for index, parent in enumerate(self.user_parents)
            ]
        except RootsMisconfigured as error:
            _refuse(serverapp.log, str(error))
        for inner, outer in shadows(self._configured):
            serverapp.log.warning(
                "The read-only root %r lies in the root %r, through which it may be written to.", inner.name, outer.name
            )
        self._open_in_default(serverapp)
        if self._configured or self._parents:
            link(serverapp)

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Build the registry, and leave it where all find it.

        Raises
        ------
        SystemExit
            Where an entry of the default root has the name of another root's prefix: one of the two could not be
            reached.
        """
        self._settings = serverapp.web_app.settings
        page_config = self._settings.setdefault("page_config_data", {})
        page_config[PAGE_CONFIG] = False
        file_systems = ports.get(FileSystems)  # type: ignore[type-abstract]
        if file_systems is None:
            serverapp.log.warning("Roots are off: nothing tells how file systems are touched.")
            return
        self._refuse_collisions(serverapp)

        def make(info: RootInfo, mount_required: bool) -> LocalBackend:
            return LocalBackend(
                info,
                file_systems,
                threads=self.threads,
                deadline_seconds=self.deadline_seconds,
                retry_seconds=self.retry_seconds,
                mount_required=mount_required,
                log=serverapp.log,
            )

        # Of folders that are no roots yet: its probe is an answer, so that one that hangs is soon forgotten.
        self._pool = RootPool(
            self.slug,
            lambda: None,
            threads=self.threads,
            deadline=self.deadline_seconds,
            retry=self.retry_seconds,
        )
        self._tasks = TaskGroup(serverapp.log)
        self.registry = Registry(self._configured, self._contents, make)
        monitor = Monitor(interval=self.look_seconds, patience=self.patience_seconds, log=serverapp.log)
        folder = instance_folder(serverapp.data_dir, serverapp.base_url, serverapp.root_dir)
        self.service = RootsService(
            self.registry,
            monitor,
            parents=self._parents,
            store=AddedStore(Document(folder, "roots", AddedRoots, serverapp.log)),
            run=self._pool.run,
            log=serverapp.log,
        )
        if self._parents:
            self.service.restore()
        ports.provide(RootRegistry, self.registry)
        self._settings[REGISTRY_SETTING] = self.registry
        page_config[PAGE_CONFIG] = self._several
        if self._configured or self._parents:
            install(serverapp, self.registry)

    def routes(self) -> list[Route]:
        """See `core.feature.Feature.routes`."""
        if not hasattr(self, "service"):
            return []
        arguments = {"service": self.service}
        return [
            ("roots", handlers.RootsHandler, arguments),
            ("roots/real-path", handlers.RealPathHandler, arguments),
            (r"roots/(?P<name>[a-z0-9][a-z0-9._-]*)", handlers.RootHandler, arguments),
        ]

    async def start(self) -> None:
        """See that the roots that users added are where they were; one that hangs keeps nobody waiting."""
        if hasattr(self, "service"):
            self._tasks.start(self.service.validate(), name="look for added roots")

    async def stop(self) -> None:
        """See `core.feature.Feature.stop`."""
        if hasattr(self, "service"):
            await self._tasks.stop()
            await self.service.stop()
            self._pool.close()

    @property
    def _several(self) -> bool:
        """Whether there is more than the default root, or may be."""
        return any(not root.default for root in self._configured) or bool(self._parents)

    def _contents(self) -> ContentsFolder | None:
        # Looked up each time: other extensions replace the manager after load.
        manager = self._settings["contents_manager"]
        if not isinstance(manager, FileContentsManager) or not manager.root_dir:
            return None
        return ContentsFolder(manager.root_dir, manager.allow_hidden)

    def _open_in_default(self, serverapp: ServerApp) -> None:
        """Give the server the default root's folder, unless the operator named another."""
        default = next((root for root in self._configured if root.default), None)
        if default is None:
            return
        path = os.fsdecode(default.path)
        if serverapp._root_dir_set or serverapp.file_to_run or _named(serverapp, "root_dir", "notebook_dir"):
            if os.path.abspath(serverapp.root_dir) != path:
                serverapp.log.warning(
                    "The server opens in %s, as it was told elsewhere. The root %r is not the default one: its paths "
                    "begin with @%s.",
                    serverapp.root_dir,
                    default.name,
                    default.name,
                )
                self._configured = [root._replace(default=False) for root in self._configured]
                return
        else:
            try:
                serverapp.root_dir = path
            except TraitError:
                _refuse(
                    serverapp.log,
                    f"The default root {default.name!r} is not there: {path} is no folder. Create or mount it, or mark "
                    "another root as default.",
                )
        if default.hidden is not None and not _named(serverapp, "allow_hidden"):
            serverapp.update_config(Config({"ContentsManager": {"allow_hidden": default.hidden}}))

    def _refuse_collisions(self, serverapp: ServerApp) -> None:
        contents = self._contents()
        if contents is None:
            return
        for root in self._configured:
            if not root.default and collides(os.fsencode(contents.path), root.name):
                _refuse(
                    serverapp.log,
                    f"The folder {contents.path} holds an entry “@{root.name}”, which the root {root.name!r} would "
                    "hide. Rename the entry, or give the root another name in the configuration.",
                )


def _named(serverapp: ServerApp, *traits: str) -> bool:
    """Whether the operator gave one of ``traits`` of the server or of its contents manager."""
    classes = [*type(serverapp).mro(), *serverapp.contents_manager_class.mro()]
    sections = [serverapp.config.get(each.__name__, {}) for each in classes]
    return any(trait in section for section in sections for trait in traits)


def _refuse(log: Any, message: str) -> NoReturn:
    """End the server before it serves anything. An exception would only turn this extension off."""
    log.critical("The server does not start. %s", message)
    raise SystemExit(1)
