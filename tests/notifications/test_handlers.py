"""The routes, as a page and a program use them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from notifications.asking import Ask, asker

SCHEMA = "https://schema.cloud.ru/cloudru_jlab/notifications/v1"


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    return asker(jp_fetch)


async def post(ask: Ask, title: str, **fields: Any) -> dict[str, Any]:
    status, row = await ask(method="POST", body={"title": title, **fields})
    assert status == 201, row
    return dict(row)


async def test_only_a_title_is_needed(ask: Ask) -> None:
    row = await post(ask, "Training done")
    assert {name: row[name] for name in ("title", "body", "severity", "category", "recipient")} == {
        "title": "Training done",
        "body": "",
        "severity": "info",
        "category": "general",
        "recipient": "me",
    }
    assert row["source"] == {"kind": "program", "name": "program"}
    assert [row["read"], row["dismissed"], row["shown"]] == [False, False, False]
    assert (await ask())[1]["notifications"] == [row]


async def test_everything_that_is_sent_comes_back(ask: Ask) -> None:
    sent = {
        "title": "Model ready",
        "body": "Line one\nline two\twith <b>tags</b>",
        "severity": "critical",
        "category": "training",
        "recipient": "all",
        "texts": {"ru": {"title": "Модель готова", "body": "Строка"}},
        "links": [{"label": "Log", "url": "https://example.com/a?b=c#d"}, {"label": "Here", "url": "/lab/tree/a"}],
        "action": {"kind": "open", "path": "folder/model.ipynb"},
        "progress": 0.25,
        "dedupe_key": "model",
        "name": "trainer",
    }
    row = await post(ask, **{**sent, "expires_seconds": 60})
    assert row.pop("source") == {"kind": "program", "name": sent.pop("name")}
    assert {name: row[name] for name in sent} == sent
    assert row["expires"] > row["created"]


async def test_changes_are_told_after_a_sequence_number(ask: Ask) -> None:
    rows = [await post(ask, str(number)) for number in range(5)]
    _, page = await ask(limit=2)
    assert [row["id"] for row in page["notifications"]] == [rows[0]["id"], rows[1]["id"]]
    assert page["more"]
    _, rest = await ask(after=page["last"])
    assert [row["id"] for row in rest["notifications"]] == [row["id"] for row in rows[2:]]
    assert not rest["more"]
    assert (await ask(rows[0]["id"], method="PATCH", body={"read": True}))[1]["read"]
    assert (await ask(rows[1]["id"], method="DELETE"))[0] == 204
    _, news = await ask(after=rest["last"])
    assert [row["id"] for row in news["notifications"]] == [rows[0]["id"]]
    assert news["removed"] == [rows[1]["id"]]
    assert news["lasting"]
    assert news["problem"] is None


async def test_all_are_marked_and_cleared_up_to_a_number(ask: Ask) -> None:
    await post(ask, "a", recipient="all")
    await post(ask, "b")
    last = (await ask())[1]["last"]
    later = await post(ask, "later")
    assert (await ask(method="PATCH", body={"up_to": last, "read": True}))[0] == 204
    assert [row["read"] for row in (await ask())[1]["notifications"] if row["title"] != "later"] == [True, True]
    assert not (await ask(after=later["seq"] - 1))[1]["notifications"][0]["read"]
    assert (await ask(method="DELETE", up_to=last))[0] == 204
    assert [row["title"] for row in (await ask())[1]["notifications"]] == ["later"]


async def test_the_same_key_changes_the_row_in_place(ask: Ask) -> None:
    first = await post(ask, "Copying", progress=0.1, dedupe_key="copy")
    await ask("claims", method="POST", body={"ids": [first["id"]]})
    second = await post(ask, "Copying", progress=0.9, dedupe_key="copy")
    assert (second["id"], second["progress"], second["shown"]) == (first["id"], 0.9, True)
    assert second["seq"] > first["seq"]
    failed = await post(ask, "Copying failed", severity="error", dedupe_key="copy")
    assert (failed["id"], failed["shown"], failed["progress"]) == (first["id"], False, None)
    assert len((await ask())[1]["notifications"]) == 1


async def test_what_was_dismissed_is_shown_again_when_it_is_said_again(ask: Ask) -> None:
    row = await post(ask, "Disk almost full", dedupe_key="disk")
    await ask("claims", method="POST", body={"ids": [row["id"]]})
    await ask(row["id"], method="PATCH", body={"dismissed": True})
    again = await post(ask, "Disk almost full", dedupe_key="disk")
    assert (again["id"], again["dismissed"], again["shown"]) == (row["id"], False, False)


async def test_each_is_granted_once_however_many_ask(ask: Ask) -> None:
    ids = [(await post(ask, str(number)))["id"] for number in range(20)]
    answers = await asyncio.gather(*(ask("claims", method="POST", body={"ids": ids}) for _ in range(10)))
    granted = [identifier for _, answer in answers for identifier in answer["granted"]]
    assert sorted(granted) == sorted(ids)


async def test_a_claim_that_got_no_answer_is_repeated(ask: Ask) -> None:
    row = await post(ask, "a")
    claim = {"ids": [row["id"]], "attempt": "one"}
    for attempt, granted in (("one", [row["id"]]), ("one", [row["id"]]), ("two", []), ("", [])):
        answer = await ask("claims", method="POST", body={**claim, "attempt": attempt})
        assert answer == (200, {"granted": granted})


async def test_what_has_been_read_or_dismissed_is_never_granted(ask: Ask) -> None:
    ids = []
    for mark in ("read", "dismissed"):
        row = await post(ask, mark)
        await ask(row["id"], method="PATCH", body={mark: True})
        ids.append(row["id"])
    answer = await ask("claims", method="POST", body={"ids": [*ids, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense"]})
    assert answer == (200, {"granted": []})


async def test_the_page_is_told_that_there_are_notifications(ask: Ask, jp_serverapp: Any) -> None:
    assert jp_serverapp.web_app.settings["page_config_data"]["cloudruNotifications"] is True


async def test_nothing_of_it_is_activity(ask: Ask, jp_serverapp: Any) -> None:
    settings = jp_serverapp.web_app.settings
    before = settings.get("api_last_activity")
    row = await post(ask, "a")
    for method, parts, body in (
        ("GET", (), None),
        ("PATCH", (row["id"],), {"read": True}),
        ("PATCH", (), {"up_to": 10, "read": False}),
        ("POST", ("claims",), {"ids": [row["id"]]}),
        ("GET", ("watches",), None),
        ("DELETE", (row["id"],), None),
    ):
        assert (await ask(*parts, method=method, body=body))[0] < 300, (method, parts)
    assert settings.get("api_last_activity") == before


# --- the doorbell


class Bell:
    """The server's event stream, of which it hears the doorbell alone."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def next(self) -> dict[str, Any]:
        while True:
            event = json.loads(await asyncio.wait_for(self._socket.read_message(), 60))
            if event["schema_id"] == SCHEMA:
                return dict(event)

    def close(self) -> None:
        self._socket.close()


async def test_the_doorbell_rings_for_what_is_new_and_what_has_changed(ask: Ask, jp_ws_fetch: Any) -> None:
    bell = Bell(await jp_ws_fetch("api", "events", "subscribe"))
    row = await post(ask, "a")
    event = await bell.next()
    assert (event["kind"], event["seq"]) == ("new", row["seq"])
    _, changed = await ask(row["id"], method="PATCH", body={"read": True})
    event = await bell.next()
    assert (event["kind"], event["seq"]) == ("changed", changed["seq"])
    assert "a" not in event.values()
    bell.close()


async def test_many_at_once_ring_a_few_times(ask: Ask, jp_ws_fetch: Any) -> None:
    bell = Bell(await jp_ws_fetch("api", "events", "subscribe"))
    rows = await asyncio.gather(*(post(ask, str(number)) for number in range(100)))
    last = max(row["seq"] for row in rows)
    rings = 0
    while (await bell.next())["seq"] < last:
        rings += 1
    assert rings < 50
    bell.close()


async def test_a_forged_ring_changes_nothing(ask: Ask, jp_ws_fetch: Any, jp_fetch: Any) -> None:
    bell = Bell(await jp_ws_fetch("api", "events", "subscribe"))
    await post(ask, "a")
    await bell.next()
    before = await ask()
    forged = {"schema_id": SCHEMA, "version": "1", "data": {"seq": 9_999, "kind": "new"}}
    answer = await jp_fetch("api", "events", method="POST", body=json.dumps(forged))
    assert answer.code == 204
    assert (await bell.next())["seq"] == 9_999
    assert await ask() == before
    bell.close()
