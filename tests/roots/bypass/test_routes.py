"""No route that takes a path reaches files without a decision about roots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

#: Asks the contents manager, which knows the roots.
CONTENTS = "contents manager"
#: Serves files of the installation, of settings or of the user's own configuration: no path of a root.
INSTALLATION = "installation"
#: Ours, before the one of the same name.
OURS = "ours"

DECISIONS = {
    "jupyter_server.base.handlers.AuthenticatedFileHandler": OURS,
    "jupyter_server.nbconvert.handlers.NbconvertFileHandler": OURS,
    "jupyter_lsp.handlers.LanguageServerWebSocketHandler": OURS,
    "jupyter_server.services.contents.handlers.CheckpointsHandler": CONTENTS,
    "jupyter_server.services.contents.handlers.ContentsHandler": CONTENTS,
    "jupyter_server.services.contents.handlers.ModifyCheckpointsHandler": CONTENTS,
    "jupyter_server.services.contents.handlers.NotebooksRedirectHandler": CONTENTS,
    "jupyter_server.services.contents.handlers.TrustNotebooksHandler": CONTENTS,
    "jupyter_server.view.handlers.ViewHandler": CONTENTS,
    "jupyter_server.base.handlers.FileFindHandler": INSTALLATION,
    "jupyter_server.kernelspecs.handlers.KernelSpecResourceHandler": INSTALLATION,
    "jupyter_server.base.handlers.Template404": INSTALLATION,
    # the page: its path is read in the browser
    "jupyterlab_server.handlers.LabHandler": INSTALLATION,
    "jupyterlab_server.licenses_handler.LicensesHandler": INSTALLATION,
    "jupyterlab_server.listings_handler.ListingsHandler": INSTALLATION,
    "jupyterlab_server.settings_handler.SettingsHandler": INSTALLATION,
    "jupyterlab_server.themes_handler.ThemesHandler": INSTALLATION,
    "jupyterlab_server.translations_handler.TranslationsHandler": INSTALLATION,
    "jupyterlab_server.workspaces_handler.WorkspacesHandler": INSTALLATION,
}


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """All that comes with JupyterLab."""
    # imported here, its warnings of old names do not count
    pytest.importorskip("jupyter_lsp", reason="jupyter-lsp is not installed")
    jp_server_config["ServerApp"]["jpserver_extensions"] |= {"jupyterlab": True, "jupyter_lsp": True}
    return jp_server_config


def routes(serverapp: Any) -> Iterator[tuple[Any, str]]:
    """All routes whose pattern takes anything, in their order: the matcher, and the handler's full name."""
    for host in serverapp.web_app.default_router.rules:
        for rule in host.target.rules:
            if any(part in rule.matcher.regex.pattern for part in (".*)", ".+)", "[^/]+)+")):
                yield rule.matcher, f"{rule.target.__module__}.{rule.target.__qualname__}"


@pytest.mark.filterwarnings("ignore:A `_load_jupyter_server_extension` function was not found:DeprecationWarning")
def test_every_route_that_takes_a_path_is_decided(jp_serverapp: Any) -> None:
    found = [(matcher, name) for matcher, name in routes(jp_serverapp) if not name.startswith("cloudru_jlab.")]
    # a name that is new here needs a decision, and a test
    assert {name for _, name in found} == set(DECISIONS)


@pytest.mark.filterwarnings("ignore:A `_load_jupyter_server_extension` function was not found:DeprecationWarning")
def test_ours_come_first(jp_serverapp: Any) -> None:
    names = [name for _, name in routes(jp_serverapp)]
    ours = [name for name in names if name.startswith("cloudru_jlab.roots.bypass.")]
    assert {name.rpartition(".")[2] for name in ours} == {
        "LanguageServerHandler",
        "NbconvertHandler",
        "NoGitHandler",
        "RootFilesHandler",
    }
    theirs = min(names.index(name) for name, decision in DECISIONS.items() if decision == OURS)
    assert max(map(names.index, ours)) < theirs
