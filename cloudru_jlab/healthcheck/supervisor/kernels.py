"""The kernels of the server, as its managers know them. On the event loop; nothing here blocks or asks a gateway."""

from __future__ import annotations

import posixpath
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class KnownKernel(NamedTuple):
    """A kernel. ``pid`` is None for one that does not run here."""

    id: str
    name: str
    path: str
    title: str
    state: str
    pid: int | None
    remote: bool


def known_kernels(serverapp: ServerApp) -> list[KnownKernel]:
    """All kernels of now."""
    manager: Any = serverapp.kernel_manager
    remote = bool(getattr(getattr(serverapp, "gateway_config", None), "gateway_enabled", False))
    paths = _paths(serverapp.session_manager)
    kernels = []
    for kernel_id in list(manager.list_kernel_ids()):
        try:
            kernel = manager.get_kernel(kernel_id)
        except KeyError:
            continue
        path, title = paths.get(kernel_id, ("", ""))
        kernels.append(
            KnownKernel(
                id=kernel_id,
                name=str(getattr(kernel, "kernel_name", "") or ""),
                path=path,
                title=title,
                state=str(getattr(kernel, "execution_state", "") or "unknown"),
                pid=None if remote else _pid(kernel),
                remote=remote,
            )
        )
    return kernels


def _pid(kernel: Any) -> int | None:
    provisioner = getattr(kernel, "provisioner", None)
    pid = getattr(provisioner, "pid", None)
    return pid if isinstance(pid, int) and pid > 0 else None


def _paths(sessions: Any) -> dict[str, tuple[str, str]]:
    """Path and title of the document by kernel, from the sessions' own table: asking the manager for its list costs
    more, and forgets sessions by the way."""
    try:
        rows = sessions.connection.execute("SELECT kernel_id, path, name FROM session").fetchall()
    except (AttributeError, sqlite3.Error):
        return {}
    return {row[0]: (row[1] or "", row[2] or posixpath.basename(row[1] or "")) for row in rows}
