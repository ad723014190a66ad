"""Which API paths are the roots' own business, and which are left to jupyter_server."""

from __future__ import annotations

from typing import NamedTuple

from ...core.errors import BadParameter, NotADirectory, NotFound
from ...core.paths import split
from ...core.ports import RootBackend, RootRegistry


class Claim(NamedTuple):
    """A root and the way inside it."""

    backend: RootBackend
    inside: str


class Claims:
    """Tells what jupyter_server must not touch by itself.

    That are all paths of the roots other than the default one; and those of the default root too, where its links are
    not simply followed, which is all that jupyter_server knows to do.
    """

    def __init__(self, registry: RootRegistry) -> None:
        self._registry = registry

    def named(self, api_path: str) -> bool:
        """Whether the path leads through the prefix of a root; `prefix_in` tells which."""
        return self.prefix_in(api_path) is not None

    def prefix_in(self, api_path: str) -> str | None:
        """The prefix of a root that the path leads through, if only to leave it by `..` again.

        Whoever joins such a path to the contents root would reach an entry that has the prefix's name by chance.
        """
        prefixes = {backend.info.prefix for backend in self.roots()}
        way: list[str] = []
        for part in api_path.split("/"):
            if part == "..":
                way[-1:] = []
            elif part not in ("", "."):
                way.append(part)
                if len(way) == 1 and part in prefixes:
                    return part
        return None

    def covers(self, api_path: str) -> bool:
        """Whether a request for this path is answered here."""
        return self.named(api_path) or self._is_strict(api_path)

    def find(self, api_path: str) -> Claim | None:
        """The root of a path that is answered here, None for any other.

        Raises
        ------
        NotFound
            For a path that leaves its root.
        """
        return Claim(*self._registry.find(api_path)) if self.covers(api_path) else None

    def roots(self) -> list[RootBackend]:
        """All roots that have a prefix."""
        return [backend for backend in self._registry.roots() if backend.info.prefix]

    def _is_strict(self, api_path: str) -> bool:
        default = next((backend for backend in self._registry.roots() if not backend.info.prefix), None)
        return default is not None and default.info.symlinks != "follow"


async def directory(claim: Claim) -> str:
    """The real directory that ``claim`` names.

    Raises
    ------
    NotADirectory
        For anything else.
    BadParameter
        Where the root has no directories of this machine.
    DomainError
        As the root's own methods.
    """
    backend, inside = claim
    entry = await backend.stat(inside)
    if entry.type != "directory":
        raise NotADirectory(f"{shown(claim)} is not a folder.")
    path = await backend.real_path(inside)
    if path is None:
        raise BadParameter(f"“{backend.info.title}” is no folder of this machine: nothing can be started in it.")
    return path


async def nearest_directory(claim: Claim) -> str:
    """The real directory of a document: the first one upwards that is there, and the root itself at the last.

    As in jupyter_server, the document need not exist: a console's is a made-up name. Raises as `directory` does.
    """
    while True:
        try:
            return await directory(claim)
        except (NotFound, NotADirectory):
            if not claim.inside:
                raise
            claim = Claim(claim.backend, split(claim.inside)[0])


def shown(claim: Claim) -> str:
    """The API path of ``claim``, for messages."""
    return "/".join(part for part in (claim.backend.info.prefix, claim.inside) if part) or "/"
