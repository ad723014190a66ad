"""Checkpoints of a root's files: inside the root, beside the file, in the directory where jupyter_server keeps them."""

# jupyter_server's checkpoints are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import Any

from anyio.to_thread import run_sync
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from tornado.web import HTTPError

from ...core.entries import Entry
from ...core.errors import Conflict, NotADirectory, NotFound
from ...core.ports import RootRegistry
from ..writing import is_full, written
from .files import Files
from .spots import Spot, http_errors

Checkpoint = dict[str, Any]

DIRECTORY = ".ipynb_checkpoints"
#: There is one of a file, as in jupyter_server.
_ID = "checkpoint"


class RootCheckpoints:
    """Makes and restores checkpoints in roots. A root that is read-only has none.

    All raise `HTTPError`: 403 in a read-only root, 404 for a file or checkpoint that is not there, 503 and 504 while
    the root is not to be used.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    async def create(self, spot: Spot, algorithm: str) -> Checkpoint:
        """Keep what the file holds now, in place of what was kept before."""
        spot.may_be_changed("make a checkpoint of")
        kept = _kept(spot, _ID)
        with http_errors(spot.path):
            data = await self._files.read(spot)
            await _make(kept.parent)
            return _model(await self._files.write(kept, data, algorithm))

    async def restore(self, spot: Spot, checkpoint: str, algorithm: str) -> None:
        """Make the file what was kept."""
        spot.may_be_changed("restore")
        with http_errors(spot.path):
            try:
                data = await self._files.read(_kept(spot, checkpoint))
            except (NotFound, NotADirectory):
                raise _missing(spot, checkpoint) from None
            await self._files.write(spot, data, algorithm)

    async def list(self, spot: Spot) -> list[Checkpoint]:
        """The file's checkpoint, if there is one."""
        if spot.hidden or not spot.inside or not spot.root.info.writable:
            return []
        with http_errors(spot.path):
            try:
                kept = _kept(spot, _ID)
                entry = await kept.root.stat(kept.inside)
            except (NotFound, NotADirectory):
                return []
        return [] if entry.type == "directory" else [_model(entry)]

    async def delete(self, spot: Spot, checkpoint: str) -> None:
        """Keep it no longer."""
        spot.may_be_changed("delete a checkpoint of")
        kept = _kept(spot, checkpoint)
        with http_errors(spot.path):
            try:
                await kept.root.delete(kept.inside)
            except (NotFound, NotADirectory):
                raise _missing(spot, checkpoint) from None

    async def delete_all(self, spot: Spot) -> None:
        """Keep nothing of a file that is gone."""
        for checkpoint in await self.list(spot):
            await self.delete(spot, checkpoint["id"])

    async def rename(self, old: Spot, new: Spot) -> None:
        """What was kept of ``old`` is now of ``new``, in the same root."""
        if not await self.list(old):
            return
        before, after = _kept(old, _ID), _kept(new, _ID)
        with http_errors(new.path):
            await _make(after.parent)
            try:
                await after.root.delete(after.inside)
            except NotFound:
                pass
            await before.root.rename(before.inside, after.inside)


class DefaultRootCheckpoints(AsyncFileCheckpoints):
    """jupyter_server's, for the default root alone: asked for another root's path, they would make directories of the
    prefix in the default root."""

    def _get_os_path(self, path: str) -> str:
        registry: RootRegistry | None = getattr(self.parent, "_registry", lambda: None)()
        if registry is not None and path.lstrip("/").startswith("@"):
            with http_errors(path):
                root, _ = registry.find(path)
            if not root.info.default:
                raise HTTPError(404, f"{path} is not in this root")
        found: str = super()._get_os_path(path)
        return found

    async def list_checkpoints(self, path: str) -> list[Checkpoint]:
        """As the server's, which makes the directory first: where there is no room for it, there are none."""
        try:
            found: list[Checkpoint] = await super().list_checkpoints(path)
        except OSError as error:
            if not is_full(error):
                raise
            return []
        return found

    async def _copy(self, src: str, dest: str) -> None:
        """As the server's; a failure leaves what was in ``dest``."""
        if not os.access(src, os.W_OK):
            # The server's own refuses that.
            await super()._copy(src, dest)
        else:
            await run_sync(self._copy_safely, src, dest)

    def _copy_safely(self, src: str, dest: str) -> None:
        with open(src, "rb") as old, written(dest, atomic=True, log=self.log, text=False) as new:
            shutil.copyfileobj(old, new, 1 << 20)
        with suppress(OSError):
            shutil.copystat(src, dest)


def _kept(spot: Spot, checkpoint: str) -> Spot:
    """Where a checkpoint is; raises `HTTPError` 404 for an identifier that is none."""
    if not checkpoint.replace("-", "").isalnum():
        raise _missing(spot, checkpoint)
    base, suffix = os.path.splitext(spot.name)
    root = spot.root.with_hidden(DIRECTORY)
    return Spot(root, spot.parent.child(DIRECTORY).child(f"{base}-{checkpoint}{suffix}").inside)


async def _make(directory: Spot) -> None:
    try:
        await directory.root.make_directory(directory.inside)
    except Conflict:
        # It is there already.
        pass


def _model(entry: Entry) -> Checkpoint:
    return {"id": _ID, "last_modified": entry.last_modified}


def _missing(spot: Spot, checkpoint: str) -> HTTPError:
    return HTTPError(404, f"Checkpoint does not exist: {spot.path}@{checkpoint}")
