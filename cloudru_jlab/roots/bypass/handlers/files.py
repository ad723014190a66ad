"""`/files/` of the roots: what stock serves from the contents root, read through the root itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import AuthenticatedFileHandler
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, StaticFileHandler, authenticated

from ....core.entries import Entry
from ....core.errors import DomainError, NotFound
from ..claims import Claim, Claims

AUTH_RESOURCE = "contents"


class RootFilesHandler(AuthenticatedFileHandler):
    """Headers, ranges and conditions are those of `AuthenticatedFileHandler`; what it takes from the disk comes from
    the root: one stat before, then the pieces of the range that was asked for."""

    def initialize(self, claims: Claims) -> None:  # type: ignore[override] # takes what the route gives
        """See `tornado.web.RequestHandler`."""
        super().initialize("/")
        self._claims = claims

    @authenticated
    @authorized(action="read", resource=AUTH_RESOURCE)
    async def head(self, path: str) -> None:  # type: ignore[override] # the decorator has no types
        """The headers alone."""
        await self._serve(path, include_body=False)

    @authenticated
    @authorized(action="read", resource=AUTH_RESOURCE)
    async def get(self, path: str) -> None:  # type: ignore[override] # the decorator has no types
        """The file."""
        await self._serve(path, include_body=True)

    async def _serve(self, path: str, *, include_body: bool) -> None:
        self.check_xsrf_cookie()
        self._ranges: list[tuple[int, int | None]] = []
        try:
            claim = self._claims.find(path)
            if claim is None:
                raise NotFound("There is no such file.")
            self._entry = await claim.backend.stat(claim.inside)
            name = path.rsplit("/", 1)[-1]
            if name.endswith(".ipynb") or self.get_argument("download", None):
                self.set_attachment_header(name)
            # writes nothing: `get_content` below only notes which bytes are wanted
            await StaticFileHandler.get(self, path, include_body=include_body)
            for start, stop in self._ranges:
                await self._send(claim, self._entry, start, stop)
        except DomainError as error:
            raise HTTPError(error.status, error.message) from None

    async def _send(self, claim: Claim, entry: Entry, start: int, stop: int | None) -> None:
        if entry.size == 0:
            return
        # never more than the size that the headers tell, though the file may be growing
        pieces = await claim.backend.read(claim.inside, start, entry.size if stop is None else stop)
        async for piece in pieces:
            try:
                self.write(piece)
                await self.flush()
            except StreamClosedError:
                return

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """The API path: there is no other here."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str:
        """Refuse a folder, as stock does; everything else was decided by the root."""
        if self._entry.type == "directory":
            raise HTTPError(403, "%s is not a file", self.path)
        return absolute_path

    def get_content(  # type: ignore[override] # a class method that is called on the instance
        self, abspath: str, start: int | None = None, end: int | None = None
    ) -> Iterator[bytes]:
        """Nothing yet."""
        self._ranges.append((start or 0, end))
        return iter(())

    def get_content_size(self) -> int:
        """Bytes of the whole file."""
        return self._entry.size or 0

    def get_modified_time(self) -> datetime:
        """To the second, as HTTP has it."""
        return self._entry.last_modified.replace(microsecond=0)

    def compute_etag(self) -> str | None:
        """Tells two versions apart that were written within one second."""
        entry = self._entry
        return f'W/"{int(entry.last_modified.timestamp() * 1e6):x}-{entry.size or 0:x}"'

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """No header of the file on an error's page."""
        self.clear_header("Content-Disposition")
        super().write_error(status_code, **kwargs)
