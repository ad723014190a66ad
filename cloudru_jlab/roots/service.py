"""What is asked of the roots themselves: which there are, how they are, and one more or less."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from logging import Logger
from typing import Protocol, TypeVar

from ..core.errors import (
    BadParameter,
    DomainError,
    FileSystemError,
    NotAnswering,
    NotFound,
    PermissionDenied,
    RootUnavailable,
)
from ..core.ports import RootInfo
from .added import (
    AddedRoot,
    AddedStore,
    Checked,
    Other,
    check,
    collides,
    decoded,
    encoded,
    name_for,
    overlaps,
    parent_of,
    real_path,
)
from .models import NewRoot, RealPath, Root, Roots
from .monitor import Monitor
from .registry import Registry, WatchedRoot

T = TypeVar("T")


class Run(Protocol):
    """Calls a function on a thread that may hang."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """Its result; `NotAnswering` where that does not come in time, `RootUnavailable` where that was so lately."""


class RootsService:
    """The roots, for the handlers.

    Parameters
    ----------
    parents:
        The folders below which users may add roots; none: they may not.
    store:
        Where added roots are kept.
    run:
        See `Run`: for what is done to folders that are no roots yet, and for the store.
    """

    def __init__(
        self,
        registry: Registry,
        monitor: Monitor,
        *,
        parents: Sequence[bytes],
        store: AddedStore,
        run: Run,
        log: Logger,
    ) -> None:
        self.registry = registry
        self._monitor = monitor
        self._parents = parents
        self._store = store
        self._run = run
        self._log = log
        self._changing = asyncio.Lock()

    @property
    def may_add(self) -> bool:
        """Whether users may add roots."""
        return bool(self._parents)

    async def overview(self, *, refresh: bool = False) -> Roots:
        """All roots; with ``refresh`` as they are now, else as they were lately."""
        roots = self.registry.watched()
        await self._monitor.look(roots, now=refresh)
        return Roots(roots=[self._described(root) for root in roots], may_add=self.may_add)

    async def real_path(self, api_path: str) -> RealPath:
        """The path on the server's machine.

        Raises
        ------
        NotFound
            Where there is nothing, or nothing with a path on this machine.
        DomainError
            As `core.ports.RootBackend.real_path` does.
        """
        root, inside = self.registry.find(api_path)
        path = await root.real_path(inside)
        if path is None:
            raise NotFound(f"{api_path or '/'} has no path on this server's machine.")
        return RealPath(path=path)

    async def add(self, request: NewRoot) -> Root:
        """Make a folder of the machine a root.

        Raises
        ------
        PermissionDenied
            Where users may not add roots.
        BadParameter
            For a path that is not absolute.
        NotFound, Conflict
            See `added.check`.
        NotAnswering
            Where the folder's file system does not answer.
        """
        if not self._parents:
            raise PermissionDenied("Roots cannot be added on this server. Ask its operator for another folder.")
        wanted = _absolute(request.path)
        async with self._changing:
            others, taken, folder = self._others(), self._names(), self._default_folder()

            def keep() -> tuple[Checked, AddedRoot]:
                checked = check(wanted, self._parents, others)
                title = request.title or _as_text(os.path.basename(checked.path)) or "/"
                root = AddedRoot(
                    name=name_for(title, lambda name: name in taken or collides(folder, name)),
                    title=title,
                    path=encoded(checked.path),
                    parent=encoded(checked.parent),
                    read_only=request.read_only,
                )
                self._store.put(root)
                return checked, root

            checked, kept = await self._try(keep, request.path)
            root = self.registry.add(self._info(kept, read_only=checked.read_only))
        await self._monitor.look([root])
        return self._described(root)

    async def remove(self, name: str) -> None:
        """Forget an added root; its files stay.

        Raises
        ------
        NotFound
            Where there is no root of that name.
        PermissionDenied
            For one of the operator's.
        """
        async with self._changing:
            root = self.registry.named(name)
            if root is None:
                raise NotFound(f"There is no root “{name}”.")
            if not root.info.added:
                raise PermissionDenied(f"Only the operator of this server can remove the root “{root.info.title}”.")
            await self._try(lambda: self._store.drop(name), name)
            self.registry.remove(root.info.prefix)

    def restore(self) -> None:
        """Bring back the roots that were added before, without touching their folders, where the operator still allows
        the place they are in; `validate` looks closer. Reads the disk: for the start of the server."""
        try:
            kept = self._store.read()
        except OSError as error:
            self._log.warning("The roots that users added cannot be read: %s", error)
            return
        folder = self._default_folder()
        for root in kept:
            path = decoded(root.path)
            if decoded(root.parent) not in self._parents:
                self._log.warning("The added root %r is left out: its place is not in Roots.user_parents.", root.name)
            elif self.registry.named(root.name) is not None or collides(folder, root.name):
                self._log.warning("The added root %r is left out: its name is taken. Add it anew.", root.name)
            elif any(path == other.path for other in self._others()):
                self._log.warning("The added root %r is left out: the operator made it a root.", root.name)
            else:
                closed = [other.path for other in self._others() if not other.writable]
                self.registry.add(self._info(root, read_only=overlaps(path, closed)))

    async def validate(self) -> None:
        """See that restored roots are where they were. One that cannot be looked at stays, and is not available."""
        for root in self.registry.watched():
            info = root.info
            if not info.added or info.real is None:
                continue
            path, others = info.real, [other for other in self._others() if other.path != info.real]
            try:
                await self._try(partial(_still_there, path, self._parents), info.name)
                checked: Checked = await self._try(partial(check, path, self._parents, others), info.name)
            except (NotAnswering, FileSystemError):
                continue
            except DomainError as error:
                self._log.warning("The added root %r is left out: %s", info.name, error.message)
                self.registry.remove(info.prefix)
            else:
                if checked.read_only and info.writable:
                    self.registry.add(info._replace(writable=False))

    async def stop(self) -> None:
        """End all work on roots."""
        await self._monitor.stop()
        self.registry.close()

    async def _try(self, work: Callable[[], T], what: str) -> T:
        """The result of ``work``; what the system says as a `DomainError` about ``what``."""
        try:
            return await self._run(work)
        except (NotAnswering, RootUnavailable):
            raise NotAnswering(f"The file system of {what} does not answer. Try again in a moment.") from None
        except OSError as error:
            self._log.warning("Roots: %s", error)
            raise FileSystemError(f"The server could not look at {what}, or not keep its list of roots.") from None

    def _others(self) -> list[Other]:
        return [
            Other(info.title, info.real, info.writable, self._monitor.state(root).availability == "available")
            for root in self.registry.watched()
            if (info := root.info).real is not None
        ]

    def _names(self) -> set[str]:
        return {root.info.name for root in self.registry.watched()}

    def _default_folder(self) -> bytes | None:
        default = self.registry.default()
        return None if default is None else default.info.real

    def _info(self, root: AddedRoot, *, read_only: bool) -> RootInfo:
        default = self.registry.default()
        return RootInfo(
            name=root.name,
            title=root.title,
            prefix="@" + root.name,
            writable=not (root.read_only or read_only),
            hidden=default is not None and default.info.hidden,
            symlinks="inside",
            icon="",
            order=0,
            default=False,
            real=decoded(root.path),
            added=True,
        )

    def _described(self, root: WatchedRoot) -> Root:
        info, state = root.info, self._monitor.state(root)
        return Root(
            name=info.name,
            title=info.title,
            prefix=info.prefix,
            writable=info.writable and "write" in root.capabilities,
            default=info.default,
            icon=info.icon,
            order=info.order,
            hidden=info.hidden,
            symlinks=info.symlinks,
            added=info.added,
            state=state.availability,
            message=state.message,
            file_system=state.file_system,
            free_bytes=state.free_bytes,
            total_bytes=state.total_bytes,
            free_inodes=state.free_inodes,
            total_inodes=state.total_inodes,
        )


def _absolute(text: str) -> bytes:
    """The path that a user wrote; ``~`` is the home of the server's user. Raises `BadParameter`."""
    path = os.path.expanduser(text.strip())
    if "\0" in path or not os.path.isabs(path):
        raise BadParameter("Give the whole path of a folder on the server, starting with / or ~.")
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        raise BadParameter("The path holds characters that no path has.") from None


def _as_text(name: bytes) -> str:
    """``name``, which may be no text, as a title."""
    shown = name.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)[:100]


def _still_there(path: bytes, parents: Sequence[bytes]) -> None:
    """Raises `OSError` where ``path`` cannot be looked at, and `NotFound` where it leads elsewhere."""
    real = real_path(path)
    if real != path or parent_of(real, parents) is None:
        raise NotFound("a link in its place leads elsewhere")
