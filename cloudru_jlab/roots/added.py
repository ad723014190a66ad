"""Roots that users add: folders below those that the operator allows, kept until the user removes them.

Whether a folder lies below an allowed one is decided on the opened folder, links and all. It is decided again at each
start of the server. Between the two, whoever may write to the parents may put a link in the folder's place: it leads no
further than the server's own user may go, as code in a kernel does anyway.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from msgspec import Struct

from ..core import beneath
from ..core.access import Place
from ..core.errors import Conflict, NotFound
from ..core.state import Document
from .config import NAME, is_below

#: Names that stand for something else in the routes.
_RESERVED = frozenset({"real-path"})
_MOST = 200


class AddedRoot(Struct, frozen=True, kw_only=True):
    """One added root as it is kept. ``path`` is free of links; it and ``parent``, the operator's words expanded, are
    percent-encoded: file names need not be text."""

    name: str
    title: str
    path: str
    parent: str
    read_only: bool = False


class AddedRoots(Struct, kw_only=True):
    """All of them."""

    roots: list[AddedRoot] = []


class Other(NamedTuple):
    """Another root: its title, its path, whether it may be written to, and whether its file system may be asked."""

    title: str
    path: bytes
    writable: bool
    answers: bool


class Checked(NamedTuple):
    """A folder that may be a root: its path free of links, the allowed folder it lies in, and whether a read-only root
    covers it or lies in it, which makes it read-only too."""

    path: bytes
    parent: bytes
    read_only: bool


def check(path: bytes, parents: Sequence[bytes], others: Iterable[Other]) -> Checked:
    """Whether ``path`` may be a root. Touches file systems: call it on a thread that may hang.

    Raises
    ------
    NotFound
        Where ``path`` is no directory, or lies below none of ``parents``. The two are told apart by nobody outside.
    Conflict
        Where it is a root already.
    """
    try:
        real = real_path(path)
        parent = parent_of(real, parents)
    except OSError:
        parent = None
    if parent is None:
        raise NotFound(
            f"{os.fsdecode(path)} is no folder below one of those that the operator of this server allows. Check the "
            "spelling, or ask the operator for another place."
        )
    read_only = False
    for other in others:
        known = {other.path, _real_or_nothing(other.path)} if other.answers else {other.path}
        if real in known:
            raise Conflict(f"This folder is the root “{other.title}” already.")
        if not other.writable:
            read_only = read_only or overlaps(real, known)
    return Checked(real, parent, read_only)


def parent_of(real: bytes, parents: Iterable[bytes]) -> bytes | None:
    """The first of ``parents`` that ``real`` lies in, or is. Touches file systems."""
    return next((parent for parent in parents if (it := _real_or_nothing(parent)) and is_below(real, it)), None)


def real_path(path: bytes) -> bytes:
    """The path, free of links, of the directory that ``path`` opens; raises `OSError`."""
    with beneath.opened(Place(path, b"")) as fd:
        real = beneath.fd_target(fd)
        if os.fstat(fd).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return real


def overlaps(path: bytes, others: Iterable[bytes]) -> bool:
    """Whether ``path`` is one of ``others``, lies in one, or holds one."""
    return any(is_below(path, other) or is_below(other, path) for other in others if other)


def collides(folder: bytes | None, name: str) -> bool:
    """Whether the default root at ``folder`` has an entry that a root of that name would hide. Touches the disk."""
    return folder is not None and os.path.lexists(os.path.join(folder, b"@" + os.fsencode(name)))


def name_for(title: str, taken: Callable[[str], bool]) -> str:
    """A name for a root of that title which is not ``taken``."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    name = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:50].rstrip("-._") or "folder"
    for number in range(1, 2 * _MOST + 2):
        candidate = name if number == 1 else f"{name}-{number}"
        if NAME.fullmatch(candidate) and candidate not in _RESERVED and not taken(candidate):
            return candidate
    raise Conflict("There are too many roots of that name. Give this one another title.")


class AddedStore:
    """The added roots on disk; its methods touch it: call them on a thread."""

    def __init__(self, document: Document[AddedRoots]) -> None:
        self._document = document

    def read(self) -> list[AddedRoot]:
        """Those that are well-formed. Raises `OSError`."""
        return [root for root in self._document.read().roots if NAME.fullmatch(root.name)]

    def put(self, root: AddedRoot) -> None:
        """Keep one more; raises `OSError`, and `Conflict` where there are too many."""
        with self._document.changing():
            roots = [other for other in self._document.read().roots if other.name != root.name]
            if len(roots) >= _MOST:
                raise Conflict(f"There are {_MOST} added roots already. Remove one of them first.")
            self._document.write(AddedRoots(roots=[*roots, root]))

    def drop(self, name: str) -> None:
        """Forget one; raises `OSError`."""
        with self._document.changing():
            roots = self._document.read().roots
            self._document.write(AddedRoots(roots=[root for root in roots if root.name != name]))


def encoded(path: bytes) -> str:
    """``path`` as it is kept."""
    return quote_from_bytes(path)


def decoded(text: str) -> bytes:
    """The path again."""
    return unquote_to_bytes(text)


def _real_or_nothing(path: bytes) -> bytes:
    try:
        return real_path(path)
    except OSError:
        return b""
