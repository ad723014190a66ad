"""What is asked of NVML, in one look each. All of it runs in a thread (`lanes`)."""

from __future__ import annotations

import ctypes
import importlib
from dataclasses import dataclass
from typing import Any

from .lanes import Asked

LIBRARY = "libnvidia-ml.so.1"

#: Codes that say that the device itself is gone, from whatever function they come.
_GONE = (15, 16)
#: Functions without which there is nothing to know of a device: what they say counts.
_HANDLE, _MEMORY = "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetMemoryInfo"
_XID_EVENT = 0x8
_TEMPERATURE_OF_GPU = 0
_UNCORRECTED, _VOLATILE = 1, 0
#: The second for drivers before 510.
_PROCESSES = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2")
#: nvmlDeviceGetComputeRunningProcesses of a driver that will not tell.
_NOT_TOLD = 2**64 - 1
_MOST_EVENTS = 100


class NoLibrary(OSError):
    """There is no NVML here."""


def load() -> Any:
    """The binding, once the library itself is there: without it there is nothing to import the binding for.

    Raises
    ------
    NoLibrary
        The library or its binding is not installed.
    """
    try:
        ctypes.CDLL(LIBRARY)
        return importlib.import_module("pynvml")
    except (OSError, ImportError) as error:
        raise NoLibrary(str(error)) from error


def open_library(asked: Asked) -> None:
    """Begin, and count the devices."""
    asked.ask("nvmlInit")
    if "nvmlInit" in asked.values:
        asked.ask("nvmlDeviceGetCount")
        if "nvmlDeviceGetCount" in asked.failed:
            close_library(asked)


def close_library(asked: Asked) -> None:
    """End: the next `open_library` meets the driver afresh."""
    asked.ask("nvmlShutdown")


@dataclass(frozen=True)
class Device:
    """What a look at one GPU found; None is what it does not tell. ``code`` is 0 where it works."""

    index: int
    name: str
    handle: int | None
    code: int
    used: int | None
    total: int | None
    utilisation: float | None
    temperature: float | None
    power_watts: float | None
    throttling: int
    memory_errors: int
    repair_pending: bool
    repair_failed: bool
    #: Bytes by process id, as NVML knows them: in a container they may be the node's.
    processes: dict[int, int]


def look(asked: Asked, index: int) -> None:
    """Ask one device for all that it tells, the most important first."""
    handle = asked.ask(_HANDLE, index)
    if handle is None:
        return
    asked.ask(_MEMORY, handle)
    asked.ask("nvmlDeviceGetName", handle)
    asked.ask("nvmlDeviceGetUtilizationRates", handle)
    asked.ask("nvmlDeviceGetTemperature", handle, _TEMPERATURE_OF_GPU)
    asked.ask("nvmlDeviceGetPowerUsage", handle)
    asked.ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle)
    asked.ask("nvmlDeviceGetTotalEccErrors", handle, _UNCORRECTED, _VOLATILE)
    asked.ask("nvmlDeviceGetRemappedRows", handle)
    asked.ask("nvmlDeviceGetRetiredPagesPendingStatus", handle)
    if asked.ask(_PROCESSES[0], handle) is None:
        asked.ask(_PROCESSES[1], handle)


def understand(asked: Asked, index: int, known_as: str) -> Device:
    """What the look has found."""
    values = asked.values
    name = values.get("nvmlDeviceGetName", known_as)
    name = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    memory = values.get(_MEMORY)
    rates = values.get("nvmlDeviceGetUtilizationRates")
    power = values.get("nvmlDeviceGetPowerUsage")
    temperature = values.get("nvmlDeviceGetTemperature")
    remapped = values.get("nvmlDeviceGetRemappedRows", (0, 0, 0, 0))
    processes: dict[int, int] = {}
    for process in values.get(_PROCESSES[0], values.get(_PROCESSES[1], ())):
        if process.usedGpuMemory not in (None, _NOT_TOLD):
            processes[int(process.pid)] = processes.get(int(process.pid), 0) + int(process.usedGpuMemory)
    return Device(
        index=index,
        name=name,
        handle=_address(values.get(_HANDLE)),
        code=_code(asked),
        used=None if memory is None else int(memory.used),
        total=None if memory is None else int(memory.total),
        utilisation=None if rates is None else rates.gpu / 100,
        temperature=None if temperature is None else float(temperature),
        power_watts=None if power is None else power / 1000,
        throttling=int(values.get("nvmlDeviceGetCurrentClocksThrottleReasons", 0)),
        memory_errors=int(values.get("nvmlDeviceGetTotalEccErrors", 0)),
        repair_pending=bool(remapped[2]) or bool(values.get("nvmlDeviceGetRetiredPagesPendingStatus", 0)),
        repair_failed=bool(remapped[3]),
        processes=processes,
    )


def _code(asked: Asked) -> int:
    for code in asked.failed.values():
        if code in _GONE:
            return code
    for function in (_HANDLE, _MEMORY):
        code = asked.failed.get(function, 0)
        # MIG and some boards do not tell their memory
        if code not in (0, 3, 13) or (function == _HANDLE and code):
            return code
    return 0


def _address(handle: Any) -> int | None:
    return None if handle is None else ctypes.cast(handle, ctypes.c_void_p).value


class Events:
    """The Xid errors that the driver reports, as far as it does."""

    def __init__(self) -> None:
        self._set: Any = None
        self._tried = False

    def look(self, asked: Asked, count: int, found: list[tuple[int, int]]) -> None:
        """Append what has happened since the last look to ``found``: the device's handle and the Xid."""
        if not self._tried:
            self._tried = True
            events = asked.ask("nvmlEventSetCreate")
            # one after the other: a device that cannot keeps no other from reporting
            for index in range(count if events is not None else 0):
                handle = asked.ask(_HANDLE, index)
                if handle is not None:
                    asked.ask("nvmlDeviceRegisterEvents", handle, _XID_EVENT, events)
            self._set = events
        if self._set is None:
            return
        for _ in range(_MOST_EVENTS):
            event = asked.ask("nvmlEventSetWait", self._set, 0)
            if event is None:
                return
            if event.eventType == _XID_EVENT:
                found.append((_address(event.device) or 0, int(event.eventData)))

    def end(self, asked: Asked) -> None:
        """Give the set back, before the library is closed."""
        events, self._set, self._tried = self._set, None, False
        if events is not None:
            asked.ask("nvmlEventSetFree", events)
