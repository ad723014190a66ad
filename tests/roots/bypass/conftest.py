"""A server with roots, terminals and language servers, and a canary outside of all roots."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

CANARY = "the canary sings"


class Disk(NamedTuple):
    """Where things are. Each root holds the same files, and `out`, a link to the folder of the canary."""

    home: Path
    data: Path
    strict: Path
    free: Path
    outside: Path
    canary: bytes = CANARY.encode()


def fill(root: Path, outside: Path) -> None:
    """Put the same into a root."""
    (root / "sub" / "deep").mkdir(parents=True)
    (root / ".secret").mkdir()
    (root / ".secret" / "a.txt").write_text("hidden", encoding="utf-8")
    (root / "a.txt").write_bytes(bytes(range(256)) * 4)
    (root / "sub" / "inner.txt").write_text("inner", encoding="utf-8")
    (root / "inner-link.txt").symlink_to("sub/inner.txt")
    (root / "out").symlink_to(outside)
    (root / "out.txt").symlink_to(outside / "canary.txt")


@pytest.fixture
def disk(tmp_path: Path, jp_root_dir: Path) -> Disk:
    """The contents root and three more: `data` follows links inside, `strict` none, `free` all."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary.txt").write_text(CANARY, encoding="utf-8")
    made = Disk(jp_root_dir, tmp_path / "mnt" / "data", tmp_path / "strict", tmp_path / "free", outside)
    for root in made[:4]:
        root.mkdir(parents=True, exist_ok=True)
        fill(root, outside)
    return made


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], disk: Disk) -> dict[str, Any]:
    """Three roots, and the extensions that they concern."""
    jp_server_config["ServerApp"]["jpserver_extensions"] |= {"jupyter_server_terminals": True}
    # else the server warns of handlers of jupyter_server_terminals and jupyter-lsp that guard themselves
    jp_server_config["ServerApp"]["allow_unauthenticated_access"] = True
    jp_server_config["Roots"] = {
        "roots": [
            {"name": "data", "path": str(disk.data), "symlinks": "inside"},
            {"name": "strict", "path": str(disk.strict), "symlinks": "deny"},
            {"name": "free", "path": str(disk.free), "symlinks": "follow"},
        ]
    }
    return jp_server_config


Ask = Callable[..., Awaitable[HTTPResponse]]


@pytest.fixture
def ask(jp_fetch: Callable[..., Awaitable[HTTPResponse]]) -> Ask:
    """Sends a request and gives the answer, whatever its status; ``body`` is sent as JSON."""

    async def send(*parts: str, body: Any = None, **arguments: Any) -> HTTPResponse:
        # the fixture adds to what it is given
        arguments["headers"] = dict(arguments.get("headers", {}))
        if body is not None:
            arguments |= {"method": "POST", "body": json.dumps(body)}
        try:
            return await jp_fetch(*parts, **arguments)
        except HTTPClientError as error:
            if error.response is None:
                raise
            return error.response

    return send
