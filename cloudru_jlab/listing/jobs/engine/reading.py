"""Looking at what is to be copied: links are followed as far as the root of the source allows."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

from ....core.access import Place
from ....core.beneath import open_directory, open_file, open_path
from .removing import MAX_DEPTH, too_deep
from .words import LINKED

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def refused_link() -> OSError:
    """The error of a link that would be followed where it comes to, and is not followed where it is."""
    return OSError(None, LINKED)


class Source:
    """An open directory that entries are copied from."""

    def __init__(self, fd: int, place: Place) -> None:
        self.fd, self._place = fd, place

    @property
    def _plain(self) -> bool:
        return self._place.symlinks == "follow"

    def look(self, name: bytes, *, follow: bool) -> tuple[os.stat_result, bool]:
        """What is there, and whether it was found through a link. A link that is not to be followed, that leads nowhere
        or that the root's policy does not let through is itself. Raises `OSError`."""
        info = os.lstat(name, dir_fd=self.fd)
        if not follow or not stat.S_ISLNK(info.st_mode):
            return info, False
        with contextlib.suppress(FileNotFoundError):
            if self._plain:
                return os.stat(name, dir_fd=self.fd), True
            fd = open_path(self._place.child(name))
            try:
                return os.fstat(fd), True
            finally:
                os.close(fd)
        return info, False

    def directory(self, name: bytes, *, linked: bool) -> Source:
        """The directory ``name``, open; ``linked`` where `look` found it through a link. The descriptor is the
        caller's to close. Raises `OSError`."""
        place = self._place.child(name)
        if linked and not self._plain:
            return Source(open_directory(place, read=True), place)
        return Source(os.open(name, _LIST | (0 if linked else os.O_NOFOLLOW), dir_fd=self.fd), place)

    def file(self, name: bytes, *, linked: bool) -> int:
        """A descriptor of the file ``name``, like `directory`."""
        if linked and not self._plain:
            return open_file(self._place.child(name))
        return os.open(name, _READ | (0 if linked else os.O_NOFOLLOW), dir_fd=self.fd)


def holds_link(directory: int, name: bytes, tick: Callable[[], None], depth: int = 0) -> bool:
    """Whether ``name`` is a link, or a directory that holds one at any depth; raises `OSError`."""
    tick()
    info = os.lstat(name, dir_fd=directory)
    if stat.S_ISLNK(info.st_mode):
        return True
    if not stat.S_ISDIR(info.st_mode):
        return False
    if depth > MAX_DEPTH:
        raise too_deep()
    fd = os.open(name, _LIST | os.O_NOFOLLOW, dir_fd=directory)
    try:
        return any(holds_link(fd, os.fsencode(child), tick, depth + 1) for child in os.listdir(fd))
    finally:
        os.close(fd)
