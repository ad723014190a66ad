"""The path on this machine of something in a root, for code of others that wants one at once."""

from __future__ import annotations

import os

from tornado.web import HTTPError

from ...core import beneath
from ...core.errors import DomainError
from .spots import Spot


def os_path_of(spot: Spot) -> str:
    """The absolute path, all links resolved and found to be allowed; what does not exist yet is in a verified
    directory.

    Blocks for as long as a local file system takes. What is done with the path is no longer checked.

    Raises
    ------
    HTTPError
        404 for what may not be reached, and in a root whose file system may hang: there only `RootBackend.real_path`
        helps, which can be waited for. Also outside the event loop, to which roots belong.
    """
    refused = HTTPError(404, f"{spot.path} has no path on this machine that could be told at once")
    if spot.hidden or spot.root.info.real is None or spot.root.state().availability != "available":
        raise refused
    try:
        access, place = spot.root.place(spot.inside)
        if access.guarded:
            raise refused
        try:
            return os.fsdecode(beneath.resolved(place))
        except FileNotFoundError:
            if not spot.inside:
                raise
            _, directory = spot.root.place(spot.parent.inside)
            found = os.path.join(beneath.resolved(directory), os.fsencode(spot.name))
            if os.path.lexists(found):
                # It is there, and may not be followed.
                raise
            return os.fsdecode(found)
    except (DomainError, OSError, ValueError, RuntimeError):
        raise refused from None
