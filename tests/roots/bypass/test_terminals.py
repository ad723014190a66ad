"""Terminals open where they were asked to, or not at all."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_server_terminals.api_handlers import TerminalRootHandler


def cwd_of(serverapp: Any, name: str) -> Path:
    """The directory that a terminal's shell stands in."""
    terminal = serverapp.web_app.settings["terminal_manager"].terminals[name]
    return Path(os.readlink(f"/proc/{terminal.ptyproc.pid}/cwd"))


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """A shell that reads nobody's profile."""
    jp_server_config["ServerApp"]["terminado_settings"] = {"shell_command": ["/bin/sh"]}
    return jp_server_config


@pytest.mark.parametrize(
    ("cwd", "where"),
    [
        ("@data", "data"),
        ("@data/sub", "data/sub"),
        ("/@data//sub/", "data/sub"),
        ("@free/out", "outside"),
        ("sub", "home/sub"),
        ("@other", "home"),
        ("none", "home"),
        (None, "home"),
    ],
)
async def test_terminal_stands_in_the_real_directory(
    cwd: str | None, where: str, disk: Any, ask: Any, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # the server's own would find this first
    (tmp_path / "accident" / "@data" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "accident")
    (disk.home / "@data" / "sub").mkdir(parents=True)
    response = await ask("api", "terminals", body={} if cwd is None else {"cwd": cwd})
    assert response.code == 200
    name = json.loads(response.body)["name"]
    root, _, inside = where.partition("/")
    expected = getattr(disk, root) / inside
    if cwd in (None, "none", "@other"):
        # stock leaves it to the manager, which opens in the server's own directory
        expected = Path.cwd()
    assert cwd_of(jp_serverapp, name) == expected
    assert (await ask("api", "terminals", name, method="DELETE")).code == 204


@pytest.mark.parametrize(
    ("cwd", "status", "reason"),
    [
        ("@data/none", 404, "not_found"),
        ("@data/a.txt", 400, "not_a_directory"),
        ("@data/a.txt/x", 404, "not_found"),
        ("@data/out", 404, "not_found"),
        ("@strict/out", 404, "not_found"),
        ("@data/.secret", 404, "not_found"),
        ("@data/..", 404, "not_found"),
        ("@data/../../outside", 404, "not_found"),
        ("@data/sub/../../../outside", 404, "not_found"),
        ("x/../@data/../../outside", 404, "not_found"),
        ("@data/\0", 404, "not_found"),
    ],
)
async def test_no_terminal_elsewhere(cwd: str, status: int, reason: str, ask: Any, jp_serverapp: Any) -> None:
    response = await ask("api", "terminals", body={"cwd": cwd})
    answer = json.loads(response.body)
    if cwd == "@data/a.txt/x":
        assert response.code in {400, 404}
    else:
        assert (response.code, answer["reason"]) == (status, reason)
    assert answer["message"].endswith(".")
    assert not jp_serverapp.web_app.settings["terminal_manager"].terminals


async def test_terminal_in_a_root_that_is_not_there_is_an_error(disk: Any, ask: Any, jp_serverapp: Any) -> None:
    disk.data.rename(disk.data.with_name("moved"))
    response = await ask("api", "terminals", body={"cwd": "@data/sub"})
    assert response.code in {404, 503}
    assert str(disk.data) not in json.loads(response.body)["message"]
    assert not jp_serverapp.web_app.settings["terminal_manager"].terminals


class TestWithoutTerminals:
    """A server that has terminals switched off."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        """Terminals are off."""
        jp_server_config["ServerApp"]["terminals_enabled"] = False
        return jp_server_config

    async def test_there_are_none_in_roots_either(self, ask: Any) -> None:
        assert (await ask("api", "terminals", body={"cwd": "@data"})).code == 404


def test_server_is_as_it_was() -> None:
    """What of jupyter_server_terminals's inside this stands on."""
    assert 'data["cwd"] = str(cwd.resolve())' in inspect.getsource(TerminalRootHandler.post)
    assert "self.terminal_manager.create(**data)" in inspect.getsource(TerminalRootHandler.post)
    assert list(inspect.signature(TerminalRootHandler.initialize).parameters)[:2] == ["self", "name"]
