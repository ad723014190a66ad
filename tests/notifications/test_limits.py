"""How much may be posted, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from notifications.asking import asker
from tornado.httpclient import HTTPClientError

from cloudru_jlab.notifications.limits import RateLimit, TooMany


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    return {**jp_server_config, "Notifications": {"burst": 5, "posts_per_second": 0.001, "row_cap": 3}}


async def test_who_posts_too_much_is_told_when_to_come_again(jp_fetch: Any) -> None:
    ask = asker(jp_fetch)
    for number in range(5):
        assert (await ask(method="POST", body={"title": str(number)}))[0] == 201
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("cloudru", "notifications", method="POST", body='{"title": "one more"}')
    assert refused.value.code == 429
    assert refused.value.response is not None
    assert int(refused.value.response.headers["Retry-After"]) > 500
    page = (await ask())[1]
    # changes of what it says count, marks do not
    identifier = page["notifications"][0]["id"]
    assert (await ask(identifier, method="PATCH", body={"progress": 0.5}))[0] == 429
    assert (await ask(identifier, method="PATCH", body={"read": True}))[0] == 200
    assert (await ask("claims", method="POST", body={"ids": [identifier]}))[0] == 200


async def test_the_oldest_go_and_those_that_were_read_go_first(jp_fetch: Any) -> None:
    ask = asker(jp_fetch)
    rows = [(await ask(method="POST", body={"title": str(number)}))[1] for number in range(3)]
    await ask(rows[1]["id"], method="PATCH", body={"read": True})
    last = (await ask())[1]["last"]
    for number in (3, 4):
        await ask(method="POST", body={"title": str(number)})
    page = (await ask(after=last))[1]
    assert page["removed"] == [rows[1]["id"], rows[0]["id"]]
    assert [row["title"] for row in (await ask())[1]["notifications"]] == ["2", "3", "4"]


def test_a_sender_may_send_so_many_at_once_and_so_many_more_a_second() -> None:
    now = [0.0]
    limit = RateLimit(3, 2.0, lambda: now[0])
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.details == {"retry_after_seconds": 1}
    limit.take("b")
    now[0] += 1.0
    limit.take("a")
    limit.take("a")
    with pytest.raises(TooMany):
        limit.take("a")
    now[0] += 1_000.0
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany):
        limit.take("a")


def test_any_number_of_senders_takes_no_more_memory() -> None:
    limit = RateLimit(1, 1.0, lambda: 0.0)
    for number in range(5_000):
        limit.take(str(number))
    assert len(limit._buckets) <= 1_000
