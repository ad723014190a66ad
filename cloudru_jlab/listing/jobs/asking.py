"""Jobs in roots whose files this process cannot, or must not, open by itself: each root is asked for each entry."""

from __future__ import annotations

import asyncio
import contextlib
import os
from array import array
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from ...core.access import ScanChunk
from ...core.errors import Conflict, DomainError, NoSpace, NotADirectory, NotFound, RootUnavailable
from ...core.paths import join
from ...core.ports import RootBackend
from .engine.naming import copy_names
from .engine.partial import PARTIAL
from .engine.plan import Beat, JobFailed, Prepared, Report
from .engine.removing import MAX_DEPTH
from .engine.words import CLASH, refuse_hidden
from .work import Work

#: What is read before it is written, in bytes.
_PIECE = 8 << 20
_PARTIAL = PARTIAL.decode()


class _Seen(NamedTuple):
    """An entry as it was copied: its signature, and the hash of its content or what a directory held."""

    signature: int
    digest: bytes | None
    inner: dict[str, _Seen] | None = None


class BackendRunner:
    """Asks the roots for each entry, one after the other, on the event loop.

    Copies are made in a hidden folder of the target and get their names when they are complete. What is moved to
    another root is hashed as it is read and compared with what is there, before the original goes.
    """

    def __init__(self, work: Work) -> None:
        self._plan, self._source, self._target = work.plan, work.source, work.target
        self._in_one_root = work.in_one_root
        self._cancelled = False
        self._count = 0

    async def prepare(self) -> Prepared:
        """See `runners.Runner.prepare`."""
        for spot in (self._source, self._target):
            if spot is not None and (await _backend(spot.backend).stat(spot.inside)).type != "directory":
                raise NotADirectory(f"{spot.path or '/'} is not a folder.")
        if self._target is None or not self._in_one_root:
            return Prepared(None)
        here, there = self._source.inside, self._target.inside
        below = there if not here else there[len(here) + 1 :] if there.startswith(here + "/") else ""
        name = below.partition("/")[0]
        return Prepared(os.fsencode(name) if name else None)

    async def run(self, batches: Callable[[], Iterator[list[bytes]]], report: Callable[[Report], None]) -> None:
        """See `runners.Runner.run`."""
        beat = Beat(report, lambda: self._cancelled)
        try:
            for names in batches():
                for name in names:
                    beat.tick()
                    await self._one(name, beat)
        finally:
            beat.flush()
            if self._count and self._target is not None:
                await self._clear(_backend(self._target.backend).with_hidden(_PARTIAL))

    def cancel(self) -> None:
        """See `runners.Runner.cancel`."""
        self._cancelled = True

    async def close(self) -> None:
        """See `runners.Runner.close`."""
        self.cancel()

    async def _one(self, name: bytes, beat: Beat) -> None:
        new_name = name if self._plan.new_name is None else self._plan.new_name
        try:
            refuse_hidden(self._plan, name)
            if self._plan.kind == "delete":
                await self._delete(os.fsdecode(name))
                beat.done(gone=name)
            elif self._plan.kind == "copy":
                beat.done(came=(name, await self._copy(name, beat)))
            elif await self._move(os.fsdecode(name), os.fsdecode(new_name), beat):
                beat.done(gone=name, came=(name, new_name))
            else:
                beat.arrived(name, new_name)
                beat.failed(name, "It was copied, but the original was changed meanwhile and is kept.")
        except Conflict as error:
            beat.skipped(name, CLASH if self._plan.kind != "delete" else error.message)
        except NotFound:
            beat.vanished(name)
        except (NoSpace, RootUnavailable) as error:
            beat.failed(name, error.message)
            raise JobFailed(error.message, reason=error.reason) from None
        except DomainError as error:
            beat.failed(name, error.message)
        except OSError as error:
            beat.failed(name, str(error.args[-1]) if error.errno is None else "The file system refused it.")

    async def _delete(self, name: str) -> None:
        await _backend(self._source.backend).delete(
            join(self._source.inside, name),
            recursive=self._plan.always_delete_dir,
            trash=self._plan.trash,
        )

    async def _copy(self, name: bytes, beat: Beat) -> bytes:
        """Copy an entry; the name of the copy."""
        assert self._target is not None  # noqa: S101 - the service has checked the request
        target = _backend(self._target.backend)
        names = copy_names(name) if self._plan.new_name is None else iter([self._plan.new_name])
        temporary, _ = await self._copied(os.fsdecode(name), beat, hashing=False)
        for new_name in names:
            with contextlib.suppress(Conflict):
                await target.with_hidden(_PARTIAL).rename(temporary, join(self._target.inside, os.fsdecode(new_name)))
                return new_name
        raise Conflict(CLASH)

    async def _move(self, name: str, new_name: str, beat: Beat) -> bool:
        """Move an entry; False where its original was changed meanwhile, and is kept."""
        assert self._target is not None  # noqa: S101 - as above
        source = _backend(self._source.backend)
        old, new = join(self._source.inside, name), join(self._target.inside, new_name)
        if self._in_one_root:
            await source.rename(old, new)
            return True
        target = _backend(self._target.backend).with_hidden(_PARTIAL)
        with contextlib.suppress(NotFound):
            await target.stat(new)
            raise Conflict(CLASH)
        temporary, seen = await self._copied(name, beat, hashing=True)
        if not await _holds(target, temporary, seen, beat):
            raise OSError(None, "The copy is not what was read. It was removed, and the original is kept.")
        await target.rename(temporary, new)
        if not await _unchanged(source, old, seen):
            return False
        await source.delete(old, recursive=seen.inner is not None)
        return True

    # --- copies

    async def _copied(self, name: str, beat: Beat, *, hashing: bool) -> tuple[str, _Seen]:
        """Copy an entry to the target's hidden folder; its path there."""
        assert self._target is not None  # noqa: S101 - as above
        target = _backend(self._target.backend).with_hidden(_PARTIAL)
        area = self._area()
        for folder in (area.rpartition("/")[0], area):
            with contextlib.suppress(Conflict):
                await target.make_directory(folder)
        self._count += 1
        temporary = join(area, str(self._count))
        seen = await self._tree(target, join(self._source.inside, name), temporary, beat, hashing, 0)
        return temporary, seen

    def _area(self) -> str:
        assert self._target is not None  # noqa: S101 - as above
        return join(join(self._target.inside, _PARTIAL), self._plan.job)

    async def _clear(self, target: RootBackend) -> None:
        with contextlib.suppress(DomainError):
            await target.delete(self._area(), recursive=True)
        with contextlib.suppress(DomainError):
            # not empty where another job works
            await target.delete(self._area().rpartition("/")[0])

    async def _tree(self, target: RootBackend, old: str, new: str, beat: Beat, hashing: bool, depth: int) -> _Seen:
        beat.tick()
        source = _backend(self._source.backend)
        entry = await source.stat(old)
        if entry.type != "directory":
            digest = await self._file(source, target, old, new, beat, hashing)
            return _Seen(entry.signature, digest)
        if depth > MAX_DEPTH:
            raise OSError(None, "Its folders are nested too deeply.")
        await target.make_directory(new)
        inner = {}
        for child in await _children(source, old):
            inner[child] = await self._tree(target, join(old, child), join(new, child), beat, hashing, depth + 1)
        return _Seen(entry.signature, None, inner)

    async def _file(
        self, source: RootBackend, target: RootBackend, old: str, new: str, beat: Beat, hashing: bool
    ) -> bytes:
        content = blake2b(digest_size=16)
        number, held = 0, b""
        async for piece in await source.read(old):
            beat.tick()
            if hashing:
                content.update(piece)
            beat.weighed(len(piece))
            beat.copied(len(piece))
            if held and len(held) + len(piece) > _PIECE:
                number += 1
                await target.write_chunk(new, number, held)
                held = b""
            held += piece
        if number:
            await target.write_chunk(new, -1, held)
        else:
            await target.write(new, held, create_only=True)
        return content.digest()


def _backend(backend: RootBackend | None) -> RootBackend:
    assert backend is not None  # noqa: S101 - a spot without one is local, and its jobs are the engine's
    return backend


async def _children(backend: RootBackend, path: str) -> list[str]:
    access, place = backend.place(path)
    found: list[bytes] = []

    def take(chunk: ScanChunk) -> None:
        start = 0
        for length in array("H", chunk.lengths):
            found.append(chunk.blob[start : start + length])
            start += length

    await access.scan(place, take)
    return sorted(os.fsdecode(name) for name in found if name != PARTIAL)


async def _holds(backend: RootBackend, path: str, seen: _Seen, beat: Beat) -> bool:
    """Whether ``path`` has the content of what was copied there."""
    beat.tick()
    if seen.inner is not None:
        for child, inner in seen.inner.items():
            if not await _holds(backend, join(path, child), inner, beat):
                return False
        return True
    content = blake2b(digest_size=16)
    async for piece in await backend.read(path):
        beat.tick()
        content.update(piece)
    return content.digest() == seen.digest


async def _unchanged(backend: RootBackend, path: str, seen: _Seen) -> bool:
    """Whether ``path`` still is what was copied."""
    try:
        entry = await backend.stat(path)
        if seen.inner is None:
            return entry.signature == seen.signature
        if set(await _children(backend, path)) != seen.inner.keys():
            return False
        for child, inner in seen.inner.items():
            if not await _unchanged(backend, join(path, child), inner):
                return False
    except (NotFound, asyncio.TimeoutError):
        return False
    return True
