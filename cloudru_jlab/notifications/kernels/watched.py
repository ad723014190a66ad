"""A kernel that is listened to."""

from __future__ import annotations

import time
from typing import Any

from .executions import Ended, Executions
from .local import LocalKernel


class WatchedKernel:
    """A kernel that is watched; ``local`` is None for one behind a gateway."""

    def __init__(self, manager: Any, local: LocalKernel | None) -> None:
        self.manager = manager
        self.local = local
        self.executions = Executions(time.monotonic)
        self.user: str | None = None
        self.callbacks: list[tuple[Any, str]] = []
        #: Interrupted executions that are not told of yet, see `_ended`.
        self.held: list[Ended] = []
        self.shut_down = False

    @property
    def stopping(self) -> bool:
        """Whether it is being shut down, which may be the first half of a restart."""
        return self.local is not None and bool(getattr(self.manager, "shutting_down", False))
