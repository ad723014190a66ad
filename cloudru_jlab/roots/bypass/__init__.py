"""What reaches files without asking the contents manager: each learns of the roots, or is kept away from them.

================================  ==================================================================================
`/files/…` (and `/view/…`)        read through the root, with its rules; the default root stays stock's where its links
                                  are followed
sessions, `POST /api/kernels`     the kernel stands in the real directory; an error where the root is not there
terminals                         the same; a folder that is not there is an error
`/nbconvert/…`                    the exporter is told the real directory
jupyter-lsp                       URIs are translated, so that a language server finds the files beside a document
jupyterlab-git                    works in the default root alone, and says so
================================  ==================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.gateway.gateway_client import GatewayClient
from traitlets.config import Config

from ...core.ports import REGISTRY_SETTING, RootRegistry
from .claims import Claims
from .handlers.kernels import kernels_in_roots
from .routes import mount

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["install", "link"]


def link(serverapp: ServerApp) -> None:
    """Replace the kernel manager's class by one that is made of it, before the server builds its managers."""
    # which class it is by default depends on the gateway, of which the server asks later
    serverapp.gateway_config = GatewayClient.instance(parent=serverapp)
    made = kernels_in_roots(serverapp.kernel_manager_class)
    # into the configuration: extensions that are linked later have it applied once more
    serverapp.update_config(Config({type(serverapp).__name__: {"kernel_manager_class": made}}))
    serverapp.kernel_manager_class = made


def install(serverapp: ServerApp, registry: RootRegistry) -> None:
    """Stand before the routes that would reach files of roots by themselves, and tell the kernel manager of the roots.

    Other extensions may have replaced the manager since `link`; then kernels of roots start wherever that one puts
    them, and the log says so.
    """
    serverapp.web_app.settings[REGISTRY_SETTING] = registry
    if not hasattr(serverapp.kernel_manager, "stands_in_roots"):
        serverapp.log.warning(
            "%s was set as kernel manager by another extension: kernels do not start in the folders of roots.",
            type(serverapp.kernel_manager).__name__,
        )
    mount(serverapp, Claims(registry))
