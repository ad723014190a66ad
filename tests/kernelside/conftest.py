"""A real server to post to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Server, jupyter_server

OPERATOR_TOKEN = "operator-token-of-the-tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an operator's token."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "operator").write_text(OPERATOR_TOKEN)
    (folder / "operator").chmod(0o600)
    with jupyter_server(folder, f"--Notifications.operator_token_file={folder / 'operator'}") as running:
        yield running
