"""Which directories are watched, and what is done with what the watch tells."""

from __future__ import annotations

from logging import Logger

from .directory import Directory


class Watching:
    """Nothing is watched yet."""

    def __init__(self, log: Logger) -> None:
        self._log = log

    def add(self, directory: Directory) -> bool:
        """Watch ``directory``; whether that works."""
        return False

    def remove(self, directory: Directory) -> None:
        """Watch it no more."""
        directory.watched = False

    def stop(self) -> None:
        """End all watches."""
