"""Run the browser tests against a JupyterLab of their own.

    python scripts/run_browser_tests.py plain            every spec, at the root of a server
    python scripts/run_browser_tests.py beside           the specs tagged @beside: below a base URL, behind a proxy,
                                                         beside jupyter-collaboration, jupyterlab-git and jupytext
    python scripts/run_browser_tests.py roots            the specs tagged @roots: a server with several roots
    python scripts/run_browser_tests.py together         the specs tagged @together: as beside, with several roots

What follows is Playwright's (``tests/browser.spec.ts -g rename``). ``CLOUDRU_BROWSER_MODE`` sets the browser's
``mode`` for the whole run, ``CLOUDRU_PLAYWRIGHT_REPORT`` names a file for Playwright's JSON report.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
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


def roots_environment(folder: Path) -> dict[str, str]:
    """The settings of a server with three more roots, all below `folder`: one writable, one read-only that has
    an icon of its own, one missing."""
    for name in ("scratch", "datasets", "added"):
        (folder / name).mkdir()
    roots = [
        {"name": "scratch", "title": "Scratch", "path": str(folder / "scratch"), "order": 1},
        {
            "name": "datasets",
            "title": "Datasets",
            "path": str(folder / "datasets"),
            "read_only": True,
            "icon": "ui-components:spreadsheet",
            "order": 2,
        },
        {"name": "archive", "title": "Archive", "path": str(folder / "archive"), "order": 3},
    ]
    return {
        "CLOUDRU_UI_ROOT_LIST": json.dumps(roots),
        "CLOUDRU_UI_ROOT_PARENTS": json.dumps([str(folder / "added")]),
        "CLOUDRU_UI_ROOTS": str(folder),
    }


def playwright(
    url: str, server: LabServer, configuration: str, python: Path, more: dict[str, str], arguments: list[str]
) -> int:
    """Run Playwright against `url`; returns its exit status."""
    environment = {
        **os.environ,
        **more,
        "CLOUDRU_CHROMIUM": chromium(),
        "CLOUDRU_UI_CONFIGURATION": configuration,
        "CLOUDRU_UI_ROOT": str(server.root),
        "CLOUDRU_UI_LOG": str(server.log),
        # For the tests that start a server of their own.
        "CLOUDRU_UI_PYTHON": str(python),
        "TARGET_URL": url,
    }
    command = ["node", "node_modules/@playwright/test/cli.js", "test", *arguments]
    return subprocess.run(command, cwd=UI_TESTS, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", choices=("plain", "beside", "roots", "together"))
    options, arguments = parser.parse_known_args()
    beside = options.configuration in ("beside", "together")
    base_url = BESIDE_BASE_URL if beside else "/"
    python = BESIDE_PYTHON if beside else Path(sys.executable)
    if options.configuration == "plain":
        arguments = ["--grep-invert", "@roots|@together", *arguments]
    else:
        arguments = ["--grep", f"@{options.configuration}", *arguments]
    folder = RUN / options.configuration
    with contextlib.ExitStack() as running:
        more: dict[str, str] = {}
        root: Path | None = None
        if options.configuration in ("roots", "together"):
            # Not below the root of the server, where they would be reached twice.
            roots = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="cloudru-roots-")))
            more = roots_environment(roots)
            # The default root is called as its folder is.
            root = roots / "home"
        server = running.enter_context(
            lab_server(
                python,
                folder / "server.log",
                base_url=base_url,
                settings=browser_settings(),
                root=root,
                environment=more,
            )
        )
        url = server.url
        if beside:
            origin = server.url.removesuffix(base_url.rstrip("/"))
            url = running.enter_context(reverse_proxy(origin, base_url, folder / "proxy.log"))
        return playwright(url, server, options.configuration, python, more, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
