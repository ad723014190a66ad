"""What must do no harm, whoever sends it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notifications.asking import Ask, asker

from cloudru_jlab.core.errors import BadParameter
from cloudru_jlab.notifications.checking import checked
from cloudru_jlab.notifications.models import NewNotification

INERT = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "[click](javascript:alert(1))",
    "{{constructor.constructor('alert(1)')()}}",
    "&lt;script&gt;",
    "'; DROP TABLE rows; --",
    "%s %n {0} ${HOME}",
    "emoji 🧨 and combining a\u0301\u0302\u0303",
]
CONTROL = ["\x00", "\x07", "\x08", "\x1b[31m", "\x7f", "\x85", "\r", "\u202e", "\u202a", "\u2066", "\u2069"]
LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://a/b",
    "http://example.com",
    "ftp://example.com",
    "//example.com",
    "///example.com",
    "/\\example.com",
    "\\\\example.com",
    "/\t/example.com",
    "/a\nb",
    "https:example.com",
    "https:/example.com",
    "https://",
    "https:///path",
    "https://user:password@example.com",
    "https://good.example@evil.example",
    "https://exa mple.com",
    "https://example.com\\@evil.example",
    "https://example.com:port/",
    "https://[::1",
    "https://example.com/\u202egnp.exe",
    "https://example.com/\x00",
    "",
    "relative/path",
    "?query",
    "#fragment",
]
WRONG: list[Any] = [
    {},
    {"title": None},
    {"title": 5},
    {"title": ""},
    {"title": "  \n\t "},
    {"title": "a" * 121},
    {"title": "a", "body": "b" * 4_001},
    {"title": "a", "unknown": 1},
    {"title": "a", "source": {"kind": "operator", "name": "x"}},
    {"title": "a", "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
    {"title": "a", "severity": "fatal"},
    {"title": "a", "category": "With Spaces"},
    {"title": "a", "category": "general\n"},
    {"title": "a", "recipient": ""},
    {"title": "a", "progress": 1.5},
    {"title": "a", "progress": -0.1},
    {"title": "a", "expires_seconds": 0},
    {"title": "a", "expires_seconds": 10**12},
    {"title": "a", "dedupe_key": "a\nb"},
    {"title": "a", "dedupe_key": "a\u202e"},
    {"title": "a", "texts": {"not a language": {"title": "b"}}},
    {"title": "a", "texts": {"ru": {"title": "\x00"}}},
    {"title": "a", "texts": {"ru": {"title": " "}}},
    {"title": "a", "links": [{"label": "l", "url": "/a"}] * 6},
    {"title": "a", "links": [{"label": "l\u202e", "url": "/a"}]},
    {"title": "a", "links": [{"label": "l", "url": "/" + "a" * 2_000}]},
    {"title": "a", "action": {"kind": "run", "path": "x"}},
    {"title": "a", "action": {"kind": "open"}},
    {"title": "a", "action": {"kind": "open", "path": "../../etc/passwd"}},
    {"title": "a", "action": {"kind": "reload", "path": "x"}},
    {"title": "a", "action": {"kind": "open", "path": "a", "commandId": "terminal:open"}},
    {"title": "a", "name": "\x1b"},
    [],
    "text",
    None,
]
BROKEN = [
    b"",
    b"{",
    b"\xff\xfe",
    b'{"title": "\xc3\x28"}',
    b'{"title": "\\ud800"}',
    b'{"title": "a"} {"title": "b"}',
    b"[" * 30_000,
    b'{"title": ' + b'{"a":' * 8_000 + b"1" + b"}" * 8_001,
    b'{"title": "a", "progress": NaN}',
    b'{"title": "a", "progress": 1e999}',
    b"title=a",
]


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    return asker(jp_fetch)


async def test_text_stays_text(ask: Ask) -> None:
    for text in INERT:
        fields = {"body": text, "links": [{"label": text[:80], "url": "https://example.com/"}], "name": text[:80]}
        status, row = await ask(method="POST", body={"title": text, **fields})
        assert (status, row["title"], row["body"]) == (201, text, text)
    assert [row["title"] for row in (await ask())[1]["notifications"]] == INERT


async def test_control_characters_are_refused_everywhere(ask: Ask) -> None:
    for character in CONTROL:
        for body in (
            {"title": f"a{character}b"},
            {"title": "a", "body": f"a{character}b"},
            {"title": "a", "name": f"a{character}b"},
            {"title": "a", "dedupe_key": f"a{character}b"},
            {"title": "a", "recipient": f"a{character}b"},
            {"title": "a", "texts": {"ru": {"title": "a", "body": f"a{character}b"}}},
            {"title": "a", "action": {"kind": "open", "path": f"a{character}b"}},
        ):
            status, answer = await ask(method="POST", body=body)
            assert (status, answer["reason"]) == (400, "bad_parameter"), (character, body)
    assert (await ask())[1]["notifications"] == []


async def test_lines_end_as_they_do_here(ask: Ask) -> None:
    status, row = await ask(method="POST", body={"title": " two\r\nlines ", "body": "a\r\nb\n\tc"})
    assert (status, row["title"], row["body"]) == (201, "two lines", "a\nb\n\tc")


@pytest.mark.parametrize("url", LINKS)
def test_links_lead_nowhere_else(url: str) -> None:
    with pytest.raises(BadParameter):
        checked(NewNotification("a", links=[{"label": "l", "url": url}]))  # type: ignore[list-item]


async def test_links_are_refused_over_the_wire(ask: Ask) -> None:
    for url in LINKS:
        status, _ = await ask(method="POST", body={"title": "a", "links": [{"label": "l", "url": url}]})
        assert status == 400, url
    assert (await ask())[1]["notifications"] == []


async def test_wrong_requests_are_the_senders_fault(ask: Ask) -> None:
    for body in WRONG:
        status, answer = await ask(method="POST", body=json.dumps(body))
        assert (status, answer["reason"]) == (400, "bad_parameter"), body
    assert (await ask())[1]["notifications"] == []


@pytest.mark.parametrize("part", [(), ("claims",), ("watches",)])
async def test_broken_requests_are_the_senders_fault(ask: Ask, part: tuple[str, ...]) -> None:
    for body in BROKEN:
        status, answer = await ask(*part, method="POST", body=body)
        assert (status, answer["reason"]) == (400, "bad_parameter"), body[:40]


async def test_what_is_too_large_is_refused(ask: Ask) -> None:
    for size in (65_537, 5_000_000):
        status, answer = await ask(method="POST", body='{"title": "' + "a" * size + '"}')
        assert (status, answer["reason"]) == (413, "request_too_large")
    assert (await ask("claims", method="POST", body={"ids": ["a"] * 1_001}))[0] == 400


async def test_queries_out_of_range_are_refused_or_mean_nothing(ask: Ask) -> None:
    await ask(method="POST", body={"title": "a"})
    for query in ({"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 1_001}, {"limit": "1; DROP TABLE rows"}):
        assert (await ask(**query))[0] == 400, query
    assert (await ask(after=2**80))[0] in (200, 400)
    for up_to, status in ((-1, 400), (2**62, 204), (2**80, 204)):
        assert (await ask(method="PATCH", body={"up_to": up_to, "read": True}))[0] in (status, 400)


async def test_ids_that_are_none_are_not_there(ask: Ask) -> None:
    for identifier in ("x", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a" * 5_000, "1_OR_1"):
        for method, body in (("PATCH", {"read": True}), ("DELETE", None)):
            status, _ = await ask(identifier, method=method, body=body)
            assert status in (400, 404), (identifier, method)


async def test_a_change_is_looked_at_as_a_post_is(ask: Ask) -> None:
    _, row = await ask(method="POST", body={"title": "a"})
    for change in (
        {"title": "\u202e"},
        {"title": ""},
        {"body": "\x00"},
        {"texts": {"ru": {"title": "\x1b"}}},
        {"severity": None},
        {"read": 1},
        {"progress": 7},
        {"links": []},
        {"source": {"kind": "operator"}},
        {"recipient": "all"},
        {"shown": False},
    ):
        assert (await ask(row["id"], method="PATCH", body=change))[0] == 400, change
    assert (await ask())[1]["notifications"] == [row]


async def test_who_has_no_token_learns_nothing(ask: Ask) -> None:
    for headers in ({"Authorization": "token wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        for method, parts, body in (
            ("GET", (), None),
            ("POST", (), {"title": "a"}),
            ("POST", (), "x" * 70_000),
            ("PATCH", (), {"up_to": 1}),
            ("DELETE", (), None),
            ("PATCH", ("x",), {}),
            ("DELETE", ("x",), None),
            ("POST", ("claims",), {"ids": []}),
            ("GET", ("watches",), None),
            ("POST", ("watches",), {}),
            ("DELETE", ("watches", "x"), None),
            ("POST", ("alertmanager",), {"alerts": []}),
        ):
            status, answer = await ask(*parts, method=method, body=body, headers=headers)
            assert status == 403, (headers, method, parts)
            assert "notifications" not in answer
