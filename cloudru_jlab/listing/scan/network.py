"""File systems that may hang: which ones they are, and one guard for each that is mounted."""

from __future__ import annotations

import asyncio
from typing import Any

from traitlets import Float, Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from ...core.access import FileSystemAccess
from ...core.traits import between, more_than_no_time
from .guard import Guard, GuardSettings
from .mounts import MountTable

#: File systems whose calls wait for another machine or another process.
_REMOTE = (
    "nfs", "nfs4", "cifs", "smb*", "ncpfs", "afs", "coda", "9p", "ceph", "lustre", "lustre_*", "glusterfs", "beegfs",
    "gpfs", "panfs", "pvfs2", "orangefs", "ocfs2", "gfs2", "davfs", "autofs", "fuse", "fuse.*",
)  # fmt: skip
#: What containers and desktops put below everything, over local disks.
_LOCAL = ("fuse.fuse-overlayfs", "fuse.lxcfs", "fuse.portal")


class NetworkFileSystems(LoggingConfigurable):
    """Chooses the access for a path: direct, or guarded where its file system may hang.

    Runs on the event loop. ``local`` is the access for all other paths.
    """

    types = List(
        Unicode(),
        list(_REMOTE),
        help="""Types of file systems that may hang, as patterns for the type in /proc/self/mountinfo. Their directories
        are read by processes that can be killed, under a timeout.""",
    ).tag(config=True)
    local_types = List(
        Unicode(),
        list(_LOCAL),
        help="Types of file systems that never hang although `types` matches them.",
    ).tag(config=True)
    timeout_seconds = Float(
        30.0, help="How long a file system may be silent before it is said not to answer, in seconds."
    ).tag(config=True)
    parallel_calls = Integer(
        16, help="How many entries of one file system are stat'ed at the same time: hides a server's latency."
    ).tag(config=True)
    parallel_scans = Integer(
        4, help="How many directories of one file system are scanned at the same time, each by its own process."
    ).tag(config=True)
    retry_seconds = Float(
        5.0,
        help="""How long a file system that did not answer is left alone before one call tries it again, in seconds;
        doubled with each failure, up to twelve times. It is tried at once when it is seen to answer.""",
    ).tag(config=True)
    max_stuck_processes = Integer(
        4, help="With so many processes hanging unkillably in a file system, no more are started for it."
    ).tag(config=True)
    idle_seconds = Float(300.0, help="How long a file system's process is kept when nobody asks, in seconds.").tag(
        config=True
    )

    def __init__(self, local: FileSystemAccess, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._local = local
        self._table = MountTable(self.types, self.local_types)
        self._guards: dict[tuple[int, bytes], Guard] = {}

    _times = more_than_no_time("timeout_seconds", "retry_seconds", "idle_seconds")
    _counts = between(1, 256, "parallel_calls", "parallel_scans", "max_stuck_processes")

    def access(self, path: bytes) -> FileSystemAccess:
        """See `core.access.FileSystems.access`."""
        mount = self._table.remote_mount(path)
        if mount is None:
            return self._local
        key = (mount.ident, mount.point)
        guard = self._guards.get(key)
        if guard is None:
            self._forget_unmounted()
            guard = self._guards[key] = Guard(self._settings())
        return guard

    def is_remote(self, path: bytes) -> bool:
        """Whether ``path`` lies on a file system that may hang. Touches only what is local."""
        return self._table.remote_mount(path) is not None

    def _settings(self) -> GuardSettings:
        return GuardSettings(
            timeout=self.timeout_seconds,
            parallel=self.parallel_calls,
            scans=self.parallel_scans,
            retry=self.retry_seconds,
            stuck=self.max_stuck_processes,
            idle=self.idle_seconds,
        )

    def _forget_unmounted(self) -> None:
        for key, guard in list(self._guards.items()):
            mount = self._table.mounts.get(key[0])
            if (mount is None or mount.point != key[1]) and not guard.busy:
                guard.close()
                del self._guards[key]

    async def stop(self) -> None:
        """Kill all processes; calls under way fail. Waits for none that hangs."""
        guards = list(self._guards.values())
        self._guards.clear()
        await asyncio.gather(*(guard.stop() for guard in guards))
        self._table.close()
