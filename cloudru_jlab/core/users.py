"""Who the users of this server are."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, LegacyIdentityProvider, PasswordIdentityProvider

#: Of the one user of a server that cannot tell one from another.
ONE_USER = ""
#: What decides who somebody is.
_DECIDING = (
    *("get_user", "_get_user", "get_user_token", "get_user_cookie", "user_from_cookie", "process_login_form"),
    *("generate_anonymous_user", "user_for_token"),
)


def tells_users_apart(provider: Any) -> bool:
    """Whether the names that ``provider`` gives belong to people.

    jupyter_server's own providers know a token or a password, not a person: they make up a name for each browser, and
    for each request of a program.
    """
    if isinstance(provider, LegacyIdentityProvider):
        return not provider.login_handler_class.__module__.startswith("jupyter_server.")
    if not isinstance(provider, IdentityProvider):
        return True
    stock = PasswordIdentityProvider if isinstance(provider, PasswordIdentityProvider) else IdentityProvider
    return any(getattr(type(provider), name, None) is not getattr(stock, name, None) for name in _DECIDING)


def user_key(provider: Any, user: Any) -> str:
    """The key of ``user`` in the store."""
    return str(user.username) if tells_users_apart(provider) else ONE_USER
