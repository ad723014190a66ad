"""Fixtures of all tests."""

from __future__ import annotations

from typing import Any

import pytest

pytest_plugins = ("pytest_jupyter.jupyter_server",)


@pytest.fixture
def jp_server_config(jp_server_config: Any) -> dict[str, Any]:
    """A server with our extension on, which asks for authentication everywhere."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"cloudru_jlab": True},
            "allow_unauthenticated_access": False,
        }
    }
