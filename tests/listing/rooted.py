"""Several roots without a server: a registry of directories and of roots in memory."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from cloudru_jlab.core.access import FileSystemAccess
from cloudru_jlab.core.paths import normalise
from cloudru_jlab.core.ports import RootBackend, RootInfo
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.roots.local import LocalBackend
from roots import memory


class Systems:
    """All paths are local."""

    def __init__(self, local: LocalAccess) -> None:
        self.local = local

    def access(self, path: bytes) -> FileSystemAccess:
        """See `core.access.FileSystems`."""
        return self.local


class Registered:
    """See `core.ports.RootRegistry`; the first root is the default one."""

    def __init__(self) -> None:
        self.local = LocalAccess()
        self.backends: dict[str, RootBackend] = {}

    def add(self, name: str, path: Path | None, **fields: Any) -> RootBackend:
        """A root in ``path``, or in memory; its fields as in `RootInfo`."""
        default = not self.backends
        info = RootInfo(
            name=name,
            title=name.title(),
            prefix="" if default else f"@{name}",
            writable=fields.get("writable", True),
            hidden=fields.get("hidden", False),
            symlinks=fields.get("symlinks", "inside"),
            icon="",
            order=0,
            default=default,
            real=None if path is None else os.fsencode(path),
        )
        backend: RootBackend
        if path is None:
            backend = memory.MemoryBackend(info, fields.get("top") or memory.tree())
        else:
            backend = LocalBackend(info, Systems(self.local), log=logging.getLogger("roots"))
        self.backends[info.prefix] = backend
        return backend

    def roots(self) -> list[RootBackend]:
        """See `core.ports.RootRegistry`."""
        return list(self.backends.values())

    def find(self, api_path: str) -> tuple[RootBackend, str]:
        """See `core.ports.RootRegistry`."""
        clean = normalise(api_path, hidden=True)
        prefix, _, inside = clean.partition("/")
        if prefix.startswith("@") and prefix in self.backends:
            return self.backends[prefix], inside
        return self.backends[""], clean

    def close(self) -> None:
        """End the threads."""
        for backend in self.backends.values():
            if isinstance(backend, LocalBackend):
                backend.close()
        self.local.close()
