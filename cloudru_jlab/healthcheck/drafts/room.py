"""How much room all drafts take, and which go when it is too much or nobody wants them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from logging import Logger
from pathlib import Path

SUFFIX = ".jsonl"
#: After so many seconds a file that was never finished was left by a crash.
_LEFT_S = 3600.0


class Room:
    """The files of all drafts, of all users.

    Parameters
    ----------
    folder:
        Holds a folder for each user.
    most:
        Bytes; where there are more, the oldest of the user who has the most go first.
    """

    def __init__(self, folder: Path, *, most: int, log: Logger) -> None:
        self._folder = folder
        self._most = most
        self._log = log
        self._guard = threading.Lock()
        self._total: int | None = None

    def sweep(self, oldest: float) -> int:
        """Remove the drafts that nobody was heard of since ``oldest``, in seconds of the epoch, and what a crash left;
        how many drafts that were. Raises `OSError`."""
        gone = 0
        for path, info in self._files():
            if info.st_mtime >= (oldest if is_draft(path.name) else time.time() - _LEFT_S):
                continue
            with suppress(OSError):
                os.unlink(path)
                gone += is_draft(path.name)
        with self._guard:
            self._total = None
        self.count(0)
        return gone

    def count(self, more: int, spared: Path | None = None) -> None:
        """There are ``more`` bytes; where that is too much, remove drafts, but for the one ``spared``."""
        with self._guard:
            if self._total is None:
                self._total = sum(info.st_size for _, info in self._files())
            else:
                self._total += more
            if self._total > self._most:
                self._total = self._make(spared)

    def _make(self, spared: Path | None) -> int:
        files = sorted(self._files(), key=lambda file: file[1].st_mtime)
        of_user: dict[Path, int] = {}
        for path, info in files:
            of_user[path.parent] = of_user.get(path.parent, 0) + info.st_size
        total = sum(of_user.values())
        while total > self._most:
            for folder in sorted(of_user, key=lambda folder: of_user[folder], reverse=True):
                oldest = next((file for file in files if file[0].parent == folder and file[0] != spared), None)
                if oldest is not None:
                    break
            else:
                break
            files.remove(oldest)
            path, info = oldest
            self._log.warning("A draft of %d bytes was removed: all drafts together were too large.", info.st_size)
            with suppress(FileNotFoundError):
                os.unlink(path)
            total -= info.st_size
            of_user[path.parent] -= info.st_size
        return total

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self._folder) as folders:
            for folder in folders:
                with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            yield Path(entry.path), entry.stat(follow_symlinks=False)


def is_draft(name: str) -> bool:
    """Whether a file of that name is a draft."""
    return name.endswith(SUFFIX) and not name.startswith(".")
