"""Run the browser tests against a JupyterLab of their own.

    python scripts/run_browser_tests.py plain            every spec, at the root of a server
    python scripts/run_browser_tests.py beside           the specs tagged @beside: below a base URL, behind a proxy,
                                                         beside jupyter-collaboration, jupyterlab-git and jupytext

What follows is Playwright's (``tests/browser.spec.ts -g rename``). ``CLOUDRU_BROWSER_MODE`` sets the browser's
``mode`` for the whole run, ``CLOUDRU_PLAYWRIGHT_REPORT`` names a file for Playwright's JSON report.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from find_chromium import chromium
from lab_server import ROOT, LabServer, lab_server, reverse_proxy

UI_TESTS = ROOT / "ui-tests"
RUN = UI_TESTS / ".run"
BESIDE_PYTHON = ROOT / ".venv-beside" / "bin" / "python"
BESIDE_BASE_URL = "/user/ann/lab-1/"


def browser_settings() -> dict[str, dict[str, object]]:
    """Defaults for the run, from the environment."""
    mode = os.environ.get("CLOUDRU_BROWSER_MODE")
    return {"cloudru-jlab:browser": {"mode": mode}} if mode else {}


def playwright(url: str, server: LabServer, configuration: str, arguments: list[str]) -> int:
    """Run Playwright against `url`; returns its exit status."""
    environment = os.environ | {
        "CLOUDRU_CHROMIUM": chromium(),
        "CLOUDRU_UI_CONFIGURATION": configuration,
        "CLOUDRU_UI_ROOT": str(server.root),
        "CLOUDRU_UI_LOG": str(server.log),
        "TARGET_URL": url,
    }
    command = ["node", "node_modules/@playwright/test/cli.js", "test", *arguments]
    return subprocess.run(command, cwd=UI_TESTS, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", choices=("plain", "beside"))
    options, arguments = parser.parse_known_args()
    beside = options.configuration == "beside"
    base_url = BESIDE_BASE_URL if beside else "/"
    python = BESIDE_PYTHON if beside else Path(sys.executable)
    if beside:
        arguments = ["--grep", "@beside", *arguments]
    folder = RUN / options.configuration
    with contextlib.ExitStack() as running:
        server = running.enter_context(
            lab_server(python, folder / "server.log", base_url=base_url, settings=browser_settings())
        )
        url = server.url
        if beside:
            origin = server.url.removesuffix(base_url.rstrip("/"))
            url = running.enter_context(reverse_proxy(origin, base_url, folder / "proxy.log"))
        return playwright(url, server, options.configuration, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
