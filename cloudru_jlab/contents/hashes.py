"""Hashes of file contents that are known without reading the file again.

JupyterLab asks for a file's hash before each save, to notice that somebody else has changed the file, and once more
after it; jupyter_server reads and hashes the whole file both times.

A hash is kept under what a stat tells of the file: device, inode, size, and the times of the last change of content and
inode in nanoseconds. That is not proof alone: a kernel stamps files with a clock that moves in ticks of up to 10 ms
(some file systems: 2 s), so that a second change of equal size within the tick of the first leaves no trace. Hence

- what was *read* is kept only where the last change lay well before the reading began: whatever changes later, shows;
- what was *written* by ourselves is kept for the few seconds in which JupyterLab asks for it after a save, because its
  last change is by its nature just now; afterwards the file is read, once, and the hash then stays.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

#: No file system's clock ticks slower than FAT's 2 s; in nanoseconds.
COARSEST_TICK_NS = 3_000_000_000
#: How long the hash of written bytes is believed, in seconds.
WRITTEN_FOR_S = 10.0
#: Bytes read at a time.
_PIECE = 1 << 20


class Fingerprint(NamedTuple):
    """What a stat tells of a file's content."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, info: os.stat_result) -> Fingerprint:
        """The fingerprint in ``info``."""
        return cls(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


class _Known(NamedTuple):
    algorithm: str
    digest: str
    #: Monotonic time in seconds until which it is believed; None: for good.
    until: float | None


class HashCache:
    """Known hashes, the least recently used go first. Safe to use from several threads.

    Parameters
    ----------
    capacity:
        Most hashes kept (about 300 bytes each).
    now_ns, monotonic:
        The clocks: of the file system's times in nanoseconds, and of the cache's own in seconds.
    """

    def __init__(
        self,
        capacity: int = 10_000,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._now_ns = now_ns
        self._monotonic = monotonic
        self._known: OrderedDict[Fingerprint, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def now_ns(self) -> int:
        """The time to give to `add_read`: taken before the reading begins."""
        return self._now_ns()

    def find(self, fingerprint: Fingerprint, algorithm: str) -> str | None:
        """The hex digest of the content that ``fingerprint`` stands for, where it is known."""
        with self._lock:
            known = self._known.get(fingerprint)
            if known is None or known.algorithm != algorithm:
                return None
            if known.until is not None and known.until < self._monotonic():
                del self._known[fingerprint]
                return None
            self._known.move_to_end(fingerprint)
            return known.digest

    def add_read(self, fingerprint: Fingerprint, algorithm: str, digest: str, began_ns: int) -> None:
        """Keep the hash of what was read from ``began_ns`` on, with this fingerprint both before and after."""
        if max(fingerprint.mtime_ns, fingerprint.ctime_ns) + COARSEST_TICK_NS <= began_ns:
            self._add(fingerprint, _Known(algorithm, digest, None))

    def add_written(self, fingerprint: Fingerprint, algorithm: str, digest: str) -> None:
        """Keep the hash of what was just written, for a while."""
        self._add(fingerprint, _Known(algorithm, digest, self._monotonic() + WRITTEN_FOR_S))

    def forget(self, fingerprint: Fingerprint) -> None:
        """Somebody may have changed the file unseen."""
        with self._lock:
            self._known.pop(fingerprint, None)

    def _add(self, fingerprint: Fingerprint, known: _Known) -> None:
        with self._lock:
            self._known[fingerprint] = known
            self._known.move_to_end(fingerprint)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)


def hash_file(file: Any, algorithm: str, cache: HashCache) -> str:
    """The hex digest of ``file``, open for reading bytes; read only where ``cache`` does not know it. Blocking.

    The stat is taken of the open file: over a network, opening is what brings it up to date.
    """
    before = Fingerprint.of(os.fstat(file.fileno()))
    known = cache.find(before, algorithm)
    if known is not None:
        return known
    began_ns = cache.now_ns()
    digest = hashlib.new(algorithm)
    while piece := file.read(_PIECE):
        digest.update(piece)
    if Fingerprint.of(os.fstat(file.fileno())) == before:
        cache.add_read(before, algorithm, digest.hexdigest(), began_ns)
    return digest.hexdigest()


class HashingWriter:
    """A file open for writing that hashes what passes.

    Whatever else is done to the file (seek, truncate, its buffer) makes the hash unknown, not wrong.
    """

    def __init__(self, file: Any, algorithm: str) -> None:
        digest = hashlib.new(algorithm)
        self._file = file
        # SHAKE gives digests of any length, and so none without being told a length.
        self._digest = digest if digest.digest_size else None
        self._size = 0
        self._identity = (-1, -1)
        try:
            info = os.fstat(file.fileno())
        except (AttributeError, OSError, ValueError):
            # No file of the operating system: a save must not fail for want of a hash.
            self._digest = None
        else:
            self._identity = (info.st_dev, info.st_ino)

    def write(self, data: Any) -> int:
        """Write ``data``, text or bytes as the file is open for."""
        written: int = self._file.write(data)
        if self._digest is not None:
            encoded = data.encode(self._file.encoding, self._file.errors) if isinstance(data, str) else data
            self._digest.update(encoded)
            self._size += memoryview(encoded).nbytes
        return written

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write all of ``lines``."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()

    def fileno(self) -> int:
        """The descriptor of the file."""
        number: int = self._file.fileno()
        return number

    def __getattr__(self, name: str) -> Any:
        if name not in ("name", "encoding", "errors", "newlines", "mode", "closed", "tell"):
            self._digest = None
        return getattr(self._file, name)

    def digest_of(self, info: os.stat_result) -> str | None:
        """The hex digest of the file that ``info`` describes, if what was written is all that it can hold."""
        if self._digest is None or (info.st_dev, info.st_ino) != self._identity or info.st_size != self._size:
            return None
        return self._digest.hexdigest()
