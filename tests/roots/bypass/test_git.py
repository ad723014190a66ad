"""jupyterlab-git keeps to the default root."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def repositories(disk: Any) -> list[Path]:
    """A repository in the default root, one in a root, and one in the default root that has the root's prefix."""
    made = [disk.home / "repo", disk.data / "repo", disk.home / "@data" / "repo"]
    for path in made:
        path.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(path)], check=True)
    return made


@pytest.mark.parametrize("path", ["@data/repo", "%40data/repo", "@data", "x/../@data/repo"])
@pytest.mark.parametrize("endpoint", ["show_prefix", "status", "init", "remote/add", "content"])
async def test_git_is_told_that_a_root_is_none_of_its(
    path: str, endpoint: str, ask: Any, disk: Any, repositories: list[Path]
) -> None:
    response = await ask("git", path.replace("%40", "@"), endpoint, body={})
    answer = json.loads(response.body)
    # what jupyterlab-git's page takes for “not in a repository”
    assert (response.code, answer["code"]) == (500, 128)
    assert answer["reason"] == "not_in_this_root"
    assert "@data" in answer["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_every_verb_is_told(method: str, ask: Any) -> None:
    response = await ask("git", "@data/repo/submodules", method=method)
    assert json.loads(response.body)["reason"] == "not_in_this_root"


class TestTheRealOne:
    """jupyterlab-git itself, where it is installed."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        """A server with jupyterlab-git."""
        pytest.importorskip("jupyterlab_git", reason="jupyterlab-git is not installed")
        jp_server_config["ServerApp"]["jpserver_extensions"]["jupyterlab_git"] = True
        return jp_server_config

    async def test_it_works_in_the_default_root(self, ask: Any, repositories: list[Path]) -> None:
        response = await ask("git", "repo", "show_prefix", body={})
        assert (response.code, json.loads(response.body)["code"]) == (200, 0)
        response = await ask("git", "none", "show_prefix", body={})
        assert response.code == 500

    async def test_it_touches_no_folder_of_the_same_name(self, ask: Any, disk: Any, repositories: list[Path]) -> None:
        for endpoint, body in (("init", {}), ("ignore", {"file_path": "x", "use_extension": False})):
            before = sorted(disk.home.rglob("*")), sorted(disk.data.rglob("*"))
            answer = json.loads((await ask("git", "@data/repo", endpoint, body=body)).body)
            assert answer["reason"] == "not_in_this_root"
            assert (sorted(disk.home.rglob("*")), sorted(disk.data.rglob("*"))) == before
