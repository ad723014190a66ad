"""The operator's contents manager: whether its files may be touched directly, and what to do where they may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from logging import Logger
from typing import Any

from jupyter_server.services.contents.filecheckpoints import FileCheckpoints, GenericFileCheckpoints
from jupyter_server.services.contents.filemanager import FileContentsManager
from jupyter_server.utils import ensure_async

from ...core.errors import NotFound
from ...core.paths import join
from .engine.plan import Beat, JobCancelled, JobFailed, Plan, Prepared, Report

_TRUSTED = ("jupyter_server.", "cloudru_jlab.")
_METHODS = {"delete": ("delete", "delete_file"), "copy": ("copy",), "move": ("rename", "rename_file")}
_SENTENCES = {
    400: "The server refused it.",
    403: "You have no permission.",
    409: "The destination has an entry of that name already.",
}


def works_directly(manager: object, kind: str) -> bool:
    """Whether a job may do what ``manager`` would do, without asking it for each entry.

    Not where an operator or another extension has put code of its own in the way: jupytext renames paired files, others
    forbid or record what users do, or keep checkpoints elsewhere.
    """
    if not isinstance(manager, FileContentsManager):
        return False
    checkpoints = manager.checkpoints
    if not isinstance(checkpoints, FileCheckpoints) or isinstance(checkpoints, GenericFileCheckpoints):
        return False
    methods = [getattr(type(manager), name) for name in _METHODS[kind]]
    return all(f"{thing.__module__}.".startswith(_TRUSTED) for thing in [*methods, type(checkpoints)])


class ManagerRunner:
    """Asks the contents manager for each entry, one after the other."""

    def __init__(self, plan: Plan, manager: Any, log: Logger) -> None:
        self._plan, self._manager, self._log = plan, manager, log
        self._cancelled = False

    async def prepare(self) -> Prepared:
        """See `runners.Runner.prepare`."""
        if self._plan.target is not None and not await ensure_async(self._manager.dir_exists(self._plan.target_api)):
            raise NotFound(f"{self._plan.target_api or '/'} does not exist. Choose another destination.")
        return Prepared(None)

    async def run(self, batches: Callable[[], Iterator[list[bytes]]], report: Callable[[Report], None]) -> None:
        """See `runners.Runner.run`."""
        beat = Beat(report, lambda: self._cancelled)
        try:
            for names in batches():
                for name in names:
                    beat.tick()
                    await self._one(name, beat)
        finally:
            beat.flush()

    async def _one(self, name: bytes, beat: Beat) -> None:
        try:
            path = join(self._plan.source_api, name.decode("utf-8"))
        except UnicodeDecodeError:
            beat.failed(name, "This server cannot handle names that are not UTF-8.")
            return
        try:
            new_name = await self._ask(path, name.decode("utf-8"))
        except asyncio.CancelledError:
            raise
        except (JobCancelled, JobFailed):
            raise
        except FileExistsError:
            beat.skipped(name, _SENTENCES[409])
        except Exception as error:  # whatever a foreign manager raises is about this entry alone
            status = getattr(error, "status_code", None)
            if status == 404:
                beat.vanished(name)
            elif status == 409:
                beat.skipped(name, _SENTENCES[409])
            else:
                self._log.warning("The contents manager failed on %s", path, exc_info=status is None)
                beat.failed(name, _SENTENCES.get(status or 500, "The server could not do it; its log says why."))
        else:
            gone = name if self._plan.kind != "copy" else None
            came = (name, new_name.encode("utf-8", "surrogateescape")) if new_name is not None else None
            beat.done(gone=gone, came=came)

    async def _ask(self, path: str, name: str) -> str | None:
        """Do it to one entry; its name in the target."""
        if self._plan.kind == "delete":
            await ensure_async(self._manager.delete(path))
            return None
        if self._plan.kind == "copy":
            model = await ensure_async(self._manager.copy(path, self._plan.target_api))
            return str(model["name"])
        target = join(self._plan.target_api, name)
        if await ensure_async(self._manager.exists(target)):
            raise FileExistsError
        await ensure_async(self._manager.rename(path, target))
        return name

    def cancel(self) -> None:
        """See `runners.Runner.cancel`."""
        self._cancelled = True

    async def close(self) -> None:
        """See `runners.Runner.close`."""
        self.cancel()
