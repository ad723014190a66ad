"""The names of a directory, compact: one blob of bytes and a few arrays, no Python object per name.

A name is known by its *id*, its position in the order in which it was found; ids are never used again within a
snapshot, so that what was computed for an id stays true. Names in the blob end in a NUL, which no file name holds:
a byte search can therefore never match across two names.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core.access import DIRECTORY as DIRECTORY_TYPE
from ..core.access import ScanChunk
from ..core.errors import DomainError
from .globs import HiddenGlobs

U8 = np.dtype(np.uint8)
U32 = np.dtype(np.uint32)
Bytes = NDArray[np.uint8]
Ids = NDArray[np.uint32]
Mask = NDArray[np.bool_]
N = TypeVar("N", bound=np.generic)

#: Bits of an entry's flags.
DIRECTORY, NOTEBOOK, HIDDEN, GONE = 1, 2, 4, 8

_DOT = ord(".")
_NOTEBOOK_SUFFIX = b".ipynb"
_MAX_BLOB = 2**32 - 1
#: Room for names that appear later, so that adding one does not copy the blob.
_SLACK = 16


class TooLarge(DomainError):
    """The directory's names do not fit in the memory that the listing service may use."""

    status = 413
    reason = "too_large"


def name_flags(names: Bytes, starts: NDArray[np.intp], ends: NDArray[np.intp], is_dir: Mask) -> Bytes:
    """Flags of the names ``names[starts[i]:ends[i]]``, of which ``is_dir`` are directories."""
    flags = is_dir.astype(U8)  # DIRECTORY is 1
    flags[names[starts] == _DOT] |= HIDDEN
    notebook = names[ends - 1] == _NOTEBOOK_SUFFIX[-1]
    if notebook.any():
        notebook &= (ends - starts >= len(_NOTEBOOK_SUFFIX)) & ~is_dir
        for back, byte in enumerate(reversed(_NOTEBOOK_SUFFIX), 1):
            notebook &= names[np.maximum(ends - back, 0)] == byte
        flags[notebook] |= NOTEBOOK
    return flags


def flags_of(name: bytes, *, is_dir: bool) -> int:
    """Flags of one name."""
    flags = DIRECTORY if is_dir else NOTEBOOK if name.endswith(_NOTEBOOK_SUFFIX) else 0
    return flags | (HIDDEN if name.startswith(b".") else 0)


def _terminated(chunk: ScanChunk) -> tuple[bytes, NDArray[np.intp]]:
    """The names of ``chunk``, each ended by a NUL, and where those NULs are."""
    lengths = np.frombuffer(chunk.lengths, np.uint16).astype(np.intp)
    ends = np.cumsum(lengths + 1) - 1
    names = np.empty(int(ends[-1]) + 1, U8)
    inside = np.ones(len(names), bool)
    inside[ends] = False
    names[ends] = 0
    names[inside] = np.frombuffer(chunk.blob, U8)
    return names.tobytes(), ends


class Gathering:
    """Names while a scan finds them. One thread adds, any thread reads what ``count`` covers.

    Nothing may export the buffers while they grow, so readers get copies.

    Parameters
    ----------
    globs:
        Names to leave out.
    max_bytes:
        Where to give up, in bytes of names.
    """

    def __init__(self, globs: HiddenGlobs, max_bytes: int = _MAX_BLOB) -> None:
        self._globs = globs
        self._max_bytes = min(max_bytes, _MAX_BLOB)
        self._blob = bytearray()
        self._offsets = array("I", [0])
        self._flags = bytearray()
        self.count = 0

    def add(self, chunk: ScanChunk) -> None:
        """Add the names of ``chunk``.

        Raises
        ------
        TooLarge
            When the names outgrow ``max_bytes``.
        """
        if not chunk.lengths:
            return
        names, ends = _terminated(chunk)
        found = np.frombuffer(names, U8)
        is_dir = np.frombuffer(chunk.types, U8) == DIRECTORY_TYPE
        if self._globs.suspects(names, found[ends - 1]):
            kept = [(n, d) for n, d in zip(names[:-1].split(b"\0"), is_dir, strict=True) if not self._globs.hides(n)]
            if not kept:
                return
            names = b"".join(name + b"\0" for name, _ in kept)
            found = np.frombuffer(names, U8)
            ends = np.flatnonzero(found == 0)
            is_dir = np.array([directory for _, directory in kept])
        base = len(self._blob)
        if base + len(names) > self._max_bytes:
            raise TooLarge("This folder holds more names than this server has memory for. Split it into smaller ones.")
        starts = np.empty_like(ends)
        starts[0] = 0
        starts[1:] = ends[:-1] + 1
        flags = name_flags(found, starts, ends, is_dir)
        self._blob += names
        self._offsets.frombytes((ends + (base + 1)).astype(U32).tobytes())
        self._flags += flags.tobytes()
        # last, so that a reader finds all that it covers
        self.count += len(ends)

    def name(self, index: int) -> bytes:
        """The name with id ``index``."""
        return bytes(self._blob[self._offsets[index] : self._offsets[index + 1] - 1])

    def pick(self, ids: Ids) -> list[bytes]:
        """The names of ``ids``."""
        return [self.name(ident) for ident in ids.tolist()]

    def flags_part(self, start: int, stop: int) -> Bytes:
        """Flags of the ids from ``start`` to ``stop``."""
        return np.frombuffer(bytes(self._flags[start:stop]), U8)

    def part(self, start: int, stop: int) -> tuple[Bytes, Ids]:
        """The names with ids from ``start`` to ``stop``, each ended by a NUL, and the ``stop - start + 1`` offsets."""
        offsets = np.frombuffer(self._offsets[start : stop + 1].tobytes(), U32)
        blob = np.frombuffer(bytes(self._blob[int(offsets[0]) : int(offsets[-1])]), U8)
        return blob, offsets - offsets[0]

    def freeze(self) -> Names:
        """The names as arrays, without a copy; nothing may be added to the gathering afterwards."""
        count, used = self.count, len(self._blob)
        self._blob += bytes(_slack(used, 64 * 1024))
        self._offsets.frombytes(bytes(4 * _slack(count, 1024)))
        self._flags += bytes(_slack(count, 1024))
        arrays = np.frombuffer(self._blob, U8), np.frombuffer(self._offsets, U32), np.frombuffer(self._flags, U8)
        return Names(*arrays, count, used)


class Names:
    """The names of a directory and their flags, by id.

    Attributes
    ----------
    blob, offsets, flags:
        Arrays that are longer than what is used: ids run from 0 to ``count``, the bytes of names to ``used``; the name
        ``i`` is ``blob[offsets[i]:offsets[i + 1] - 1]``. Growing replaces them: a reader's reference stays whole.
    scanned:
        How many ids come from the scan; the others were added later.
    """

    def __init__(self, blob: Bytes, offsets: Ids, flags: Bytes, count: int, used: int) -> None:
        self.blob, self.offsets, self.flags = blob, offsets, flags
        self.count, self.used, self.scanned = count, used, count

    def __getitem__(self, index: int) -> bytes:
        return self.blob[self.offsets[index] : self.offsets[index + 1] - 1].tobytes()

    def pick(self, ids: Ids) -> list[bytes]:
        """The names of ``ids``."""
        starts, ends = self.offsets[ids].tolist(), self.offsets[ids + 1].tolist()
        blob = self.blob
        return [blob[start : end - 1].tobytes() for start, end in zip(starts, ends, strict=True)]

    def part(self, start: int, stop: int) -> tuple[Bytes, Ids]:
        """The names with ids from ``start`` to ``stop``, each ended by a NUL, and the ``stop - start + 1`` offsets."""
        offsets = self.offsets[start : stop + 1]
        return self.blob[int(offsets[0]) : int(offsets[-1])], offsets - offsets[0]

    def flags_part(self, start: int, stop: int) -> Bytes:
        """Flags of the ids from ``start`` to ``stop``."""
        return self.flags[start:stop]

    def append(self, names: Sequence[bytes], flags: Sequence[int]) -> int:
        """Add ``names`` and return the first one's id.

        Raises
        ------
        TooLarge
            When the blob would outgrow its 32-bit offsets.
        """
        first = self.count
        piece = b"".join(name + b"\0" for name in names)
        used = self.used + len(piece)
        if used > _MAX_BLOB:
            raise TooLarge("This folder holds more names than this server has memory for. Split it into smaller ones.")
        self.blob = _with_room(self.blob, self.used, used)
        self.offsets = _with_room(self.offsets, first + 1, first + len(names) + 1)
        self.flags = _with_room(self.flags, first, first + len(names))
        self.blob[self.used : used] = np.frombuffer(piece, U8)
        end = self.used
        for index, (name, flag) in enumerate(zip(names, flags, strict=True), first):
            end += len(name) + 1
            self.offsets[index + 1] = end
            self.flags[index] = flag
        self.used, self.count = used, first + len(names)
        return first

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.blob.nbytes + self.offsets.nbytes + self.flags.nbytes


def _slack(used: int, most: int) -> int:
    """How much room to leave beyond ``used``: a small directory is copied in no time, and there may be many."""
    return min(most, max(64, used // _SLACK))


def _with_room(values: NDArray[N], used: int, needed: int) -> NDArray[N]:
    """``values``, or a copy of it with room for ``needed`` ones and then some."""
    if needed <= len(values):
        return values
    grown = np.zeros(needed + max(64, needed // _SLACK), values.dtype)
    grown[:used] = values[:used]
    return grown
