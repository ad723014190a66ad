"""Where notifications are forwarded to: a file that the operator keeps, because its addresses hold tokens and
passwords. No text that leaves this module repeats anything of it but names."""

from __future__ import annotations

import os
import stat
import threading
from logging import Logger
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..models import Notification, Severity, SourceKind

RANKS: dict[Severity, int] = {"info": 0, "success": 1, "warning": 2, "error": 3, "critical": 4}

_MAX_BYTES = 256 * 1024
_MAX_TARGETS = 20


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """One target.

    ``url`` is an address as apprise takes it. Forwarded is what is at least as severe as ``minimum``, of one of the
    ``categories`` and ``sources`` where they are given, and for one of the ``recipients``: `all`, `me` on a server that
    has one user, or names of users.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
    url: Annotated[str, Meta(min_length=3, max_length=4_000)]
    minimum: Severity = "error"
    categories: frozenset[str] | None = None
    sources: frozenset[SourceKind] | None = None
    recipients: frozenset[str] = frozenset({"all", "me"})

    def __repr__(self) -> str:
        return f"Target({self.name!r})"

    def wants(self, notification: Notification) -> bool:
        """Whether ``notification`` is to be forwarded to it."""
        return (
            RANKS[notification.severity] >= RANKS[self.minimum]
            and (self.categories is None or notification.category in self.categories)
            and (self.sources is None or notification.source.kind in self.sources)
            and notification.recipient in self.recipients
        )


class _File(Struct, forbid_unknown_fields=True):
    targets: Annotated[list[Target], Meta(max_length=_MAX_TARGETS)]


class TargetsFile:
    """The targets in the file ``path``, read again whenever it changes: mounted secrets are replaced while we run.

    Touches the disk: call it on a thread.
    """

    def __init__(self, path: str, log: Logger) -> None:
        self._path = path
        self._log = log
        self._stamp: tuple[int, ...] | None = None
        self._fault: str | None = None
        self._targets: dict[str, Target] | None = None
        self._lock = threading.Lock()

    def read(self) -> dict[str, Target] | None:
        """The targets by name. While the file cannot be used they are those that were read before; None where it never
        could be."""
        with self._lock:
            return self._read()

    def _read(self) -> dict[str, Target] | None:
        try:
            with open(self._path, "rb") as stream:
                status = os.fstat(stream.fileno())
                stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
                if stamp == self._stamp:
                    return self._targets
                data = stream.read(_MAX_BYTES + 1)
        except OSError as error:
            self._stamp = None
            self._say(f"cannot be read ({error.strerror})")
            return self._targets
        self._stamp = stamp
        try:
            targets = msgspec.json.decode(data, type=_File).targets
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # the message of the error may repeat a secret
            self._say("is not as it should be: see “Forwarding” in the operator's guide")
            return self._targets
        if len({target.name for target in targets}) < len(targets):
            self._say("gives two targets the same name")
            return self._targets
        self._fault = None
        if stat.S_IMODE(status.st_mode) & 0o077:
            self._log.warning("Others than its owner may read the targets of notifications: make their file 0600.")
        self._targets = {target.name: target for target in targets}
        return self._targets

    def _say(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            self._log.error("The file with the targets of notifications %s.", fault)
