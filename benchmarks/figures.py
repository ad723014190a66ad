"""Percentiles, and the machine on which they were taken."""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import directories


class Spread(NamedTuple):
    """What a row of the table says about repeated measurements, in the unit of the samples."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` of all samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(samples: Sequence[float]) -> Spread:
    """The percentiles of ``samples``; with fewer than 100 of them p99 is the worst."""
    return Spread(
        len(samples),
        statistics.median(samples),
        percentile(samples, 0.95),
        percentile(samples, 0.99),
        max(samples),
    )


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _chromium_version(executable: str) -> str:
    answer = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False, timeout=30)
    return answer.stdout.strip().partition(" built on")[0]


def machine(folder: Path, executable: str | None) -> dict[str, str]:
    """What the figures depend on; nothing that names the machine or its user."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory_gib()} GiB",
        "file system": directories.file_system_of(folder),
        "kernel": platform.system() + " " + ".".join(platform.release().split(".")[:2]),
        "Python": platform.python_version(),
        "JupyterLab": _version("jupyterlab"),
        "jupyter_server": _version("jupyter_server"),
        "numpy": _version("numpy"),
        "browser": _chromium_version(executable) if executable else "none",
    }
