"""The contents feature: configuration and life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from ..core.feature import Feature, Ports
from ..core.ports import DirectoryIndex
from .manager import INDEX_SETTING, CloudruContentsManager

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

#: The front end's view of `ContentsFeature.status`: "on" or "off" in JupyterLab's page configuration.
PAGE_CONFIG = "cloudruContents"


class Status(NamedTuple):
    """Whether the feature's manager is in use; else which one is, and what is off for that reason."""

    active: bool
    manager: str
    off: tuple[str, ...] = ()


class ContentsFeature(Feature):
    """Sets the contents manager where the operator set none."""

    slug = "contents"
    halves = frozenset({"server"})
    requires = (DirectoryIndex,)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._serverapp: ServerApp | None = None

    def link(self, serverapp: ServerApp) -> None:
        """Name our manager, unless the operator named one."""
        if _is_operators_choice(serverapp):
            if not self._is_ours(serverapp.contents_manager_class):
                serverapp.log.warning(
                    "The configured contents manager %s stays. Off without cloudru-jlab's own: %s.",
                    serverapp.contents_manager_class.__name__,
                    "; ".join(_OFF),
                )
        else:
            serverapp.contents_manager_class = CloudruContentsManager

    def setup(self, serverapp: ServerApp, ports: Ports) -> None:
        """Leave the index where every manager finds it, and tell the page whether ours is in use."""
        self._serverapp = serverapp
        settings = serverapp.web_app.settings
        settings[INDEX_SETTING] = ports.get(DirectoryIndex)
        settings.setdefault("page_config_data", {})[PAGE_CONFIG] = "on" if self.status.active else "off"

    @property
    def status(self) -> Status:
        """What is in use now: another extension may have replaced the manager since."""
        if self._serverapp is None:
            return Status(False, "", _OFF)
        manager = type(self._serverapp.web_app.settings["contents_manager"])
        active = self._is_ours(manager)
        return Status(active, manager.__name__, () if active else _OFF)

    async def stop(self) -> None:
        """Let the manager's threads go."""
        if self._serverapp is not None:
            manager = self._serverapp.web_app.settings["contents_manager"]
            if isinstance(manager, CloudruContentsManager):
                manager.close()

    @staticmethod
    def _is_ours(manager: type) -> bool:
        return issubclass(manager, CloudruContentsManager)


_OFF = (
    "the limit on the number of entries in one answer",
    "listing a directory in one pass",
    "hashing a file at most once per save",
    "changes made through the server showing at once in a huge directory",
    "opening and saving files of roots other than the first",
)


def _is_operators_choice(serverapp: ServerApp) -> bool:
    """Whether the manager is named in the configuration, or was set by another extension before us.

    Naming the default one is a choice too.
    """
    named = any(
        "contents_manager_class" in serverapp.config.get(section.__name__, {}) for section in type(serverapp).mro()
    )
    return named or serverapp.contents_manager_class is not AsyncLargeFileManager
