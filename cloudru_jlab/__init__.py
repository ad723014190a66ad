"""cloudru-jlab: what a cloud machine-learning platform needs of JupyterLab, as one extension suite."""

from __future__ import annotations

from typing import Any

from ._version import __version__

__all__ = ["__version__", "notify"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the prebuilt front-end half."""
    return [{"src": "labextension", "dest": "cloudru-jlab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where jupyter_server finds the server half."""
    from .app import CloudruJlab

    return [{"module": "cloudru_jlab", "app": CloudruJlab}]


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext cloudru_jlab``: the cell magic ``%%notify``."""
    from .kernelside.magic import load

    load(shell)


def __getattr__(name: str) -> Any:
    """`notify`, imported when it is asked for: the server, which has no use for it, imports nothing more."""
    if name == "notify":
        from .kernelside.notify import notify

        return notify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
