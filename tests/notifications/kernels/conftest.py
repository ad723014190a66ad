"""Servers with kernels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Page, Server, jupyter_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server."""
    with jupyter_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def kernel(server: Server) -> Iterator[str]:
    """A kernel of its own for one test."""
    kernel_id = server.start_kernel()
    yield kernel_id
    if any(model["id"] == kernel_id for model in server.ask("GET", "api/kernels")):
        server.ask("DELETE", f"api/kernels/{kernel_id}", status=204)


@pytest.fixture
def page(server: Server, kernel: str) -> Iterator[Page]:
    """A page that is connected to the kernel."""
    connected = server.page(kernel)
    yield connected
    connected.close()
