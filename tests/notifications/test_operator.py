"""Who may speak as the operator."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from notifications.asking import Ask, asker
from tornado.httpclient import HTTPClientError

from cloudru_jlab.notifications.operator import OperatorToken

TOKEN = "the-operators-own-token"
LOG = logging.getLogger("test")


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret" / "token"
    file.parent.mkdir()
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], token_file: Path) -> dict[str, Any]:
    return {**jp_server_config, "Notifications": {"operator_token_file": str(token_file)}}


@pytest.fixture
def program(jp_fetch: Any) -> Ask:
    return asker(jp_fetch)


@pytest.fixture
def operator(jp_fetch: Any) -> Ask:
    return asker(jp_fetch, Authorization=f"Bearer {TOKEN}")


def _replace(file: Path, token: str | None) -> None:
    """As Kubernetes does it, all at once; None removes it."""
    fresh = file.with_name("fresh")
    fresh.write_text(token or "")
    fresh.chmod(0o600)
    os.replace(fresh, file)
    if token is None:
        file.unlink()


async def test_the_operators_token_posts_as_the_operator(program: Ask, operator: Ask) -> None:
    status, row = await operator(method="POST", body={"title": "Maintenance", "dedupe_key": "m"})
    assert (status, row["source"], row["recipient"]) == (201, {"kind": "operator", "name": "operator"}, "all")
    assert (await program())[1]["notifications"] == [row]
    assert (await operator())[1]["notifications"] == [row]
    status, row = await operator(row["id"], method="PATCH", body={"title": "Maintenance is over"})
    assert (status, row["title"]) == (200, "Maintenance is over")
    assert (await operator(row["id"], method="DELETE"))[0] == 204
    assert (await program())[1]["notifications"] == []


async def test_a_program_cannot_be_the_operator(program: Ask, operator: Ask) -> None:
    _, mine = await operator(method="POST", body={"title": "Maintenance", "dedupe_key": "m", "severity": "critical"})
    for body in (
        {"title": "Forged", "name": "operator"},
        {"title": "Forged", "name": "operator", "recipient": "all", "dedupe_key": "m"},
    ):
        status, row = await program(method="POST", body=body)
        assert (status, row["source"]["kind"]) == (201, "program")
        assert row["id"] != mine["id"]
    assert (await program(method="POST", body={"title": "a", "source": {"kind": "operator", "name": "o"}}))[0] == 400
    for change in ({"title": "Forged"}, {"severity": "info"}, {"progress": 0.5}, {"read": True, "body": "Forged"}):
        status, answer = await program(mine["id"], method="PATCH", body=change)
        assert (status, answer["reason"]) == (403, "permission_denied")
    assert (await operator())[1]["notifications"][0] == mine
    # out of the own history alone
    assert (await program(mine["id"], method="DELETE"))[0] == 204
    assert mine["id"] in [row["id"] for row in (await operator())[1]["notifications"]]


async def test_the_operator_changes_nobody_elses(program: Ask, operator: Ask) -> None:
    _, for_all = await program(method="POST", body={"title": "a", "recipient": "all"})
    _, for_one = await program(method="POST", body={"title": "b"})
    assert (await operator(for_all["id"], method="PATCH", body={"title": "c"}))[0] == 403
    assert (await operator(for_one["id"], method="PATCH", body={"title": "c"}))[0] == 404
    assert (await operator(for_one["id"], method="DELETE"))[0] == 404
    assert [row["title"] for row in (await operator())[1]["notifications"]] == ["a"]


async def test_the_operator_is_no_user(operator: Ask) -> None:
    _, row = await operator(method="POST", body={"title": "a"})
    for method, parts, body in (
        ("PATCH", (row["id"],), {"read": True}),
        ("PATCH", (), {"up_to": 1, "read": True}),
        ("POST", ("claims",), {"ids": [row["id"]]}),
        ("GET", ("watches",), None),
    ):
        assert (await operator(*parts, method=method, body=body))[0] == 403
    assert (await operator(method="DELETE", up_to=1))[0] == 403


async def test_a_server_of_one_user_knows_no_names(operator: Ask) -> None:
    assert (await operator(method="POST", body={"title": "a", "recipient": "anna"}))[0] == 400


async def test_the_operators_token_opens_nothing_else(jp_fetch: Any) -> None:
    for path in ("api/contents", "api/kernels", "cloudru/roots", "api/status"):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch(*path.split("/"), headers={"Authorization": f"Bearer {TOKEN}"})
        assert refused.value.code == 403


@pytest.mark.parametrize(
    "header", [f"token {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ÿÿ"]
)
async def test_nothing_but_the_token_is_the_token(jp_fetch: Any, header: str) -> None:
    status, _ = await asker(jp_fetch)(method="POST", body={"title": "a"}, headers={"Authorization": header})
    assert status == 403


async def test_the_servers_token_as_a_bearer_is_a_program(program: Ask, jp_serverapp: Any) -> None:
    header = {"Authorization": f"Bearer {jp_serverapp.identity_provider.token}"}
    status, row = await program(method="POST", body={"title": "a"}, headers=header)
    assert (status, row["source"]["kind"]) == (201, "program")


async def test_the_servers_own_token_never_is_the_operators(program: Ask, jp_serverapp: Any, token_file: Path) -> None:
    _replace(token_file, jp_serverapp.identity_provider.token)
    header = {"Authorization": f"Bearer {jp_serverapp.identity_provider.token}"}
    status, row = await program(method="POST", body={"title": "a"}, headers=header)
    assert (status, row["source"]["kind"]) == (201, "program")


async def test_a_token_that_is_replaced_counts_at_once(operator: Ask, program: Ask, token_file: Path) -> None:
    assert (await operator(method="POST", body={"title": "a"}))[0] == 201
    _replace(token_file, "another-token-entirely")
    assert (await operator(method="POST", body={"title": "a"}))[0] == 403
    header = {"Authorization": "Bearer another-token-entirely"}
    assert (await program(method="POST", body={"title": "a"}, headers=header))[0] == 201
    _replace(token_file, None)
    assert (await program(method="POST", body={"title": "a"}, headers=header))[0] == 403


async def test_alertmanager_needs_the_operators_token(program: Ask, operator: Ask) -> None:
    alert = {
        "status": "firing",
        "labels": {"alertname": "GPU lost", "severity": "critical"},
        "annotations": {"description": "Xid 79"},
        "fingerprint": "0123456789abcdef",
        "unknown": [1],
    }
    body = {"version": "4", "status": "firing", "receiver": "lab", "alerts": [alert], "groupLabels": {}}
    assert (await program("alertmanager", method="POST", body=body))[0] == 403
    assert (await operator("alertmanager", method="POST", body=body))[0] == 204
    (row,) = (await program())[1]["notifications"]
    assert (row["title"], row["severity"], row["recipient"]) == ("GPU lost", "critical", "all")
    assert row["source"] == {"kind": "operator", "name": "alertmanager"}
    # larger than a notification may be
    body["alerts"] = [
        {**alert, "fingerprint": f"{number:016x}", "annotations": {"description": "a" * 300}} for number in range(300)
    ]
    assert len(json.dumps(body)) > 100_000
    assert (await operator("alertmanager", method="POST", body=body))[0] == 204
    assert len((await program(limit=1_000))[1]["notifications"]) == 301


def test_a_short_token_makes_nobody_the_operator(token_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    token_file.write_text("short")
    assert not OperatorToken(token_file, LOG).is_given_by("Bearer short", "")
    assert "shorter than 16" in caplog.text
    token_file.write_text("")
    assert not OperatorToken(token_file, LOG).is_given_by("Bearer ", "")


def test_a_token_that_others_may_read_is_warned_of_once(token_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    token_file.chmod(0o644)
    token = OperatorToken(token_file, LOG)
    assert token.is_given_by(f"Bearer {TOKEN}", "")
    assert token.is_given_by(f"bearer {TOKEN}", "server")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert TOKEN not in caplog.text


def test_without_a_file_there_is_no_operator() -> None:
    assert not OperatorToken(None, LOG).is_given_by("Bearer ", "")
