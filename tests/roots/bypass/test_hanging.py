"""A root whose file system hangs: errors at once, and nothing else is held up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount, why_not

REQUESTS: dict[str, tuple[tuple[str, ...], Any]] = {
    "files": (("files", "@far/a.txt"), None),
    "nbconvert": (("nbconvert", "html", "@far/a.ipynb"), None),
    "kernels": (("api", "kernels"), {"path": "@far/a.ipynb"}),
    "sessions": (("api", "sessions"), {"path": "@far/a.ipynb", "name": "a.ipynb", "type": "notebook"}),
    "terminals": (("api", "terminals"), {"cwd": "@far"}),
}


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[SlowMount]:
    """The file system of the root `far`."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    source, point = tmp_path / "source", tmp_path / "far"
    source.mkdir()
    point.mkdir()
    (source / "a.txt").write_text("far away", encoding="utf-8")
    with SlowMount(source, point) as mount:
        yield mount
        mount.tell("release")


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], mount: SlowMount) -> dict[str, Any]:
    """One root more, which is given up on soon."""
    jp_server_config["Roots"]["roots"].append({"name": "far", "path": str(mount.point)})
    jp_server_config["Roots"] |= {"deadline_seconds": 0.5, "retry_seconds": 0.1}
    return jp_server_config


async def test_every_way_in_says_that_the_root_does_not_answer(ask: Any, mount: SlowMount, jp_serverapp: Any) -> None:
    mount.tell("hang")
    for what, (parts, body) in REQUESTS.items():
        response = await ask(*parts, body=body)
        assert response.code in {503, 504}, what
        if parts[0] == "api":
            answer = json.loads(response.body)
            assert answer["reason"] in {"not_answering", "root_unavailable"}, what
            assert str(mount.point) not in answer["message"]
    assert not list(jp_serverapp.kernel_manager.list_kernel_ids())
    assert not jp_serverapp.web_app.settings["terminal_manager"].terminals


async def test_other_roots_are_served_meanwhile(ask: Any, mount: SlowMount, disk: Any) -> None:
    mount.tell("hang")
    # more than the server has threads to share
    stuck = [asyncio.ensure_future(ask("files", "@far/a.txt")) for _ in range(60)]
    try:
        for path in ("a.txt", "@data/a.txt", "@strict/a.txt"):
            assert (await ask("files", path)).code == 200
    finally:
        mount.tell("release")
        await asyncio.gather(*stuck)


async def test_root_comes_back_by_itself(ask: Any, mount: SlowMount) -> None:
    mount.tell("hang")
    assert (await ask("files", "@far/a.txt")).code in {503, 504}
    mount.tell("release")
    while (response := await ask("files", "@far/a.txt")).code != 200:
        assert response.code in {503, 504}
    assert response.body == b"far away"
