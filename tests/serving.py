"""A real Jupyter server of its own, and what a page does with its kernels."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket
from lab_server import end, free_port, private_environment, wait_until_ready

PATIENCE_S = float(os.environ.get("CLOUDRU_TEST_PATIENCE_S", "90"))


#: Runs until the file is there: no test depends on how long anything takes.
WAIT_FOR_FILE = """
import os, time
while not os.path.exists({file!r}):
    time.sleep(0.02)
"""


def wait_for_file(file: Path) -> str:
    """Code that runs until ``file`` is there."""
    return WAIT_FOR_FILE.format(file=str(file))


def until(found: Callable[[], Any], what: str) -> Any:
    """Wait for ``found`` to give something; fails after a time that is never reached unless it is broken."""
    end_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_at:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"Waited in vain for {what}")


@dataclass
class Server:
    """A running server; ``url`` ends in a slash."""

    url: str
    token: str
    root: Path
    log: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    pages: list[Page] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """The answer to a request; fails unless it has the ``status`` that is expected, if any is."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, f"{parts.path}{path}", None if body is None else json.dumps(body), headers=headers
            )
            response = connection.getresponse()
            code, text = response.status, response.read()
        finally:
            connection.close()
        assert status is None or code == status, f"{method} {path}: {code} {text[:500]!r}"
        assert status is not None or code < 400, f"{method} {path}: {code} {text[:500]!r}"
        return json.loads(text) if text else None

    def notifications(self) -> list[dict[str, Any]]:
        """All that there are, the oldest first."""
        return list(self.ask("GET", "cloudru/notifications?limit=1000")["notifications"])

    def told(self, **wanted: Any) -> dict[str, Any]:
        """Wait for a notification with these values."""

        def found() -> Any:
            for row in self.notifications():
                if all(row[name] == value for name, value in wanted.items()):
                    return row
            return None

        return dict(until(found, f"a notification with {wanted}; there are {self.notifications()}"))

    def start_kernel(self, path: str = "folder/long.ipynb", name: str = "python3") -> str:
        """A session of a notebook; the id of its kernel."""
        session = {"path": path, "name": path, "type": "notebook", "kernel": {"name": name}}
        return str(self.ask("POST", "api/sessions", session, 201)["kernel"]["id"])

    def page(self, kernel_id: str, session_id: str = "") -> Page:
        """Connect to a kernel as a page does."""
        session_id = session_id or uuid.uuid4().hex
        url = f"{self.url.replace('http', 'ws', 1)}api/kernels/{kernel_id}/channels?session_id={session_id}"
        socket = websocket.create_connection(url, header={"Authorization": f"token {self.token}"}, timeout=PATIENCE_S)
        page = Page(socket, session_id)
        self.pages.append(page)
        return page

    def watch(self, kernel_id: str, **values: Any) -> dict[str, Any]:
        """Ask to be told of the end of executions."""
        return dict(self.ask("POST", "cloudru/notifications/watches", {"kernel_id": kernel_id, **values}, 201))


class Page:
    """A page's connection to a kernel."""

    def __init__(self, socket: websocket.WebSocket, session_id: str) -> None:
        self._socket = socket
        self.session_id = session_id

    def execute(self, code: str) -> str:
        """Ask the kernel to execute; the id of the request."""
        msg_id = uuid.uuid4().hex
        header = {
            "msg_id": msg_id,
            "msg_type": "execute_request",
            "session": self.session_id,
            "username": "",
            "version": "5.4",
            "date": "2026-01-01T00:00:00Z",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}
        self._socket.send(json.dumps({**message, "channel": "shell"}))
        return msg_id

    def wait_for(self, wanted: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The next message that is ``wanted``."""
        end_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_at:
            text = self._socket.recv()
            assert text, f"The connection was closed while waiting for {what}"
            message: dict[str, Any] = json.loads(text)
            if wanted(message):
                return message
        raise AssertionError(f"Waited in vain for {what}")

    def wait_for_input(self, msg_id: str) -> None:
        """Wait until the kernel has begun with an execution."""
        self.wait_for(lambda m: _is(m, "execute_input", msg_id), "execute_input")

    def wait_for_end(self, msg_id: str) -> dict[str, Any]:
        """Wait for the end of an execution; the content of its reply."""
        reply = self.wait_for(lambda m: _is(m, "execute_reply", msg_id), "execute_reply")
        return dict(reply["content"])

    def run(self, code: str) -> dict[str, Any]:
        """Execute to the end."""
        return self.wait_for_end(self.execute(code))

    def value(self, expression: str) -> str:
        """The text of an expression's value."""
        msg_id = self.execute(f"print(repr({expression}))")
        message = self.wait_for(
            lambda m: (_is(m, "stream", msg_id) and m["content"]["name"] == "stdout") or _is(m, "error", msg_id),
            "output",
        )
        assert message["header"]["msg_type"] == "stream", message["content"]
        return str(message["content"]["text"]).strip()

    def close(self) -> None:
        """As when the tab is closed."""
        self._socket.close()


def _is(message: dict[str, Any], kind: str, msg_id: str) -> bool:
    return message["header"]["msg_type"] == kind and message["parent_header"].get("msg_id") == msg_id


@contextlib.contextmanager
def jupyter_server(
    folder: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    token: str | None = None,
    ready: str = "api",
) -> Iterator[Server]:
    """Run a server of its own in ``folder`` until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = {**private_environment(folder), "PYTHONUNBUFFERED": "1", **(environment or {})}
    variables = {name: value for name, value in variables.items() if not name.startswith(("CLOUDRU_", "JUPYTERHUB_"))}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    root = folder / "root"
    (root / "folder").mkdir(parents=True, exist_ok=True)
    port, token = free_port(), secrets.token_hex(16) if token is None else token
    command = [
        *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={root}", "--ServerApp.jpserver_extensions={'cloudru_jlab': True}"),
        *arguments,
    ]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=root, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}/", token, root, log, process, variables)
    try:
        wait_until_ready(f"{server.url}{ready}", process, log)
        yield server
    finally:
        for page in server.pages:
            page.close()
        end(process)
