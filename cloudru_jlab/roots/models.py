"""The wire contract of the roots."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Path = Annotated[str, Meta(max_length=4096)]
Title = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RootsQuery(Struct, frozen=True, kw_only=True):
    """``refresh`` looks at every root now, and answers when that is done."""

    refresh: bool = False


class RealPathQuery(Struct, frozen=True, kw_only=True):
    """A path as every endpoint takes it, with the prefix of its root."""

    path: Path = ""


class NewRoot(Struct, frozen=True, kw_only=True):
    """A folder of the server's machine that the user wants as a root."""

    path: Path
    title: Title | None = None
    read_only: bool = False


class Root(Struct, frozen=True, kw_only=True):
    """A root, and how it was when it was last looked at.

    ``prefix`` and a path inside the root, joined by a slash, are the path that every endpoint takes. ``added`` tells
    that a user added the root, and may remove it. ``message`` says in a sentence why a root is not available. Sizes are
    in bytes; null is unknown.
    """

    name: str
    title: str
    prefix: str
    writable: bool
    default: bool
    icon: str
    order: int
    hidden: bool
    symlinks: Literal["deny", "inside", "follow"]
    added: bool
    state: Literal["available", "missing", "not_mounted", "permission_denied", "not_answering"]
    message: str | None
    file_system: str | None
    free_bytes: int | None
    total_bytes: int | None
    free_inodes: int | None
    total_inodes: int | None


class Roots(Struct, frozen=True, kw_only=True):
    """All roots in the order in which users see them, and whether users may add some."""

    roots: list[Root]
    may_add: bool


class RealPath(Struct, frozen=True, kw_only=True):
    """An absolute path on the server's machine, all links resolved."""

    path: str
