"""What an exit status says by itself."""

from __future__ import annotations

import signal
from typing import NamedTuple

from ..models import Cause, Confidence

_CAUSES: dict[str, Cause] = {
    "SIGKILL": "killed",
    "SIGTERM": "terminated",
    "SIGINT": "terminated",
    "SIGHUP": "terminated",
    "SIGQUIT": "terminated",
    "SIGUSR1": "terminated",
    "SIGUSR2": "terminated",
    "SIGALRM": "terminated",
    "SIGXCPU": "terminated",
    "SIGSEGV": "segmentation_fault",
    "SIGBUS": "bus_error",
    "SIGILL": "illegal_instruction",
    "SIGABRT": "aborted",
}
#: Exit statuses of Windows: https://learn.microsoft.com/openspecs/windows_protocols/ms-erref (NTSTATUS).
_WINDOWS: dict[int, tuple[Cause, str]] = {
    0xC0000005: ("segmentation_fault", "STATUS_ACCESS_VIOLATION"),
    0xC00000FD: ("segmentation_fault", "STATUS_STACK_OVERFLOW"),
    0xC000001D: ("illegal_instruction", "STATUS_ILLEGAL_INSTRUCTION"),
    0xC0000409: ("aborted", "STATUS_STACK_BUFFER_OVERRUN"),
    0xC0000017: ("out_of_memory", "STATUS_NO_MEMORY"),
}
#: A shell gives 128 and the number of the signal that ended its command (POSIX, 2.8.2).
_SHELL = 128


class Status(NamedTuple):
    """``code`` is as `subprocess` gives it: negative for a signal, None where nobody knows. ``signal`` is a name, or
    empty."""

    code: int | None
    cause: Cause
    confidence: Confidence
    signal: str

    @property
    def sigkill(self) -> bool:
        """Whether it was killed, by whomever: perhaps for memory."""
        return self.signal == "SIGKILL"


def signal_name(number: int) -> str:
    """``SIGKILL`` for 9."""
    try:
        return signal.Signals(number).name
    except ValueError:
        first = getattr(signal, "SIGRTMIN", number + 1)
        return f"SIGRTMIN+{number - first}" if number >= first else f"signal {number}"


def read_status(code: int | None) -> Status:
    """What ``code`` says. Memory is not looked at: a kill is a kill."""
    if code is None:
        return Status(None, "unknown", "unknown", "")
    if code < 0:
        name = signal_name(-code)
        return Status(code, _CAUSES.get(name, "unknown"), "certain", name)
    if code in _WINDOWS:
        cause, name = _WINDOWS[code]
        return Status(code, cause, "certain", name)
    if _SHELL < code <= _SHELL + 64:
        name = signal_name(code - _SHELL)
        if name in _CAUSES:
            return Status(code, _CAUSES[name], "likely", name)
    return Status(code, "exited", "certain", "")
