"""A memory cgroup that a test makes, with a limit, for a server and its kernels."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

MIB = 1024 * 1024


class MemoryCgroup:
    """A group with a limit."""

    def __init__(self, folder: Path, procs: str) -> None:
        self.folder = folder
        self.procs = folder / procs
        self.v1 = (folder / "memory.limit_in_bytes").exists()

    def enter(self, folder: Path) -> str:
        """The argument by which a server goes into the group before it loads its extensions; the file that it takes is
        made in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "enter_group.py"
        config.write_text(f"import os\nopen({str(self.procs)!r}, 'w').write(str(os.getpid()))\n")
        return f"--config={config}"

    def pids(self) -> list[int]:
        """Who is in it."""
        return [int(word) for word in self.procs.read_text().split()]


@contextlib.contextmanager
def memory_cgroup(limit: int, parent: Path | None = None) -> Iterator[MemoryCgroup]:
    """A group limited to ``limit`` bytes, without swap, in ``parent``; skips the test where none can be made."""
    name = f"cloudru-test-{uuid.uuid4().hex[:8]}"
    v1, v2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    folder = (parent or (v1 if (v1 / "memory.limit_in_bytes").exists() else v2)) / name
    try:
        folder.mkdir()
        if (folder / "memory.limit_in_bytes").exists():
            (folder / "memory.limit_in_bytes").write_text(str(limit))
            with contextlib.suppress(OSError):
                (folder / "memory.memsw.limit_in_bytes").write_text(str(limit))
        else:
            (folder / "memory.max").write_text(str(limit))
            with contextlib.suppress(OSError):
                (folder / "memory.swap.max").write_text("0")
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip(f"no memory cgroup can be made here ({sys.platform}): {error}")
    group = MemoryCgroup(folder, "cgroup.procs")
    try:
        yield group
    finally:
        end_at = time.monotonic() + 30
        while time.monotonic() < end_at:
            for pid in group.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
            try:
                folder.rmdir()
                break
            except OSError:
                time.sleep(0.05)
