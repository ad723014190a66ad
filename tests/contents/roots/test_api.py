"""The contents API of a whole server with roots: prefixes in URLs, and refusals that say why."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_notebook
from tornado.httpclient import HTTPClientError

Ask = Callable[..., Awaitable[tuple[int, Any]]]
TEXT = {"type": "file", "format": "text", "content": "x"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "machine" / "data"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def archive(data: Path) -> Path:
    path = data.parent / "archive"
    path.mkdir()
    (path / "a.txt").write_text("kept")
    return path


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], data: Path, archive: Path) -> dict[str, Any]:
    roots = [
        {"name": "data", "path": str(data)},
        {"name": "archive", "path": str(archive), "read_only": True},
        {"name": "gone", "path": str(data.parent / "gone")},
    ]
    files = {"delete_to_trash": False}
    return {
        **jp_server_config,
        "Roots": {"roots": roots},
        "CloudruContentsManager": {"max_children": 3},
        "FileContentsManager": files,
    }


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    """Status and JSON of a request to ``api/contents``."""

    async def ask(method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        sent = None if body is None else json.dumps(body)
        kwargs: dict[str, Any] = {"allow_nonstandard_methods": True} if body is None else {}
        try:
            answer = await jp_fetch("api", "contents", path, method=method, params=query, body=sent, **kwargs)
        except HTTPClientError as error:
            text = error.response.body.decode() if error.response is not None else ""
            return error.code, json.loads(text) if text.startswith("{") else text
        return answer.code, json.loads(answer.body) if answer.body else None

    return ask


async def test_verbs_work_below_a_prefix(ask: Ask, data: Path) -> None:
    status, model = await ask("PUT", "@data/a.txt", TEXT)
    assert (status, model["path"]) == (201, "@data/a.txt")
    assert (await ask("PUT", "@data/a.txt", {**TEXT, "content": "y"}))[0] == 200
    assert (await ask("GET", "@data/a.txt", hash="1"))[1]["content"] == "y"
    assert (await ask("POST", "@data", {"type": "notebook"}))[1]["path"] == "@data/Untitled.ipynb"
    assert (await ask("POST", "@data", {"copy_from": "@data/a.txt"}))[1]["path"] == "@data/a-Copy1.txt"
    assert (await ask("PATCH", "@data/a.txt", {"path": "@data/b.txt"}))[1]["path"] == "@data/b.txt"
    assert (await ask("DELETE", "@data/b.txt"))[0] == 204
    listed = {child["path"] for child in (await ask("GET", "@data"))[1]["content"]}
    assert listed == {"@data/Untitled.ipynb", "@data/a-Copy1.txt"}


async def test_address_of_what_is_made_has_the_prefix(jp_fetch: Any, data: Path) -> None:
    answer = await jp_fetch("api", "contents", "@data/a.txt", method="PUT", body=json.dumps(TEXT))
    assert answer.headers["Location"].endswith("/api/contents/%40data/a.txt")


@pytest.mark.parametrize("address", ["%40data/a%20b.txt", "@data%2Fa%20b.txt", "@data%2F%2Fa%20b.txt"])
async def test_encoded_prefixes_are_the_same_paths(
    http_server_client: Any, jp_base_url: str, jp_auth_header: Any, data: Path, address: str
) -> None:
    (data / "a b.txt").write_text("text")
    answer = await http_server_client.fetch(f"{jp_base_url}api/contents/{address}", headers=jp_auth_header)
    assert json.loads(answer.body)["path"] == "@data/a b.txt"


async def test_truncation_is_told(jp_fetch: Any, data: Path) -> None:
    for number in range(5):
        (data / f"file{number}").touch()
    answer = await jp_fetch("api", "contents", "@data", method="GET")
    assert answer.headers["X-Cloudru-Truncated"] == "5"
    assert json.loads(answer.body)["truncated"] == {"total": 5, "shown": 3}


async def test_read_only_root_says_so(ask: Ask, archive: Path) -> None:
    requests = [
        ("PUT", "@archive/a.txt", TEXT),
        ("PUT", "@archive/new.txt", {**TEXT, "chunk": 1}),
        ("POST", "@archive", {"type": "directory"}),
        ("POST", "@archive", {"copy_from": "@archive/a.txt"}),
        ("PATCH", "@archive/a.txt", {"path": "@archive/b.txt"}),
        ("DELETE", "@archive/a.txt", None),
        ("POST", "@archive/a.txt/checkpoints", None),
        ("POST", "@archive/a.txt/checkpoints/checkpoint", None),
    ]
    for method, path, body in requests:
        status, answer = await ask(method, path, body)
        assert (status, answer["reason"]) == (403, "read_only_root"), (method, path)
        assert "read-only" in answer["message"]
        assert str(archive) not in answer["message"]
    assert os.listdir(archive) == ["a.txt"]
    assert (archive / "a.txt").read_text() == "kept"
    assert await ask("GET", "@archive/a.txt/checkpoints") == (200, [])


async def test_root_that_is_not_there_says_so(ask: Ask) -> None:
    for method, path, body in (("GET", "@gone", None), ("PUT", "@gone/a.txt", TEXT), ("DELETE", "@gone/a.txt", None)):
        status, answer = await ask(method, path, body)
        assert (status, answer["reason"]) == (503, "root_unavailable"), method
    assert (await ask("GET", ""))[0] == 200


async def test_hidden_and_outside_are_not_there(ask: Ask, data: Path) -> None:
    (data / ".hidden").write_text("secret")
    assert (await ask("GET", "@data/.hidden"))[0] == 404
    assert (await ask("PUT", "@data/.new", TEXT))[0] == 400
    assert (await ask("DELETE", "@data/.hidden"))[0] == 400
    assert (await ask("GET", "@data/..%2Farchive/a.txt"))[0] == 404
    assert (data / ".hidden").read_text() == "secret"


async def test_checkpoints_are_kept_in_the_root(ask: Ask, data: Path, jp_root_dir: Path) -> None:
    await ask("PUT", "@data/a.ipynb", {"type": "notebook", "content": new_notebook()})
    [made] = (await ask("GET", "@data/a.ipynb/checkpoints"))[1]
    assert (await ask("POST", "@data/a.ipynb/checkpoints"))[0] == 201
    assert (await ask("POST", f"@data/a.ipynb/checkpoints/{made['id']}"))[0] == 204
    assert (data / ".ipynb_checkpoints" / "a-checkpoint.ipynb").is_file()
    assert not (jp_root_dir / "@data").exists()
    assert (await ask("DELETE", f"@data/a.ipynb/checkpoints/{made['id']}"))[0] == 204


async def test_entries_cross_roots(ask: Ask, data: Path, jp_root_dir: Path) -> None:
    (jp_root_dir / "mine.txt").write_text("mine")
    (jp_root_dir / "folder").mkdir()
    (jp_root_dir / "folder" / "b.txt").write_text("b")
    assert (await ask("POST", "@data", {"copy_from": "folder"}))[1]["path"] == "@data/folder"
    assert (data / "folder" / "b.txt").read_text() == "b"
    assert (await ask("POST", "@data", {"copy_from": "@archive/a.txt"}))[1]["path"] == "@data/a.txt"
    status, model = await ask("PATCH", "mine.txt", {"path": "@data/yours.txt"})
    assert (status, model["path"]) == (200, "@data/yours.txt")
    assert (data / "yours.txt").read_text() == "mine"
    assert not (jp_root_dir / "mine.txt").exists()
    status, answer = await ask("PATCH", "@data/a.txt", {"path": "@archive/b.txt"})
    assert (status, answer["reason"]) == (403, "read_only_root")
    (data / "full.txt").write_text("full")
    (jp_root_dir / "full.txt").write_text("mine")
    assert (await ask("PATCH", "full.txt", {"path": "@data/full.txt"}))[0] == 409
    assert (data / "full.txt").read_text() == "full"
    assert (jp_root_dir / "full.txt").read_text() == "mine"
    assert (await ask("POST", "@data", {"copy_from": "@data/folder"}))[1]["path"] == "@data/folder-Copy1"


async def test_checkpoint_follows_a_file_to_another_root(ask: Ask, data: Path, jp_root_dir: Path) -> None:
    await ask("PUT", "a.ipynb", {"type": "notebook", "content": new_notebook()})
    await ask("PATCH", "a.ipynb", {"path": "@data/a.ipynb"})
    assert len((await ask("GET", "@data/a.ipynb/checkpoints"))[1]) == 1
    await ask("PATCH", "@data/a.ipynb", {"path": "b.ipynb"})
    assert (data / ".ipynb_checkpoints").is_dir()
    assert os.listdir(data / ".ipynb_checkpoints") == []
