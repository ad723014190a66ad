"""Exports of notebooks in roots."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.nbconvert.handlers import NbconvertFileHandler
from tornado.web import authenticated

from ....core.errors import BadParameter, DomainError
from ..claims import Claims, nearest_directory
from .errors import RootError


class NbconvertHandler(NbconvertFileHandler):
    """The server's own, told the real directory of the notebook.

    With ``embed_images`` an exporter opens the pictures beside the notebook by itself, and follows links on the way: so
    the pictures stay out where the root does not simply follow all links.
    """

    def initialize(self, claims: Claims) -> None:
        """See `tornado.web.RequestHandler`."""
        self._claims = claims
        self._directory: str | None = None
        self._embeds = False

    @authenticated
    @authorized(action="read", resource="nbconvert")
    async def get(self, format: str, path: str) -> None:
        """The exported notebook."""
        self.check_xsrf_cookie()
        try:
            claim = self._claims.find(path)
            if claim is not None:
                self._embeds = claim.backend.info.symlinks == "follow"
                self._directory = await nearest_directory(claim)
        except BadParameter:
            pass  # a root of another kind has no directory to tell
        except DomainError as error:
            raise RootError(error) from None
        redirected: Any = await super().get(format, path)  # type: ignore[misc] # the decorator has no types
        if redirected is not None:
            # what is no notebook: the server's own forgets to wait
            await redirected

    @property
    def config(self) -> Any:
        """The configuration, less what would read files without asking the root."""
        config: Any = super().config
        if not self._embeds:
            config = deepcopy(config)
            for section in list(config):
                if "embed_images" in config[section]:
                    config[section].embed_images = False
        return config

    @property
    def contents_manager(self) -> Any:
        """The contents manager, which says where the notebook is."""
        return _Located(super().contents_manager, self._directory)


class _Located:
    """A contents manager that answers for the directory of one notebook."""

    def __init__(self, manager: Any, directory: str | None) -> None:
        self._manager = manager
        self._directory = directory

    def __getattr__(self, name: str) -> Any:
        if name != "_get_os_path":
            return getattr(self._manager, name)
        directory = self._directory
        if directory is None:
            raise AttributeError(name)
        return lambda path: os.path.join(directory, path.rsplit("/", 1)[-1])
