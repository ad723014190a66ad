"""jupyterlab-git works in the contents root alone; in any other it is told so."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

from ..claims import Claims

#: What git answers outside of a repository, which jupyterlab-git's front end knows to be no failure.
NOT_A_REPOSITORY = 128


class NoGitHandler(APIHandler):
    """Answers every request of jupyterlab-git for a folder of a root: it would run git in a folder of the contents root
    that only has the same name."""

    SUPPORTED_METHODS = ("GET", "POST", "DELETE", "OPTIONS")

    def initialize(self, claims: Claims) -> None:
        """See `tornado.web.RequestHandler`."""
        self._claims = claims

    @authenticated
    @authorized(action="read", resource="git")
    async def get(self, path: str) -> None:
        """Refuse."""
        self._refuse(path)

    @authenticated
    @authorized(action="write", resource="git")
    async def post(self, path: str) -> None:
        """Refuse."""
        self._refuse(path)

    @authenticated
    @authorized(action="write", resource="git")
    async def delete(self, path: str) -> None:
        """Refuse."""
        self._refuse(path)

    def _refuse(self, path: str) -> None:
        root = self._claims.prefix_in(path)
        # 500 and the code are what jupyterlab-git itself answers outside of a repository
        self.set_status(500)
        self.finish(
            json.dumps(
                {
                    "code": NOT_A_REPOSITORY,
                    "message": f"The Git panel does not work in the root {root}. Use git in a terminal opened there.",
                    "reason": "not_in_this_root",
                }
            )
        )
