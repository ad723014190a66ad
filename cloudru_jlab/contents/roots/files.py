"""The bytes of a file of a root: read, written, hashed, and as the text that a contents model holds."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import decodebytes, encodebytes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from typing import TypeVar

from tornado.web import HTTPError

from ...core.entries import Entry
from ..hashes import Fingerprint, HashCache
from .spots import Spot

T = TypeVar("T")

#: What computes longer than this many bytes take leaves the event loop.
_SMALL = 1 << 18
#: Threads that compute; no file system is touched in them.
_THREADS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Files:
    """Reads and writes files of roots, and remembers their hashes as `hashes` tells when they may be believed."""

    def __init__(self) -> None:
        self._hashes = HashCache()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="cloudru-contents-roots")

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read(self, spot: Spot) -> bytes:
        """All of a file."""
        pieces = await spot.root.read(spot.inside)
        return b"".join([piece async for piece in pieces])

    async def read_hashed(self, spot: Spot, before: Entry, algorithm: str) -> tuple[bytes, str]:
        """All of a file and the hash of just that; ``before`` is what the file was when it was looked at."""
        known = self._hashes.find(_fingerprint(spot, before), algorithm)
        began_ns = self._hashes.now_ns()
        data = await self.read(spot)
        unchanged = await self._is_unchanged(spot, before)
        if known is None or not unchanged:
            known = await self.compute(partial(_digest, data, algorithm), len(data))
            if unchanged:
                self._hashes.add_read(_fingerprint(spot, before), algorithm, known, began_ns)
        return data, known

    async def hash_of(self, spot: Spot, before: Entry, algorithm: str) -> str:
        """The hash of a file, which is read only if it is not known."""
        known = self._hashes.find(_fingerprint(spot, before), algorithm)
        if known is not None:
            return known
        began_ns = self._hashes.now_ns()
        digest = hashlib.new(algorithm)
        async for piece in await spot.root.read(spot.inside):
            await self.compute(partial(digest.update, piece), len(piece))
        if await self._is_unchanged(spot, before):
            self._hashes.add_read(_fingerprint(spot, before), algorithm, digest.hexdigest(), began_ns)
        return digest.hexdigest()

    async def write(self, spot: Spot, data: bytes, algorithm: str) -> Entry:
        """Make ``data`` the file's content."""
        entry = await spot.root.write(spot.inside, data)
        if hashlib.new(algorithm).digest_size:
            digest = await self.compute(partial(_digest, data, algorithm), len(data))
            self._hashes.add_written(_fingerprint(spot, entry), algorithm, digest)
        return entry

    async def forget(self, spot: Spot) -> None:
        """Somebody may have written to the file within the same tick of the file system's clock."""
        self._hashes.forget(_fingerprint(spot, await spot.root.stat(spot.inside)))

    async def compute(self, work: Callable[[], T], size: int) -> T:
        """``work`` on ``size`` bytes, in a thread where that takes long."""
        return work() if size <= _SMALL else await self.in_thread(work)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """``work`` in a thread that never waits for a file system."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _is_unchanged(self, spot: Spot, before: Entry) -> bool:
        return (await spot.root.stat(spot.inside)).signature == before.signature


def decoded(data: bytes, format: str | None, path: str) -> tuple[str, str]:
    """Content and format of a file model: text where that is possible and nothing else is asked for.

    Raises
    ------
    HTTPError
        400 where text is asked for and the file is not UTF-8.
    """
    if format in (None, "text"):
        try:
            return data.decode("utf8"), "text"
        except UnicodeError:
            if format == "text":
                raise HTTPError(400, f"{path} is not UTF-8 encoded", reason="bad format") from None
    return encodebytes(data).decode("ascii"), "base64"


def encoded(content: str, format: str | None, path: str) -> bytes:
    """The bytes that a file model's content stands for; raises `HTTPError` 400 where it stands for none."""
    if format not in {"text", "base64"}:
        raise HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
    try:
        return content.encode("utf8") if format == "text" else decodebytes(content.encode("ascii"))
    except Exception as error:
        raise HTTPError(400, f"Encoding error saving {path}: {error}") from error


def _digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, data).hexdigest()


def _fingerprint(spot: Spot, entry: Entry) -> Fingerprint:
    """Entries of equal inode on two file systems of one root are told apart by their paths."""
    where = hash((spot.root.info.prefix, spot.inside))
    return Fingerprint(where, entry.signature, entry.size or 0, _ns(entry.last_modified), _ns(entry.created))


def _ns(time: datetime) -> int:
    since = time - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
