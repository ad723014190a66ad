"""jupytext derives its manager from ours when it is loaded; both must go on working."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cloudru_jlab.contents.manager import CloudruContentsManager

pytest.importorskip("jupytext", reason="jupytext is not installed")

Fetch = Callable[..., Awaitable[Any]]
# jupytext's own way of being loaded is an old one
pytestmark = pytest.mark.filterwarnings("ignore:A `_load_jupyter_server_extension` function:DeprecationWarning")


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    extensions = {"cloudru_jlab": True, "jupyterlab_jupytext": True}
    server = {**jp_server_config["ServerApp"], "jpserver_extensions": extensions}
    return {**jp_server_config, "ServerApp": server, "CloudruContentsManager": {"max_children": 5}}


async def model_of(jp_fetch: Fetch, path: str) -> Any:
    return json.loads((await jp_fetch("api/contents", path, method="GET", params={"content": "1"})).body)


async def test_text_notebooks_are_listed_as_notebooks(jp_serverapp: Any, jp_fetch: Fetch, jp_root_dir: Path) -> None:
    manager = jp_serverapp.contents_manager
    assert isinstance(manager, CloudruContentsManager)
    assert type(manager) is not CloudruContentsManager
    for name in ("a.py", "b.md", "c.txt", "d.ipynb"):
        (jp_root_dir / name).touch()
    (jp_root_dir / "folder.py").mkdir()
    model = await model_of(jp_fetch, "")
    assert {child["name"]: child["type"] for child in model["content"]} == {
        "a.py": "notebook",
        "b.md": "notebook",
        "c.txt": "file",
        "d.ipynb": "notebook",
        "folder.py": "directory",
    }


async def test_large_directories_are_capped(jp_serverapp: Any, jp_fetch: Fetch, jp_root_dir: Path) -> None:
    for number in range(12):
        (jp_root_dir / f"{number}.py").touch()
    model = await model_of(jp_fetch, "")
    assert [child["name"] for child in model["content"]] == [f"{number}.py" for number in range(5)]
    assert {child["type"] for child in model["content"]} == {"notebook"}
    assert model["truncated"] == {"total": 12, "shown": 5}


async def test_paired_notebooks_are_saved_and_renamed(jp_serverapp: Any, jp_fetch: Fetch, jp_root_dir: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("1 + 1")], metadata={"jupytext": {"formats": "ipynb,py:percent"}})
    body = json.dumps({"type": "notebook", "content": notebook})
    await jp_fetch("api/contents", "book.ipynb", method="PUT", body=body)
    assert "1 + 1" in (jp_root_dir / "book.py").read_text(encoding="utf-8")
    await jp_fetch("api/contents", "book.ipynb", method="PATCH", body=json.dumps({"path": "other.ipynb"}))
    assert {name for name in os.listdir(jp_root_dir) if not name.startswith(".")} == {"other.ipynb", "other.py"}
