"""What the page is told about the roots, with real file systems that are away, closed or silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount

from .conftest import Ask

#: Of the server under test, in seconds: that answers come is what is tested, and this ends the waiting for others.
DEADLINE = 0.5


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Where the folders of the roots are."""
    path = tmp_path / "machine"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], machine: Path) -> dict[str, Any]:
    """A server with roots; not all of them are there."""
    (machine / "data").mkdir()
    jp_server_config["Roots"] = {
        "roots": [
            {"name": "data", "title": "Datasets", "path": str(machine / "data"), "read_only": True, "icon": "a:b"},
            {"name": "tmp", "path": str(machine / "tmp"), "mount_required": True, "symlinks": "deny", "order": 1},
            {"name": "slow", "path": str(machine / "slow"), "order": 2},
        ],
        "deadline_seconds": DEADLINE,
        "retry_seconds": 0.1,
    }
    return jp_server_config


async def states(ask: Ask, *, refresh: bool = True) -> dict[str, str]:
    status, answer = await ask(**({"refresh": 1} if refresh else {}))
    assert status == 200
    return {root["name"]: root["state"] for root in answer["roots"]}


async def state(ask: Ask, name: str) -> dict[str, Any]:
    _, answer = await ask(refresh=1)
    [root] = [root for root in answer["roots"] if root["name"] == name]
    return dict(root)


async def test_roots_are_described(ask: Ask, machine: Path, jp_root_dir: Path) -> None:
    status, answer = await ask()
    assert status == 200
    assert answer["may_add"] is False
    home, data, tmp, _ = answer["roots"]
    space = os.statvfs(machine)
    sizes = {"free_bytes", "free_inodes"}
    assert {key: value for key, value in data.items() if key not in {*sizes, "file_system"}} == {
        "name": "data",
        "title": "Datasets",
        "prefix": "@data",
        "writable": False,
        "default": False,
        "icon": "a:b",
        "order": 0,
        "hidden": False,
        "symlinks": "inside",
        "added": False,
        "state": "available",
        "message": None,
        "total_bytes": space.f_blocks * space.f_frsize,
        "total_inodes": space.f_files or None,
    }
    assert 0 < data["free_bytes"] <= data["total_bytes"]
    assert data["file_system"] == filesystem_of(machine)
    assert (home["name"], home["prefix"], home["default"], home["title"]) == ("home", "", True, jp_root_dir.name)
    assert (home["writable"], home["symlinks"]) == (True, "follow")
    assert (tmp["state"], tmp["symlinks"], tmp["free_bytes"]) == ("missing", "deny", None)
    assert str(machine) not in json.dumps(answer)


def filesystem_of(path: Path) -> str:
    told = subprocess.run(["stat", "-f", "-c", "%T", str(path)], check=True, capture_output=True, text=True)
    names = {"ext2/ext3": ("ext4", "ext3", "ext2"), "overlayfs": ("overlay",), "tmpfs": ("tmpfs",), "xfs": ("xfs",)}
    known = names.get(told.stdout.strip(), (told.stdout.strip(),))
    mounted = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", str(path)], capture_output=True, text=True)
    return mounted.stdout.strip() or known[0]


async def test_a_root_that_appears_or_goes_is_seen(ask: Ask, machine: Path) -> None:
    assert (await states(ask))["data"] == "available"
    (machine / "data").rename(machine / "elsewhere")
    gone = await state(ask, "data")
    assert (gone["state"], gone["free_bytes"], gone["file_system"]) == ("missing", None, None)
    assert gone["message"]
    # what was seen is good for a while
    (machine / "elsewhere").rename(machine / "data")
    assert (await states(ask, refresh=False))["data"] == "missing"
    assert (await states(ask))["data"] == "available"
    (machine / "data").rmdir()
    (machine / "data").write_text("a file")
    assert (await states(ask))["data"] == "missing"


@pytest.fixture
def tmpfs(machine: Path) -> Iterator[Callable[..., None]]:
    """Mounts and unmounts a tmpfs at the root ``tmp``."""
    if os.geteuid() != 0:
        pytest.skip("mounting is left to root")
    point = machine / "tmp"
    point.mkdir()

    def mount(command: str = "mount") -> None:
        arguments = ["-t", "tmpfs", "-o", "size=1m,nr_inodes=100", "roots-test"] if command == "mount" else []
        done = subprocess.run([command, *arguments, str(point)], capture_output=True, text=True)
        if done.returncode and command == "mount":
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr

    yield mount
    subprocess.run(["umount", "-l", str(point)], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.root
async def test_a_file_system_that_is_not_mounted_is_told_and_comes_back(
    ask: Ask, tmpfs: Callable[..., None], jp_fetch: Any, machine: Path
) -> None:
    (machine / "tmp" / "below").write_text("what lies below the mount")
    away = await state(ask, "tmp")
    assert (away["state"], away["free_bytes"]) == ("not_mounted", None)
    assert "not mounted" in away["message"]

    tmpfs("mount")
    there = await state(ask, "tmp")
    assert (there["state"], there["message"], there["file_system"]) == ("available", None, "tmpfs")
    assert (there["total_bytes"], there["total_inodes"]) == (1024 * 1024, 100)

    tmpfs("umount")
    assert (await states(ask))["tmp"] == "not_mounted"
    status, refused = await ask("real-path", path="@tmp/below")
    assert (status, refused["reason"]) == (503, "root_unavailable")


@pytest.mark.root
async def test_a_file_system_that_hangs_is_told_and_comes_back(ask: Ask, hanging: SlowMount, jp_fetch: Any) -> None:
    assert (await states(ask))["slow"] == "available"
    hanging.tell("hang")
    silent = await state(ask, "slow")
    assert silent["state"] == "not_answering"
    assert silent["message"]
    # all else answers meanwhile
    assert (await states(ask))["data"] == "available"
    assert (await jp_fetch("api", "contents")).code == 200
    status, refused = await ask("real-path", path="@slow/file")
    assert (status, refused["reason"]) == (503, "root_unavailable")
    hanging.tell("release")
    while (await states(ask))["slow"] != "available":
        pass
    status, answer = await ask("real-path", path="@slow/file")
    assert (status, answer["path"]) == (200, str(hanging.point / "file"))


async def test_the_real_path_is_told(ask: Ask, machine: Path, jp_root_dir: Path) -> None:
    (machine / "data" / "a").mkdir()
    (machine / "data" / "a" / "файл").write_text("")
    (machine / "data" / "link").symlink_to("a")
    (machine / "data" / "out").symlink_to(jp_root_dir)
    (jp_root_dir / "mine").write_text("")
    for path, real in (
        ("@data", machine / "data"),
        ("@data/a/файл", machine / "data" / "a" / "файл"),
        ("@data/link", machine / "data" / "a"),
        ("mine", jp_root_dir / "mine"),
        ("", jp_root_dir),
    ):
        assert await ask("real-path", path=path) == (200, {"path": str(real)})


@pytest.mark.parametrize(
    "path", ["@data/none", "@data/out", "@data/..", "@data/.hidden", "@none/a", "@data/a\0b", ".."]
)
async def test_what_is_not_in_a_root_has_no_real_path(ask: Ask, machine: Path, path: str) -> None:
    (machine / "data" / "out").symlink_to(machine.parent)
    (machine / "data" / ".hidden").write_text("")
    status, refused = await ask("real-path", path=path)
    assert (status, refused["reason"]) == (404, "not_found")
    assert str(machine) not in refused["message"]


async def test_roots_cannot_be_added_unless_the_operator_says_so(ask: Ask, machine: Path) -> None:
    status, refused = await ask(method="POST", body={"path": str(machine)})
    assert (status, refused["reason"]) == (403, "permission_denied")


async def test_a_root_of_the_operator_cannot_be_removed(ask: Ask) -> None:
    status, refused = await ask("data", method="DELETE")
    assert (status, refused["reason"]) == (403, "permission_denied")
    assert (await ask("none", method="DELETE"))[0] == 404


async def test_asking_for_roots_does_not_keep_a_server_alive(ask: Ask, jp_serverapp: Any) -> None:
    settings = jp_serverapp.web_app.settings
    before = settings.get("api_last_activity")
    await ask()
    assert settings.get("api_last_activity") == before
    await ask("real-path", path="@data")
    assert settings.get("api_last_activity") != before


_UNPRIVILEGED = """
import asyncio, json, logging, os, sys
from cloudru_jlab.roots.config import read_roots
from cloudru_jlab.roots.local import LocalBackend
from cloudru_jlab.roots.monitor import Monitor
from cloudru_jlab.roots.registry import Registry

# from here on: that user may not even read the interpreter's own files
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)

async def main():
    roots = [{"name": os.path.basename(path), "path": path} for path in sys.argv[1:]]
    log = logging.getLogger()
    registry = Registry(read_roots(roots, "", {}), lambda: None, lambda info, mount: LocalBackend(info, None, log=log))
    monitor = Monitor(interval=30, patience=60, log=log)
    await monitor.look(registry.watched())
    states = {root.info.name: monitor.state(root)[:2] for root in registry.watched()}
    registry.close()
    print(json.dumps(states))

asyncio.run(main())
"""


@pytest.mark.root
def test_a_folder_that_the_server_may_not_read_is_told(world_readable: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user is left to root")
    for name, mode in (("open", 0o755), ("closed", 0o700), ("listless", 0o711), ("unlistable", 0o744)):
        (world_readable / name).mkdir()
        (world_readable / name).chmod(mode)
    (world_readable / "closed" / "inner").mkdir()
    paths = [world_readable / name for name in ("open", "closed", "listless", "unlistable", "closed/inner")]
    told = subprocess.run(
        [sys.executable, "-c", _UNPRIVILEGED, *map(str, paths)], capture_output=True, text=True, cwd="/"
    )
    assert told.returncode == 0, told.stderr
    states = json.loads(told.stdout)
    assert states.pop("open") == ["available", None]
    assert {name: state for name, (state, _) in states.items()} == dict.fromkeys(
        ("closed", "listless", "unlistable", "inner"), "permission_denied"
    )
    assert all(message and str(world_readable) not in message for _, message in states.values())


@pytest.fixture
def world_readable() -> Iterator[Path]:
    """A folder that all users may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)  # noqa: S103 - that is what it is for
        yield Path(path)
