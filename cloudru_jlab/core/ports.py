"""What features need of each other, as Protocols: no feature imports another.

A feature names the ports that it provides and requires (`core.feature.Feature`); `features.py` connects them. A port
that nobody provides is None: the feature that wanted it does less, and nothing breaks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from .access import FileSystemAccess, Place, Symlinks
from .entries import Entry

#: Where the server's settings keep the `RootRegistry` and the `Transfers`, for those who look them up per request: what
#: `roots` requires of `listing` must not require `roots`. ``settings.get(…)`` is None where no feature provides it.
REGISTRY_SETTING = "cloudru_root_registry"
TRANSFERS_SETTING = "cloudru_transfers"


class DirectoryHead(NamedTuple):
    """The first entries of a directory.

    ``names`` are raw file names in stock order (directories first, English, natural); ``total`` counts all entries that
    would be listed.
    """

    names: list[bytes]
    total: int


@runtime_checkable
class DirectoryIndex(Protocol):
    """A shared, sorted index of directories that others need not scan again. Provided by `listing`."""

    async def head(self, api_path: str, limit: int, *, hidden: bool) -> DirectoryHead:
        """The first ``limit`` names of the directory as it is now.

        Raises
        ------
        core.errors.DomainError
            When the directory cannot be listed, or is known to have changed since the index was made.
        """

    def entry_created(self, api_path: str) -> None:
        """The server made this entry: put it in its place without a rescan. Cheap; on the event loop."""

    def entry_deleted(self, api_path: str) -> None:
        """The server removed this entry. Cheap; on the event loop."""

    def entry_renamed(self, old_api_path: str, new_api_path: str) -> None:
        """The server renamed or moved this entry. Cheap; on the event loop."""


Capability = Literal["write", "real_path", "trash"]
Availability = Literal["available", "missing", "not_mounted", "permission_denied", "not_answering"]


class RootInfo(NamedTuple):
    """What is configured of a root.

    ``prefix`` and a path inside the root, joined by a slash, are the path that every endpoint takes: ``""`` for the
    default root, ``"@name"`` for any other. ``writable`` is False where the operator made the root read-only.
    ``real`` is the absolute path of a root on this machine, None for any other kind. ``added`` tells that the user
    added it, who may then remove it.
    """

    name: str
    title: str
    prefix: str
    writable: bool
    hidden: bool
    symlinks: Symlinks
    icon: str
    order: int
    default: bool
    real: bytes | None
    added: bool = False


class RootState(NamedTuple):
    """How a root was when it was last looked at. Sizes are in bytes; None is unknown."""

    availability: Availability
    message: str | None = None
    file_system: str | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None
    free_inodes: int | None = None
    total_inodes: int | None = None


@runtime_checkable
class RootBackend(Protocol):
    """A root: all that contents, listing and jobs do to its files. Paths are API paths inside the root, ``""`` for the
    root itself.

    Every method but the cheap ones (`place`, `state`) works within the root's deadline, in the root's own threads, and
    checks the path by `core.paths`: what leaves the root, is hidden where hidden is not allowed, or leads through a
    link that the root's policy refuses, is `core.errors.NotFound`. A verb that writes to a root that is read-only is
    `core.errors.ReadOnlyRoot` (403); a root that does not answer is `core.errors.NotAnswering`, one that is not there
    `core.errors.RootUnavailable` (503), at once while it is known.
    """

    info: RootInfo
    capabilities: frozenset[Capability]

    def state(self) -> RootState:
        """The state as it was last seen. Cheap."""

    def place(self, path: str) -> tuple[FileSystemAccess, Place]:
        """Where ``path`` is and how its directory is listed. Cheap: it checks the string and touches nothing."""

    def with_hidden(self, name: str) -> RootBackend:
        """The same root, its threads and its state, in which entries called ``name`` may be reached though hidden
        entries may not: for checkpoints. Cheap."""

    async def real_path(self, path: str) -> str | None:
        """The absolute path on this machine, all links resolved and found to be allowed; None for another kind of
        root. What is done with it later is no longer checked."""

    async def stat(self, path: str) -> Entry:
        """One entry, links followed as far as the policy allows."""

    async def read(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes ``[start, stop)`` of a regular file, in pieces. The file is open when this returns: the pieces are
        all of the same file."""

    async def write(self, path: str, data: bytes, *, create_only: bool = False) -> Entry:
        """Make the file's content ``data``, atomically: readers see the old or the new content, and a failure leaves
        the old. Keeps the permissions of a file that is there. With ``create_only`` an entry of that name is
        `core.errors.Conflict`."""

    async def write_chunk(self, path: str, number: int, data: bytes) -> Entry | None:
        """One piece of a large upload: 1, 2, … and -1 for the last. The file appears under its name with the last
        piece; until then the pieces lie below the root where no listing shows them, and are removed when the upload is
        given up. The entry, once it is there."""

    async def make_directory(self, path: str) -> Entry:
        """A new, empty directory; `core.errors.Conflict` where there is an entry of that name."""

    async def rename(self, old: str, new: str) -> Entry:
        """Rename within the root; never overwrites: `core.errors.Conflict`."""

    async def delete(self, path: str, *, recursive: bool = False, trash: bool = False) -> None:
        """Remove a file, a link itself, or an empty directory; with ``recursive`` a directory and all in it; with
        ``trash`` it goes to the user's trash where the root has one."""

    async def copy(self, source: str, target: str) -> Entry:
        """A file's copy within the root, never over anything: complete under its name, or not there."""


@runtime_checkable
class RootRegistry(Protocol):
    """The roots. Provided by `roots`; without it there is the contents root alone."""

    def roots(self) -> list[RootBackend]:
        """All of them, in the order in which users see them."""

    def find(self, api_path: str) -> tuple[RootBackend, str]:
        """The root of ``api_path`` and the path inside it, normalised. A first part ``@name`` that names no root
        belongs to the default root. Cheap; raises `core.errors.NotFound` for a path that leaves its root."""


@runtime_checkable
class Transfers(Protocol):
    """Copies and moves of one entry, whatever it is, from root to root. Provided by `listing` (its bulk actions)."""

    async def transfer(self, kind: Literal["copy", "move"], source: str, target: str) -> None:
        """Copy or move the entry ``source`` to be ``target``, both API paths with their prefixes; never over anything.

        Runs as a bulk action that users see and may cancel, and returns when it has ended. Raises `DomainError` where
        it could not be done; then nothing is under ``target``, and the source is complete.
        """


Severity = Literal["info", "success", "warning", "error", "critical"]


class Message(NamedTuple):
    """What a feature tells the user.

    ``texts`` gives title and body in other languages than English, by language (``{"ru": ("…", "…")}``). ``user`` is
    the one user it is for, None for everybody on this server. A later one of the same ``dedupe_key`` replaces the
    earlier in place. ``action`` is one of the kinds of `notifications.models.Action`, with ``path`` where it takes one.
    ``links`` are (label, address).
    """

    title: str
    body: str = ""
    severity: Severity = "info"
    category: str = "system"
    texts: dict[str, tuple[str, str]] | None = None
    links: tuple[tuple[str, str], ...] = ()
    action: str | None = None
    path: str | None = None
    progress: float | None = None
    dedupe_key: str | None = None
    expires_seconds: int | None = None
    user: str | None = None


@runtime_checkable
class Notifier(Protocol):
    """Tells the user something, with history. Provided by `notifications`."""

    async def notify(self, message: Message, *, name: str) -> str:
        """Post ``message`` with the source `system` called ``name``; its id. A store that cannot be written keeps it in
        memory: this never raises for a full disk.

        Raises
        ------
        core.errors.BadParameter
            When the message breaks a limit of `notifications.models.NewNotification`: a fault of the caller.
        """

    async def withdraw(self, dedupe_key: str) -> None:
        """Remove what was posted with this key: it is no longer true. Nothing happens where there is none."""


@runtime_checkable
class AwaitedCells(Protocol):
    """Knows which executions users wait for. Provided by `notifications`."""

    def died(self, kernel_id: str) -> dict[str, str] | None:
        """The kernel has died, and its users are about to be told: nobody waits for its executions any more. A sentence
        about what somebody waited for, by language (`en`, `ru`); None where nobody did. The same again within the next
        seconds. Cheap; on the event loop."""


@runtime_checkable
class DeathTeller(Protocol):
    """Tells users that kernels died, and why. Features offer it by `Ports.contribute`; who else would tell of a death
    then keeps quiet: a user is told once."""

    def tells(self, kernel_id: str) -> bool:
        """Whether a death of this kernel now will be told by a notification. Cheap; on the event loop."""


class Reading(NamedTuple):
    """How a component is, as a probe found it. ``id`` tells those of one component apart. ``texts`` gives message and
    advice in other languages than English (``{"ru": ("…", "…")}``). ``code`` is for programs: a word, or empty."""

    component: str
    id: str
    status: Literal["pass", "warn", "fail"]
    message: str = ""
    advice: str = ""
    texts: dict[str, tuple[str, str]] | None = None
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    code: str = ""


@runtime_checkable
class HealthProbe(Protocol):
    """Looks at something that may fail. Features offer theirs by `Ports.contribute`; `healthcheck` collects them.

    A probe that raises, or that takes longer than ``timeout_seconds``, is itself a failure of its component: the
    others go on.
    """

    name: str
    interval_seconds: float
    timeout_seconds: float

    async def read(self) -> list[Reading]:
        """What is so now. On the event loop: what may block belongs on a thread."""
