"""What code of others wants to know at once of something in a root: it was written for one root, on a local disk.

All blocks for as long as a local file system takes, and is refused in a root whose file system may hang.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from tornado.web import HTTPError

from ...core import beneath
from ...core.access import Place
from ...core.errors import DomainError
from .spots import Spot


class Answer(Awaitable[bool]):
    """Yes or no: awaited, or at once where it is used as a truth value, as jupytext does."""

    def __init__(self, later: Callable[[], Awaitable[bool]], now: Callable[[], bool]) -> None:
        self._later, self._now = later, now

    def __await__(self) -> Generator[Any, Any, bool]:
        return self._later().__await__()

    def __bool__(self) -> bool:
        return self._now()


def os_path_of(spot: Spot) -> str:
    """The absolute path, all links resolved and found to be allowed; what does not exist yet is in a verified
    directory. What is done with it is no longer checked.

    Raises
    ------
    HTTPError
        404 for what may not be reached, and where it cannot be told at once: there `RootBackend.real_path` helps, which
        can be waited for.
    """
    place = _place_of(spot)
    try:
        try:
            return os.fsdecode(beneath.resolved(place))
        except FileNotFoundError:
            if spot.hidden or not spot.inside:
                raise
            directory = _place_of(spot.parent)
            found = os.path.join(beneath.resolved(directory), os.fsencode(spot.name))
            if os.path.lexists(found):
                # It is there, and may not be followed.
                raise
            return os.fsdecode(found)
    except (OSError, ValueError):
        raise _unknown(spot) from None


def exists_now(spot: Spot) -> bool:
    """Whether it exists; raises `HTTPError` 404 where that cannot be told at once."""
    if spot.hidden:
        return False
    try:
        return bool(beneath.resolved(_place_of(spot)))
    except OSError:
        return False


def is_writable_now(spot: Spot) -> bool:
    """Whether it may be written to; raises `HTTPError` 404 where that cannot be told at once."""
    if spot.hidden or not spot.root.info.writable:
        return False
    try:
        fd = beneath.open_path(_place_of(spot))
    except OSError:
        return False
    try:
        return os.access(beneath.fd_path(fd), os.W_OK)
    finally:
        os.close(fd)


def _place_of(spot: Spot) -> Place:
    if spot.root.info.real is None or spot.root.state().availability != "available":
        raise _unknown(spot)
    try:
        access, place = spot.root.place(spot.inside)
    except (DomainError, RuntimeError):
        # The latter outside the event loop, to which roots belong.
        raise _unknown(spot) from None
    if access.guarded:
        raise _unknown(spot)
    return place


def _unknown(spot: Spot) -> HTTPError:
    return HTTPError(404, f"{spot.path} has no path on this machine that could be told at once")
