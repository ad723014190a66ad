"""A contents manager with several roots: the real ones, without a server around them."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from traitlets import Unicode
from traitlets.config import Configurable

from cloudru_jlab.contents.manager import INDEX_SETTING, CloudruContentsManager
from cloudru_jlab.core.ports import REGISTRY_SETTING, TRANSFERS_SETTING, RootInfo
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.roots.config import RootConfig
from cloudru_jlab.roots.local import LocalBackend
from cloudru_jlab.roots.registry import ContentsFolder, Registry

from ..index import Index

LOG = logging.getLogger("contents")


class Server(Configurable):
    """As much of a server as a manager asks."""

    preferred_dir = Unicode("")

    def __init__(self) -> None:
        super().__init__()
        self.web_app = SimpleNamespace(settings={})


class Transfers:
    """Copies and moves from root to root, at once."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        self.asked: list[tuple[str, str, str]] = []

    async def transfer(self, kind: Literal["copy", "move"], source: str, target: str) -> None:
        self.asked.append((kind, source, target))
        old, new = self._path(source), self._path(target)
        assert not new.exists()
        if kind == "move":
            shutil.move(old, new)
        elif old.is_dir():
            shutil.copytree(old, new)
        else:
            shutil.copyfile(old, new)

    def _path(self, path: str) -> Path:
        prefix, _, inside = path.partition("/")
        folder = self._folders.get(prefix.removeprefix("@")) if prefix.startswith("@") else None
        return self._folders["home"] / path if folder is None else folder / inside


class FileSystems:
    """Chooses one access for all; ``guarded`` makes it say that it may hang."""

    def __init__(self) -> None:
        self.local = LocalAccess()

    def access(self, path: bytes) -> Any:
        return self.local


class House:
    """The folders on disk, and the manager that serves them.

    ``home`` is the contents root; ``data`` is writable, ``archive`` read-only; in ``open`` hidden entries may be
    reached.
    """

    def __init__(self, folder: Path, default: RootConfig | None, traits: dict[str, Any]) -> None:
        self.folder = folder
        self.home, self.data, self.archive, self.open = (folder / name for name in ("home", "data", "archive", "open"))
        for path in (self.home, self.data, self.archive, self.open):
            path.mkdir()
        self.file_systems, self.index, self.server = FileSystems(), Index(), Server()
        roots = [
            self.configured("data", self.data),
            self.configured("archive", self.archive, read_only=True),
            self.configured("open", self.open, hidden=True, symlinks="follow"),
        ]
        if default is not None:
            roots.append(default._replace(path=os.fsencode(self.home)))
        self.registry = Registry(roots, lambda: ContentsFolder(str(self.home), False), self._make)
        folders = {"home": self.home, "data": self.data, "archive": self.archive, "open": self.open}
        self.transfers = Transfers(folders)
        self.server.web_app.settings.update(
            {REGISTRY_SETTING: self.registry, INDEX_SETTING: self.index, TRANSFERS_SETTING: self.transfers}
        )
        self.managers: list[CloudruContentsManager] = []
        self.manager = self.make(**traits)

    def make(self, manager_class: type[CloudruContentsManager] = CloudruContentsManager, **traits: Any) -> Any:
        """One more manager of the same server."""
        manager = manager_class(root_dir=str(self.home), parent=self.server, log=LOG, **traits)
        self.managers.append(manager)
        return manager

    def root(self, prefix: str) -> Any:
        return self.registry.find(prefix)[0]

    def close(self) -> None:
        for manager in self.managers:
            manager.close()
        self.registry.close()
        self.file_systems.local.close()

    @staticmethod
    def configured(name: str, path: Path, **more: Any) -> RootConfig:
        return RootConfig(name, name.capitalize(), os.fsencode(path), **more)

    def _make(self, info: RootInfo, mount_required: bool) -> LocalBackend:
        trash = os.fsencode(self.folder / "trash")
        return LocalBackend(info, self.file_systems, log=LOG, mount_required=mount_required, trash_directory=trash)


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Builds the `House`; ``default`` configures its contents root, other arguments are traits of the manager."""
    built: list[House] = []

    def make(default: RootConfig | None = None, **traits: Any) -> House:
        built.append(House(tmp_path, default, traits))
        return built[-1]

    yield make
    for house in built:
        house.close()


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """The `House`, deleting for good."""
    return make_house(delete_to_trash=False)
