"""Running a command as if it were run itself, and waiting for a process of somebody else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

#: Passed on to the command. SIGTSTP and SIGCONT are not: the shell sends both to the whole group.
_PASSED = (
    *(signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGWINCH),
)
#: Those that a terminal sends to the command as well.
_OF_TERMINALS = {signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH}
_SENT_BY_KERNEL = 0x80
#: Where nothing tells of the end of a process, it is looked at this often, in seconds.
_LOOK_SECONDS = 0.5


class End(NamedTuple):
    """How a process ended. ``code`` is None where that cannot be known; ``signal`` is the name of the signal that ended
    it. ``since_start`` is False where ``seconds`` count from when we began to wait."""

    seconds: float
    code: int | None
    signal: str = ""
    name: str = ""
    since_start: bool = True
    status: int = 0


def _end(wait_status: int, seconds: float, name: str) -> End:
    code = os.waitstatus_to_exitcode(wait_status)
    if code >= 0:
        return End(seconds, code, name=name, status=code)
    with contextlib.suppress(ValueError):
        return End(seconds, None, signal.Signals(-code).name, name, status=128 - code)
    return End(seconds, None, f"signal {-code}", name, status=128 - code)


def run(command: Sequence[str]) -> End:
    """Run ``command`` with our standard streams until it ends, and pass on to it the signals that we get.

    Raises
    ------
    OSError
        It cannot be run.
    """
    # Blocked before the command exists, so that none comes between; the command gets the mask that we had.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*_PASSED, signal.SIGCHLD})
    try:
        begin = time.monotonic()
        child = os.posix_spawnp(
            command[0],
            list(command),
            os.environ,
            setsigmask=mask,
            # Python ignores these, and what is ignored stays so in a command
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return _end(status, time.monotonic() - begin, os.path.basename(command[0]))
            came = signal.sigwaitinfo({*_PASSED, signal.SIGCHLD})
            number = signal.Signals(came.si_signo)
            if number == signal.SIGCHLD or (number in _OF_TERMINALS and came.si_code == _SENT_BY_KERNEL):
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)
    finally:
        # what came while nobody was left to get it is ours again: the notification is still to be sent
        while signal.sigtimedwait(_PASSED, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on, and before them the name. Raises `OSError`."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        text = file.read()
    name, _, fields = text.partition("(")[2].rpartition(")")
    return [name, *fields.split()]


def wait_for(pid: int) -> End:
    """Wait until a process ends, whosever it is.

    Its exit code can be seen only in the moment between its end and its parent's taking note of it, and by the same
    user: mostly it is not known.

    Raises
    ------
    ProcessLookupError
        There is no such process.
    """
    begin = time.monotonic()
    fields: list[str] = []
    with contextlib.suppress(OSError):
        fields = _stat(pid)
    if hasattr(os, "pidfd_open"):
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            raise
        except OSError:
            # not on this kernel, or not in this container
            _look(pid, fields)
        else:
            try:
                poll = select.poll()
                poll.register(handle, select.POLLIN)
                poll.poll()
            finally:
                os.close(handle)
    else:
        _look(pid, fields)
    status = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        now = _stat(pid)
        # 52nd and last: the status that a parent would get, readable for whoever may trace the process
        if now[1] == "Z" and now[20] == fields[20] and readable(now[50]):
            status = int(now[50])
    seconds, since_start = _age(fields, begin)
    name = fields[0] if fields else "Process"
    if status is None:
        return End(seconds, None, name=name, since_start=since_start)
    return _end(status, seconds, name)._replace(since_start=since_start)


def readable(status: str) -> bool:
    """Whether the status is one: 0 is also what those see who may not."""
    return status != "0" or os.geteuid() == 0


def _age(fields: list[str], begin: float) -> tuple[float, bool]:
    """How long the process has run, in seconds; or else how long we waited."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/uptime", encoding="utf-8") as file:
            up = float(file.read().split()[0])
        return up - int(fields[20]) / os.sysconf("SC_CLK_TCK"), True
    return time.monotonic() - begin, False


def _look(pid: int, fields: list[str]) -> None:
    """Return when the process has ended; by its age, another of the same number is told from it."""
    if not fields:
        os.kill(pid, 0)
    while True:
        try:
            now = _stat(pid)
            if now[1] == "Z" or (fields and now[20] != fields[20]):
                return
        except OSError:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            except PermissionError:
                pass
        time.sleep(_LOOK_SECONDS)
