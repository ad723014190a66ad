"""Where a path of a request lies: in which root, how that is touched, and what it allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from ..core.access import FileSystemAccess, FileSystems, Place
from ..core.errors import NotFound, ReadOnlyRoot, RootUnavailable
from ..core.paths import ContentsRoot, join
from ..core.ports import RootBackend, RootRegistry
from .local_contents import Contents, NotLocal


class Spot(NamedTuple):
    """A directory or entry as a request names it.

    ``path`` is its API path, the root's prefix included; ``inside`` the part below the root. ``local`` tells whether
    the place is on this machine; ``hidden``, whether what starts with a dot may be reached; ``trash``, whether the root
    has one. ``backend`` is None where no feature provides roots: the contents root is then the only one.
    """

    root: str
    path: str
    inside: str
    access: FileSystemAccess
    place: Place
    writable: bool
    hidden: bool
    hide_globs: tuple[str, ...]
    local: bool = True
    trash: bool = True
    default: bool = True
    backend: RootBackend | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.root, self.inside

    def require_writable(self) -> None:
        """Raises `ReadOnlyRoot`."""
        if not self.writable:
            raise ReadOnlyRoot(f"{self.path or 'This folder'} cannot be changed: its root is read-only.")


class Roots:
    """Finds paths in the roots that there are now.

    Parameters
    ----------
    contents:
        Gives the contents manager's values of now, None where its contents are not local.
    registry:
        Gives the roots of now, None where there is the contents root alone.
    file_systems:
        Chooses how to touch a path of the contents root.
    """

    def __init__(
        self,
        contents: Callable[[], Contents | None],
        registry: Callable[[], RootRegistry | None],
        file_systems: FileSystems,
    ) -> None:
        self._contents, self._registry, self._file_systems = contents, registry, file_systems

    def find(self, api_path: str, *, waiting: bool = True) -> Spot:
        """The spot of ``api_path``. Cheap: touches no file system that may hang.

        Parameters
        ----------
        waiting:
            Whether somebody waits for what is there, and is told at once where the root is not.

        Raises
        ------
        NotFound
            For what leaves its root, or is hidden where hidden is not allowed.
        RootUnavailable
            When the root was not there when it was last looked at.
        NotLocal
            When the server's files do not come from a local directory, and no roots are provided.
        """
        registry = self._registry()
        if registry is None:
            return self._in_contents(api_path)
        try:
            backend, inside = registry.find(api_path)
        except NotFound:
            if self._contents() is None and not api_path.lstrip("/").startswith("@"):
                raise _not_local() from None
            raise
        info = backend.info
        state = backend.state()
        try:
            # asked whatever the state is: it is what looks again at a root that was not there
            access, place = backend.place(inside)
        except RootUnavailable as error:
            raise RootUnavailable(error.message, state=state.availability) from None
        if waiting and not info.default and state.availability != "available":
            raise RootUnavailable(state.message or f"{info.title} is not available now.", state=state.availability)
        contents = self._contents()
        return Spot(
            root=info.name,
            path=join(info.prefix, inside) if inside else info.prefix,
            inside=inside,
            access=access,
            place=place,
            writable=info.writable,
            hidden=info.hidden,
            hide_globs=() if contents is None else contents.hide_globs,
            local=info.real is not None,
            trash="trash" in backend.capabilities or (info.default and info.symlinks == "follow"),
            default=info.default,
            backend=backend,
        )

    def _in_contents(self, api_path: str) -> Spot:
        contents = self._contents()
        if contents is None:
            raise _not_local()
        root = ContentsRoot(contents.root_dir, allow_hidden=contents.allow_hidden)
        inside = root.normalise(api_path)
        try:
            place = Place(root.root, os.fsencode(inside))
        except UnicodeEncodeError:
            raise NotFound("There is no such folder or file below the root of this server.") from None
        return Spot(
            root="",
            path=inside,
            inside=inside,
            access=self._file_systems.access(place.path),
            place=place,
            writable=True,
            hidden=contents.allow_hidden,
            hide_globs=contents.hide_globs,
        )


def _not_local() -> NotLocal:
    return NotLocal("The files of this server do not lie in a local directory, so they are not paged.")
