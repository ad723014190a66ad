"""The same figures for Prometheus, in the registry that the server's own /metrics shows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from weakref import ref

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .models import Sample
from .supervisor.supervisor import Supervisor

_STATUSES = {"pass": 0, "warn": 1, "fail": 2}


class HealthMetrics(Collector):
    """Made from the newest sample when somebody asks. It claims no names, so that a second server of one process, as
    in tests, may have its own."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = ref(supervisor)

    def register(self) -> None:
        """Be shown."""
        REGISTRY.register(self)

    def unregister(self) -> None:
        """Be shown no more; safe without `register`, and twice."""
        with suppress(KeyError):
            REGISTRY.unregister(self)

    def describe(self) -> Iterable[Metric]:
        """None, see above."""
        return []

    def collect(self) -> Iterable[Metric]:
        """The figures of now."""
        supervisor = self._supervisor()
        if supervisor is None:
            return
        if supervisor.samples:
            yield from _figures(supervisor.samples[-1])
        checks = GaugeMetricFamily(
            "cloudru_component_status", "How a component is: 0 pass, 1 warn, 2 fail", labels=["component", "id"]
        )
        for check in supervisor.checks():
            checks.add_metric([check.component, check.id], _STATUSES[check.status])
        yield checks


def _figures(sample: Sample) -> Iterable[Metric]:
    for name, text, value in (
        ("cloudru_memory_used_bytes", "Memory that cannot be reclaimed", sample.memory.used),
        ("cloudru_memory_limit_bytes", "The least limit of memory", sample.memory.limit),
        ("cloudru_cpu_used_cores", "Processor time", sample.cpu.used),
        ("cloudru_cpu_limit_cores", "Processor time that may be used", sample.cpu.limit),
        ("cloudru_event_loop_delay_seconds", "Worst delay of the event loop lately", sample.loop_ms / 1000),
        ("cloudru_open_files", "Open files of the server", sample.descriptors),
        ("cloudru_open_files_limit", "Open files that the server may have", sample.descriptors_limit),
    ):
        yield GaugeMetricFamily(name, text, value=value)
    yield CounterMetricFamily("cloudru_oom_kills", "Processes killed for memory", value=sample.memory.oom_kills)
    for name, text, field in (
        ("cloudru_disk_free_bytes", "Room on the disk of a root", "free"),
        ("cloudru_disk_total_bytes", "Size of the disk of a root", "total"),
        ("cloudru_disk_free_inodes", "Room for files on the disk of a root", "free_inodes"),
    ):
        yield _labelled(name, text, "root", [(disk.root, getattr(disk, field)) for disk in sample.disks])
    for name, text, field in (
        ("cloudru_gpu_memory_used_bytes", "Used memory of a GPU", "used"),
        ("cloudru_gpu_memory_total_bytes", "Memory of a GPU", "total"),
        ("cloudru_gpu_utilisation_ratio", "How busy a GPU is", "utilisation"),
        ("cloudru_gpu_temperature_celsius", "Temperature of a GPU", "temperature"),
    ):
        yield _labelled(name, text, "gpu", [(str(gpu.index), getattr(gpu, field)) for gpu in sample.gpus])
    for name, text, field in (
        ("cloudru_kernel_memory_bytes", "Memory of a kernel and its child processes", "memory"),
        ("cloudru_kernel_cpu_cores", "Processor time of a kernel and its child processes", "cpu"),
    ):
        yield _labelled(name, text, "kernel_id", [(kernel.id, getattr(kernel, field)) for kernel in sample.kernels])


def _labelled(name: str, text: str, label: str, values: list[tuple[str, float | None]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values:
        if value is not None:
            family.add_metric([key], value)
    return family
