"""What kernels use, with all their child processes, read straight from /proc."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
#: Kernels that have died are remembered so long, in seconds: why they died is told by their peak.
_REMEMBERED_SECONDS = 120.0


class KernelProcesses(NamedTuple):
    """A local kernel with all its child processes. ``cpu`` is in cores, since the look before; ``peak`` is the most
    memory that was ever seen, also after the kernel has died. ``pids`` begins with the kernel's own. What processes
    share is counted in each."""

    pid: int
    pids: tuple[int, ...]
    memory: int
    cpu: float
    peak: int


class _Process(NamedTuple):
    parent: int
    ticks: int
    memory: int


class ProcessTrees:
    """Looks at the trees of the kernels' processes. Its methods may be called on any thread, one at a time."""

    def __init__(self) -> None:
        self._ticks: dict[int, int] = {}
        self._looked = time.monotonic()
        self._gone: dict[str, float] = {}

    def look(self, roots: dict[str, int], before: dict[str, KernelProcesses]) -> dict[str, KernelProcesses]:
        """The trees below ``roots``, process ids by kernel id. Those in ``before`` that have ended are kept a while."""
        now = time.monotonic()
        seconds, self._looked = max(now - self._looked, 0.001), now
        found: dict[str, KernelProcesses] = {}
        if roots:
            processes = _all_processes()
            children: dict[int, list[int]] = {}
            for pid, process in processes.items():
                children.setdefault(process.parent, []).append(pid)
            ticks: dict[int, int] = {}
            for kernel, root in roots.items():
                if root in processes:
                    found[kernel] = self._tree(root, processes, children, ticks, seconds, before.get(kernel))
            self._ticks = ticks
        for kernel, last in before.items():
            if kernel in found:
                self._gone.pop(kernel, None)
            elif now - self._gone.setdefault(kernel, now) < _REMEMBERED_SECONDS:
                found[kernel] = last._replace(cpu=0.0)
            else:
                del self._gone[kernel]
        return found

    def _tree(
        self,
        root: int,
        processes: dict[int, _Process],
        children: dict[int, list[int]],
        ticks: dict[int, int],
        seconds: float,
        before: KernelProcesses | None,
    ) -> KernelProcesses:
        pids, spent = [root], 0
        for pid in pids:
            pids.extend(child for child in children.get(pid, ()) if child != root)
            now = processes[pid].ticks
            ticks[pid] = now
            spent += max(now - self._ticks.get(pid, now), 0)
        memory = sum(processes[pid].memory for pid in pids)
        # another process under the id of a kernel that was restarted begins anew
        peak = before.peak if before is not None and before.pid == root else 0
        return KernelProcesses(root, tuple(pids), memory, spent / _TICKS / seconds, max(memory, peak))


def resident(pid: int) -> int:
    """The memory of one process in bytes; 0 where it has ended. Some 20 µs."""
    try:
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _all_processes() -> dict[int, _Process]:
    processes: dict[int, _Process] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return processes
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb", buffering=0) as file:
                text = file.read()
        except OSError:
            # it has ended meanwhile
            continue
        # the second field is a name in brackets, with anything in it; see proc_pid_stat(5)
        fields = text[text.rfind(b")") + 2 :].split()
        if len(fields) > 21:
            spent = int(fields[11]) + int(fields[12])
            processes[int(name)] = _Process(int(fields[1]), spent, max(int(fields[21]), 0) * _PAGE)
    return processes
