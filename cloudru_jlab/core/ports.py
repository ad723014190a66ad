"""What features need of each other, as Protocols: no feature imports another.

A feature names the ports that it provides and requires (`core.feature.Feature`); `features.py` connects them. A port
that nobody provides is None: the feature that wanted it does less, and nothing breaks.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable


class DirectoryHead(NamedTuple):
    """The first entries of a directory.

    ``names`` are raw file names in stock order (directories first, English, natural); ``total`` counts all entries that
    would be listed.
    """

    names: list[bytes]
    total: int


@runtime_checkable
class DirectoryIndex(Protocol):
    """A shared, sorted index of directories that others need not scan again. Provided by `listing`."""

    async def head(self, api_path: str, limit: int, *, hidden: bool) -> DirectoryHead:
        """The first ``limit`` names of the directory as it is now.

        Raises
        ------
        core.errors.DomainError
            When the directory cannot be listed, or is known to have changed since the index was made.
        """

    def entry_created(self, api_path: str) -> None:
        """The server made this entry: put it in its place without a rescan. Cheap; on the event loop."""

    def entry_deleted(self, api_path: str) -> None:
        """The server removed this entry. Cheap; on the event loop."""

    def entry_renamed(self, old_api_path: str, new_api_path: str) -> None:
        """The server renamed or moved this entry. Cheap; on the event loop."""
