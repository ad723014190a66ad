"""Start JupyterLab on the demo tree and print its URL; Ctrl+C ends it.

    python scripts/start_demo.py demo

Settings and workspaces are kept in the tree itself, so that the demo leaves the user's own JupyterLab alone.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

from lab_server import end, free_port, wait_until_ready

USUAL_PORT = 8888
PLACES = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}


def port() -> int:
    """Jupyter's usual port where it is free, else any."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", USUAL_PORT)) != 0:
            return USUAL_PORT
    return free_port()


def stop(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    root = Path(sys.argv[1]).absolute()
    private = root / ".jupyter"
    environment = dict(os.environ)
    for name, place in PLACES.items():
        (private / place).mkdir(parents=True, exist_ok=True)
        environment[name] = str(private / place)
    token = secrets.token_urlsafe(24)
    # In the environment rather than in the arguments, which every user of the machine can read.
    environment["JUPYTER_TOKEN"] = token
    number = port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={number}"),
        *(f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=0", "--Application.log_level=WARN"),
    ]
    if os.geteuid() == 0:
        command.append("--allow-root")
    log = private / "server.log"
    signal.signal(signal.SIGTERM, stop)
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(f"http://127.0.0.1:{number}/api", server, log)
        print(f"\n  JupyterLab is at  http://127.0.0.1:{number}/lab?token={token}\n")
        print("  Open the directory many-files. Ctrl+C ends JupyterLab; make clean removes everything.", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        end(server)


if __name__ == "__main__":
    raise SystemExit(main())
