"""A root that needs a mount, at the very moment in which it is unmounted: before anybody has looked at it again."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

pytestmark = pytest.mark.root


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Path]:
    """Where a tmpfs is mounted; below it lies a file and a folder."""
    if os.geteuid() != 0:
        pytest.skip("mounting is left to root")
    point = tmp_path / "point"
    (point / "sub").mkdir(parents=True)
    for name in ("below", "sub/below"):
        (point / name).write_text("not of this root")
    mount(point)
    (point / "sub").mkdir()
    for name in ("file", "sub/file"):
        (point / name).write_text("of this root")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=False, stderr=subprocess.DEVNULL)


def mount(point: Path) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "none", str(point)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def umount(point: Path) -> None:
    subprocess.run(["umount", str(point)], check=True)


@pytest.fixture(params=["local", "guarded"])
def access(request: pytest.FixtureRequest) -> str:
    """Whether the listing reads it by itself, or by processes that can be killed."""
    return str(request.param)


@pytest.fixture(params=["deny", "inside", "follow"])
def symlinks(request: pytest.FixtureRequest) -> str:
    """What is done about links."""
    return str(request.param)


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], point: Path, access: str, symlinks: str) -> dict[str, Any]:
    """A server with that root."""
    root = {"name": "scratch", "path": str(point), "mount_required": True, "symlinks": symlinks}
    jp_server_config["Roots"] = {"roots": [root]}
    jp_server_config["FileContentsManager"] = {"delete_to_trash": False}
    if access == "guarded":
        jp_server_config["NetworkFileSystems"] = {"types": ["tmpfs"]}
    return jp_server_config


Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    """The status and the JSON of a listing route."""

    async def fetch(*parts: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        method = "GET" if body is None else "POST"
        try:
            response = await jp_fetch(
                "cloudru",
                "listing",
                *parts,
                method=method,
                params={name: str(value) for name, value in query.items()},
                body=None if body is None else json.dumps(body),
            )
        except HTTPClientError as refused:
            response = refused.response
        return response.code, json.loads(response.body)

    return fetch


async def page(ask: Ask, path: str) -> dict[str, Any]:
    """A sorted page."""
    while True:
        status, answer = await ask(path=path)
        assert status == 200, answer
        if answer["mode"] == "sorted":
            return dict(answer)


async def test_nothing_is_listed_or_changed_below_the_mount_point(ask: Ask, point: Path) -> None:
    shown = await page(ask, "@scratch")
    assert [row["name"] for row in shown["rows"]] == ["sub", "file"]

    umount(point)
    answers = {
        # one that was listed before, and one that was not
        "page": await ask(path="@scratch"),
        "folder": await ask(path="@scratch/sub"),
        "locate": await ask("locate", path="@scratch", name="below"),
        "delete": await ask(
            "jobs",
            body={
                "kind": "delete",
                "path": "@scratch",
                "generation": shown["generation"],
                "selection": {"all": True},
                "count": 2,
            },
        ),
    }

    assert {name: (status, answer.get("reason")) for name, (status, answer) in answers.items()} == dict.fromkeys(
        answers, (503, "root_unavailable")
    )
    assert sorted(os.listdir(point)) == ["below", "sub"]
    assert os.listdir(point / "sub") == ["below"]


async def test_the_root_comes_back(ask: Ask, point: Path) -> None:
    await page(ask, "@scratch")
    umount(point)
    assert (await ask(path="@scratch"))[0] == 503
    mount(point)
    (point / "new").write_text("of this root")

    while (answer := await ask(path="@scratch"))[0] != 200 or answer[1]["mode"] != "sorted":
        assert answer[0] in (200, 503)

    assert [row["name"] for row in answer[1]["rows"]] == ["new"]
