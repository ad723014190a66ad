"""Starts JupyterLab with cloudru-jlab, or without: a loopback server with its own configuration and state."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

REPOSITORY = Path(__file__).resolve().parent.parent
LABEXTENSION = REPOSITORY / "cloudru_jlab" / "labextension"
OURS = "cloudru-jlab"

Flavour = Literal["ours", "stock"]

START_TIMEOUT_S = 60


class Answer(NamedTuple):
    """One HTTP exchange: what came back, how long it took, and what went over the wire."""

    status: int
    body: bytes
    ms: float
    wire_bytes: int

    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class Client:
    """A kept-alive connection, as a browser has."""

    def __init__(self, port: int, token: str, timeout_s: float = 600) -> None:
        self._headers = {"Authorization": f"token {token}"}
        self._cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def ask(self, method: str, path: str, /, body: object = None, **query: Any) -> Answer:
        """One request below the server's root; ``query`` values are sent as they print, None is left out."""
        asked = urlencode({key: value for key, value in query.items() if value is not None})
        target = f"/{path}?{asked}" if asked else f"/{path}"
        payload = None if body is None else json.dumps(body)
        started = time.perf_counter()
        self._connection.request(method, target, body=payload, headers=self._headers)
        response = self._connection.getresponse()
        content = response.read()
        ms = (time.perf_counter() - started) * 1000
        for cookie in response.headers.get_all("Set-Cookie", ()):
            # As a browser does; without its cookie each request would count as that of a new user.
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
            self._headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        head = sum(len(name) + len(value) + 4 for name, value in response.getheaders()) + 19
        return Answer(response.status, content, ms, head + len(content))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Server:
    """A JupyterLab server of one flavour, stopped at the end of the ``with`` block."""

    def __init__(
        self,
        flavour: Flavour,
        root: Path,
        *,
        settings: dict[str, dict[str, Any]] | None = None,
        options: dict[str, dict[str, Any]] | None = None,
        extensions: tuple[str, ...] = (),
        disabled: tuple[str, ...] = (),
    ) -> None:
        self.flavour = flavour
        self.root = root
        self.settings = settings or {}
        self.options = options or {}
        self.extensions = extensions
        #: Plugins of the page that are off.
        self.disabled = disabled
        self.port = 0
        # On loopback too: other users of the machine could run code in an open server.
        self.token = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None
        self._state = tempfile.TemporaryDirectory(prefix="bench-server-")

    def __enter__(self) -> Server:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                # A server amid a full listing does not answer signals in time.
                self.process.kill()
                self.process.wait(timeout=10)
        self._state.cleanup()

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self.process is not None
        return self.process.pid

    def client(self) -> Client:
        """A new connection."""
        return Client(self.port, self.token)

    def log_tail(self, lines: int = 15) -> str:
        """The end of the server's log, for an error message."""
        log = Path(self._state.name, "server.log")
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def own_bytes(self) -> int:
        """Memory that the server keeps for itself: RssAnon.

        What the kernel may throw away and read again, libraries and other mapped files, would only blur the figure.
        """
        found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        if found is None:
            raise RuntimeError("The kernel reports no RssAnon")
        return int(found[1]) * 1024

    def _start(self) -> None:
        state = Path(self._state.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = state / "bench_config.json"
        config.write_text(json.dumps(self._configuration(state)), encoding="utf-8")
        self._write_settings(state)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))},
            "JUPYTER_CONFIG_DIR": str(state / "config"),
            "JUPYTER_DATA_DIR": str(state / "data"),
            "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
            "IPYTHONDIR": str(state / "ipython"),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(REPOSITORY)]),
        }
        with Path(state, "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", f"--config={config}"],
                env=environment, cwd=state, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._await_start()
        self._check_flavour()

    def _configuration(self, state: Path) -> dict[str, Any]:
        return {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": self.port,
                "port_retries": 0,
                "root_dir": str(self.root),
                "open_browser": False,
                "allow_root": True,
                "disable_check_xsrf": True,
                # An explicit value wins over every jupyter_server_config.d of the environment.
                "jpserver_extensions": dict.fromkeys(self.extensions, True)
                | {"jupyterlab": True, "looptick": True, "cloudru_jlab": self.flavour == "ours"},
            },
            "IdentityProvider": {"token": self.token},
            "LabApp": {
                "labextensions_path": [str(_labextensions(state, self.flavour))],
                "extra_labextensions_path": [],
                "expose_app_in_browser": True,
                "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
                "news_url": None,
            },
            **self.options,
        }

    def _write_settings(self, state: Path) -> None:
        """The same user settings for both: the filter box stands open, and no news is asked for."""
        settings = {
            "@jupyterlab/filebrowser-extension/browser": {"showFileFilter": True},
            "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            **self.settings,
        }
        for plugin, values in settings.items():
            file = state / "settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        page = state / "config" / "labconfig" / "page_config.json"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(json.dumps({"disabledExtensions": dict.fromkeys(self.disabled, True)}), encoding="utf-8")

    def _await_start(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        assert self.process is not None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                client = Client(self.port, self.token, timeout_s=5)
                if client.ask("GET", "api/status").status == 200:
                    client.close()
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"The {self.flavour} server did not start:\n{self.log_tail()}")

    def _check_flavour(self) -> None:
        """Stock must be stock, and ours ours: a table that compares a thing with itself is worth nothing."""
        client = self.client()
        status = client.ask("GET", "cloudru/listing", path="", limit=1).status
        page = client.ask("GET", "lab").body.decode()
        client.close()
        found = re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL)
        assert found, "JupyterLab's page holds no configuration"
        page_has_us = OURS in {one["name"] for one in json.loads(found[1])["federated_extensions"]}
        expected = self.flavour == "ours"
        if (status == 200) != expected or page_has_us != expected:
            raise RuntimeError(
                f"The {self.flavour} server is not {self.flavour}: /cloudru/listing answers {status}, "
                f"the page {'loads' if page_has_us else 'does not load'} {OURS}:\n{self.log_tail()}"
            )


def _labextensions(state: Path, flavour: Flavour) -> Path:
    """A folder of links to the environment's prebuilt extensions; ours comes from the repository, or not at all."""
    folder = state / "labextensions"
    folder.mkdir(exist_ok=True)
    installed = Path(sys.prefix, "share", "jupyter", "labextensions")
    for extension in installed.iterdir() if installed.is_dir() else ():
        if extension.name != OURS:
            (folder / extension.name).symlink_to(extension)
    if flavour == "ours":
        (folder / OURS).symlink_to(LABEXTENSION)
    return folder
