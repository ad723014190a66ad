"""Sorting all names of a directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from ..core.collation import Cancelled as SortCancelled
from ..core.collation import Collator
from .models import View
from .names import DIRECTORY, U8, Ids, Names
from .orders import ByName
from .slices import Cancelled
from .workers import Workers


async def sort_names(
    workers: Workers, names: Names, view: View, progress: Callable[[float], None], ids: Ids | None = None
) -> ByName:
    """All ids of ``names``, or ``ids``, in the order of ``view``'s names.

    Raises
    ------
    asyncio.CancelledError
        When the caller is cancelled; the sort then ends soon, too.
    """

    def work(cancelled: Cancelled) -> ByName:
        count, one = names.count, np.uint32(1)
        if ids is None or len(ids) == count:
            starts, ends, flags = names.offsets[:count], names.offsets[1 : count + 1] - one, names.flags[:count]
        else:
            starts, ends, flags = names.offsets[ids], names.offsets[ids + one] - one, names.flags[ids]
        others = 1 - (flags & U8.type(DIRECTORY))
        directories = count if ids is None else len(ids)
        directories -= int(np.count_nonzero(others))
        collator = Collator(view.locale, view.natural)
        places = collator.argsort(names.blob, starts, ends, groups=others, cancelled=cancelled, progress=progress)
        return ByName(places if ids is None or len(ids) == count else ids[places], directories)

    try:
        return await workers.sort(work)
    except SortCancelled:
        raise asyncio.CancelledError from None
