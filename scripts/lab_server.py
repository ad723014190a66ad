"""Start a JupyterLab of its own for a browser test or a benchmark, and end it again.

Everything it reads and writes (settings, workspaces, home, runtime files) lives in one temporary folder, the ports
are free ones on the loopback interface, and the processes are ended by their own id.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "ui-tests" / "jupyter_server_test_config.py"
PROXY = ROOT / "ui-tests" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab: `url` has no trailing slash, `root` is its contents root."""

    url: str
    root: Path
    log: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def private_environment(folder: Path) -> dict[str, str]:
    """The caller's environment with every place that Jupyter writes to moved below `folder`."""
    places = {
        "HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "TMPDIR": "tmp",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "xdg-config",
        "XDG_DATA_HOME": "xdg-data",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
    for name, place in places.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        environment[name] = str(folder / place)
    return environment


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when `url` answers; raises `RuntimeError` when the process ends or stays silent."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise RuntimeError(f"The server did not come up at {url}:\n{tail}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and insist after 15 seconds."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def lab_server(
    python: Path,
    log: Path,
    *,
    base_url: str = "/",
    settings: dict[str, dict[str, Any]] | None = None,
    arguments: tuple[str, ...] = (),
    root: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[LabServer]:
    """Run JupyterLab under the interpreter `python` until the block ends.

    `settings` are defaults per plugin id, as an operator's ``overrides.json`` gives them; `root` is made
    and removed when not given; `arguments` are added to the command line.
    """
    folder = Path(tempfile.mkdtemp(prefix="cloudru-lab-"))
    try:
        app_settings = folder / "app-settings"
        app_settings.mkdir()
        (app_settings / "overrides.json").write_text(json.dumps(settings or {}), encoding="utf-8")
        contents = root or folder / "root"
        contents.mkdir(exist_ok=True)
        port = free_port()
        variables = private_environment(folder) | {
            "CLOUDRU_UI_PORT": str(port),
            "CLOUDRU_UI_BASE_URL": base_url,
            "CLOUDRU_UI_ROOT": str(contents),
            "CLOUDRU_UI_APP_SETTINGS_DIR": str(app_settings),
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            **(environment or {}),
        }
        command = [str(python), "-m", "jupyterlab", "--allow-root", "--no-browser", f"--config={CONFIG}", *arguments]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=contents, env=variables, stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}{base_url}".rstrip("/")
            wait_until_ready(f"{url}/api", process, log)
            yield LabServer(url, contents, log, process)
        finally:
            end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def reverse_proxy(target: str, base_url: str, log: Path) -> Iterator[str]:
    """Run JupyterHub's proxy in front of the server at `target`, for `base_url` alone; gives the URL outside."""
    port, api_port = free_port(), free_port()
    token = secrets.token_hex(16)
    command = [
        *("node", str(PROXY), "--ip", "127.0.0.1", "--port", str(port)),
        *("--api-ip", "127.0.0.1", "--api-port", str(api_port), "--log-level", "warn"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | {"CONFIGPROXY_AUTH_TOKEN": token},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        routes = f"http://127.0.0.1:{api_port}/api/routes"
        authorized = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        route = urllib.request.Request(
            routes + base_url.rstrip("/"),
            data=json.dumps({"target": target}).encode(),
            headers=authorized,
            method="POST",
        )
        stop = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                urllib.request.urlopen(route, timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.monotonic() > stop:
                    raise RuntimeError(f"The proxy did not come up:\n{log.read_text()[-4000:]}") from None
                time.sleep(0.1)
        url = f"http://127.0.0.1:{port}{base_url}".rstrip("/")
        wait_until_ready(f"{url}/api", process, log)
        yield url
    finally:
        end(process)
