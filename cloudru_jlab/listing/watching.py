"""Which directories are watched, and what is done with what the watch tells.

A watch is added before the scan, so that no change falls between the two; events only name entries to look at, and
what is there then decides, so that lost order and repetition do no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from logging import Logger
from typing import Protocol

from ..core.access import Place
from ..core.beneath import opened_path
from .inotify import Event, Inotify, Unavailable


class Watched(Protocol):
    """A directory to watch."""

    place: Place
    watched: bool

    def touch(self, names: Iterable[bytes]) -> None:
        """These entries may have come or gone."""

    def mark_stale(self) -> None:
        """Changes were missed."""

    def lost(self) -> None:
        """The directory itself went away or moved."""


class Watching:
    """The directories that users look at, watched by one inotify instance.

    Parameters
    ----------
    log:
        Told once when inotify cannot be used: polls then find the changes.
    make:
        Makes the instance.
    """

    def __init__(self, log: Logger, make: Callable[[], Inotify] = Inotify) -> None:
        self._log = log
        self._make = make
        self._inotify: Inotify | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unavailable = False
        # one directory may be looked at by two paths, through a link: the kernel has one watch for both
        self._watches: dict[int, list[Watched]] = {}

    def add(self, directory: Watched) -> bool:
        """Watch ``directory``; whether that works."""
        if self._unavailable:
            return False
        try:
            inotify = self._inotify or self._open()
            with opened_path(directory.place) as path:
                watch = inotify.add(path)
        except Unavailable as error:
            if not self._watches:
                self._unavailable = True
            self._log.warning("Changes show late: inotify cannot watch (%s); polls find them instead", error.strerror)
            return False
        except OSError:
            # unreadable or gone: whoever asked is told so by the scan
            return False
        watching = self._watches.setdefault(watch, [])
        if directory not in watching:
            watching.append(directory)
        return True

    def remove(self, directory: Watched) -> None:
        """Watch it no more; what was told before is passed on first."""
        self._read()
        for watch, watching in list(self._watches.items()):
            if directory in watching:
                watching.remove(directory)
            if not watching:
                del self._watches[watch]
                if self._inotify is not None:
                    self._inotify.remove(watch)
        directory.watched = False

    def stop(self) -> None:
        """End all watches."""
        if self._inotify is not None and self._loop is not None:
            self._loop.remove_reader(self._inotify.descriptor)
            self._inotify.close()
        self._inotify = None
        for directory in self._all():
            directory.watched = False
        self._watches.clear()

    def _open(self) -> Inotify:
        self._inotify = self._make()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._inotify.descriptor, self._read)
        return self._inotify

    def _read(self) -> None:
        if self._inotify is None:
            return
        touched: dict[int, set[bytes]] = {}
        for event in self._inotify.read():
            if event.overflow:
                for directory in self._all():
                    directory.mark_stale()
            elif event.name is None:
                self._ended(event)
            else:
                touched.setdefault(event.watch, set()).add(event.name)
        for watch, names in touched.items():
            for directory in self._watches.get(watch, ()):
                directory.touch(names)

    def _all(self) -> list[Watched]:
        return [directory for watching in self._watches.values() for directory in watching]

    def _ended(self, event: Event) -> None:
        ended = self._watches.pop(event.watch, ())
        if ended and self._inotify is not None:
            self._inotify.remove(event.watch)
        for directory in ended:
            directory.watched = False
            directory.lost()
