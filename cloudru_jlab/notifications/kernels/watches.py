"""What users wait for, in memory: it goes with the kernels."""

from __future__ import annotations

import uuid

from ...core.errors import Conflict, NotFound
from ..models import NewWatch, Watch
from .executions import Ended

#: Of one user.
_MOST = 1_000


class WatchList:
    """The watches of all users."""

    def __init__(self) -> None:
        self._watches: dict[str, tuple[str, Watch]] = {}

    def of(self, user: str) -> list[Watch]:
        """The watches of ``user``, the oldest first."""
        return [watch for owner, watch in self._watches.values() if owner == user]

    def add(self, user: str, new: NewWatch) -> Watch:
        """Watch; a watch of the same is changed instead. Raises `Conflict` when the user has too many."""
        same = (watch.id for watch in self.of(user) if (watch.kernel_id, watch.msg_id) == (new.kernel_id, new.msg_id))
        identifier = next(same, None) or uuid.uuid4().hex
        if identifier not in self._watches and len(self.of(user)) >= _MOST:
            raise Conflict(f"You wait for {_MOST:,} executions already. Remove some of them first.")
        made = Watch(identifier, new.kernel_id, new.msg_id, new.min_seconds, new.path, new.label)
        self._watches[identifier] = (user, made)
        return made

    def remove(self, user: str, identifier: str) -> None:
        """Watch no longer; raises `NotFound` where the user has no such watch, or it has done its work."""
        if self._watches.get(identifier, (None,))[0] != user:
            raise NotFound("This is not watched. It may have ended already.")
        del self._watches[identifier]

    def waiting(self, kernel_id: str) -> list[str]:
        """The executions of a kernel that somebody waits for."""
        watches = (watch for _, watch in self._watches.values())
        return [watch.msg_id for watch in watches if watch.kernel_id == kernel_id and watch.msg_id is not None]

    def fired(self, kernel_id: str, ended: Ended) -> list[tuple[str, Watch]]:
        """The users who wait for this, each with one watch: the one for this very execution where there is one, which
        has then done its work."""
        found: dict[str, Watch] = {}
        for identifier, (user, watch) in list(self._watches.items()):
            if watch.kernel_id != kernel_id:
                continue
            if watch.msg_id == ended.msg_id:
                found[user] = watch
                del self._watches[identifier]
            elif watch.msg_id is None and ended.visible and (ended.seconds or 0.0) >= watch.min_seconds:
                found.setdefault(user, watch)
        return list(found.items())

    def kernel_gone(self, kernel_id: str) -> None:
        """The kernel is no more, and nothing of it will ever end."""
        for identifier, (_, watch) in list(self._watches.items()):
            if watch.kernel_id == kernel_id:
                del self._watches[identifier]
