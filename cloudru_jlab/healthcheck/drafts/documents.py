"""How the files of documents are now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from logging import Logger
from typing import Any

from jupyter_server.utils import ensure_async
from tornado.web import HTTPError  # noqa: TID251 - what contents managers raise

from .models import Base

#: So many are looked at for one answer.
_MOST = 100
#: How long, in seconds: of those that have not answered then, nothing is known.
_PATIENCE_S = 3.0


class Documents:
    """Asks the contents manager, which is where the page has the times from that are compared with these.

    Parameters
    ----------
    manager:
        Gives the contents manager in use: another extension may have replaced it since the start.
    """

    def __init__(self, manager: Callable[[], Any], log: Logger) -> None:
        self._manager = manager
        self._log = log

    async def look(self, paths: Iterable[str]) -> dict[str, Base]:
        """The files of documents, the first ones of ``paths``; an empty `Base` for one that is not there, nothing for
        one of which nothing is known."""
        wanted = list(dict.fromkeys(paths))[:_MOST]
        found: dict[str, Base] = {}

        async def look() -> None:
            for path in wanted:
                file = await self._look(path)
                if file is not None:
                    found[path] = file

        try:
            await asyncio.wait_for(look(), _PATIENCE_S)
        except asyncio.TimeoutError:
            self._log.info("Not all files of drafts could be looked at in time.")
        return found

    async def _look(self, path: str) -> Base | None:
        try:
            model = await ensure_async(self._manager().get(path, content=False))
        except HTTPError as error:
            return Base() if error.status_code == 404 else None
        except OSError as error:
            self._log.info("The file of a draft could not be looked at: %s", error.strerror)
            return None
        if model["type"] == "directory":
            return Base()
        return Base(model["last_modified"].isoformat(), model.get("size"))
