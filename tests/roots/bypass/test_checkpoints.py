"""Checkpoints and trash of roots touch nothing but the root."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest


def all_below(*folders: Path) -> dict[str, bytes]:
    """Every file, link and folder, with what it holds."""
    found: dict[str, bytes] = {}
    for folder in folders:
        for directory, names, files in os.walk(folder):
            for name in names + files:
                path = Path(directory, name)
                found[str(path)] = path.read_bytes() if path.is_file() else b""
    return found


async def test_checkpoint_lies_in_the_root(disk: Any, ask: Any) -> None:
    before = all_below(disk.home, disk.outside, disk.strict)
    (disk.data / "text.txt").write_text("first", encoding="utf-8")
    made = await ask("api", "contents", "@data/text.txt", "checkpoints", body={})
    assert made.code == 201
    (disk.data / "text.txt").write_text("second", encoding="utf-8")
    kept = json.loads(made.body)["id"]
    restored = await ask("api", "contents", "@data/text.txt", "checkpoints", kept, body={})
    assert restored.code == 204
    assert (disk.data / "text.txt").read_text(encoding="utf-8") == "first"
    assert [path.name for path in (disk.data / ".ipynb_checkpoints").iterdir()] == ["text-checkpoint.txt"]
    assert all_below(disk.home, disk.outside, disk.strict) == before


@pytest.mark.parametrize("root", ["@data", "@strict"])
@pytest.mark.parametrize("path", ["out.txt", "out/canary.txt", "../outside/canary.txt", "sub/../../outside/canary.txt"])
async def test_no_checkpoint_of_what_is_outside(root: str, path: str, disk: Any, ask: Any) -> None:
    before = all_below(disk.home, disk.outside, disk.data, disk.strict)
    for parts in (("checkpoints",), ("checkpoints", "checkpoint")):
        response = await ask("api", "contents", f"{root}/{path}", *parts, body={})
        assert 400 <= response.code < 500
        assert disk.canary not in response.body
    assert all_below(disk.home, disk.outside, disk.data, disk.strict) == before


@pytest.mark.parametrize("root", ["@data", "@strict"])
async def test_checkpoints_are_not_led_outside(root: str, disk: Any, ask: Any) -> None:
    folder = disk.data if root == "@data" else disk.strict
    (folder / ".ipynb_checkpoints").symlink_to(disk.outside)
    (disk.outside / "a-checkpoint.txt").write_bytes(disk.canary)
    before = all_below(disk.outside)
    for parts in (("checkpoints",), ("checkpoints", "checkpoint")):
        response = await ask("api", "contents", f"{root}/a.txt", *parts, body={})
        assert 400 <= response.code < 500
    assert all_below(disk.outside) == before
    assert (folder / "a.txt").read_bytes() == bytes(range(256)) * 4


@pytest.mark.parametrize("root", ["data", "strict"])
@pytest.mark.parametrize("path", ["out.txt", "out"])
async def test_deleted_link_leaves_what_it_leads_to(root: str, path: str, disk: Any, ask: Any) -> None:
    before = all_below(disk.outside, disk.home)
    response = await ask("api", "contents", f"@{root}/{path}", method="DELETE")
    assert response.code == 204
    assert path not in os.listdir(getattr(disk, root))
    assert all_below(disk.outside, disk.home) == before


@pytest.mark.parametrize("path", ["out/canary.txt", "../outside/canary.txt", ""])
async def test_nothing_outside_is_deleted(path: str, disk: Any, ask: Any) -> None:
    before = all_below(disk.outside, disk.home, disk.data)
    response = await ask("api", "contents", "@data", *filter(None, [path]), method="DELETE")
    assert 400 <= response.code < 500
    assert all_below(disk.outside, disk.home, disk.data) == before
