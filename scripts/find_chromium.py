"""Find a Chromium for the browser tests, or install Debian's where we may.

    python scripts/find_chromium.py        prints the path, or says what to do and fails
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = """No Chromium was found, and this user may not install one.
Install it (on Debian: apt-get install chromium), or name one with CLOUDRU_CHROMIUM=/path/to/chromium."""


def installed_chromium() -> str | None:
    """The browser that the operator named or that is on PATH."""
    named = os.environ.get("CLOUDRU_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install_chromium() -> bool:
    """Install Debian's package as root or through a sudo that asks nothing; False where neither may."""
    if shutil.which("apt-get") is None:
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None or subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode != 0:
            return False
        prefix = [sudo, "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        command = [*prefix, "apt-get", "-qq", *arguments]
        if subprocess.run(command, check=False, env=environment, stdout=sys.stderr).returncode != 0:
            return False
    return True


def chromium() -> str:
    """The path of a Chromium; raises `SystemExit` with what to do where there is none."""
    path = installed_chromium()
    if path is None and not os.environ.get("CLOUDRU_CHROMIUM") and install_chromium():
        path = installed_chromium()
    if path is None:
        raise SystemExit(HELP)
    return path


if __name__ == "__main__":
    print(chromium())
