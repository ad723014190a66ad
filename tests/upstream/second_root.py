"""The contents manager as it is in a root other than the contents root, for tests that know of one root alone."""

from __future__ import annotations

import logging
import os
import shutil
from typing import Any, Literal

from jupyter_server.services.contents.filemanager import FileContentsManager
from tornado.web import HTTPError

from cloudru_jlab.contents.manager import CloudruContentsManager
from cloudru_jlab.core.access import FileSystemAccess
from cloudru_jlab.core.paths import normalise
from cloudru_jlab.core.ports import REGISTRY_SETTING, TRANSFERS_SETTING, RootBackend, RootInfo
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.roots.local import LocalBackend

PREFIX = "@data"
MADE: list[LocalBackend] = []
_LOCAL = LocalAccess()

#: What cannot be asked of a root other than the contents root, and why.
ELSEWHERE = {
    "test_get_os_path": "asks for paths of the contents root that do not exist",
    "test_get_os_path_posix": "asks for paths of the contents root that do not exist",
    "test_checkpoint_subdir": "asks FileCheckpoints itself, which serves the contents root alone",
    "test_recursive_symlink": "a link that loops is listed as a file, as in the pages of the browser",
    "test_good_symlink": "size and times of a link that is asked for are those of what it leads to",
    "test_copy_big_dir": "a directory is copied by a bulk action, which needs no limit",
    "test_regression_is_hidden": "expects jupyter_server's own is_hidden to be called",
    "test_created_timestamp": "a file that is complete gets its name: a change of the inode, hence “created”",
    "test_base_model_invalid_timestamp_fallback": "asks _base_model, which looks into the contents root alone",
    "test_created_timestamp_fallback_to_epoch": "replaces os.lstat, which is not what looks at entries of a root",
    "test_saving_different_chunks": "repeats chunks of an upload: a piece out of turn is a conflict, not appended",
}


class _FileSystems:
    def access(self, path: bytes) -> FileSystemAccess:
        return _LOCAL


class _Copies:
    """Stands in for bulk actions, which these tests start no server for."""

    def __init__(self, root_dir: str) -> None:
        self._root_dir = root_dir

    async def transfer(self, kind: Literal["copy", "move"], source: str, target: str) -> None:
        assert kind == "copy"
        shutil.copytree(self._path(source), self._path(target))

    def _path(self, path: str) -> str:
        assert path.startswith(f"{PREFIX}/")
        return os.path.join(self._root_dir, path[len(PREFIX) + 1 :])


class _Registry:
    """The root that is tested; everything without its prefix is a mistake."""

    def __init__(self, root_dir: str) -> None:
        real = os.fsencode(root_dir)
        info = RootInfo("data", "Data", PREFIX, True, False, "inside", "", 0, False, real)
        self.root = LocalBackend(info, _FileSystems(), log=logging.getLogger("upstream"))
        MADE.append(self.root)

    def roots(self) -> list[RootBackend]:
        return [self.root]

    def find(self, api_path: str) -> tuple[RootBackend, str]:
        prefix, _, inside = api_path.strip("/").partition("/")
        assert prefix == PREFIX
        return self.root, normalise(inside, hidden=True)


def _there(path: str | None) -> str | None:
    """``path`` of a test as that of the root."""
    if path is None:
        return None
    path = path.strip("/")
    return path if path == PREFIX or path.startswith(f"{PREFIX}/") else f"{PREFIX}/{path}".rstrip("/")


def _here(model: Any) -> Any:
    """A model with the paths that a test expects, its children's too."""
    path = model["path"]
    if path == PREFIX or path.startswith(f"{PREFIX}/"):
        name = model["name"] if path != PREFIX else ""
        model.update(path=path[len(PREFIX) + 1 :], name=name)
    if model["type"] == "directory" and model["content"]:
        for child in model["content"]:
            _here(child)
    return model


class InSecondRoot(CloudruContentsManager):
    """What a test calls ``a/b`` is ``@data/a/b``, in a root whose directory is the test's."""

    elsewhere = ELSEWHERE

    def _setting(self, name: str) -> Any:
        if name == REGISTRY_SETTING:
            if not hasattr(self, "_second"):
                self._second = _Registry(self.root_dir)
            root = self._second.root
            root.info = root.info._replace(hidden=self.allow_hidden)
            return self._second
        return _Copies(self.root_dir) if name == TRANSFERS_SETTING else super()._setting(name)

    def _has_plain_default(self, registry: Any) -> bool:
        return False

    def _overridden(self, *members: str) -> bool:
        return False

    def _get_os_path(self, path: str) -> str:
        # Tests prepare files by it.
        assert not path.startswith("@")
        return FileContentsManager._get_os_path(self, path)

    async def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return _here(await super().get(_there(path), *args, **kwargs))
        except HTTPError as error:
            message = (error.log_message or "").replace(f"{PREFIX}/", "")
            raise HTTPError(error.status_code, message, reason=error.reason) from error

    async def save(self, model: Any, path: str = "") -> Any:
        return _here(await super().save(model, _there(path)))

    async def copy(self, from_path: str, to_path: str | None = None) -> Any:
        return _here(await super().copy(_there(from_path), _there(to_path)))

    async def delete(self, path: str) -> None:
        await super().delete(_there(path))

    async def delete_file(self, path: str) -> None:
        self._setting(REGISTRY_SETTING)
        # What it has (a trash, for one) is known from the first look on; servers look when they start.
        await self._second.root.look()
        await super().delete_file(_there(path))

    async def rename(self, old_path: str, new_path: str) -> None:
        await super().rename(_there(old_path), _there(new_path))

    async def rename_file(self, old_path: str, new_path: str) -> None:
        await super().rename_file(_there(old_path), _there(new_path))

    async def dir_exists(self, path: str) -> bool:
        return await super().dir_exists(_there(path))

    async def file_exists(self, path: str) -> bool:
        return await super().file_exists(_there(path))

    def exists(self, path: str) -> Any:
        return super().exists(_there(path))

    async def is_hidden(self, path: str) -> bool:
        return await super().is_hidden(_there(path))

    def is_writable(self, path: str) -> Any:
        return super().is_writable(_there(path))

    async def create_checkpoint(self, path: str) -> Any:
        return await super().create_checkpoint(_there(path))

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        await super().restore_checkpoint(checkpoint_id, _there(path))

    async def list_checkpoints(self, path: str) -> Any:
        return await super().list_checkpoints(_there(path))

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        await super().delete_checkpoint(checkpoint_id, _there(path))
