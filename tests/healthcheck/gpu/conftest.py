"""A fake NVML, compiled, whose faults a file switches."""

from __future__ import annotations

import ctypes
import logging
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from cloudru_jlab.healthcheck.gpu import GpuProbe

SOURCE = Path(__file__).parent / "fake_nvml.c"


@pytest.fixture(scope="session")
def fake_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the compiled library, for ``LD_LIBRARY_PATH``."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("The fake NVML is written in C, and there is no compiler here")
    folder = tmp_path_factory.mktemp("nvml")
    library = folder / "libnvidia-ml.so.1"
    made = subprocess.run(
        [compiler, "-shared", "-fPIC", "-Wall", "-o", str(library), str(SOURCE)], capture_output=True, text=True
    )
    if made.returncode:
        if "cannot find" in made.stderr or "No such file" in made.stderr:
            pytest.skip(f"The compiler here cannot make a library: {made.stderr[-300:]}")
        pytest.fail(made.stderr)
    return folder


class Faults:
    """What the fake does wrong from now on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.are()

    def are(self, *lines: str) -> None:
        """These, and no others: in one step, so that the fake never reads half of them."""
        new = self.file.with_suffix(".new")
        new.write_text("".join(f"{line}\n" for line in lines))
        new.replace(self.file)


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """None at first."""
    file = tmp_path / "faults"
    monkeypatch.setenv("FAKE_NVML_FAULTS", str(file))
    return Faults(file)


class Clock:
    """Time that passes when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The probe's."""
    return Clock()


MakeProbe = Callable[..., GpuProbe]


@pytest.fixture
def make_probe(
    fake_library: Path, faults: Faults, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> MakeProbe:
    """Probes of a fresh copy of the fake, in this process."""
    copy = tmp_path / "libfake.so"
    shutil.copy(fake_library / "libnvidia-ml.so.1", copy)

    def load() -> Any:
        monkeypatch.setattr(pynvml, "nvmlLib", ctypes.CDLL(str(copy)))
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        return pynvml

    def make(**values: Any) -> GpuProbe:
        context: Any = SimpleNamespace(log=logging.getLogger("test"))
        values.setdefault("call_seconds", 30.0)
        values.setdefault("load", load)
        return GpuProbe(context, clock=clock, **values)

    return make
