"""Run the contents tests of the installed jupyter_server against our contents manager.

The tests come from the source distribution of that very version, which is fetched once into .cache/.
What follows is pytest's; ``--manager`` names another class: to compare, or ``second_root.InSecondRoot``, which does all
in a root other than the contents root.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "tests" / "upstream"
FILES = ("test_api.py", "test_checkpoints.py", "test_largefilemanager.py", "test_manager.py")


def upstream_tests() -> Path:
    """The folder that holds jupyter_server's ``tests`` package; fetched when it is not there yet."""
    release = f"jupyter_server-{version('jupyter_server')}"
    folder = ROOT / ".cache" / "upstream" / release
    if not (folder / "tests").is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            requirement = release.replace("-", "==")
            download = ["pip", "download", "--quiet", "--no-deps", "--no-binary", "jupyter_server"]
            subprocess.run([sys.executable, "-m", *download, "-d", scratch, requirement], check=True)
            with tarfile.open(Path(scratch) / f"{release}.tar.gz") as archive:
                extract_tests(archive, release, Path(scratch) / "tests")
            folder.mkdir(exist_ok=True)
            shutil.move(Path(scratch) / "tests", folder / "tests")
    return folder


def extract_tests(archive: tarfile.TarFile, release: str, target: Path) -> None:
    """Write the tests' regular files below `target`. By hand: the safe filters of tarfile came after Python 3.10.0."""
    for member in archive:
        path = PurePosixPath(member.name)
        file = archive.extractfile(member) if member.isfile() else None
        if file is None or path.parts[:2] != (release, "tests") or ".." in path.parts:
            continue
        written = target.joinpath(*path.parts[2:])
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(file.read())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manager", default="cloudru_jlab.contents.manager.CloudruContentsManager")
    options, arguments = parser.parse_known_args()
    folder = upstream_tests()
    environment = os.environ | {
        "CLOUDRU_CONTENTS_MANAGER": options.manager,
        "PYTHONPATH": os.pathsep.join([str(PLUGIN), str(folder), str(ROOT)]),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    files = [f"tests/services/contents/{name}" for name in FILES]
    command = [sys.executable, "-m", "pytest", "-c", str(PLUGIN / "pytest.ini"), f"--rootdir={folder}", *files]
    return subprocess.run([*command, *arguments], cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
