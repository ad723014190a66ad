"""A pytest plugin that lets jupyter_server's own contents tests, unchanged, test another contents manager.

Loaded by `scripts/run_upstream_contents_tests.py`. The class named in ``CLOUDRU_CONTENTS_MANAGER`` takes the place of
the server's two asynchronous managers before a test module imports them; what is left to test of the synchronous ones
is deselected, since it says nothing about ours. So is what a class names in a mapping ``elsewhere``, with the reason.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_server.services.contents import filemanager, largefilemanager
from traitlets.utils.importstring import import_item

MANAGER = import_item(os.environ["CLOUDRU_CONTENTS_MANAGER"])
STOCK = filemanager.FileContentsManager

filemanager.AsyncFileContentsManager = MANAGER
largefilemanager.AsyncLargeFileManager = MANAGER


def is_other_manager(value: Any) -> bool:
    """Whether a test's parameter stands for a contents manager that is not ours."""
    if isinstance(value, tuple):
        return any(map(is_other_manager, value))
    if isinstance(value, str):
        return value == "FileContentsManager"
    return isinstance(value, type) and issubclass(value, STOCK) and not issubclass(value, MANAGER)


def is_elsewhere(item: pytest.Item) -> bool:
    """Whether the test asks for what the class says it does not do."""
    return getattr(item, "originalname", item.name) in getattr(MANAGER, "elsewhere", {})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    other = [
        item
        for item in items
        if is_elsewhere(item)
        or (hasattr(item, "callspec") and any(map(is_other_manager, item.callspec.params.values())))
    ]
    config.hook.pytest_deselected(items=other)
    for name, reason in sorted(getattr(MANAGER, "elsewhere", {}).items()):
        print(f"not run: {name} ({reason})")
    items[:] = [item for item in items if item not in other]


@pytest.fixture(autouse=True)
def close_roots() -> Iterator[None]:
    """Let the threads go of roots that a test made."""
    yield
    made = getattr(sys.modules[MANAGER.__module__], "MADE", [])
    while made:
        made.pop().close()
