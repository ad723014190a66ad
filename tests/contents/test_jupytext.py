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


class TestInAnotherRoot:
    """What jupytext adds holds in every root that is a directory of this machine."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        path = tmp_path / "machine" / "data"
        path.mkdir(parents=True)
        return path

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], data: Path) -> dict[str, Any]:
        return {**jp_server_config, "Roots": {"roots": [{"name": "data", "path": str(data)}]}}

    async def test_text_notebooks_are_listed_as_notebooks(self, jp_fetch: Fetch, data: Path) -> None:
        for name in ("a.py", "c.txt", "d.ipynb"):
            (data / name).touch()
        model = await model_of(jp_fetch, "@data")
        found = {child["path"]: child["type"] for child in model["content"]}
        assert found == {"@data/a.py": "notebook", "@data/c.txt": "file", "@data/d.ipynb": "notebook"}

    async def test_new_notebooks_get_a_free_name(self, jp_fetch: Fetch, data: Path) -> None:
        """jupytext looks for one without awaiting what it asks."""
        (data / "Untitled.py").touch()
        body = json.dumps({"type": "notebook", "ext": ".ipynb"})
        answer = await jp_fetch("api/contents", "@data", method="POST", body=body)
        assert json.loads(answer.body)["path"] == "@data/Untitled1.ipynb"

    async def test_paired_notebooks_are_saved_read_and_renamed(self, jp_fetch: Fetch, data: Path) -> None:
        notebook = new_notebook(cells=[new_code_cell("1 + 1")], metadata={"jupytext": {"formats": "ipynb,py:percent"}})
        body = json.dumps({"type": "notebook", "content": notebook})
        await jp_fetch("api/contents", "@data/book.ipynb", method="PUT", body=body)
        script = (data / "book.py").read_text(encoding="utf-8")
        (data / "book.py").write_text(script.replace("1 + 1", "2 + 2"), encoding="utf-8")
        os.utime(data / "book.ipynb", (1, 1))
        model = await model_of(jp_fetch, "@data/book.ipynb")
        assert model["content"]["cells"][0]["source"] == "2 + 2"
        body = json.dumps({"path": "@data/other.ipynb"})
        await jp_fetch("api/contents", "@data/book.ipynb", method="PATCH", body=body)
        assert {name for name in os.listdir(data) if not name.startswith(".")} == {"other.ipynb", "other.py"}
