"""jupyter_server's manager of large files, made safe for large directories and spared needless reading.

It stands on these members of jupyter_server's classes that are not public; ``tests/contents/test_contract.py`` fails
when one of them changes: ``_dir_model``, ``_file_model``, ``_notebook_model``, ``_get_os_path``, ``_pre_save_hooks``,
``_post_save_hooks``.
"""

# jupyter_server's managers are not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import errno
import fnmatch
import os
import re
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from anyio.to_thread import run_sync
from jupyter_server import CallContext
from jupyter_server.services.contents.handlers import ContentsHandler
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.contents.manager import ContentsManager
from tornado.web import HTTPError
from traitlets import Int, TraitError, validate

from ..core.errors import DomainError, NoSpace
from ..core.ports import DirectoryHead, DirectoryIndex
from .directory import DirectoryReader, Model
from .hashes import Fingerprint, HashCache, HashingWriter, hash_file
from .writing import room_for, written

T = TypeVar("T")

#: Where the extension leaves the shared index of directories among the settings of the web application.
INDEX_SETTING = "cloudru_directory_index"
TRUNCATED_HEADER = "X-Cloudru-Truncated"

#: Threads that list directories: as many listings of a file system that hangs do no harm to anything else.
_LISTING_THREADS = 8
#: A directory's truncation is logged again after this many seconds.
_LOG_AGAIN_S = 3600.0
_LOGGED_DIRECTORIES = 1000
#: What makes a child's model, apart from `get`.
_DESCRIBING = ("exists", "is_writable", "_base_model", "_file_model", "_notebook_model")
#: How long children are described on the event loop before it is let go, in seconds.
_SLICE_S = 0.005

#: The children that a listing asks a subclass for, by API path, as far as they are described already.
_listing: contextvars.ContextVar[dict[str, Model] | None] = contextvars.ContextVar("cloudru_jlab_listing", default=None)

#: Whether a save is under way, of which a checkpoint may be a part.
_saving: contextvars.ContextVar[bool] = contextvars.ContextVar("cloudru_jlab_saving", default=False)


class FolderContentsManager(AsyncLargeFileManager):
    """Serves the contents root: lists a directory in one pass, caps one answer, reads a file at most once per save."""

    max_children = Int(
        10_000,
        config=True,
        help="""Most entries that the model of one directory holds; 0 for no limit.

        Of a larger directory the first ones are given, in JupyterLab's own order (directories first). The model then
        has a field ``truncated``, the answer a header X-Cloudru-Truncated with the number of all entries. The file
        browser of cloudru-jlab is not limited: it asks for pages.
        """,
    )

    @validate("max_children")
    def _validate_max_children(self, proposal: Any) -> int:
        value: int = proposal["value"]
        if value < 0:
            raise TraitError(f"max_children is a number of entries, or 0 for no limit; {value} is neither.")
        return value

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hashes = HashCache()
        self._threads = ThreadPoolExecutor(_LISTING_THREADS, thread_name_prefix="cloudru-contents")
        self._logged: OrderedDict[str, float] = OrderedDict()

    def close(self) -> None:
        """Let the threads go; one that hangs in a file system is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> Model:
        """As the server's."""
        child = self._listed(path, content, type, require_hash)
        if child is not None:
            return child
        model: Model = await super().get(path, content, type, format, require_hash)
        return model

    @staticmethod
    def _listed(path: str, content: bool, type: str | None, require_hash: bool) -> Model | None:
        """The model that the listing under way has of ``path``, if that is all that is asked for."""
        child = (_listing.get() or {}).get(path.strip("/"))
        if child is not None and not content and not require_hash and type in (None, child["type"]):
            return dict(child)
        return None

    @property
    def has_hooks(self) -> bool:
        """Whether anybody wants to hear of each save."""
        hooks = (self.pre_save_hook, self.post_save_hook, *self._pre_save_hooks, *self._post_save_hooks)
        return any(hook is not None for hook in hooks)

    # --- directories

    async def _dir_model(self, path: str, content: bool = True) -> Model:
        model: Model = await super()._dir_model(path, content=False)
        if content:
            reader = DirectoryReader(
                self._get_os_path(path),
                path.strip("/"),
                allow_hidden=self.allow_hidden,
                should_list=self._name_test(),
                log=self.log,
            )
            children, total = await self._children(reader, path)
            model.update(content=children, format="json")
            if total > len(children):
                model["truncated"] = {"total": total, "shown": len(children)}
                self._tell_truncation(path, len(children), total)
        return model

    async def _children(self, reader: DirectoryReader, path: str) -> tuple[list[Model], int]:
        """The models to show of a directory, and the number of entries that it has."""
        missing = 0
        children = await self._in_thread(partial(reader.read, self.max_children))
        if children is None:
            head = await self._head(reader, path)
            should_list = self._name_test()
            names = [name for name in map(os.fsdecode, head.names) if should_list(name)]
            missing = max(0, head.total - len(head.names))
            children = await self._in_thread(partial(reader.describe, names))
        described_otherwise = self._overridden(*_DESCRIBING)
        if described_otherwise or self._overridden("get"):
            children = await self._ask_for_each(children, believed=not described_otherwise)
        return children, len(children) + missing

    async def _head(self, reader: DirectoryReader, path: str) -> DirectoryHead:
        """The first names of a directory that has too many."""
        index = self._index()
        if index is not None:
            try:
                head = await index.head(path.strip("/"), self.max_children, hidden=self.allow_hidden)
            except DomainError as error:
                self.log.debug("No index of %s (%s); it is scanned", path or "/", error.reason)
            else:
                # there are more than max_children, we have seen them: an index with fewer lags behind
                if len(head.names) >= self.max_children:
                    return head
        return await self._in_thread(partial(reader.head, self.max_children))

    def _overridden(self, *members: str) -> bool:
        """Whether a subclass, such as jupytext makes, has one of these of its own."""
        return any(getattr(type(self), member) is not getattr(FolderContentsManager, member) for member in members)

    async def _ask_for_each(self, children: list[Model], *, believed: bool) -> list[Model]:
        """The children as a subclass describes them; the event loop is let go in between.

        Where what we know of them is ``believed``, the subclass finds it with `get` and needs no disk for it.
        """
        answers: list[Model] = []
        token = _listing.set({child["path"]: child for child in children} if believed else {})
        try:
            let_go = time.monotonic() + _SLICE_S
            for child in children:
                try:
                    answers.append(await self.get(path=child["path"], content=False))
                except HTTPError as error:
                    if error.status_code != 404:
                        raise
                except OSError as error:
                    if error.errno not in (errno.ELOOP, errno.EACCES):
                        self.log.warning("Unknown error describing %r", child["path"], exc_info=True)
                if time.monotonic() > let_go:
                    await asyncio.sleep(0)
                    let_go = time.monotonic() + _SLICE_S
        finally:
            _listing.reset(token)
        return answers

    def _name_test(self) -> Callable[[str], bool]:
        """`should_list`; as one pattern where it is jupyter_server's own."""
        if type(self).should_list is not ContentsManager.should_list:
            return self.should_list
        if not self.hide_globs:
            return lambda name: True
        hidden = re.compile("|".join(fnmatch.translate(glob) for glob in self.hide_globs)).match
        return lambda name: hidden(name) is None

    def _tell_truncation(self, path: str, shown: int, total: int) -> None:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        if isinstance(handler, ContentsHandler) and handler.request.method == "GET":
            handler.set_header(TRUNCATED_HEADER, str(total))
        now = time.monotonic()
        if now - self._logged.get(path, -_LOG_AGAIN_S) >= _LOG_AGAIN_S:
            self.log.info("%s has %d entries; the first %d were given (max_children)", path or "/", total, shown)
            self._logged[path] = now
            self._logged.move_to_end(path)
            if len(self._logged) > _LOGGED_DIRECTORIES:
                self._logged.popitem(last=False)

    def emit(self, data: dict[str, Any]) -> None:
        """Tell listeners; a directory that is listed is one event, not one for each of its entries."""
        if _listing.get() is None:
            super().emit(data)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread of our own: the server's shared pool must not wait for a directory."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # --- hashes

    async def _file_model(
        self, path: str, content: bool = True, format: str | None = None, require_hash: bool = False
    ) -> Model:
        build = partial(super()._file_model, path, content=content, format=format)
        return await self._hashed(build, path, content=content, require_hash=require_hash)

    async def _notebook_model(self, path: str, content: bool = True, require_hash: bool = False) -> Model:
        build = partial(super()._notebook_model, path, content=content)
        return await self._hashed(build, path, content=content, require_hash=require_hash)

    async def _hashed(
        self, build: Callable[..., Awaitable[Model]], path: str, *, content: bool, require_hash: bool
    ) -> Model:
        """The model that ``build`` makes, with the hash where it is asked for."""
        if not require_hash:
            return await build()
        os_path = self._get_os_path(path)
        if not content:
            model = await build()
            digest = await run_sync(self._hash_of, os_path, path)
        else:
            before, began_ns = self._fingerprint(os_path), self._hashes.now_ns()
            known = self._hashes.find(before, self.hash_algorithm) if before else None
            model = await build(require_hash=known is None)
            unchanged = before is not None and self._fingerprint(os_path) == before
            if known is None:
                if before is not None and unchanged:
                    self._hashes.add_read(before, self.hash_algorithm, model["hash"], began_ns)
                return model
            # Written to while it was read: of what was read, no hash is known.
            digest = known if unchanged else await run_sync(self._hash_of, os_path, path)
        model.update(hash=digest, hash_algorithm=self.hash_algorithm)
        return model

    def _hash_of(self, os_path: str, path: str) -> str:
        """The hash of a file, which is read only if it is not known. Blocking."""
        if not os.path.isfile(os_path):
            raise HTTPError(400, f"Cannot read non-file {path}")
        with self.open(os_path, "rb") as file:
            return hash_file(file, self.hash_algorithm, self._hashes)

    @staticmethod
    def _fingerprint(os_path: str) -> Fingerprint | None:
        try:
            return Fingerprint.of(os.stat(os_path))
        except OSError:
            return None

    @contextmanager
    def atomic_writing(self, os_path: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """As the server's, but see `writing`; and remembers the hash of what is written."""
        with (
            self.perm_to_403(os_path),
            written(os_path, *args, atomic=self.use_atomic_writing, log=self.log, **kwargs) as file,
        ):
            writer = HashingWriter(file, self.hash_algorithm)
            yield writer
        try:
            info = os.stat(os_path)
        except OSError:
            # Gone again already: then there is nothing to remember.
            return
        digest = writer.digest_of(info)
        if digest is not None:
            self._hashes.add_written(Fingerprint.of(info), self.hash_algorithm, digest)

    def run_post_save_hooks(self, model: Model, os_path: str) -> None:
        """As the server's; a hook may write to the file within the same tick of the file system's clock."""
        try:
            super().run_post_save_hooks(model, os_path)
        finally:
            if self.post_save_hook is not None or self._post_save_hooks:
                fingerprint = self._fingerprint(os_path)
                if fingerprint is not None:
                    self._hashes.forget(fingerprint)

    # --- what was done to the directory, told to its index

    async def save(self, model: Model, path: str = "") -> Model:
        """As the server's."""
        existed = self._lexists(path)
        saving = _saving.set(True)
        try:
            with room_for(self._get_os_path(path.strip("/")), path):
                saved: Model = await super().save(model, path)
        finally:
            _saving.reset(saving)
            # Also where a hook failed afterwards.
            index = self._index()
            if index is not None and not existed and self._lexists(path):
                index.entry_created(path.strip("/"))
        return saved

    async def create_checkpoint(self, path: str) -> Any:
        """As the server's; a notebook that is saved stays saved where there is no room for its first checkpoint."""
        try:
            with room_for(self._get_os_path(path.strip("/")), path):
                return await super().create_checkpoint(path)
        except HTTPError as error:
            if not _saving.get() or error.status_code != NoSpace.status:
                raise
            self.log.warning("There is no room for a checkpoint of %s", path)

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """As the server's."""
        with room_for(self._get_os_path(path.strip("/")), path):
            await super().restore_checkpoint(checkpoint_id, path)

    async def _save_large_file(self, os_path: str, content: str, format: str | None) -> None:
        """As the server's; a piece that there is no room for leaves the file as long as it was."""
        try:
            size = os.stat(os_path).st_size
        except FileNotFoundError:
            # the piece alone: refused for what is wrong with it, or the beginning of what it makes
            size = 0
        try:
            await super()._save_large_file(os_path, content, format)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                os.truncate(os_path, size)
            raise

    def check_and_sign(self, nb: Any, path: str = "", **options: Any) -> None:
        """As the server's; where the database of signatures cannot be written to, the notebook is saved without."""
        try:
            super().check_and_sign(nb, path, **options)
        except sqlite3.Error as error:
            self.log.warning("%s is not signed, and will not be trusted: %s", path, error)

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """As the server's; where the database of signatures does not work, the notebook is not trusted."""
        try:
            super().mark_trusted_cells(nb, path)
        except sqlite3.Error as error:
            self.log.warning("%s is not trusted: %s", path, error)

    async def delete_file(self, path: str) -> None:
        """As the server's."""
        existed = self._lexists(path)
        try:
            await super().delete_file(path)
        finally:
            index = self._index()
            if index is not None and existed and not self._lexists(path):
                index.entry_deleted(path.strip("/"))

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """As the server's."""
        await super().rename_file(old_path, new_path)
        index = self._index()
        if index is not None and old_path.strip("/") != new_path.strip("/"):
            index.entry_renamed(old_path.strip("/"), new_path.strip("/"))

    async def copy(self, from_path: str, to_path: str | None = None) -> Model:
        """As the server's."""
        model: Model = await super().copy(from_path, to_path)
        index = self._index()
        # A file's copy is saved, and has been told of.
        if index is not None and model["type"] == "directory":
            index.entry_created(model["path"].strip("/"))
        return model

    def _lexists(self, path: str) -> bool:
        try:
            return os.path.lexists(self._get_os_path(path.strip("/")))
        except HTTPError:
            # Outside the root: the server's own method says so.
            return False

    def _index(self) -> DirectoryIndex | None:
        """The shared index of directories. Asked for each time: jupytext makes managers that nobody told of it."""
        web_app = getattr(self.parent, "web_app", None)
        index = web_app.settings.get(INDEX_SETTING) if web_app is not None else None
        return index if isinstance(index, DirectoryIndex) else None
