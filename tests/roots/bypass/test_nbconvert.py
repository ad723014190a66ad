"""Exports of notebooks in roots."""

from __future__ import annotations

import base64
import inspect
import shutil
from typing import Any

import nbformat
import pytest
from jupyter_server.nbconvert.handlers import NbconvertFileHandler

PICTURES = ["beside.png", "sub/below.png", "linked.png", "../outside/canary.txt", "../../outside/canary.txt"]


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], disk: Any) -> dict[str, Any]:
    """Exports embed pictures."""
    jp_server_config["HTMLExporter"] = {"embed_images": True}
    return jp_server_config


@pytest.fixture
def notebooks(disk: Any) -> None:
    """The same notebook in every root, with pictures beside it and some that lead outside."""
    cells = [nbformat.v4.new_markdown_cell(f"![{picture}]({picture})") for picture in [*PICTURES, str(disk.outside)]]
    for root in disk[:4]:
        nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "note.ipynb")
        (root / "beside.png").write_bytes(b"beside " + root.name.encode())
        (root / "sub" / "below.png").write_bytes(b"below")
        (root / "linked.png").symlink_to(disk.outside / "canary.txt")


def embedded(content: bytes) -> str:
    """As it stands in a page."""
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("root", "pictures", "canary"),
    [("home", True, True), ("free", True, True), ("data", False, False), ("strict", False, False)],
)
async def test_export_reads_beside_the_notebook_where_links_are_followed(
    root: str, pictures: bool, canary: bool, disk: Any, ask: Any, notebooks: None
) -> None:
    response = await ask("nbconvert", "html", "" if root == "home" else f"@{root}", "note.ipynb")
    assert response.code == 200
    page = response.body.decode()
    assert (embedded(b"beside " + getattr(disk, root).name.encode()) in page) == pictures
    assert (embedded(disk.canary) in page) == canary


async def test_export_reads_nothing_of_the_default_root(
    disk: Any, ask: Any, notebooks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(disk.home)
    page = (await ask("nbconvert", "html", "@data/note.ipynb")).body.decode()
    assert embedded(b"beside " + disk.home.name.encode()) not in page
    shutil.copytree(disk.home, disk.home / "@free", symlinks=True)
    page = (await ask("nbconvert", "html", "@free/note.ipynb")).body.decode()
    assert embedded(b"beside free") in page
    assert embedded(b"beside " + disk.home.name.encode()) not in page


@pytest.mark.parametrize("path", ["@data/../note.ipynb", "@data/../../outside/canary.txt", "@data/none.ipynb"])
async def test_no_export_of_what_is_not_there(path: str, disk: Any, ask: Any, notebooks: None) -> None:
    response = await ask("nbconvert", "html", path)
    assert response.code == 404
    assert disk.canary not in response.body


async def test_file_that_is_no_notebook_is_shown_by_files(ask: Any) -> None:
    response = await ask("nbconvert", "html", "@data/sub/inner.txt", follow_redirects=False)
    assert response.code == 302
    assert response.headers["Location"].replace("%40", "@").endswith("/files/@data/sub/inner.txt")


def test_server_is_as_it_was() -> None:
    """What of jupyter_server's inside this stands on."""
    source = inspect.getsource(NbconvertFileHandler.get)
    assert 'hasattr(self.contents_manager, "_get_os_path")' in source
    assert "os_path = self.contents_manager._get_os_path(path)" in source
    assert "get_exporter(format, config=self.config" in source
