"""A whole server with roots, and what is asked of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount, why_not
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from cloudru_jlab.core.ports import RootInfo, RootState

Ask = Callable[..., Awaitable[tuple[int, Any]]]


class StandIn:
    """As much of a root as the registry and the monitor see; what is on disk is tested with real roots."""

    def __init__(self, info: RootInfo, mount_required: bool = False) -> None:
        self.info = info
        self.capabilities = frozenset({"write", "real_path"})
        self.mount_required = mount_required
        self.closed = False
        self.looks = 0
        self.now = RootState("available", free_bytes=1)
        self._seen = RootState("missing", "never looked at")

    def state(self) -> RootState:
        return self._seen

    async def look(self) -> RootState:
        self.looks += 1
        self._seen = self.now
        return self._seen

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def early_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets pytest see what a server logs while it is set up."""
    monkeypatch.setattr(ServerApp, "init_logging", lambda app: None)


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Ask:
    """Status and JSON of a route below ``cloudru/roots``; starts the server of the test."""
    fetch = request.getfixturevalue("jp_fetch")

    async def ask(*parts: str, method: str = "GET", body: Any = None, **query: Any) -> tuple[int, Any]:
        params = {name: str(value) for name, value in query.items()}
        sent = None if body is None else json.dumps(body)
        try:
            answer = await fetch("cloudru", "roots", *parts, method=method, params=params, body=sent)
        except HTTPClientError as error:
            return error.code, json.loads(error.response.body) if error.response else {}
        return answer.code, json.loads(answer.body) if answer.body else None

    return ask


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[str], Path]:
    """Makes folders outside the server's own."""

    def make(name: str) -> Path:
        path = tmp_path / "machine" / name
        path.mkdir(parents=True)
        return path

    return make


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[SlowMount]:
    """A mounted file system that can be told to hang."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    source, point = tmp_path / "source", tmp_path / "machine" / "slow"
    source.mkdir()
    point.mkdir(parents=True)
    (source / "file").write_text("text")
    with SlowMount(source, point) as mount:
        yield mount
        # whoever still hangs must not keep the server from ending
        mount.tell("release")
