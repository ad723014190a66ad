"""Make the second environment of the tests: our wheel, installed without Node, beside extensions that many people have.

    python scripts/install_beside.py .venv-beside

Builds the source distribution and the wheel with the prebuilt front end, installs the wheel into a new environment
whose PATH holds nothing but that environment, and fails unless both halves are found and switched on there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / ".cache" / "dist"
NEIGHBOURS = ("jupyter-collaboration>=4", "jupyterlab-git>=0.50", "jupytext>=1.16", "notebook>=7.6")
IN_THE_WHEEL = (
    "share/jupyter/labextensions/cloudru-jlab/static/style.js",
    "share/jupyter/labextensions/cloudru-jlab/install.json",
    "etc/jupyter/jupyter_server_config.d/cloudru_jlab.json",
    "cloudru_jlab/locale/ru_RU/LC_MESSAGES/cloudru_jlab.json",
    "cloudru_jlab/_version.py",
)


def build() -> Path:
    """Build both distributions from a front end made for production; returns the wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run(["jlpm", "build:prod"], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(DIST), "-t", "sdist", "-t", "wheel"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"SKIP_JUPYTER_BUILDER": "1"}, check=True)
    (wheel,) = DIST.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    missing = [wanted for wanted in IN_THE_WHEEL if not any(name.endswith(wanted) for name in names)]
    if missing:
        raise SystemExit(f"The wheel lacks {', '.join(missing)}")
    return wheel


def install(wheel: Path, venv: Path) -> dict[str, str]:
    """Install the wheel and its neighbours; returns the environment of programs in there."""
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    environment = os.environ | {
        "PATH": str(venv / "bin"),
        "JUPYTER_CONFIG_DIR": str(venv / "no-config"),
        "JUPYTER_DATA_DIR": str(venv / "no-data"),
    }
    if shutil.which("node", path=environment["PATH"]) is not None:
        raise SystemExit("There is a Node in the environment that is to do without")
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", f"{wheel}[ru]", *NEIGHBOURS]
    subprocess.run(command, env=environment, check=True)
    return environment


def check_installed(venv: Path, environment: dict[str, str]) -> None:
    """Fail unless Jupyter finds both halves."""
    for kind, name in (("labextension", "cloudru-jlab v"), ("server extension", "cloudru_jlab")):
        command = [str(venv / "bin" / "jupyter"), *kind.split(), "list"]
        listed = subprocess.run(
            command, env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        lines = [line for line in listed.stdout.splitlines() if name in line]
        if not lines or not any("OK" in line for line in lines) or not any("enabled" in line for line in lines):
            raise SystemExit(f"jupyter {kind} list does not find us:\n{listed.stdout}")
        print(f"jupyter {kind} list: {lines[0].strip()}")


def main() -> int:
    venv = Path(sys.argv[1]).absolute()
    check_installed(venv, install(build(), venv))
    (venv / ".installed").touch()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
