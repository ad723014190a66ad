"""Processor time of the container, or of the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ..cgroup import find_group


class CpuGroup:
    """Reads the cores that are used, and how many may be. Files are as `cgroup.MemoryGroup` says."""

    def __init__(
        self, proc: Path = Path("/proc/self"), root: Path = Path("/"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._limited = find_group("cpu", proc, root)
        self._counted = find_group("cpuacct", proc, root) or self._limited
        self._machine = proc.parent / "stat"
        self._before = (clock(), self._spent())

    def use(self) -> float:
        """Cores, on average since the call before."""
        now, spent = self._clock(), self._spent()
        (then, before), self._before = self._before, (now, spent)
        return max(spent - before, 0.0) / (now - then) if now > then else 0.0

    def limit(self) -> float:
        """Cores that may be used."""
        cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        if self._limited is None:
            return cores
        quotas = (_quota(self._limited.version, folder) for folder in self._limited.folders)
        return min([cores, *(quota for quota in quotas if quota is not None)])

    def _spent(self) -> float:
        """Seconds."""
        if self._counted is not None:
            folder = self._counted.folders[0]
            try:
                if self._counted.version == 1:
                    return int((folder / "cpuacct.usage").read_text()) / 1e9
                for line in (folder / "cpu.stat").read_text().splitlines():
                    if line.startswith("usage_usec "):
                        return int(line.split()[1]) / 1e6
            except (OSError, ValueError):
                pass
        try:
            user, nice, system = self._machine.read_text().split("\n", 1)[0].split()[1:4]
        except (OSError, ValueError):
            return time.process_time()
        return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _quota(version: int, folder: Path) -> float | None:
    try:
        if version == 1:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        else:
            quota, period = (folder / "cpu.max").read_text().split()
        return int(quota) / int(period) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):
        # `max`, and what the top has not
        return None
