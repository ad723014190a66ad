"""Kernels stand where their document is."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.gateway.managers import GatewayMappingKernelManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, MappingKernelManager
from jupyter_server.services.sessions.handlers import SessionRootHandler
from jupyter_server.services.sessions.sessionmanager import SessionManager

from cloudru_jlab.core.ports import REGISTRY_SETTING
from cloudru_jlab.roots.bypass.handlers.errors import RootError
from cloudru_jlab.roots.bypass.handlers.kernels import kernels_in_roots


def process_of(serverapp: Any, kernel_id: str) -> Path:
    """`/proc` of a kernel."""
    return Path("/proc") / str(serverapp.kernel_manager.get_kernel(kernel_id).provisioner.process.pid)


def cwd_of(serverapp: Any, kernel_id: str) -> Path:
    """The directory that a kernel stands in."""
    return Path(os.readlink(process_of(serverapp, kernel_id) / "cwd"))


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("@data", "data"),
        ("@data/sub", "data/sub"),
        ("@data/sub/x.ipynb", "data/sub"),
        ("@data/sub/inner.txt", "data/sub"),
        ("/@data/sub/", "data/sub"),
        ("@data/none/console-1-uuid", "data"),
        ("@data/.secret/x.ipynb", "data"),
        ("@data/out/x.ipynb", "data"),
        ("@strict/out", "strict"),
        ("@free/out/x.ipynb", "outside"),
        ("sub/x.ipynb", "home/sub"),
        ("@other/x.ipynb", "home"),
        (None, None),
    ],
)
async def test_kernel_stands_in_the_real_directory(
    path: str | None, where: str | None, disk: Any, ask: Any, jp_serverapp: Any
) -> None:
    (disk.home / "@data" / "sub").mkdir(parents=True)
    response = await ask("api", "kernels", body={} if path is None else {"path": path})
    assert response.code == 201
    kernel_id = json.loads(response.body)["id"]
    try:
        if where is None:
            assert cwd_of(jp_serverapp, kernel_id) == Path.cwd()
        else:
            root, _, inside = where.partition("/")
            assert cwd_of(jp_serverapp, kernel_id) == getattr(disk, root) / inside
    finally:
        await jp_serverapp.kernel_manager.shutdown_kernel(kernel_id, now=True)


@pytest.mark.parametrize("kind", ["notebook", "console", "file"])
async def test_session_stands_in_the_real_directory(kind: str, disk: Any, ask: Any, jp_serverapp: Any) -> None:
    body = {"path": "@data/sub/x.ipynb", "name": "x.ipynb", "type": kind}
    response = await ask("api", "sessions", body=body)
    assert response.code == 201
    session = json.loads(response.body)
    assert session["path"] == "@data/sub/x.ipynb"
    kernel_id = session["kernel"]["id"]
    try:
        assert cwd_of(jp_serverapp, kernel_id) == disk.data / "sub"
        environment = (process_of(jp_serverapp, kernel_id) / "environ").read_bytes().split(b"\0")
        assert f"JPY_SESSION_NAME={disk.data}/sub/x.ipynb".encode() in environment
        again = await ask("api", "kernels", kernel_id, "restart", body={})
        assert again.code == 200
        assert cwd_of(jp_serverapp, kernel_id) == disk.data / "sub"
    finally:
        await jp_serverapp.kernel_manager.shutdown_kernel(kernel_id, now=True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("@data/../outside", 404),
        ("@data/sub/../../../outside/x.ipynb", 404),
        ("x/../@data/../..", 404),
        ("@data/\0", 404),
    ],
)
async def test_no_kernel_outside(path: str, status: int, ask: Any, jp_serverapp: Any) -> None:
    response = await ask("api", "kernels", body={"path": path})
    assert response.code == status
    response = await ask("api", "sessions", body={"path": path, "name": "x", "type": "notebook"})
    assert (response.code, json.loads(response.body)["reason"]) == (status, "not_found")
    assert not list(jp_serverapp.kernel_manager.list_kernel_ids())


@pytest.mark.parametrize("endpoint", ["kernels", "sessions"])
async def test_kernel_in_a_root_that_is_not_there_is_an_error(
    endpoint: str, disk: Any, ask: Any, jp_serverapp: Any
) -> None:
    disk.data.rename(disk.data.with_name("moved"))
    response = await ask("api", endpoint, body={"path": "@data/sub/x.ipynb", "name": "x.ipynb", "type": "notebook"})
    assert response.code in {404, 503}
    answer = json.loads(response.body)
    assert answer["reason"] in {"not_found", "root_unavailable"}
    assert answer["message"].endswith(".")
    assert str(disk.data) not in answer["message"]
    assert not list(jp_serverapp.kernel_manager.list_kernel_ids())


class OperatorsManager(AsyncMappingKernelManager):
    """A kernel manager of the operator's own."""

    started: list[str | None] = []  # noqa: RUF012 - the server makes the instance

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:
        """All kernels of the contents root stand in one folder."""
        return str(Path(super().cwd_for_path("")) / "sub")

    async def start_kernel(self, *, path: Any = None, **kwargs: Any) -> str:  # type: ignore[override]
        """Start and note."""
        self.started.append(path)
        return await super().start_kernel(path=path, **kwargs)


class TestOperatorsManager:
    """A server with a kernel manager of the operator's own."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        """The manager, and something told to it."""
        jp_server_config["ServerApp"]["kernel_manager_class"] = OperatorsManager
        jp_server_config["OperatorsManager"] = {"cull_interval": 77}
        return jp_server_config

    async def test_it_stays(self, ask: Any, jp_serverapp: Any, disk: Any) -> None:
        manager = jp_serverapp.kernel_manager
        assert isinstance(manager, OperatorsManager)
        assert manager.cull_interval == 77
        OperatorsManager.started.clear()
        for path, where in (("@data/x.ipynb", disk.data), ("x.ipynb", disk.home / "sub")):
            kernel_id = json.loads((await ask("api", "kernels", body={"path": path})).body)["id"]
            assert cwd_of(jp_serverapp, kernel_id) == where
            await manager.shutdown_kernel(kernel_id, now=True)
        assert OperatorsManager.started == ["@data/x.ipynb", "x.ipynb"]


class TestGateway:
    """A server whose kernels run behind a gateway."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A gateway that nothing is asked of."""
        jp_server_config["GatewayClient"] = {"url": "http://127.0.0.1:9"}
        GatewayClient.clear_instance()
        yield jp_server_config
        GatewayClient.clear_instance()

    async def test_it_stays_and_is_told_the_real_directory(
        self, jp_serverapp: Any, disk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manager = jp_serverapp.kernel_manager
        assert isinstance(manager, GatewayMappingKernelManager)
        asked: list[str | None] = []

        async def start(self: Any, *, path: str | None = None, **kwargs: Any) -> str:
            asked.append(None if path is None else self.cwd_for_path(path))
            return "id"

        monkeypatch.setattr(GatewayMappingKernelManager, "start_kernel", start)
        await manager.start_kernel(path="@data/sub/x.ipynb")
        await manager.start_kernel(path="sub/x.ipynb")
        disk.data.rename(disk.data.with_name("moved"))
        # the gateway's kernel runs on another machine, where the folder may be
        await manager.start_kernel(path="@data/sub/x.ipynb")
        await manager.start_kernel()
        assert asked == [f"{disk.data}/sub", f"{disk.home}/sub", f"{disk.data}/sub", None]


async def test_kernel_that_runs_needs_no_directory(disk: Any, ask: Any, jp_serverapp: Any) -> None:
    manager = jp_serverapp.kernel_manager
    kernel_id = await manager.start_kernel(path="@data/sub")
    try:
        disk.data.rename(disk.data.with_name("moved"))
        assert await manager.start_kernel(kernel_id=kernel_id, path="@data/sub") == kernel_id
    finally:
        await manager.shutdown_kernel(kernel_id, now=True)


def test_without_roots_the_manager_is_stocks() -> None:
    manager = kernels_in_roots(AsyncMappingKernelManager)(root_dir="/")
    assert manager.cwd_for_path("@data/x.ipynb") == "/"


def test_what_would_be_the_directory_is_told_without_touching_the_disk(disk: Any, jp_serverapp: Any) -> None:
    assert REGISTRY_SETTING in jp_serverapp.web_app.settings
    assert jp_serverapp.kernel_manager.cwd_for_path("@data/none/x.ipynb") == f"{disk.data}/none"
    with pytest.raises(RootError):
        jp_serverapp.kernel_manager.cwd_for_path("@data/../x.ipynb")


def test_server_is_as_it_was() -> None:
    """What of jupyter_server's inside this stands on."""
    assert "self.cwd_for_path(path" in inspect.getsource(MappingKernelManager._async_start_kernel)
    assert list(inspect.signature(MappingKernelManager.start_kernel).parameters) == [
        "self",
        "kernel_id",
        "path",
        "kwargs",
    ]
    assert list(inspect.signature(MappingKernelManager.cwd_for_path).parameters) == ["self", "path", "kwargs"]
    assert "self.cwd_for_path(path)" in inspect.getsource(GatewayMappingKernelManager.start_kernel)
    assert "raise web.HTTPError(500, str(e)) from e" in inspect.getsource(SessionRootHandler.post)
    assert "self.kernel_manager.start_kernel(" in inspect.getsource(SessionManager.start_kernel_for_session)
