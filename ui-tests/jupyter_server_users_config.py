"""The server of the browser tests with more than one user: each has a token, as with JupyterHub. Not for production."""

import json
import os
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User

c = get_config()  # type: ignore[name-defined]
load_subconfig("jupyter_server_test_config.py")  # type: ignore[name-defined]

#: The user of each token.
USERS: dict[str, str] = json.loads(os.environ["CLOUDRU_UI_USERS"])


class Users(IdentityProvider):
    """A program gives its token in a header, a browser in a cookie."""

    def get_user(self, handler: Any) -> User | None:
        token = self.get_token(handler) or handler.get_cookie("cloudru-test-token") or ""
        name = USERS.get(token)
        return None if name is None else User(name)


c.ServerApp.identity_provider_class = Users
