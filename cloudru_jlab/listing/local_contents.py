"""What the listing service must know of the server's contents."""

from __future__ import annotations

from typing import NamedTuple

from ..core.errors import DomainError


class NotLocal(DomainError):
    """The server's contents do not come from a directory that this service could read."""

    status = 501
    reason = "not_local"


class Contents(NamedTuple):
    """What the service must know of the server's contents manager, which others may replace at any time."""

    root_dir: str
    allow_hidden: bool
    hide_globs: tuple[str, ...]
