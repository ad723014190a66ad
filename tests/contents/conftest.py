"""Fixtures of the tests of contents."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.contents.manager import CloudruContentsManager


@pytest.fixture
def make_manager(tmp_path: Path) -> Iterator[Callable[..., CloudruContentsManager]]:
    """Makes managers of ``tmp_path``; keyword arguments are traits, ``manager_class`` the class."""
    made: list[CloudruContentsManager] = []

    def make(*, manager_class: type[CloudruContentsManager] = CloudruContentsManager, **traits: Any) -> Any:
        manager = manager_class(root_dir=str(tmp_path), log=logging.getLogger("contents"), **traits)
        made.append(manager)
        return manager

    yield make
    for manager in made:
        manager.close()
