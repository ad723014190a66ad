"""A real server beside a driver that fails, hangs and comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving import Server, jupyter_server, until

from .conftest import Faults

OPTIONS = ("--GpuProbe.interval_seconds=0.1", "--GpuProbe.retry_seconds=0.1", "--GpuProbe.call_seconds=2")


@pytest.fixture
def start(fake_library: Path, tmp_path: Path) -> Callable[..., Any]:
    """Starts a server with the fake, and these faults from the beginning."""

    def start(*lines: str) -> Any:
        faults = Faults(tmp_path / "faults")
        faults.are(*lines)
        environment = {"LD_LIBRARY_PATH": str(fake_library), "FAKE_NVML_FAULTS": str(faults.file)}
        return jupyter_server(tmp_path / "server", *OPTIONS, environment=environment), faults

    return start


def checks(server: Server) -> dict[str, dict[str, Any]]:
    """Those of the GPUs, by id."""
    answer = server.ask("GET", "cloudru/health/samples?after=0")
    return {check["id"]: check for check in answer["checks"] if check["component"] == "gpu"}


def wait(server: Server, id: str, **wanted: str) -> dict[str, Any]:
    """Until the check is so."""

    def found() -> Any:
        check = checks(server).get(id)
        return check if check and all(check[name] == value for name, value in wanted.items()) else None

    return dict(until(found, f"{wanted} of {id}; there are {checks(server)}"))


def quiet(server: Server) -> None:
    """The log does not speak of the driver."""
    log = server.log.read_text(errors="replace")
    assert not re.search(r"nvml|Traceback|GpuProbe", log, re.IGNORECASE), log


@pytest.mark.parametrize(
    ("code", "word"),
    [(999, "gpu_device_access_lost"), (18, "gpu_driver_updated"), (4, "gpu_no_permission"), (15, "gpu_lost")],
)
def test_server_starts_beside_a_broken_driver_and_notices_that_it_works(
    start: Callable[..., Any], code: int, word: str
) -> None:
    running, faults = start(f"nvmlInitWithFlags {code}")
    with running as server:
        check = wait(server, "driver", status="fail", code=word)
        assert check["message"]
        assert check["advice"]
        assert set(check["texts"]["ru"]) == {"message", "advice"}
        faults.are()
        wait(server, "driver", status="pass")
        wait(server, "0", status="pass")
        quiet(server)


def test_failures_while_the_server_runs_are_told_and_gone_when_they_end(start: Callable[..., Any]) -> None:
    running, faults = start()
    with running as server:
        wait(server, "0", status="pass")
        kernel = server.start_kernel()
        pid = server.page(kernel).value("__import__('os').getpid()")
        for line, id, word in (
            ("nvmlDeviceGetMemoryInfo 999", "driver", "gpu_device_access_lost"),
            ("nvmlDeviceGetMemoryInfo 18", "0", "gpu_driver_updated"),
            ("nvmlDeviceGetMemoryInfo@1 15", "1", "gpu_lost"),
            ("nvmlDeviceGetMemoryInfo 4", "driver", "gpu_no_permission"),
            ("nvmlDeviceGetTemperature@0 hang", "0", "gpu_not_answering"),
        ):
            faults.are(line)
            wait(server, id, status="fail", code=word)
            faults.are()
            wait(server, id, status="pass")
            wait(server, "1", status="pass")
        faults.are(f"process 0 {pid} 1073741824")

        def figures() -> Any:
            samples = server.ask("GET", "cloudru/health/samples?after=0")["samples"]
            last = samples[-1] if samples else None
            return last if last and any(use["gpu_memory"] == 2**30 for use in last["kernels"]) else None

        sample = until(figures, "the kernel's GPU memory")
        assert [gpu["name"] for gpu in sample["gpus"]] == ["Fake GPU 0", "Fake GPU 1"]
        quiet(server)


def test_server_without_gpu_says_nothing(start: Callable[..., Any]) -> None:
    running, _ = start("nvmlInitWithFlags 9")
    with running as server:
        assert wait(server, "driver", status="pass")["code"] == "no_gpu"
        assert server.notifications() == []
        quiet(server)
