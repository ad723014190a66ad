"""The contents manager's ``hide_globs``, applied to many names at once."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_WILD = re.compile(r"[*?\[]")


class HiddenGlobs:
    """Names to leave out of every listing, by the rule of jupyter_server: `fnmatch` on the whole name.

    Millions of names are not matched one by one: a batch of which no name ends in the last byte of a glob holds none
    to leave out, and neither does one without the fixed end of a glob.
    """

    def __init__(self, globs: Iterable[str] = ()) -> None:
        self._probes: list[bytes] = []
        self._last = np.zeros(256, bool)
        patterns = []
        for glob in globs:
            patterns.append(fnmatch.translate(os.path.normcase(glob)))
            tail = os.fsencode(_WILD.split(glob)[-1])
            # a bracket may stand anywhere: such a glob is left to the pattern
            tail = b"" if b"]" in tail else tail
            whole = b"\0" if not _WILD.search(glob) else b""
            self._probes.append(whole + tail + b"\0")
            self._last[tail[-1] if tail else slice(None)] = True
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def suspects(self, names: bytes, last: NDArray[np.uint8]) -> bool:
        """Whether ``names``, each ended by a NUL, may hold one to leave out; ``last`` are the last bytes of each."""
        if not self._last[last].any():
            return False
        framed = b"\0" + names
        return any(probe in framed for probe in self._probes)

    def hides(self, name: bytes) -> bool:
        """Whether ``name`` is left out."""
        return self._pattern is not None and self._pattern.match(os.fsdecode(name)) is not None
