"""Trees to work on, and jobs over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from cloudru_jlab.core.access import Place

Answer = dict[str, Any]


class JobsClient:
    """Starts jobs as the page does: looks at the directory, selects, confirms the count."""

    def __init__(self, fetch: Any, root: Path) -> None:
        self._fetch, self.root = fetch, root

    async def call(self, *parts: str, method: str = "GET", body: Answer | None = None, **query: Any) -> Answer:
        """The JSON answer of a listing route."""
        response = await self._fetch(
            "cloudru",
            "listing",
            *parts,
            method=method,
            params={name: str(value) for name, value in query.items()},
            body=None if body is None else json.dumps(body),
        )
        answer: Answer = json.loads(response.body)
        return answer

    async def look(self, path: str = "", **view: Any) -> Answer:
        """The head of a sorted view."""
        while True:
            page = await self.call(path=path, limit=1, **view)
            if page["mode"] == "sorted":
                return page

    async def request(self, kind: str, path: str = "", *, count: int | None = None, **fields: Any) -> Answer:
        """Start a job without waiting for its end; all is selected unless ``selection`` says otherwise."""
        view = fields.get("view", {})
        if "generation" not in fields:
            page = await self.look(path, **{key: int(v) if isinstance(v, bool) else v for key, v in view.items()})
            fields["generation"] = page["generation"]
            count = page["total"] if count is None else count
        fields.setdefault("selection", {"all": True})
        body = {"kind": kind, "path": path, "count": count, **fields}
        return await self.call("jobs", method="POST", body=body)

    async def until_ended(self, job: Answer) -> Answer:
        """The job once it has ended."""
        while job["state"] in ("running", "cancelling"):
            await asyncio.sleep(0.01)
            job = await self.call("jobs", job["id"])
        return job

    async def do(self, kind: str, path: str = "", **fields: Any) -> Answer:
        """Start a job and wait for its end."""
        return await self.until_ended(await self.request(kind, path, **fields))

    async def refused(self, kind: str, path: str = "", **fields: Any) -> tuple[int, Answer]:
        """The status and the envelope of a job that is not begun."""
        with pytest.raises(HTTPClientError) as failure:
            await self.request(kind, path, **fields)
        return failure.value.code, json.loads(failure.value.response.body)


@pytest.fixture
def server_options() -> Answer:
    """Options of the server that a test may change before the first request."""
    return {"FileContentsManager": {"delete_to_trash": False}}


@pytest.fixture
def jp_server_config(jp_server_config: Answer, server_options: Answer) -> Answer:
    """The server's configuration with `server_options`."""
    for name, options in server_options.items():
        jp_server_config.setdefault(name, {}).update(options)
    return jp_server_config


@pytest.fixture
def jobs(jp_fetch: Any, jp_root_dir: Path) -> JobsClient:
    """A client of the server under test."""
    return JobsClient(jp_fetch, jp_root_dir)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """A directory on a file system of its own, of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs is left to root")
    point = tmp_path / "other"
    point.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(point)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        yield point
    finally:
        subprocess.run(["umount", str(point)], check=True)


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; the test's own time limit ends what never does."""
    while not condition():  # noqa: ASYNC110 - of listeners no event tells
        await asyncio.sleep(0.01)


def at(root: Path, inside: str = "", symlinks: Any = "follow") -> Place:
    """A place below ``root``."""
    return Place(os.fsencode(root), os.fsencode(inside), symlinks)


def fill(directory: Path, names: list[str], content: str = "x") -> None:
    """Make files."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        with open(os.path.join(directory, name), "w") as file:
            file.write(content)


def tree(directory: Path) -> dict[str, str | None]:
    """All below ``directory``: relative path → content, None for a directory, target with "→" for a link."""
    found: dict[str, str | None] = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_symlink():
            found[name] = f"→{os.readlink(path)}"
        else:
            found[name] = None if path.is_dir() else path.read_text()
    return found
