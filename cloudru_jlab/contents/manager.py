"""The contents manager: jupyter_server's in the contents root, and each other root through its backend.

Which root a path is in, is asked for each call: a registry of roots may come after the manager, and managers that other
extensions derive from this one (jupytext does) must find it too. Without a registry all is as if there were none.
"""

# jupyter_server's managers are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import posixpath
from functools import partial
from typing import Any

from tornado.web import HTTPError
from traitlets import default

from ..core.ports import REGISTRY_SETTING, TRANSFERS_SETTING, RootBackend, RootRegistry
from .directory import Model
from .folder import INDEX_SETTING, TRUNCATED_HEADER, FolderContentsManager
from .roots.checkpoints import Checkpoint, DefaultRootCheckpoints
from .roots.moving import Moves
from .roots.real import Answer, exists_now, is_writable_now, os_path_of
from .roots.spots import Spot, http_errors
from .roots.verbs import RootContents

__all__ = ["INDEX_SETTING", "TRUNCATED_HEADER", "CloudruContentsManager"]


class CloudruContentsManager(FolderContentsManager):
    """Serves all roots: ``@name/…`` is in the root of that name, any other path in the contents root."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # First, since the configuration may name a directory of another root, which is then looked for.
        self._rooted = RootContents(self)
        self._moves = Moves(self, self._spot, lambda: self._setting(TRANSFERS_SETTING))
        self._known: tuple[RootRegistry | None, bool] = (None, True)
        super().__init__(*args, **kwargs)

    def close(self) -> None:
        """Let all threads go."""
        super().close()
        self._rooted.close()

    @default("checkpoints_class")
    def _checkpoints_class(self) -> type:
        return DefaultRootCheckpoints

    # --- which root

    def _setting(self, name: str) -> Any:
        web_app = getattr(self.parent, "web_app", None)
        return web_app.settings.get(name) if web_app is not None else None

    def _registry(self) -> RootRegistry | None:
        registry: RootRegistry | None = self._setting(REGISTRY_SETTING)
        return registry

    def _elsewhere(self, path: str) -> Spot | None:
        """Where ``path`` is, unless jupyter_server's own code serves it, as it does in a default root like its own.

        Raises
        ------
        HTTPError
            404 for a path that leaves its root.
        """
        registry = self._registry()
        if registry is None:
            return None
        # The server's own code takes ".." for the directory above, as long as that is in the root: then
        # "a/.." is the root itself, which can be deleted by that name.
        if "@" not in path and ".." not in path and self._has_plain_default(registry):
            return None
        spot = self._spot(path)
        return None if _is_plain(spot.root) else spot

    def _spot(self, path: str) -> Spot:
        registry = self._registry()
        assert registry is not None  # noqa: S101 - asked for by those who found one
        with http_errors(path):
            root, inside = registry.find(path)
        return Spot(root, inside)

    def _has_plain_default(self, registry: RootRegistry) -> bool:
        if self._known[0] is not registry:
            found = [root for root in registry.roots() if root.info.default]
            self._known = (registry, all(map(_is_plain, found)))
        return self._known[1]

    def _get_os_path(self, path: str) -> str:
        """As the server's; in another root see `roots.real.os_path_of`."""
        spot = self._elsewhere(path)
        if spot is not None:
            return os_path_of(spot)
        os_path: str = super()._get_os_path(path)
        return os_path

    def resolve_path(self, path: str) -> Any:
        """As the server's; also a path of this machine that is in another root."""
        registry = self._registry()
        if registry is None:
            return super().resolve_path(path)
        return self._resolve(registry, path)

    async def _resolve(self, registry: RootRegistry, path: str) -> str | None:
        try:
            spot = self._elsewhere(path) if path.startswith("@") else None
        except HTTPError:
            return None
        if spot is None:
            found: str | None = super().resolve_path(path)
            spot = _spot_of_os_path(registry, path) if found is None else None
            if spot is None:
                return found
        return spot.path if await self._rooted.stat(spot) is not None else None

    # --- the verbs

    def _overridden(self, *members: str) -> bool:
        return any(getattr(type(self), member) is not getattr(CloudruContentsManager, member) for member in members)

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> Model:
        """As the server's."""
        spot = self._elsewhere(path)
        if spot is None:
            return await super().get(path, content, type, format, require_hash)
        child = self._listed(path, content, type, require_hash)
        if child is not None:
            return child
        return await self._rooted.get(spot, content=content, type=type, format=format, require_hash=require_hash)

    async def save(self, model: Model, path: str = "") -> Model:
        """As the server's."""
        spot = self._elsewhere(path)
        return await (super().save(model, path) if spot is None else self._rooted.save(spot, model))

    async def delete_file(self, path: str) -> None:
        """As the server's."""
        spot = self._elsewhere(path)
        await (super().delete_file(path) if spot is None else self._rooted.delete(spot))

    async def delete(self, path: str) -> None:
        """As the server's: with the checkpoints."""
        spot = self._elsewhere(path)
        if spot is None:
            await super().delete(path)
            return
        await self.delete_file(path)
        await self._rooted.checkpoints.delete_all(spot)
        self.emit(data={"action": "delete", "path": spot.path})

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """As the server's; also from root to root."""
        if self._elsewhere(old_path) is None and self._elsewhere(new_path) is None:
            await super().rename_file(old_path, new_path)
        else:
            await self._moves.rename(self._spot(old_path), self._spot(new_path))

    async def rename(self, old_path: str, new_path: str) -> None:
        """As the server's: with the checkpoints, which bulk actions take along themselves."""
        old, new = self._elsewhere(old_path), self._elsewhere(new_path)
        if old is None and new is None:
            await super().rename(old_path, new_path)
            return
        await self.rename_file(old_path, new_path)
        if old is not None and new is not None and old.root is new.root:
            await self._rooted.checkpoints.rename(old, new)
        spots = self._spot(old_path), self._spot(new_path)
        self.emit(data={"action": "rename", "path": spots[1].path, "source_path": spots[0].path})

    async def copy(self, from_path: str, to_path: str | None = None) -> Model:
        """As the server's; also from root to root."""
        if self._elsewhere(from_path) is None and (to_path is None or self._elsewhere(to_path) is None):
            return await super().copy(from_path, to_path)
        return await self._moves.copy(self._spot(from_path), to_path)

    # --- questions

    async def dir_exists(self, path: str) -> bool:
        """As the server's; 503 or 504 in a root that is not to be used."""
        spot = self._elsewhere(path)
        if spot is None:
            return bool(await super().dir_exists(path))
        entry = await self._rooted.stat(spot)
        return entry is not None and entry.type == "directory"

    async def file_exists(self, path: str) -> bool:
        """As the server's; 503 or 504 in a root that is not to be used."""
        spot = self._elsewhere(path)
        if spot is None:
            return bool(await super().file_exists(path))
        entry = await self._rooted.stat(spot)
        return entry is not None and entry.type != "directory"

    def exists(self, path: str) -> Any:
        """As the server's; in another root to be awaited, if possible: see `roots.real.Answer`."""
        spot = self._elsewhere(path)
        if spot is None:
            return super().exists(path)
        return Answer(partial(self._exists, spot), partial(exists_now, spot))

    async def _exists(self, spot: Spot) -> bool:
        return await self._rooted.stat(spot) is not None

    async def is_hidden(self, path: str) -> bool:
        """As the server's; in another root by the name alone, and False where hidden entries may be reached."""
        spot = self._elsewhere(path)
        return bool(await super().is_hidden(path)) if spot is None else spot.hidden

    def is_writable(self, path: str) -> Any:
        """As the server's; in another root to be awaited, if possible: see `roots.real.Answer`."""
        spot = self._elsewhere(path)
        if spot is None:
            return super().is_writable(path)
        return Answer(partial(self._is_writable, spot), partial(is_writable_now, spot))

    async def _is_writable(self, spot: Spot) -> bool:
        entry = await self._rooted.stat(spot)
        return entry is not None and entry.writable and spot.root.info.writable

    async def get_kernel_path(self, path: str, model: Model | None = None) -> str:
        """As the server's: the directory of the notebook, prefix included."""
        spot = self._elsewhere(path)
        if spot is None:
            return str(await super().get_kernel_path(path, model))
        return spot.path if await self.dir_exists(path) else spot.parent.path

    # --- checkpoints

    async def create_checkpoint(self, path: str) -> Checkpoint:
        """As the server's; inside the root in which the file is, 403 in one that is read-only."""
        spot = self._elsewhere(path)
        if spot is not None:
            return await self._rooted.checkpoints.create(spot, self.hash_algorithm)
        made: Checkpoint = await super().create_checkpoint(path)
        return made

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """As the server's."""
        spot = self._elsewhere(path)
        if spot is None:
            await super().restore_checkpoint(checkpoint_id, path)
        else:
            await self._rooted.checkpoints.restore(spot, checkpoint_id, self.hash_algorithm)

    async def list_checkpoints(self, path: str) -> list[Checkpoint]:
        """As the server's; none in a root that is read-only."""
        spot = self._elsewhere(path)
        if spot is not None:
            return await self._rooted.checkpoints.list(spot)
        found: list[Checkpoint] = await super().list_checkpoints(path)
        return found

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """As the server's."""
        spot = self._elsewhere(path)
        if spot is None:
            await super().delete_checkpoint(checkpoint_id, path)
        else:
            await self._rooted.checkpoints.delete(spot, checkpoint_id)


def _is_plain(root: RootBackend) -> bool:
    """Whether the root is one as jupyter_server knows it, which its own code serves."""
    info = root.info
    return info.default and info.writable and info.symlinks == "follow"


def _spot_of_os_path(registry: RootRegistry, path: str) -> Spot | None:
    """Where the absolute path ``path`` is, by the configured paths of the roots; the innermost root wins."""
    clean = os.fsencode(posixpath.normpath(os.path.expanduser(path)))
    found = [root for root in registry.roots() if root.info.real is not None and _is_below(clean, root.info.real)]
    if not found:
        return None
    root = max(found, key=lambda root: len(root.info.real or b""))
    return Spot(root, os.fsdecode(clean[len(root.info.real or b"") :]).strip("/"))


def _is_below(path: bytes, root: bytes) -> bool:
    return path == root or path.startswith(root.rstrip(b"/") + b"/")
