"""The kernel's counter of processes that it killed for memory, and who they were.

The counter tells that somebody was killed, not who. A kernel that ends by SIGKILL claims one; what nobody claims was
another process: one that a kernel had started, if one of those is gone.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from ..cgroup import MemoryGroup

#: The counter may follow the end of the process: it is looked at again for so long, so often. In seconds.
_LAG_SECONDS = 0.5
_AGAIN_SECONDS = 0.05
#: A kill that no kernel claims is another process' once one is gone and so long has passed; and anybody's after the
#: longer time. In seconds.
SETTLE_SECONDS = 0.3
GIVE_UP_SECONDS = 3.0
#: A kernel that is just ending claims its kill itself: giving much memory back takes time.
DYING_SECONDS = 30.0
#: More are not read: this is no container then.
_MOST_BYTES = 256 * 1024
_REMEMBER_SECONDS = 5.0


class Kills(NamedTuple):
    """The counter before and after."""

    before: int
    after: int


class OomCounter:
    """The counter of one group, and what of it is explained."""

    def __init__(self, group: MemoryGroup) -> None:
        self.group = group
        self.explained = group.oom_kills()
        self._moved: float | None = None
        self.waiting = 0

    def claim_now(self) -> Kills | None:
        """One kill that is not explained yet, if there is one: it is explained now."""
        count = self.group.oom_kills()
        if count < self.explained:
            # the group was made anew
            self.explained = 0
        if count <= self.explained:
            return None
        self.explained += 1
        return Kills(self.explained - 1, self.explained)

    async def claim(self) -> Kills | None:
        """The same, and give the counter the time to move."""
        until = time.monotonic() + _LAG_SECONDS
        self.waiting += 1
        try:
            while True:
                kills = self.claim_now()
                if kills is not None or time.monotonic() >= until:
                    return kills
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            self.waiting -= 1

    def unclaimed_seconds(self, now: float) -> float:
        """For how long a kill has been without explanation."""
        if self.waiting or self.group.oom_kills() <= self.explained:
            self._moved = None
            return 0.0
        if self._moved is None:
            self._moved = now
        return now - self._moved


class Lost(NamedTuple):
    """A process that is gone. ``parents`` are those that it came from, the nearest first. ``killed``: by SIGKILL; None
    where that is no longer known."""

    time: float
    pid: int
    name: str
    parents: tuple[int, ...]
    memory: int
    killed: bool | None


class Processes:
    """The processes of a group, by few reads: one for all, and one for each that is new."""

    def __init__(self, group: MemoryGroup) -> None:
        self._file = group.group.folders[0] / "cgroup.procs" if group.group is not None else None
        self._known: dict[int, tuple[int, str]] = {}
        self._gone: deque[Lost] = deque(maxlen=200)

    def look(self, now: float) -> None:
        """See who has come and who is gone."""
        there = self._read()
        if there is None:
            return
        for pid in self._known.keys() - there:
            parents = self._parents(pid)
            _, name = self._known.pop(pid)
            self._gone.append(Lost(now, pid, name, parents, 0, _was_killed(pid)))
        for pid in there - self._known.keys():
            stat = _stat(pid)
            if stat is not None:
                self._known[pid] = (int(stat[2]), stat[0])
        while self._gone and now - self._gone[0].time > _REMEMBER_SECONDS:
            self._gone.popleft()

    def lost(self) -> list[Lost]:
        """Who is gone, lately; the oldest first."""
        return list(self._gone)

    def forget(self, lost: Iterable[Lost]) -> None:
        """They are explained."""
        for each in lost:
            if each in self._gone:
                self._gone.remove(each)

    def _read(self) -> set[int] | None:
        if self._file is None:
            return None
        try:
            with open(self._file, "rb", buffering=0) as file:
                text = b""
                while len(text) <= _MOST_BYTES:
                    piece = file.read(65_536)
                    if not piece:
                        return {int(word) for word in text.split()}
                    text += piece
        except (OSError, ValueError):
            self._file = None
        return None

    def _parents(self, pid: int) -> tuple[int, ...]:
        found: list[int] = []
        while pid in self._known and len(found) < 50:
            pid = self._known[pid][0]
            if pid in found:
                break
            found.append(pid)
        return tuple(found)


def _stat(pid: int, proc: Path = Path("/proc")) -> list[str] | None:
    """The name of a process and then its fields from the state on (proc_pid_stat(5), 2, 3, 4, …)."""
    try:
        with open(proc / str(pid) / "stat", "rb") as file:
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return [name, *fields] if len(fields) > 2 else None


def _was_killed(pid: int) -> bool | None:
    """Of a process that nobody has reaped yet, its exit status tells (field 52, as wait(2) gives it)."""
    stat = _stat(pid)
    if stat is None or stat[1] not in "ZX" or len(stat) < 51:
        return None
    return int(stat[50]) & 0x7F == 9


def suspects(
    lost: list[Lost], kernels: dict[int, str], since: float, settled: Callable[[str], bool]
) -> tuple[str, Lost, bool] | None:
    """Which kernel lost a process to a kill that nobody claimed: its id, the process, and whether that is certain.

    Parameters
    ----------
    kernels:
        Their ids by process.
    settled:
        Whether a kernel lives on.
    """
    found: list[tuple[str, Lost]] = []
    for each in lost:
        owner = next((kernels[parent] for parent in each.parents if parent in kernels), None)
        if owner is not None and each.pid not in kernels and each.time >= since and each.killed is not False:
            found.append((owner, each))
    found = [(owner, each) for owner, each in found if settled(owner)]
    if not found:
        return None
    known = [each for each in found if each[1].killed]
    owner, process = (known or found)[-1]
    alone = len({each for each, _ in known or found}) == 1
    return owner, process, alone and (bool(known) or len(lost) == 1)
