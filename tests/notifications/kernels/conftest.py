"""Servers with kernels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from serving import Page, Server, jupyter_server, until


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
    until(lambda: _ended(server, kernel_id), "the kernel to end")


def _ended(server: Server, kernel_id: str) -> bool:
    """Whether it is gone; one that is just being started again, as it died, cannot be ended at that moment."""
    if not any(model["id"] == kernel_id for model in server.ask("GET", "api/kernels")):
        return True
    with contextlib.suppress(AssertionError):
        server.ask("DELETE", f"api/kernels/{kernel_id}", status=204)
    return False


@pytest.fixture
def page(server: Server, kernel: str) -> Iterator[Page]:
    """A page that is connected to the kernel."""
    connected = server.page(kernel)
    yield connected
    connected.close()
