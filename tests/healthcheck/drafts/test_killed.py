"""A server that is killed, and two servers of one home."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from healthcheck.drafts.drafting import ID
from serving import Server, jupyter_server

HEAD = {
    "page": "p1",
    "path": "folder/x.py",
    "kind": "yjs",
    "type": "file",
    "format": "text",
    "base": {"last_modified": None, "size": None},
}


def append(server: Server, after: int, *data: str, head: dict[str, Any] | None = None) -> int:
    records = [
        {"seq": after + 1 + number, "kind": "state" if text.startswith("S") else "update", "data": text}
        for number, text in enumerate(data)
    ]
    body = {"after": after, "records": records, **({"head": head} if head else {})}
    return int(server.ask("POST", f"cloudru/health/drafts/{ID}", body, 200)["last"])


def data_of(server: Server) -> list[str]:
    return [record["data"] for record in server.ask("GET", f"cloudru/health/drafts/{ID}", status=200)["records"]]


@pytest.mark.slow
def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    acknowledged = ["S1"]
    with jupyter_server(tmp_path) as server:
        append(server, 0, "S1", head=HEAD)
        for number in range(2, 30):
            append(server, number - 1, f"u{number}")
            acknowledged.append(f"u{number}")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    # Another port and another token: the same server all the same.
    with jupyter_server(tmp_path) as server:
        [head] = server.ask("GET", "cloudru/health/drafts", status=200)["drafts"]
        assert (head["id"], head["last"], head["path"]) == (ID, 29, "folder/x.py")
        assert data_of(server) == acknowledged
        assert append(server, 29, "u30") == 30
        server.ask("DELETE", f"cloudru/health/drafts/{ID}?up_to=30", status=204)
    with jupyter_server(tmp_path) as server:
        assert server.ask("GET", "cloudru/health/drafts", status=200)["drafts"] == []


@pytest.mark.slow
def test_two_servers_of_one_home_share_the_drafts(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as one, jupyter_server(tmp_path) as other:
        append(one, 0, "S1", head=HEAD)
        assert append(other, 1, "u2") == 2
        assert append(one, 2, "u3") == 3
        assert data_of(other) == data_of(one) == ["S1", "u2", "u3"]
        # One is stopped: the other serves its pages.
        one.process.send_signal(signal.SIGSTOP)
        try:
            assert append(other, 3, "S4") == 4
        finally:
            one.process.send_signal(signal.SIGCONT)
        assert data_of(one) == ["S4"]
