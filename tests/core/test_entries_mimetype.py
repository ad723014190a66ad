"""The kind of content that is guessed from a name."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path

import pytest

from cloudru_jlab.core.entries import read_entry


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        ".txt",
        "a",
        "a.tar.gz",
        ".a.py",
        "a.PY",
        "data:,x.png",
        "http:a.png",
        "a.b.c.json",
        "a.",
        "ж.csv",
        "a b.md",
    ],
)
def test_mimetype_is_the_standard_librarys(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for _ in range(2):
        entry = read_entry(os.fsencode(tmp_path), os.fsencode(name))
        assert entry.mimetype == mimetypes.guess_type("/" + name)[0]
