"""One run of a local kernel: its process, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class KernelProcess:
    """Notices the end of a process at once, and leaves it for its owner to reap.

    Parameters
    ----------
    process:
        The provisioner's, `subprocess.Popen` or alike: what it holds is another one after a restart.
    ended:
        Called once, on the event loop.
    """

    def __init__(self, process: Any, ended: Callable[[KernelProcess], None]) -> None:
        self.process = process
        self.pid = int(process.pid)
        self.began = time.monotonic()
        #: The most memory of the process itself that was seen, and the last, in bytes.
        self.peak = 0
        self.memory = 0
        #: The restarter says that it fell; it is then no use that asked for its end.
        self.fallen = False
        self.over = False
        self._ended = ended
        self._handle = -1

    def watch(self) -> None:
        """Begin. On the event loop."""
        if self.process.returncode is None and hasattr(os, "pidfd_open"):
            try:
                # not reaped, so that the number is still that of our process
                self._handle = os.pidfd_open(self.pid)
                asyncio.get_running_loop().add_reader(self._handle, self._noticed)
            except (OSError, NotImplementedError):
                self._close()
        self.look()

    def look(self) -> None:
        """Keep the peak; and notice the end, where the system does not tell it. Cheap."""
        if self.over:
            return
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:
                self.memory = int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            self.memory = 0
        self.peak = max(self.peak, self.memory)
        if self.process.returncode is not None or (self._handle < 0 and self.process.poll() is not None):
            self._noticed()

    def exit_code(self) -> int | None:
        """As `subprocess` gives it; None where it is not known, or while it lives."""
        code = self.process.returncode
        if code is not None or not hasattr(os, "waitid"):
            return None if code is None else int(code)
        try:
            told = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        except OSError:
            # not ours to wait for
            code = self.process.returncode
            return None if code is None else int(code)
        if told is None:
            return None
        return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status

    def is_dying(self) -> bool:
        """Whether it is killed but not gone yet: giving much memory back takes a while."""
        if self.over:
            return False
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            with open(f"/proc/{self.pid}/status", "rb") as file:
                pending = [int(line.split()[1], 16) for line in file if line.startswith((b"SigPnd:", b"ShdPnd:"))]
        except (OSError, ValueError):
            return False
        # proc_pid_stat(5), field 9: PF_EXITING is 4; SIGKILL is the ninth bit of what waits
        return bool(int(fields[6]) & 4) or any(bits & 0x100 for bits in pending)

    def close(self) -> None:
        """Watch no longer."""
        self.over = True
        self._close()

    def _noticed(self) -> None:
        if not self.over:
            self.close()
            self._ended(self)

    def _close(self) -> None:
        if self._handle >= 0:
            with suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._handle)
            with suppress(OSError):
                os.close(self._handle)
            self._handle = -1
