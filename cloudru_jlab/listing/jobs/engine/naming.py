"""Names of copies, as jupyter_server makes them (`ContentsManager.copy` and `increment_filename`)."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator

_COPY = re.compile(r"\-Copy\d*\.")


def copy_names(name: bytes) -> Iterator[bytes]:
    """The names to try, one after the other: ``a-Copy3.txt`` gives ``a.txt``, ``a-Copy1.txt``, ``a-Copy2.txt``…

    The number stands before the first dot, or before the last one of a notebook.
    """
    text = _COPY.sub(".", os.fsdecode(name))
    base, dot, extension = text.rpartition(".")
    if extension != "ipynb":
        base, dot, extension = text.partition(".")
    for number in itertools.count():
        insert = f"-Copy{number}" if number else ""
        yield os.fsencode(f"{base}{insert}{dot}{extension}")
