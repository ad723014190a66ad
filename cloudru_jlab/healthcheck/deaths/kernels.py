"""The kernels of the server, and how each run of a local one ends."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger
from pathlib import Path
from typing import Any

from ..cgroup import MemoryGroup
from .oom import OomCounter
from .process import KernelProcess


class Kernel:
    """A kernel that is watched. ``deliberate``: the user shut it down, or the server did."""

    def __init__(self, identifier: str, manager: Any) -> None:
        self.id = identifier
        self.manager = manager
        self.remote = hasattr(manager, "kernel_url") or not hasattr(manager, "connect_iopub")
        self.path = ""
        self.run: KernelProcess | None = None
        self.counter: OomCounter | None = None
        self.counter_looked = float("-inf")
        self.died_at: float | None = None
        #: The entry of the last death, of which the restarter may tell more.
        self.last_death = ""
        self.deliberate = False
        self._restarter: object = None
        self._callbacks: list[tuple[Callable[[], None], str]] = []

    @property
    def name(self) -> str:
        """Of its kernel spec."""
        return str(getattr(self.manager, "kernel_name", "") or "")

    @property
    def state(self) -> str:
        """As the server knows it."""
        return str(getattr(self.manager, "execution_state", "") or "")

    def process(self) -> Any:
        """The process that runs it now, None where it has none here."""
        process = getattr(getattr(self.manager, "provisioner", None), "process", None)
        return process if isinstance(getattr(process, "pid", None), int) and hasattr(process, "returncode") else None

    def listen(self, restarting: Callable[[Kernel], None], dead: Callable[[Kernel], None]) -> None:
        """Hear of the restarter that it fell. The restarter may be another one than before."""
        restarter = getattr(self.manager, "_restarter", None)
        if restarter is None or restarter is self._restarter:
            return
        self.unlisten()
        self._restarter = restarter
        self._callbacks = [(lambda: restarting(self), "restart"), (lambda: dead(self), "dead")]
        for callback, event in self._callbacks:
            self.manager.add_restart_callback(callback, event)

    def unlisten(self) -> None:
        """Hear no more of it."""
        for callback, event in self._callbacks:
            self.manager.remove_restart_callback(callback, event)
        self._callbacks = []

    def will_restart(self) -> bool:
        """Whether the restarter will start it again."""
        restarter = self._restarter
        if restarter is None or not getattr(self.manager, "autorestart", False):
            return False
        return getattr(restarter, "_restart_count", 0) < getattr(restarter, "restart_limit", 1)


class Counters:
    """The counters of the groups that kernels run in: mostly the server's own alone."""

    def __init__(self, own: MemoryGroup, log: Logger) -> None:
        self.own = OomCounter(own)
        self._others: dict[Path, OomCounter] = {}
        self._by_names: dict[bytes, OomCounter] = {}
        self._log = log

    def of(self, pid: int) -> OomCounter:
        """The counter of a process: of the server's group, unless the operator has put it in another."""
        try:
            mine, its = Path("/proc/self/cgroup").read_bytes(), Path(f"/proc/{pid}/cgroup").read_bytes()
        except OSError:
            return self.own
        if mine == its:
            return self.own
        known = self._by_names.get(its) or self._make(pid)
        if known is None:
            return self.own
        self._by_names[its] = known
        return known

    def _make(self, pid: int) -> OomCounter | None:
        group = MemoryGroup(Path(f"/proc/{pid}"))
        own = self.own.group.group
        if group.group is None:
            # it has just ended
            group.close()
            return None
        if own is not None and own.folders[0] == group.group.folders[0]:
            group.close()
            return self.own
        folder = group.group.folders[0]
        if folder in self._others:
            group.close()
        else:
            self._others[folder] = OomCounter(group)
        return self._others[folder]

    def others(self) -> list[OomCounter]:
        """Those beside the server's own."""
        return list(self._others.values())

    def above(self, counter: OomCounter) -> bool:
        """Whether what ``counter`` counts is counted by the server's own too: version 2 sums up."""
        own, its = self.own.group.group, counter.group.group
        if counter is self.own or own is None or its is None or own.version != 2:
            return False
        return own.folders[0] in its.folders

    def close(self) -> None:
        """Close the files of the others."""
        for counter in self._others.values():
            counter.group.close()
        self._others.clear()
        self._by_names.clear()
