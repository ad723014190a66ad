"""Which roots there are, and to which one a path belongs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple, Protocol

from ..core.errors import NotFound
from ..core.paths import normalise
from ..core.ports import RootBackend, RootInfo, RootState
from .config import RootConfig

#: What the default root is called where nobody gave it a name, unless another root is called that.
HOME = "home"


class WatchedRoot(RootBackend, Protocol):
    """A root that can be looked at."""

    async def look(self) -> RootState:
        """The state now, which `state` tells from then on; within the root's deadline, and never an error."""

    def close(self) -> None:
        """Let the root's threads go, as soon as they come back. Does not wait for them."""


class ContentsFolder(NamedTuple):
    """What the contents manager serves now: the absolute path, and whether hidden files may be reached."""

    path: str
    hidden: bool


MakeRoot = Callable[[RootInfo, bool], WatchedRoot]
"""Makes the backend of a root; the second argument tells whether something must be mounted on it."""


class Registry:
    """See `core.ports.RootRegistry`. All of it runs on the event loop, and touches no disk.

    Parameters
    ----------
    configured:
        The operator's roots. The one marked as default describes the contents root.
    contents:
        The contents manager's folder, asked for each time: other extensions replace the manager. None where it serves
        no folder of this machine; there is no default root then.
    make:
        See `MakeRoot`.
    """

    def __init__(
        self, configured: Sequence[RootConfig], contents: Callable[[], ContentsFolder | None], make: MakeRoot
    ) -> None:
        self._contents = contents
        self._make = make
        self._default_config = next((root for root in configured if root.default), None)
        self._default: WatchedRoot | None = None
        self._folder: ContentsFolder | None = None
        self._roots: dict[str, WatchedRoot] = {}
        folder = contents()
        for root in configured:
            if not root.default:
                info = RootInfo(
                    name=root.name,
                    title=root.title,
                    prefix="@" + root.name,
                    writable=not root.read_only,
                    hidden=folder is not None and folder.hidden if root.hidden is None else root.hidden,
                    symlinks=root.symlinks,
                    icon=root.icon,
                    order=root.order,
                    default=False,
                    real=root.path,
                )
                self._roots[info.prefix] = make(info, root.mount_required)

    def roots(self) -> list[RootBackend]:
        """See `core.ports.RootRegistry`."""
        return list(self.watched())

    def find(self, api_path: str) -> tuple[RootBackend, str]:
        """See `core.ports.RootRegistry`."""
        # hidden or not is asked by the root, which has its own rule
        clean = normalise(api_path, hidden=True)
        if clean.startswith("@"):
            prefix, _, inside = clean.partition("/")
            root = self._roots.get(prefix)
            if root is not None:
                return root, inside
        default = self.default()
        if default is None:
            raise NotFound("There is no such folder or file: this server's contents are no folder of its machine.")
        return default, clean

    def watched(self) -> list[WatchedRoot]:
        """All roots: the operator's by their order, the default one first of equals, then those of users."""
        default = self.default()
        all_roots = [*([default] if default is not None else []), *self._roots.values()]
        return sorted(all_roots, key=lambda root: (root.info.added, root.info.order))

    def named(self, name: str) -> WatchedRoot | None:
        """The root of that name."""
        return next((root for root in self.watched() if root.info.name == name), None)

    def default(self) -> WatchedRoot | None:
        """The root of all paths without a prefix."""
        folder = self._contents()
        if folder != self._folder:
            if self._default is not None:
                self._default.close()
            self._folder = folder
            self._default = None if folder is None else self._make_default(folder)
        return self._default

    def add(self, info: RootInfo) -> WatchedRoot:
        """One root more; in place of the one with its prefix, if there is one."""
        self.remove(info.prefix)
        root = self._roots[info.prefix] = self._make(info, False)
        return root

    def remove(self, prefix: str) -> None:
        """One root less, if there is one; never the default one."""
        root = self._roots.pop(prefix, None)
        if root is not None:
            root.close()

    def close(self) -> None:
        """Let all threads go."""
        for root in self._roots.values():
            root.close()
        if self._default is not None:
            self._default.close()

    def _make_default(self, folder: ContentsFolder) -> WatchedRoot:
        path = os.path.abspath(folder.path)
        config = self._default_config
        if config is None:
            taken = {root.info.name for root in self._roots.values()}
            name = HOME if HOME not in taken else next(f"{HOME}-{n}" for n in count(2) if f"{HOME}-{n}" not in taken)
            config = RootConfig(name, os.path.basename(path) or path, os.fsencode(path), symlinks="follow")
        info = RootInfo(
            name=config.name,
            title=config.title,
            prefix="",
            writable=not config.read_only,
            hidden=folder.hidden,
            symlinks=config.symlinks,
            icon=config.icon,
            order=config.order,
            default=True,
            real=os.fsencode(path),
        )
        return self._make(info, config.mount_required)
