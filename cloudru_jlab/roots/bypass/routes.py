"""Routes of ours before those of jupyter_server and its extensions, for the requests that concern a root.

Tornado asks the routes in the order in which they were added, those of jupyter_server last; extensions are loaded in
the order of their names, and ours comes before those of JupyterLab. A route that does not match leaves the request to
whoever would have had it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from jupyter_server.utils import url_path_join
from tornado.routing import PathMatches, Rule

from .claims import Claims
from .handlers.files import RootFilesHandler
from .handlers.git import NoGitHandler
from .handlers.kernels import SessionsHandler
from .handlers.nbconvert import NbconvertHandler
from .handlers.terminals import TerminalsHandler

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from tornado.httputil import HTTPServerRequest

_FORMAT = r"(?P<format>\w+)"


class Matching(PathMatches):
    """Matches a path where ``wanted`` says so: it gets the request, and the last group of the pattern, decoded."""

    def __init__(self, pattern: str, wanted: Callable[[HTTPServerRequest, str], bool]) -> None:
        super().__init__(pattern)
        self._wanted = wanted

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """See `tornado.routing.Matcher`."""
        found = self.regex.match(request.path)
        if found is None:
            return None
        group = found.groups()[-1] if found.groups() else ""
        # what is no UTF-8 is refused by the handler; here it is enough to know whose it is
        path = unquote_to_bytes(group or "").decode("utf-8", "replace")
        return super().match(request) if self._wanted(request, path) else None


def mount(serverapp: ServerApp, claims: Claims) -> None:
    """Add the routes."""
    web_app = serverapp.web_app
    settings = web_app.settings
    base = settings["base_url"]

    def rule(pattern: str, wanted: Callable[[HTTPServerRequest, str], bool], handler: type, **arguments: Any) -> Rule:
        return Rule(Matching(url_path_join(base, pattern), wanted), handler, arguments)

    rules = [
        rule("/files/(.*)", lambda _, path: claims.covers(path), RootFilesHandler, claims=claims),
        rule(
            f"/nbconvert/{_FORMAT}/(?P<path>.*)", lambda _, path: claims.covers(path), NbconvertHandler, claims=claims
        ),
        rule("/git/(.*)", lambda _, path: claims.named(path), NoGitHandler, claims=claims),
        rule("/api/sessions", lambda request, _: request.method == "POST", SessionsHandler),
        rule(
            "/api/terminals",
            lambda request, _: request.method == "POST" and "terminal_manager" in settings,
            TerminalsHandler,
            name="jupyter_server_terminals",
            claims=claims,
        ),
    ]
    lsp = serverapp.extension_manager.extensions.get("jupyter_lsp")
    if lsp is not None and lsp.enabled:
        # imported only where the server did so itself
        from .handlers.lsp import LanguageServerHandler

        rules.append(
            rule(
                "/lsp/ws/(?P<language_server>.*)",
                lambda *_: hasattr(serverapp, "language_server_manager") and bool(claims.roots()),
                LanguageServerHandler,
                claims=claims,
            )
        )
    web_app.add_handlers(".*$", rules)  # type: ignore[no-untyped-call]
