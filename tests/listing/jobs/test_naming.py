"""The names of copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cloudru_jlab.listing.jobs.engine.naming import copy_names

from .conftest import fill

_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


async def test_copy_names_are_those_of_jupyter_server(jp_serverapp: Any, jp_root_dir: Path) -> None:
    manager = jp_serverapp.contents_manager
    for name in ("a", "a.txt", "a.tar.gz", "n.v2.ipynb", "x-Copy7.ipynb", "dir.d", "-Copy1.", "a-Copy2"):
        fill(jp_root_dir, [name], _NOTEBOOK if name.endswith(".ipynb") else "x")
        stock = (await manager.copy(name, ""))["name"]
        names = copy_names(name.encode())
        mine = next(candidate for candidate in names if candidate.decode() == stock)
        assert mine.decode() == stock
        for earlier in copy_names(name.encode()):
            if earlier == mine:
                break
            assert (jp_root_dir / earlier.decode()).exists(), "stock takes the first free one"
