"""Kernels behind a real gateway: what can be said of their end."""

from __future__ import annotations

import contextlib
import signal
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from healthcheck.dying import death_of, deaths
from notifications.kernels.test_gateway import Gateway, kernel_gateway
from serving import jupyter_server, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the gateway is stopped by signals")


def delete_at(gateway: Gateway, kernel: str) -> None:
    connection = HTTPConnection(urlsplit(gateway.url).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("DELETE", f"/api/kernels/{kernel}")
        assert connection.getresponse().status == 204


def test_what_the_gateway_tells(tmp_path: Path) -> None:
    with (
        kernel_gateway(tmp_path / "gateway") as gateway,
        jupyter_server(tmp_path / "server", f"--GatewayClient.url={gateway.url}") as server,
    ):
        kernel = server.start_kernel("folder/far.ipynb")
        page = server.page(kernel)
        page.run("1")
        page.execute("import os; os._exit(3)")
        death = death_of(server, kernel)
        assert (death["cause"], death["confidence"], death["restarted"]) == ("unknown", "unknown", True)
        assert (death["path"], death["exit_code"]) == ("folder/far.ipynb", None)

        asked = server.start_kernel("folder/asked.ipynb")
        server.ask("DELETE", f"api/kernels/{asked}")
        culled = server.start_kernel("folder/culled.ipynb")
        delete_at(gateway, culled)
        gone = death_of(server, culled)
        assert (gone["cause"], gone["confidence"], gone["restarted"]) == ("unknown", "likely", False)
        assert "is gone" in gone["title"]
        assert deaths(server, asked) == []

        # it hangs for a while: nothing is lost
        gateway.process.send_signal(signal.SIGSTOP)
        try:
            silent = death_of(server, kernel, "gateway_lost")
            assert silent["confidence"] == "unknown"
        finally:
            gateway.process.send_signal(signal.SIGCONT)

        def taken_back() -> Any:
            return all(each["cause"] != "gateway_lost" for each in deaths(server, kernel))

        until(taken_back, "that the kernel is known to be there")
        assert len(deaths(server, culled)) == 1
