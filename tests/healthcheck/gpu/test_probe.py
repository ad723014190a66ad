"""GPUs that work, break, hang and come back, by a fake NVML."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cloudru_jlab.core.ports import HealthProbe, Reading
from cloudru_jlab.healthcheck.gpu import GpuProbe, nvml

from .conftest import Clock, Faults, MakeProbe

PATIENCE_S = 60.0
GIB = 2**30

Readings = dict[str, Reading]


async def read(probe: GpuProbe) -> Readings:
    """By id."""
    readings = await probe.read()
    assert {reading.component for reading in readings} == {"gpu"}
    assert len({reading.id for reading in readings}) == len(readings)
    return {reading.id: reading for reading in readings}


async def read_until(probe: GpuProbe, clock: Clock, wanted: Callable[[Readings], Any]) -> Readings:
    """Look again and again until it is so."""
    end = time.monotonic() + PATIENCE_S
    while True:
        readings = await read(probe)
        if wanted(readings):
            return readings
        assert time.monotonic() < end, readings
        clock.now += 5


async def test_probe_tells_figures_and_says_that_all_is_well(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are(f"process 0 4711 {GIB}", f"process 1 4711 {GIB}", f"process 1 4712 {2 * GIB}")
    probe = make_probe()
    assert isinstance(probe, HealthProbe)
    readings = await read(probe)
    assert {id: reading.status for id, reading in readings.items()} == {"driver": "pass", "0": "pass", "1": "pass"}
    assert (readings["0"].value, readings["0"].limit, readings["0"].unit) == (3 * GIB, 80 * GIB, "bytes")
    first, second = probe.gpus
    assert (first.index, first.name, second.name) == (0, "Fake GPU 0", "Fake GPU 1")
    assert (first.used, first.total, first.utilisation) == (3 * GIB, 80 * GIB, 0.75)
    assert (first.temperature, first.power_watts) == (61.0, 312.5)
    assert probe.figures() == (probe.gpus, {4711: 2 * GIB, 4712: 2 * GIB})


@pytest.mark.parametrize("code", [9, 12])
async def test_machine_without_gpu_is_well(make_probe: MakeProbe, faults: Faults, clock: Clock, code: int) -> None:
    faults.are(f"nvmlInitWithFlags {code}")
    probe = make_probe()
    for _ in range(5):
        readings = await read(probe)
        assert (readings["driver"].status, readings["driver"].code) == ("pass", "no_gpu")
        assert not readings["driver"].message
        clock.now += 100


async def test_machine_without_library_is_well(make_probe: MakeProbe, clock: Clock) -> None:
    def load() -> Any:
        raise nvml.NoLibrary("none")

    probe = make_probe(load=load)
    for _ in range(3):
        assert (await read(probe))["driver"].code == "no_gpu"
        clock.now += 100
    assert probe.gpus == []


async def test_no_devices_are_no_fault(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are("count 0")
    readings = await read(make_probe())
    assert [(reading.status, reading.code) for reading in readings.values()] == [("pass", "no_gpu")]


ADVICE = [
    (999, "gpu_device_access_lost", "container"),
    (18, "gpu_driver_updated", "updated"),
    (4, "gpu_no_permission", "permitted"),
]


@pytest.mark.parametrize(("code", "word", "said"), ADVICE)
async def test_failure_at_start_is_explained_and_recovery_noticed(
    make_probe: MakeProbe, faults: Faults, clock: Clock, code: int, word: str, said: str
) -> None:
    faults.are(f"nvmlInitWithFlags {code}")
    probe = make_probe()
    driver = (await read(probe))["driver"]
    assert (driver.status, driver.code) == ("fail", word)
    assert said in driver.message
    assert driver.advice
    assert driver.texts is not None
    assert all(driver.texts["ru"])
    assert driver.texts["ru"][0] != driver.message
    faults.are()
    readings = await read_until(probe, clock, lambda found: found["driver"].status == "pass")
    assert set(readings) == {"driver", "0", "1"}
    assert len(probe.gpus) == 2


@pytest.mark.parametrize(
    "fault", ["nvmlDeviceGetMemoryInfo 999", "nvmlDeviceGetHandleByIndex_v2 999", "nvmlDeviceGetMemoryInfo 4"]
)
async def test_failure_of_all_gpus_while_they_work_is_told_once(
    make_probe: MakeProbe, faults: Faults, clock: Clock, fault: str
) -> None:
    probe = make_probe()
    await read(probe)
    faults.are(fault)
    readings = await read(probe)
    assert list(readings) == ["driver"]
    assert readings["driver"].code == ("gpu_no_permission" if fault.endswith("4") else "gpu_device_access_lost")
    assert probe.gpus == []
    faults.are()
    await read_until(probe, clock, lambda found: found["driver"].status == "pass")
    assert len(probe.gpus) == 2


async def test_driver_that_goes_away_is_a_failure_and_is_reached_again(
    make_probe: MakeProbe, faults: Faults, clock: Clock
) -> None:
    probe = make_probe()
    await read(probe)
    faults.are("nvmlDeviceGetMemoryInfo 999", "nvmlInitWithFlags 18")
    readings = await read_until(probe, clock, lambda found: found["driver"].code == "gpu_driver_updated")
    assert readings["driver"].status == "fail"
    faults.are("nvmlInitWithFlags 9")
    readings = await read_until(probe, clock, lambda found: found["driver"].code == "gpu_driver_gone")
    assert readings["driver"].status == "fail"
    faults.are()
    await read_until(probe, clock, lambda found: found.get("1") and found["1"].status == "pass")


@pytest.mark.parametrize(
    ("code", "word"), [(15, "gpu_lost"), (16, "gpu_reset_required"), (14, "gpu_error"), (999, "gpu_device_access_lost")]
)
@pytest.mark.parametrize("function", ["nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetMemoryInfo"])
async def test_one_lost_gpu_leaves_the_other(
    make_probe: MakeProbe, faults: Faults, clock: Clock, function: str, code: int, word: str
) -> None:
    probe = make_probe()
    await read(probe)
    faults.are(f"{function}@1 {code}")
    for _ in range(4):
        readings = await read(probe)
        assert readings["1"].code == word
        assert readings["0"].status == readings["driver"].status == "pass"
        assert [gpu.index for gpu in probe.gpus] == [0]
        clock.now += 5
    faults.are()
    await read_until(probe, clock, lambda found: found["1"].status == "pass")
    assert len(probe.gpus) == 2


async def test_gpu_that_is_lost_by_any_call_is_lost(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are("nvmlDeviceGetPowerUsage@0 15")
    assert (await read(make_probe()))["0"].code == "gpu_lost"


async def test_gpu_that_is_no_longer_counted_is_told(make_probe: MakeProbe, faults: Faults, clock: Clock) -> None:
    probe = make_probe()
    await read(probe)
    faults.are("count 1", "nvmlDeviceGetHandleByIndex_v2@1 15")
    for _ in range(3):
        readings = await read(probe)
        assert readings["1"].code == "gpu_lost"
        clock.now += 100


async def test_gpus_of_others_are_not_ours(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are("nvmlDeviceGetHandleByIndex_v2@0 4")
    probe = make_probe()
    readings = await read(probe)
    assert set(readings) == {"driver", "1"}
    assert {reading.status for reading in readings.values()} == {"pass"}


@pytest.mark.parametrize("code", [1, 2, 3, 4, 7, 13, 20, 25, 999])
async def test_each_call_is_guarded_alone(make_probe: MakeProbe, faults: Faults, code: int) -> None:
    minor = ["Name", "UtilizationRates", "Temperature", "PowerUsage", "CurrentClocksThrottleReasons", "RemappedRows"]
    functions = [f"nvmlDeviceGet{name}" for name in (*minor, "TotalEccErrors", "ComputeRunningProcesses_v3")]
    faults.are(*(f"{function} {code}" for function in functions), f"nvmlEventSetCreate {code}")
    probe = make_probe()
    readings = await read(probe)
    assert {reading.status for reading in readings.values()} == {"pass"}
    assert (probe.gpus[0].used, probe.gpus[0].utilisation, probe.gpus[0].power_watts) == (3 * GIB, None, None)


@pytest.mark.parametrize(
    ("line", "status", "word"),
    [
        ("xid 1 31", "warn", "gpu_xid_program"),
        ("xid 1 94", "warn", "gpu_xid_memory"),
        ("xid 1 119", "fail", "gpu_xid"),
        ("xid 1 79", "fail", "gpu_lost"),
        ("ecc 1 3", "warn", "gpu_ecc"),
        ("remap 1 1 0", "warn", "gpu_memory_repair_pending"),
        ("remap 1 1 1", "fail", "gpu_memory_repair_failed"),
        ("throttle 1 72", "warn", "gpu_throttled"),
        ("throttle 1 128", "warn", "gpu_throttled"),
    ],
)
async def test_fault_of_one_gpu_is_told_of_it(
    make_probe: MakeProbe, faults: Faults, clock: Clock, line: str, status: str, word: str
) -> None:
    probe = make_probe()
    await read(probe)
    faults.are(line)
    readings = await read(probe)
    assert (readings["1"].status, readings["1"].code) == (status, word)
    assert "GPU 1" in readings["1"].message
    assert readings["1"].value == 3 * GIB
    assert readings["0"].status == "pass"
    if word.startswith("gpu_xid"):
        assert f"Xid {line.split()[2]}" in readings["1"].message
        assert (await read(probe))["1"].code == word, "The event is told by the driver once, and shown for a while"
    faults.are()
    clock.now += 1000
    assert (await read(probe))["1"].status == "pass"


async def test_worst_fault_is_told(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are("throttle 0 64", "ecc 0 1", "remap 0 0 1")
    assert (await read(make_probe()))["0"].code == "gpu_memory_repair_failed"


async def test_normal_cap_of_power_is_no_fault(make_probe: MakeProbe, faults: Faults) -> None:
    faults.are("throttle 0 4", "throttle 1 1")
    assert {reading.status for reading in (await read(make_probe())).values()} == {"pass"}


def nvml_threads() -> int:
    """Those that are in the library."""
    return sum(thread.name.startswith("nvml-") for thread in threading.enumerate())


async def test_call_that_hangs_is_told_blocks_no_other_and_piles_up_no_threads(
    make_probe: MakeProbe, faults: Faults, clock: Clock
) -> None:
    probe = make_probe(call_seconds=1.0)
    await read(probe)
    faults.are("nvmlDeviceGetPowerUsage@0 hang")
    readings = await read_until(probe, clock, lambda found: found["0"].code == "gpu_not_answering")
    assert "nvmlDeviceGetPowerUsage" in readings["0"].message
    # the next look leaves out what hangs, and tells all else
    readings = await read_until(
        probe,
        clock,
        lambda found: found["1"].status == "pass" and probe.gpus and probe.gpus[0].temperature == 61.0,
    )
    assert readings["0"].code == "gpu_not_answering"
    for _ in range(5):
        await read(probe)
        clock.now += 5
    assert nvml_threads() <= 3
    faults.are()
    await read_until(probe, clock, lambda found: found["0"].status == "pass" and probe.gpus[0].power_watts == 312.5)
    await read_until(probe, clock, lambda found: nvml_threads() == 0)


async def test_library_that_hangs_at_start_is_left_alone_until_it_answers(
    make_probe: MakeProbe, faults: Faults, clock: Clock
) -> None:
    faults.are("nvmlInitWithFlags hang")
    probe = make_probe(call_seconds=0.2)
    for _ in range(5):
        assert (await read(probe))["driver"].code == "gpu_not_answering"
        clock.now += 100
    assert nvml_threads() == 1
    faults.are()
    await read_until(probe, clock, lambda found: found["driver"].status == "pass" and "1" in found)


async def test_events_that_hang_keep_nothing(make_probe: MakeProbe, faults: Faults, clock: Clock) -> None:
    faults.are("nvmlEventSetWait_v2 hang")
    probe = make_probe(call_seconds=0.5)
    await read_until(probe, clock, lambda found: len(found) == 3 and all(r.status == "pass" for r in found.values()))
    await probe.stop()
    faults.are()


async def test_failing_driver_is_tried_less_and_less_often(
    make_probe: MakeProbe, faults: Faults, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    begin = clock.now
    open_library = nvml.open_library

    def counted(asked: Any) -> None:
        tried.append(clock.now - begin)
        open_library(asked)

    monkeypatch.setattr(nvml, "open_library", counted)
    faults.are("nvmlInitWithFlags 999")
    probe = make_probe(retry_seconds=5.0)
    for _ in range(200):
        await read(probe)
        clock.now += 1
    assert tried == [0, 5, 15, 35, 75, 135, 195]


async def test_probe_can_be_stopped_at_any_time(make_probe: MakeProbe, faults: Faults) -> None:
    probe = make_probe()
    await probe.stop()
    await read(probe)
    await probe.stop()
    await probe.stop()
