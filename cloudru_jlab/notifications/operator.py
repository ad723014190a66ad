"""The operator's token: who has it speaks as the operator, on the routes of the notifications and nowhere else."""

from __future__ import annotations

import hmac
import os
import stat
from logging import Logger
from pathlib import Path
from typing import Any

from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.auth.identity import IdentityProvider, User

_SHORTEST = 16
_LONGEST = 4_096


class OperatorToken:
    """The token in ``file``, read again whenever the file changes: mounted secrets are replaced while we run.

    Its methods touch the disk: call them on a thread.
    """

    def __init__(self, file: Path | None, log: Logger) -> None:
        self._file = file
        self._log = log
        self._seen: tuple[int, int, int] | None = None
        self._token = b""

    @property
    def configured(self) -> bool:
        """Whether there is an operator at all."""
        return self._file is not None

    def is_given_by(self, authorization: str, server_token: str) -> bool:
        """Whether the header ``authorization`` holds the token. The server's own token never is the operator's."""
        scheme, _, given = authorization.partition(" ")
        if self._file is None or scheme.lower() != "bearer":
            return False
        self._refresh(self._file)
        if not self._token or not hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token):
            return False
        if hmac.compare_digest(server_token.encode("utf-8", "replace"), self._token):
            self._log.error("The operator's token is the server's own: nobody is the operator. Choose another.")
            return False
        return True

    def _refresh(self, file: Path) -> None:
        try:
            with file.open("rb") as stream:
                status = os.fstat(stream.fileno())
                seen = (status.st_ino, status.st_mtime_ns, status.st_size)
                if seen == self._seen:
                    return
                token = stream.read(_LONGEST).strip()
        except OSError as error:
            if self._seen is not None or self._token:
                self._token = b""
            self._seen = None
            self._log.warning("The operator's token cannot be read: %s", error.strerror)
            return
        self._seen = seen
        self._token = token
        if len(token) < _SHORTEST:
            self._token = b""
            self._log.error("The operator's token is shorter than %d characters: nobody is the operator.", _SHORTEST)
        elif stat.S_IMODE(status.st_mode) & 0o077:
            self._log.warning("Others than its owner may read the operator's token: make its file 0600.")


class OperatorIdentity(IdentityProvider):
    """Of a request with the operator's token: nobody else is asked who it is, and no cookie is set."""

    def get_user(self, handler: Any) -> User:
        """The operator."""
        return User("operator", "Operator", "Operator")

    def is_token_authenticated(self, handler: Any) -> bool:
        """No cookie is used, so none can be abused by another site."""
        return True

    def should_check_origin(self, handler: Any) -> bool:
        """As for any token."""
        return False


class OperatorAuthorizer(AllowAllAuthorizer):
    """The token is the permission; the server's own authorizer knows its users only."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """For the notifications alone."""
        return resource == "notifications"
