"""What all directories of a service share."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..core.tasks import TaskGroup
from .settings import ListingSettings
from .workers import Workers

if TYPE_CHECKING:
    from .directory import Directory


class Listener(Protocol):
    """Whom a directory tells of its news."""

    def changed(self, directory: Directory) -> None:
        """There is a new generation."""

    def ready(self, directory: Directory) -> None:
        """An order that was waited for is there."""

    def watch(self, directory: Directory) -> bool:
        """Report changes of the directory to `Directory.touch` from now on; whether that works."""


class Context(NamedTuple):
    """What all directories of a service share."""

    log: Logger
    tasks: TaskGroup
    settings: ListingSettings
    workers: Workers
    listener: Listener
    epoch: Callable[[], str]
