"""Roots for tests, of each kind."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from cloudru_jlab.core.ports import RootInfo
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.roots.local import LocalBackend


class OneFileSystem:
    """All paths are on the same file system."""

    def __init__(self) -> None:
        self.found = LocalAccess()

    def access(self, path: bytes) -> Any:
        """See `core.access.FileSystems`."""
        return self.found


def info(real: Path | None = None, **changes: Any) -> RootInfo:
    """What would be configured of a root."""
    plain = RootInfo(
        name="data",
        title="Data",
        prefix="@data",
        writable=True,
        hidden=False,
        symlinks="inside",
        icon="",
        order=0,
        default=False,
        real=None if real is None else os.fsencode(real),
    )
    return plain._replace(**changes)


def local(real: Path, *, options: dict[str, Any] | None = None, **changes: Any) -> LocalBackend:
    """A root in ``real``."""
    return LocalBackend(info(real, **changes), OneFileSystem(), log=logging.getLogger("roots"), **(options or {}))


async def content(backend: Any, path: str, *bounds: int) -> bytes:
    """What `read` gives."""
    return b"".join([piece async for piece in await backend.read(path, *bounds)])
