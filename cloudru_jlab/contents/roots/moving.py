"""Renaming and copying, within a root and from one to another."""

# jupyter_server's managers are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from jupyter_server.services.contents.manager import copy_pat
from tornado.web import HTTPError

from ...core.errors import Conflict
from ...core.ports import Transfers
from ..directory import Model
from .spots import Spot, http_errors

if TYPE_CHECKING:
    from ..folder import FolderContentsManager


class Moves:
    """Renames and copies for ``manager``. All raise `HTTPError`.

    Parameters
    ----------
    spot_of:
        Where an API path leads.
    transfers:
        Who copies from root to root, and whole directories; asked for each time.
    """

    def __init__(
        self,
        manager: FolderContentsManager,
        spot_of: Callable[[str], Spot],
        transfers: Callable[[], Transfers | None],
    ) -> None:
        self._manager = manager
        self._spot_of = spot_of
        self._transfers = transfers

    async def rename(self, old: Spot, new: Spot) -> None:
        """See `ContentsManager.rename_file`; from root to root it returns when all is there, and verified."""
        if old.path == new.path:
            return
        for spot in (old, new):
            _is_no_root(spot, "rename")
            spot.may_be_changed("rename")
        if old.root is not new.root:
            await self._transfer("move", old, new)
            return
        with http_errors(old.path):
            try:
                await old.root.rename(old.inside, new.inside)
            except Conflict as error:
                if not error.details.get("cross_device"):
                    raise
                # Another file system is mounted below the root: it is there to whoever renames, as in the server.
                await self._transfer("move", old, new)
                return
        index = self._manager._index()
        if index is not None:
            index.entry_renamed(old.path, new.path)

    async def copy(self, source: Spot, to_path: str | None) -> Model:
        """See `ContentsManager.copy`."""
        _is_no_root(source, "copy")
        if source.hidden:
            raise HTTPError(400, f"Cannot copy file or directory {source.path!r}")
        manager = self._manager
        found = await manager.get(source.path, content=False)
        target = await self._target(source, to_path, is_dir=found["type"] == "directory")
        if found["type"] == "directory" or source.root is not target.root:
            await self._transfer("copy", source, target)
        elif manager.has_hooks:
            # Hooks see, and may change, what is saved under a new name.
            whole = await manager.get(source.path)
            await manager.save({key: whole[key] for key in ("type", "format", "content")}, target.path)
        else:
            with http_errors(source.path):
                await source.root.copy(source.inside, target.inside)
            index = manager._index()
            if index is not None:
                index.entry_created(target.path)
        model: Model = await manager.get(target.path, content=False)
        manager.emit(data={"action": "copy", "path": target.path, "source_path": source.path})
        return model

    async def _target(self, source: Spot, to_path: str | None, *, is_dir: bool) -> Spot:
        """Where the copy goes: named as jupyter_server does."""
        manager = self._manager
        there = source.parent if to_path is None else self._spot_of(to_path)
        name = copy_pat.sub(".", source.name)
        if await manager.dir_exists(there.path):
            there.may_be_changed("copy to")
            return there.child(await manager.increment_filename(name, there.path, insert="-Copy"))
        target = there.child(name) if is_dir else there
        target.may_be_changed("copy to")
        if is_dir:
            await self._make_directories(there)
        elif to_path is None or not await manager.dir_exists(target.parent.path):
            raise HTTPError(404, f"No such parent directory: {target.parent.path} to copy file in")
        return target

    async def _make_directories(self, spot: Spot) -> None:
        missing = []
        while spot.inside and not await self._manager.dir_exists(spot.path):
            missing.append(spot)
            spot = spot.parent
        for directory in reversed(missing):
            await self._manager.save({"type": "directory"}, directory.path)

    async def _transfer(self, kind: Literal["copy", "move"], source: Spot, target: Spot) -> None:
        transfers = self._transfers()
        if transfers is None:
            raise HTTPError(400, f"Cannot {kind} {source.path!r} to {target.path!r}: this server has no bulk actions.")
        with http_errors(source.path):
            await transfers.transfer(kind, source.path, target.path)


def _is_no_root(spot: Spot, verb: str) -> None:
    if not spot.inside:
        raise HTTPError(400, f"Can't {verb} root")
