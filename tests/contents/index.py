"""A shared index of directories that keeps what it is told."""

from __future__ import annotations

from cloudru_jlab.core.errors import NotAnswering
from cloudru_jlab.core.ports import DirectoryHead


class Index:
    """See `core.ports.DirectoryIndex`; without names it does not answer."""

    def __init__(self, names: list[bytes] | None = None, total: int = 0) -> None:
        self.names = names
        self.total = total
        self.asked: list[tuple[str, int, bool]] = []
        self.told: list[tuple[str, ...]] = []

    async def head(self, api_path: str, limit: int, *, hidden: bool) -> DirectoryHead:
        self.asked.append((api_path, limit, hidden))
        if self.names is None:
            raise NotAnswering("The file system does not answer.")
        return DirectoryHead(self.names[:limit], self.total)

    def entry_created(self, api_path: str) -> None:
        self.told.append(("created", api_path))

    def entry_deleted(self, api_path: str) -> None:
        self.told.append(("deleted", api_path))

    def entry_renamed(self, old_api_path: str, new_api_path: str) -> None:
        self.told.append(("renamed", old_api_path, new_api_path))
