"""What a contents manager does, in roots that jupyter_server's own code does not serve.

`RootContents` does the verbs through the root's `RootBackend` and says what jupyter_server would say. Hooks,
signatures, events and configuration are the manager's: it is asked, so that what subclasses make of these holds in
every root.
"""

# jupyter_server's managers and nbformat are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import io
import os
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import nbformat
from tornado.web import HTTPError

from ...core.entries import Entry
from ...core.errors import NotADirectory, NotFound, PermissionDenied
from ..directory import Model
from .checkpoints import DIRECTORY, RootCheckpoints
from .children import Children
from .describing import model_of
from .files import Files, decoded, encoded
from .spots import Spot, http_errors

if TYPE_CHECKING:
    from ..folder import FolderContentsManager


class RootContents:
    """Does verbs for ``manager``. All raise `HTTPError`, as a contents manager's methods do."""

    def __init__(self, manager: FolderContentsManager) -> None:
        self._manager = manager
        self._files = Files()
        self.checkpoints = RootCheckpoints(self._files)

    def close(self) -> None:
        """Let the threads go."""
        self._files.close()

    # --- looking

    async def stat(self, spot: Spot) -> Entry | None:
        """What is there, if anything that may be reached is."""
        if spot.hidden:
            return None
        with http_errors(spot.path):
            try:
                return await spot.root.stat(spot.inside)
            except (NotFound, NotADirectory, PermissionDenied):
                return None

    async def get(
        self, spot: Spot, *, content: bool, type: str | None, format: str | None, require_hash: bool
    ) -> Model:
        """See `ContentsManager.get`."""
        spot.must_be_visible()
        path = spot.path
        with http_errors(path):
            entry = await spot.root.stat(spot.inside)
            if entry.type == "directory":
                if type not in (None, "directory"):
                    raise HTTPError(400, f"{path} is a directory, not a {type}", reason="bad type")
                model = await self._directory(spot, entry, content=content)
            elif type == "directory":
                raise HTTPError(400, f"{path} is not a directory", reason="bad type")
            else:
                kind = type or entry.type
                model = await self._file(spot, entry, kind, content=content, format=format, require_hash=require_hash)
        self._manager.emit(data={"action": "get", "path": path})
        return model

    async def _directory(self, spot: Spot, entry: Entry, *, content: bool) -> Model:
        model = model_of(spot, entry, "directory")
        if content:
            manager = self._manager
            children = self._children(spot)
            models, total = await children.read(manager._index())
            if manager._overridden("get"):
                models = await manager._ask_for_each(models, believed=True)
            model.update(content=models, format="json")
            if total > len(models):
                model["truncated"] = {"total": total, "shown": len(models)}
                manager._tell_truncation(spot.path, len(models), total)
        return model

    def _children(self, spot: Spot) -> Children:
        manager = self._manager
        return Children(spot, manager.max_children, should_list=manager._name_test(), in_thread=self._files.in_thread)

    async def _file(
        self, spot: Spot, entry: Entry, kind: str, *, content: bool, format: str | None, require_hash: bool
    ) -> Model:
        model, algorithm = model_of(spot, entry, kind), self._manager.hash_algorithm
        if require_hash:
            model["hash_algorithm"] = algorithm
        if not content:
            if require_hash:
                model["hash"] = await self._files.hash_of(spot, entry, algorithm)
            return model
        if require_hash:
            data, model["hash"] = await self._files.read_hashed(spot, entry, algorithm)
        else:
            data = await self._files.read(spot)
        if kind == "notebook":
            await self._fill_notebook(model, spot, data)
        else:
            text, format = await self._files.compute(partial(decoded, data, format, spot.path), len(data))
            model.update(content=text, format=format)
            if model["mimetype"] is None:
                model["mimetype"] = "text/plain" if format == "text" else "application/octet-stream"
        return model

    async def _fill_notebook(self, model: Model, spot: Spot, data: bytes) -> None:
        error: dict[str, Any] = {}

        def parse() -> Any:
            text, _ = decoded(data, "text", spot.path)
            return nbformat.reads(text, as_version=4, capture_validation_error=error)

        try:
            notebook = await self._files.compute(parse, len(data))
        except HTTPError:
            raise
        except Exception as problem:
            raise HTTPError(400, f"Unreadable Notebook: {spot.path} {problem!r}") from problem
        self._manager.mark_trusted_cells(notebook, spot.path)
        model.update(content=notebook, format="json")
        self._manager.validate_notebook_model(model, validation_error=error)

    # --- writing

    async def save(self, spot: Spot, model: Model) -> Model:
        """See `ContentsManager.save`; with a field ``chunk`` it is a piece of a large file."""
        spot.may_be_changed("create" if model.get("type") == "directory" else "save")
        chunk = model.get("chunk")
        if chunk in (None, 1):
            self._manager.run_pre_save_hooks(model=model, path=spot.path)
        if "type" not in model:
            raise HTTPError(400, "No file type provided")
        if not isinstance(chunk, int | None):
            raise HTTPError(400, f"The number of a chunk is an integer; {chunk!r} is none")
        if chunk is not None and model["type"] != "file":
            raise HTTPError(400, f'File type "{model["type"]}" is not supported for large file transfer')
        if "content" not in model and model["type"] != "directory":
            raise HTTPError(400, "No file content provided")
        message = None
        with http_errors(spot.path):
            if chunk is not None:
                if await self._save_chunk(spot, chunk, model) is None:
                    return _unfinished(spot)
            elif model["type"] == "notebook":
                message = await self._save_notebook(spot, model)
            elif model["type"] == "file":
                data = await self._encoded(spot, model)
                await self._files.write(spot, data, self._manager.hash_algorithm)
            elif model["type"] == "directory":
                await self._save_directory(spot)
            else:
                raise HTTPError(400, f"Unhandled contents type: {model['type']}")
        self._tell("entry_created", spot)
        saved: Model = await self._manager.get(spot.path, content=False)
        if message:
            saved["message"] = message
        await self._run_post_save_hooks(spot, saved)
        self._manager.emit(data={"action": "save", "path": spot.path})
        return saved

    async def _save_chunk(self, spot: Spot, number: int, model: Model) -> Entry | None:
        return await spot.root.write_chunk(spot.inside, number, await self._encoded(spot, model))

    async def _encoded(self, spot: Spot, model: Model) -> bytes:
        content, format = model["content"], model.get("format")
        return await self._files.compute(partial(encoded, content, format, spot.path), len(content))

    async def _save_notebook(self, spot: Spot, model: Model) -> str | None:
        """Write a notebook; what is wrong with it, if anything is."""
        manager, error = self._manager, dict[str, Any]()

        def serialise() -> bytes:
            file = io.StringIO()
            nbformat.write(notebook, file, version=nbformat.NO_CONVERT, capture_validation_error=error)
            return file.getvalue().encode("utf8")

        try:
            notebook = nbformat.from_dict(model["content"])
            manager.check_and_sign(notebook, spot.path)
            data = await self._files.in_thread(serialise)
        except Exception as problem:
            manager.log.exception("Error while saving file: %s", spot.path)
            raise HTTPError(500, f"Unexpected error while saving file: {spot.path} {problem}") from problem
        await self._files.write(spot, data, manager.hash_algorithm)
        # One checkpoint should always exist for notebooks; the notebook is saved, though, if none can be made.
        try:
            if not await manager.list_checkpoints(spot.path):
                await manager.create_checkpoint(spot.path)
        except HTTPError as problem:
            manager.log.warning("%s has no checkpoint: %s", spot.path, problem.log_message)
        manager.validate_notebook_model(model, validation_error=error)
        message: str | None = model.get("message")
        return message

    async def _save_directory(self, spot: Spot) -> None:
        there = await self.stat(spot)
        if there is None:
            await spot.root.make_directory(spot.inside)
        elif there.type != "directory":
            raise HTTPError(400, f"Not a directory: {spot.path}")

    async def _run_post_save_hooks(self, spot: Spot, model: Model) -> None:
        manager = self._manager
        if manager.post_save_hook is None and not manager._post_save_hooks:
            return
        with http_errors(spot.path):
            os_path = await spot.root.real_path(spot.inside)
            if os_path is None:
                # A hook is told where the file is on this machine, and it is not.
                manager.log.debug("No post-save hook for %s: it is not on this machine", spot.path)
                return
            manager.run_post_save_hooks(model=model, os_path=os_path)
            if model["type"] != "directory":
                await self._files.forget(spot)

    # --- removing

    async def delete(self, spot: Spot) -> None:
        """See `ContentsManager.delete_file`."""
        if not spot.inside:
            raise HTTPError(400, "Can't delete root")
        spot.may_be_changed("delete")
        manager, root = self._manager, spot.root
        keeps = "trash" in root.capabilities
        with http_errors(spot.path):
            # Tells a root that is not there from an entry that is not.
            await root.stat(spot.parent.inside)
            access, place = root.place(spot.parent.inside)
            [entry] = await access.stat_rows(place, [os.fsencode(spot.name)])
            if entry is None:
                raise HTTPError(404, f"File or directory does not exist: {spot.path}")
            is_dir = entry.type == "directory"
            if manager.delete_to_trash and not entry.writable and await self.stat(spot) is not None:
                raise HTTPError(403, f"Permission denied: {spot.path}")
            if is_dir and not manager.always_delete_dir and not (manager.delete_to_trash and keeps):
                if not await self._children(spot).is_empty(but_for=DIRECTORY.encode()):
                    raise HTTPError(400, f"Directory {spot.path} not empty")
                await self._delete_leftovers(spot)
            if not (manager.delete_to_trash and await self._throw_away(spot, needed=keeps)):
                await root.delete(spot.inside, recursive=is_dir and manager.always_delete_dir)
        self._tell("entry_deleted", spot)

    async def _throw_away(self, spot: Spot, *, needed: bool) -> bool:
        """Move to the trash, which some roots have not; whether that was done, unless it is ``needed``."""
        try:
            await spot.root.delete(spot.inside, recursive=needed, trash=True)
        except PermissionDenied:
            if needed:
                raise
            return False
        return True

    async def _delete_leftovers(self, directory: Spot) -> None:
        """A directory of checkpoints whose files are gone keeps nobody from deleting what it is in."""
        root = directory.root.with_hidden(DIRECTORY)
        try:
            await root.delete(directory.child(DIRECTORY).inside, recursive=True)
        except NotFound:
            pass

    # --- others

    def _tell(self, what: str, *spots: Spot) -> None:
        index = self._manager._index()
        if index is not None:
            getattr(index, what)(*(spot.path for spot in spots))


def _unfinished(spot: Spot) -> Model:
    """The model of a file of which the last piece has not come yet."""
    now = datetime.now(timezone.utc)
    return model_of(spot, Entry(os.fsencode(spot.name), "file", None, now, now, None, True, 0), "file")
