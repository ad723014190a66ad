"""Domain errors as jupyter_server's own handlers pass them on."""

from __future__ import annotations

from tornado.web import HTTPError

from ....core.errors import DomainError


class RootError(HTTPError):
    """A domain error on its way through jupyter_server: the status, the sentence, and the reason for programs."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(error.status, error.message, reason=error.reason)

    def __str__(self) -> str:
        """The sentence alone: some handlers of the server show nothing but this."""
        return self.get_message() or ""
