"""Install the project's run-time dependencies and some of its extras, without the project itself.

    python scripts/install_requirements.py dev ru

The project's own editable install needs a built front end, whose build needs these packages:
hence the two steps.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


def requirements(extras: list[str]) -> list[str]:
    """The requirement lines of the project and of `extras`; raises `KeyError` for an unknown extra."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


if __name__ == "__main__":
    command = [sys.executable, "-m", "pip", "install", "--quiet", *requirements(sys.argv[1:])]
    raise SystemExit(subprocess.run(command, check=False).returncode)
