"""Where an API path leads, and what is refused there before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tornado.web import HTTPError

from ...core.errors import DomainError, ReadOnlyRoot, from_os_error
from ...core.ports import RootBackend


class Spot(NamedTuple):
    """Something in a root: ``inside`` is its path there, ``""`` for the root itself."""

    root: RootBackend
    inside: str

    @property
    def path(self) -> str:
        """The API path, prefix included."""
        prefix = self.root.info.prefix
        return f"{prefix}/{self.inside}" if prefix and self.inside else prefix or self.inside

    @property
    def name(self) -> str:
        """The last part of the API path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> Spot:
        """The directory that this is in; the root is its own."""
        return Spot(self.root, self.inside.rpartition("/")[0])

    @property
    def hidden(self) -> bool:
        """Whether this, or a directory that it is in, is hidden and may not be reached."""
        return not self.root.info.hidden and any(part.startswith(".") for part in self.inside.split("/"))

    def child(self, name: str) -> Spot:
        """The entry ``name`` of this directory."""
        return Spot(self.root, f"{self.inside}/{name}" if self.inside else name)

    def must_be_visible(self) -> None:
        """Raises `HTTPError` 404 for what is hidden."""
        if self.hidden:
            raise HTTPError(404, f"file or directory does not exist: {self.path!r}")

    def may_be_changed(self, verb: str) -> None:
        """Raises `HTTPError` 403 in a root that is read-only, and 400 for what is hidden, as jupyter_server does."""
        if not self.root.info.writable:
            message = f"Cannot {verb} {self.path!r}: {self.root.info.title} is read-only."
            raise HTTPError(403, message, reason=ReadOnlyRoot.reason)
        if self.hidden:
            raise HTTPError(400, f"Cannot {verb} file or directory {self.path!r}")


@contextmanager
def http_errors(path: str) -> Iterator[None]:
    """Errors of a root as `HTTPError`, which is what a contents manager raises: status, reason and a message that holds
    no path of the server."""
    try:
        yield
    except DomainError as error:
        raise HTTPError(error.status, error.message, reason=error.reason) from None
    except OSError as error:
        found = from_os_error(error, path)
        raise HTTPError(found.status, found.message, reason=found.reason) from None
