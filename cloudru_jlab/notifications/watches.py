"""What the routes need of whatever watches kernels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .models import NewWatch, Watch


class KernelWatches(Protocol):
    """Tells users when executions end. A user is named by the key of the store."""

    def watches(self, user: str) -> Iterable[Watch]:
        """The user's watches."""

    async def watch(self, new: NewWatch, user: str) -> Watch:
        """Watch for the user; what is watched already is answered as it is now. Raises `DomainError` where there is no
        such kernel."""

    async def unwatch(self, watch: str, user: str) -> None:
        """Watch no longer; raises `core.errors.NotFound` for what is not the user's, or has fired."""
