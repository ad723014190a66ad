"""Kernels behind a real kernel gateway, which know no server's address and no token."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lab_server import end, free_port, private_environment, wait_until_ready
from serving import Page, Server, jupyter_server, until, wait_for_file


class Gateway:
    """A running kernel gateway."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.process = process

    def connections(self, kernel_id: str) -> int:
        """How many clients a kernel has."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/kernels/{kernel_id}")
            return int(json.load(connection.getresponse())["connections"])


@contextlib.contextmanager
def kernel_gateway(folder: Path, *arguments: str) -> Iterator[Gateway]:
    folder.mkdir()
    environment = private_environment(folder)
    port = free_port()
    command = [
        *(sys.executable, "-m", "kernel_gateway", "--KernelGatewayApp.ip=127.0.0.1"),
        *(
            f"--KernelGatewayApp.port={port}",
            "--KernelGatewayApp.port_retries=0",
            "--JupyterWebsocketPersonality.list_kernels=True",
        ),
        *arguments,
    ]
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(f"{url}/api", process, log)
        yield Gateway(url, process)
    finally:
        end(process)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway, as it comes."""
    with kernel_gateway(tmp_path_factory.mktemp("gateway") / "gateway") as running:
        yield running


@pytest.fixture(scope="module")
def server(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose kernels are behind the gateway."""
    with jupyter_server(tmp_path_factory.mktemp("server"), f"--GatewayClient.url={gateway.url}") as running:
        yield running


def test_passes_on_what_remote_code_says(server: Server, kernel: str, page: Page) -> None:
    assert page.value("__import__('cloudru_jlab').notify('From afar', severity='critical').via") == "'kernel'"
    row = server.told(title="From afar")
    assert (row["severity"], row["source"]["kind"]) == ("critical", "program")


def test_shows_the_progress_of_a_remote_job(server: Server, kernel: str, page: Page) -> None:
    page.run(
        "from cloudru_jlab import notify\nwith notify.job('Far job') as job:\n job.progress(0.5); notify.flush()\n 1/0"
    )
    row = server.told(title="Far job failed: ZeroDivisionError")
    assert (row["severity"], row["progress"]) == ("error", None)


def test_tells_of_a_remote_execution(server: Server, kernel: str, page: Page, tmp_path: Path) -> None:
    msg_id = page.execute(wait_for_file(tmp_path / "go") + "\nraise FileNotFoundError('far')")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id, label="with page")
    (tmp_path / "go").touch()
    row = server.told(title="Cell failed: FileNotFoundError")
    assert row["body"].startswith("with page\nfar\nlong.ipynb, after ")


def test_tells_of_a_remote_execution_when_the_page_was_closed(
    server: Server, gateway: Gateway, kernel: str, tmp_path: Path
) -> None:
    page = server.page(kernel, "its-session")
    code = (
        wait_for_file(tmp_path / "go")
        + "\nprint('missed')\nfrom cloudru_jlab import notify\nnotify('alone')\nraise EOFError"
    )
    msg_id = page.execute(code)
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id)
    page.close()
    (tmp_path / "go").touch()
    server.told(title="Cell failed: EOFError")
    server.told(title="alone")
    # the connection goes as soon as it is not needed: it would keep the kernel from being culled
    until(lambda: gateway.connections(kernel) == 0, "the connection to be closed")
    # and the page gets what it missed when it comes back
    again = server.page(kernel, "its-session")
    missed = again.wait_for(lambda message: message["header"]["msg_type"] == "stream", "what was printed meanwhile")
    assert missed["content"]["text"] == "missed\n"
    assert again.run("1")["status"] == "ok"


def test_tells_of_a_remote_execution_when_the_page_came_back(server: Server, kernel: str, tmp_path: Path) -> None:
    page = server.page(kernel)
    msg_id = page.execute(wait_for_file(tmp_path / "go") + "\nraise BufferError")
    page.wait_for_input(msg_id)
    page.close()
    other = server.page(kernel)
    assert other.session_id != page.session_id
    server.watch(kernel, msg_id=msg_id)
    (tmp_path / "go").touch()
    server.told(title="Cell failed: BufferError")


def test_tells_that_a_remote_kernel_was_restarted(server: Server, kernel: str, page: Page) -> None:
    msg_id = page.execute("import time; time.sleep(600)")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id)
    server.ask("POST", f"api/kernels/{kernel}/restart", {})
    server.told(title="The kernel was restarted during a cell")


def test_tells_that_a_remote_kernel_died(server: Server, kernel: str, page: Page, tmp_path: Path) -> None:
    msg_id = page.execute(wait_for_file(tmp_path / "go") + "\nos._exit(3)")
    server.watch(kernel, msg_id=msg_id)
    (tmp_path / "go").touch()
    until(
        lambda: [
            row
            for row in server.notifications()
            # its cause; after a restart that was asked for just before, the end of the cell alone
            if row["category"] == "kernel" or row["title"] == "The kernel died during a cell"
        ],
        f"the death to be told; there are {server.notifications()}",
    )


def test_leaves_culling_to_the_gateway(tmp_path: Path) -> None:
    culling = ("--MappingKernelManager.cull_idle_timeout=8", "--MappingKernelManager.cull_interval=1")
    with (
        kernel_gateway(tmp_path / "gateway", *culling) as gateway,
        jupyter_server(tmp_path / "server", f"--GatewayClient.url={gateway.url}") as server,
    ):
        kernel = server.start_kernel()
        page = server.page(kernel)
        server.watch(kernel, min_seconds=60)
        page.run("1")
        page.close()
        until(lambda: server.ask("GET", "api/kernels") == [], "the idle remote kernel to be culled")
