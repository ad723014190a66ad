"""Run JupyterLab's own UI tests, unchanged, against an installed JupyterLab with this project.

    python scripts/run_jupyterlab_tests.py PATH_OF_A_JUPYTERLAB_CLONE [--files a,b] [Playwright's arguments]

The tests are copied to a scratch folder. ``CLOUDRU_BROWSER_MODE`` chooses the browser's mode, as for our own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from find_chromium import chromium
from lab_server import lab_server
from run_browser_tests import RUN, UI_TESTS, browser_settings

FILES = (
    "contextmenu",
    "docmanager",
    "file-edit",
    "file-search",
    "filebrowser",
    "general",
    "notebook-create",
    "readonly",
    "save",
    "sidebars",
)


def copy_tests(clone: Path, files: tuple[str, ...]) -> Path:
    """Copy `files` and what they read (not the pictures to compare with); returns where they lie."""
    tests = clone / "galata" / "test" / "jupyterlab"
    missing = [name for name in files if not (tests / f"{name}.test.ts").is_file()]
    if missing:
        raise SystemExit(f"{tests} has no test file for: {', '.join(missing)}")
    target = RUN / "jupyterlab" / "tests"
    shutil.rmtree(target, ignore_errors=True)

    def unwanted(folder: str, names: list[str]) -> set[str]:
        keep = {f"{name}.test.ts" for name in files}
        return {
            name
            for name in names
            if name.endswith("-snapshots") or (name.endswith((".test.ts", ".spec.ts")) and name not in keep)
        }

    shutil.copytree(tests, target, ignore=unwanted)
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--files", default=",".join(FILES), help="names of test files, separated by commas")
    options, arguments = parser.parse_known_args()
    copy_tests(options.clone, tuple(options.files.split(",")))
    log = RUN / "jupyterlab" / "server.log"
    with lab_server(Path(sys.executable), log, settings=browser_settings()) as server:
        environment = os.environ | {"CLOUDRU_CHROMIUM": chromium(), "TARGET_URL": server.url}
        config = "--config=playwright.jupyterlab.config.ts"
        command = ["node", "node_modules/@playwright/test/cli.js", "test", config, *arguments]
        return subprocess.run(command, cwd=UI_TESTS, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
