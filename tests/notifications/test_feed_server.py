"""A real server follows a real https feed and forwards what comes, over restarts, kill -9 and forgeries; and takes what
Alertmanager posts."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from serving import Server, jupyter_server, until

from . import feeding
from .feeding import Signer, feed, make_certificate, serving


class Receiver(ThreadingHTTPServer):
    """What apprise sends to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["title"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()
    thread.join()


def titles(server: Server) -> list[str]:
    """Of all but what the server says of itself after it was killed."""
    return [row["title"] for row in server.notifications() if row["source"]["kind"] != "system"]


def claim_all(server: Server) -> list[str]:
    """As a page does: the titles that it may show now."""
    rows = {row["id"]: row["title"] for row in server.notifications() if row["source"]["kind"] != "system"}
    granted = server.ask("POST", "cloudru/notifications/claims", {"ids": list(rows)})["granted"]
    return [rows[identity] for identity in granted]


def release(title: str) -> dict[str, Any]:
    return {"id": title, "title": title, "category": "release_notes", "version": "2.1"}


MAINTENANCE = {"id": "m", "title": "Maintenance", "severity": "critical", "texts": {"ru": {"title": "Работы"}}}


@pytest.mark.slow
def test_a_signed_https_feed_over_restarts(tmp_path: Path, signer: Signer, receiver: Receiver) -> None:
    certificate = make_certificate(tmp_path / "feed.pem")
    targets = tmp_path / "targets.json"
    targets.write_text(
        json.dumps({"targets": [{"name": "ops", "url": f"json://127.0.0.1:{receiver.server_address[1]}/zebra4711"}]})
    )
    targets.chmod(0o600)

    def says(server: feeding.Server, hour: int, *entries: dict[str, Any]) -> None:
        server.body = signer.sign(feed(*entries, updated=f"2026-05-04T{hour:02}:00:00Z"))

    with serving(certificate) as source:
        options = [
            f"--NotificationFeed.urls=https://127.0.0.1:{source.port}/feed.json?key=zebra4711",
            f"--NotificationFeed.public_keys={signer.public_key}",
            f"--NotificationFeed.ca_file={certificate}",
            "--NotificationFeed.interval_seconds=1",
            "--NotificationFeed.source_name=Platform",
            f"--NotificationForwarding.targets_file={targets}",
        ]
        folder = tmp_path / "server"
        says(source, 10, MAINTENANCE, release("Release 2.1"))
        with jupyter_server(folder, *options) as server:
            row = server.told(title="Maintenance")
            assert row["source"] == {"kind": "operator", "name": "Platform"}
            assert (row["recipient"], row["severity"], row["texts"]["ru"]["title"]) == ("all", "critical", "Работы")
            server.told(title="Release 2.1")
            assert sorted(claim_all(server)) == ["Maintenance", "Release 2.1"]
            until(lambda: 304 in source.codes, "a look that found nothing new")
            until(lambda: receiver.got, "what is forwarded")
            # forged: nothing changes
            source.body = feed({"title": "Forged"}, updated="2026-05-04T20:00:00Z")
            until(lambda: b"is refused" in server.log.read_bytes(), "the refusal")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        says(source, 11, MAINTENANCE, release("Release 2.1, in better words"))
        with jupyter_server(folder, *options) as server:
            server.told(title="Release 2.1, in better words")
            assert (sorted(titles(server)), claim_all(server)) == (["Maintenance", "Release 2.1, in better words"], [])
            # dismissed, and changed once more: release notes come once, other news again
            for row in server.notifications():
                server.ask("PATCH", f"cloudru/notifications/{row['id']}", {"dismissed": True})
            says(source, 12, {**MAINTENANCE, "title": "Maintenance is put off"}, release("Release 2.1: more"))
            server.told(title="Release 2.1: more")
            server.told(title="Maintenance is put off")
            assert claim_all(server) == ["Maintenance is put off"]
            # an older feed, played back
            says(source, 10, MAINTENANCE)
            until(lambda: b"it is older than" in server.log.read_bytes(), "the refusal")
            assert "Maintenance is put off" in titles(server)
            says(source, 13, release("Release 2.1: more"))
            until(lambda: titles(server) == ["Release 2.1: more"], "what left the feed to be withdrawn")
            log = server.log.read_text()
    assert receiver.got == ["Maintenance"]
    assert "zebra4711" not in log
    assert "Forged" not in log


@pytest.mark.slow
def test_a_file_and_a_configuration_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "feed.json"
    file.write_bytes(feed({"title": "From a file"}))
    with jupyter_server(
        tmp_path / "one", f"--NotificationFeed.urls={file}", "--NotificationFeed.file_interval_seconds=1"
    ) as server:
        server.told(title="From a file", severity="info", category="announcement")
        file.write_bytes(feed())
        until(lambda: titles(server) == [], "what left the feed to be withdrawn")
    with jupyter_server(tmp_path / "two", "--NotificationFeed.urls=http://example.org/feed") as server:
        assert titles(server) == []
        assert "NotificationFeed is off: " in server.log.read_text()


def alert(status: str, summary: str, severity: str = "critical") -> dict[str, Any]:
    """As much of a webhook's payload as is used, and some that is not."""
    return {
        "version": "4",
        "groupKey": "{}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "jupyter",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "A", "severity": severity},
                "annotations": {"summary": summary},
                "startsAt": "2026-05-04T10:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph",
                "fingerprint": "c66ed93ac2ba8e4b",
            }
        ],
    }


@pytest.mark.slow
def test_alertmanager_posts(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("an-operators-token-zebra4711")
    token.chmod(0o600)
    path = "cloudru/notifications/alertmanager"
    with jupyter_server(tmp_path / "server", f"--Notifications.operator_token_file={token}") as server:
        # the server's own token is a program's
        server.ask("POST", path, alert("firing", "Disk is full"), status=403)
        operator = replace(server, token=token.read_text())
        for _ in range(2):
            ask_as_operator(operator, path, alert("firing", "Disk is full"))
        (row,) = server.notifications()
        assert (row["title"], row["severity"], row["source"]["kind"]) == ("Disk is full", "critical", "operator")
        assert (row["links"], row["recipient"]) == ([], "all")
        assert claim_all(server) == ["Disk is full"]
        ask_as_operator(operator, path, alert("resolved", "Disk is full"))
        (after,) = server.notifications()
        assert (after["id"], after["title"], after["severity"]) == (row["id"], "Resolved: Disk is full", "success")
        assert claim_all(server) == []
        ask_as_operator(operator, path, alert("firing", "Disk is full"))
        assert claim_all(server) == ["Disk is full"]
        assert "zebra4711" not in server.log.read_text()


def ask_as_operator(server: Server, path: str, body: dict[str, Any]) -> None:
    # an address of this test alone
    request = Request(  # noqa: S310
        f"{server.url}{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=90) as response:  # noqa: S310
        assert response.status == 204
