"""Mounts `slow_fs.py` for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

_PROGRAM = Path(__file__).with_name("slow_fs.py")


def why_not() -> str | None:
    """Why FUSE cannot be used here, or None where it can."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "needs /dev/fuse"
    if os.geteuid() != 0:
        return "mounting FUSE file systems is left to root"
    return None


class SlowMount:
    """``source`` mounted at ``point`` while the context lasts; for the options see `slow_fs.py`."""

    def __init__(self, source: Path, point: Path, *options: str) -> None:
        self.source, self.point = source, point
        self._command = [sys.executable, "-I", "-S", str(_PROGRAM), str(source), str(point), *options]

    def __enter__(self) -> SlowMount:
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", f"the FUSE file system did not start: {line!r}"
        return self

    def tell(self, command: str) -> int:
        """Give a command; the number of calls that hang then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    def die(self) -> None:
        """End the program at once: what hangs fails, as when a server is given up for good."""
        self.process.kill()
        self.process.wait(30)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait(30)
        self.process.stdout.close()
        # Where the program died, its mount is still there.
        subprocess.run(["umount", "-l", str(self.point)], check=False, stderr=subprocess.DEVNULL)
