"""The contents manager's ``hide_globs``, applied to many names at once."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"[*?\[]")


class HiddenGlobs:
    """Names to leave out of every listing, by the rule of jupyter_server: `fnmatch` on the whole name.

    A batch is first searched for the fixed tail of each glob, which no match can do without; only a batch that holds
    one is looked at name by name.
    """

    def __init__(self, globs: Iterable[str] = ()) -> None:
        self._probes: list[bytes] = []
        patterns = []
        for glob in globs:
            patterns.append(fnmatch.translate(os.path.normcase(glob)))
            tail = _SPECIAL.split(glob)[-1]
            literal = tail == glob
            if "]" in tail and "[" in glob:
                tail = tail[tail.rindex("]") + 1 :]
            whole = b"\0" if literal else b""
            self._probes.append(whole + os.fsencode(tail) + b"\0")
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def suspects(self, names: bytes) -> bool:
        """Whether ``names``, each ended by a NUL, may hold one to leave out."""
        if self._pattern is None:
            return False
        framed = b"\0" + names
        return any(probe in framed for probe in self._probes)

    def hides(self, name: bytes) -> bool:
        """Whether ``name`` is left out."""
        return self._pattern is not None and self._pattern.match(os.fsdecode(name)) is not None
