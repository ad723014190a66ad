"""The wire contract of the healthcheck feature. Sizes are bytes, times RFC 3339 in UTC, shares from 0 to 1."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Status = Literal["pass", "warn", "fail"]
Component = Literal["memory", "cpu", "event_loop", "disk", "descriptors", "gpu", "gateway", "kernel", "feature"]

Cause = Literal[
    "out_of_memory",
    "child_out_of_memory",
    "killed",
    "terminated",
    "segmentation_fault",
    "bus_error",
    "illegal_instruction",
    "aborted",
    "exited",
    "gateway_lost",
    "server_lost",
    "container_out_of_memory",
    "unknown",
]
Confidence = Literal["certain", "likely", "unknown"]


class Words(Struct):
    """Sentences for the user in one language; ``advice`` says what to do, and may be empty."""

    message: str
    advice: str = ""


class Check(Struct):
    """How one component is. ``id`` tells those of one component apart (a root, a GPU, a kernel). ``since`` is when the
    status became what it is."""

    component: Component
    id: str
    status: Status
    since: str
    value: float | None
    limit: float | None
    unit: str
    message: str
    advice: str
    texts: dict[str, Words]
    code: str


class Memory(Struct):
    """Memory of the container, or of the machine where nothing narrower limits it. ``limit`` is the least of all limits
    that apply. ``used`` is what cannot be reclaimed."""

    used: int
    limit: int
    container: bool
    oom_kills: int


class Cpu(Struct):
    """Processor time, in cores."""

    used: float
    limit: float


class Disk(Struct):
    """A root. None is unknown."""

    root: str
    title: str
    free: int | None
    total: int | None
    free_inodes: int | None
    total_inodes: int | None


class Gpu(Struct):
    """A GPU. None is what it does not tell."""

    index: int
    name: str
    used: int | None
    total: int | None
    utilisation: float | None
    temperature: float | None
    power_watts: float | None


class KernelUse(Struct):
    """What a kernel and all its child processes use. ``path`` is the document's API path, empty where there is none.
    ``remote`` ones have no figures."""

    id: str
    name: str
    path: str
    title: str
    state: str
    memory: int | None
    cpu: float | None
    gpu_memory: int | None
    processes: int
    remote: bool


class Sample(Struct):
    """All figures of one moment. ``loop_ms`` is the worst delay of the event loop since the sample before."""

    seq: int
    time: str
    memory: Memory
    cpu: Cpu
    loop_ms: float
    disks: list[Disk]
    gpus: list[Gpu]
    kernels: list[KernelUse]
    descriptors: int
    descriptors_limit: int


class SamplesQuery(Struct):
    """``after`` is the sequence number of the last sample that the page has; 0 asks for all that are kept."""

    after: Annotated[int, Meta(ge=0)] = 0


class Samples(Struct):
    """``instance`` is another after each start of the server. ``checks`` are the ones of now, those that pass too."""

    instance: str
    started: str
    interval_seconds: float
    last: int
    status: Status
    samples: list[Sample]
    checks: list[Check]


class Explained(Struct):
    """A death in one language."""

    title: str
    body: str
    advice: str


class Death(Struct):
    """Why a kernel, or a process of it, ended. ``evidence`` are facts (`"oom_kill": "1 -> 2"`), in the order in which a
    person would read them. ``restarted``: it was started again, with no variables."""

    id: str
    seq: int
    time: str
    kernel_id: str
    kernel_name: str
    path: str
    cause: Cause
    confidence: Confidence
    exit_code: int | None
    signal: str
    restarted: bool
    evidence: dict[str, str]
    title: str
    body: str
    advice: str
    texts: dict[str, Explained]


class DeathsQuery(Struct):
    """``after`` is the sequence number of the last death that the page has."""

    after: Annotated[int, Meta(ge=0)] = 0
    kernel: str = ""


class Deaths(Struct):
    """``instance`` as in `Samples`."""

    instance: str
    last: int
    deaths: list[Death]


class Liveness(Struct):
    """All that the two open routes say."""

    status: Literal["pass", "fail"]


# --- GET /cloudru/health, `application/health+json` (draft-inadarei-api-health-check-06)


class HealthCheck(Struct, rename="camel", omit_defaults=True):
    """One entry of `HealthDocument.checks`."""

    status: Status
    time: str
    component_id: str = ""
    component_type: str = ""
    observed_value: float | None = None
    observed_unit: str = ""
    output: str = ""


class HealthDocument(Struct, rename="camel"):
    """The state of all components, by ``component:measurement``; ``deaths`` are the last ones, newest first."""

    status: Status
    version: str
    release_id: str
    service_id: str
    description: str
    checks: dict[str, list[HealthCheck]]
    deaths: list[Death]


def encode(document: HealthDocument) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document)
