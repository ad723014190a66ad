"""Work over millions of entries in slices: numpy holds the interpreter for no longer than one slice takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .names import Bytes, Ids, Mask

Cancelled = Callable[[], bool]
#: Ids handled by one numpy call: a few milliseconds at most.
SLICE = 1 << 17


class WorkCancelled(Exception):
    """Nobody waits for the result any more."""


def never() -> bool:
    """A `Cancelled` that lets the work go on."""
    return False


def spans(count: int, cancelled: Cancelled = never, size: int = SLICE) -> Iterator[tuple[int, int]]:
    """``[start, stop)`` of each slice of ``count`` things; raises `WorkCancelled` between two of them."""
    for start in range(0, count, size):
        if cancelled():
            raise WorkCancelled
        yield start, min(start + size, count)


def select(ids: Ids, wanted: Callable[[Ids], Mask], cancelled: Cancelled = never) -> Ids:
    """Those of ``ids`` that are ``wanted``, in their order; ``ids`` itself where that is all."""
    kept: list[Ids] = []
    for start, stop in spans(len(ids), cancelled):
        part = ids[start:stop]
        keep = wanted(part)
        kept.append(part if keep.all() else part[keep])
    if sum(map(len, kept)) == len(ids):
        return ids
    return join(kept)


def join(parts: list[Ids]) -> Ids:
    """``parts`` one after the other, each released as soon as it is copied."""
    whole = np.empty(sum(map(len, parts)), np.uint32)
    at = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        whole[at : at + len(part)] = part
        at += len(part)
    return whole


def with_flag(flags: Bytes, flag: int) -> Callable[[Ids], Mask]:
    """Wants the ids whose flags have a bit of ``flag``."""
    return lambda ids: (flags[ids] & flag) != 0


def without_flag(flags: Bytes, flag: int) -> Callable[[Ids], Mask]:
    """Wants the ids whose flags have no bit of ``flag``."""
    return lambda ids: (flags[ids] & flag) == 0
