"""Notifications leave the server: to whom they should, once, and without holding anything up."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

from cloudru_jlab.notifications.forwarding import NotificationForwarding, forwarding
from cloudru_jlab.notifications.forwarding.outbox import MOST_WAITING
from cloudru_jlab.notifications.models import Link, Source, Text

from .forwarded import SECRET, Post, Service, Waits, damage, forwards, put, row


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    yield post
    post.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    return tmp_path / "targets.json"


async def test_who_gets_what(service: Service, post: Post, targets: Path) -> None:
    put(
        targets,
        {"name": "errors"},
        {"name": "all", "minimum": "info"},
        {"name": "alerts", "minimum": "info", "categories": ["alert"]},
        {"name": "operator", "minimum": "info", "sources": ["operator"]},
        {"name": "ann", "minimum": "info", "recipients": ["ann"]},
    )
    async with forwards(service, targets, send=post):
        service.posted(row("1", "info"), True)
        service.posted(row("2", "error"), True)
        service.posted(row("3", "critical", category="alert", source=Source("operator", "x"), recipient="all"), True)
        service.posted(row("4", "critical", recipient="ann"), True)
        await post.until(lambda: len(post.sent) >= 8)
    assert sorted(post.sent) == [
        ("alerts", "Title 3"), ("all", "Title 1"), ("all", "Title 2"), ("all", "Title 3"), ("ann", "Title 4"),
        ("errors", "Title 2"), ("errors", "Title 3"), ("operator", "Title 3"),
    ]  # fmt: skip


async def test_an_update_is_news_where_it_is_worse(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1", "info", title="started"), True)
        service.posted(row("1", "info", title="half"), False)
        service.posted(row("1", "error", title="failed"), False)
        service.posted(row("1", "error", title="failed, in other words"), False)
        service.posted(row("1", "success", title="resolved"), False)
        service.posted(row("1", "critical", title="again"), False)
        await post.until(lambda: len(post.sent) >= 2)
    assert [title for _, title in post.sent] == ["failed", "again"]


async def test_nothing_is_forwarded_twice_after_a_restart(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
    async with forwards(service, targets, send=post):
        # the feed or Alertmanager says it again
        service.posted(row("1"), False)
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert post.sent == [("ops", "Title 1"), ("ops", "Title 2")]


async def test_what_is_being_sent_when_the_server_dies_is_not_sent_again(
    service: Service, post: Post, targets: Path
) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        for number in "123":
            service.posted(row(number), True)
        await post.until(lambda: post.tries == 1)
        # as kill -9 leaves it
        dead = dict(service.memory)
    service.memory = dead
    assert service.waiting == {"ops": ["Title 2", "Title 3"]}
    post.go.set()
    await post.until(lambda: len(post.sent) == 1)
    async with forwards(service, targets, send=post):
        await post.until(lambda: len(post.sent) == 3)
    assert [title for _, title in post.sent] == ["Title 1", "Title 2", "Title 3"]


async def test_what_fails_is_tried_again_in_order_and_given_up(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    waits = Waits()
    post.problems = ["no"] * 2 + [None] + ["no"] * 5
    async with forwards(service, targets, send=post, wait=waits):
        for number in "123":
            service.posted(row(number), True)
        await post.until(lambda: len(post.sent) == 2)
    assert [title for _, title in post.sent] == ["Title 1", "Title 3"]
    assert (post.tries, waits.seconds) == (9, [10, 20, 10, 20, 40, 80])
    assert caplog.messages == ["A notification was not forwarded to 'ops', and is given up after 5 attempts: no."]
    assert service.waiting == {"ops": []}


async def test_one_target_that_hangs_keeps_no_other(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "hangs"}, {"name": "works"})
    forever = threading.Event()
    threads = []

    def send(target: Any, title: str, body: str, severity: str) -> str | None:
        if target.name == "hangs":
            threads.append(threading.current_thread())
            forever.wait(60)
            return None
        return post(target, title, body, severity)

    async with forwards(service, targets, send=send, deadline_seconds=0.01, attempts=100, wait=Waits()):
        for number in "12345":
            service.posted(row(number), True)
        await post.until(lambda: len(post.sent) == 5)
        assert all(thread.daemon for thread in threads)
    assert len(threads) == 1
    forever.set()
    threads[0].join()


async def test_what_was_sent_late_is_not_sent_again(service: Service, post: Post, targets: Path) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    waited = asyncio.Event()

    async def wait(seconds: float) -> None:
        waited.set()
        post.go.set()
        await post.until(lambda: len(post.sent) == 1)

    async with forwards(service, targets, send=post, deadline_seconds=0.01, attempts=100, wait=wait):
        service.posted(row("1"), True)
        await waited.wait()
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert post.sent == [("ops", "Title 1"), ("ops", "Title 2")]
    assert post.tries == 2


async def test_a_flood_is_cut(service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        service.posted(row("first"), True)
        await post.until(lambda: post.tries == 1)
        for number in range(3_000):
            service.posted(row(str(number)), True)
        service.posted(row("last"), True)
        post.go.set()
        await post.until(lambda: len(post.sent) == MOST_WAITING + 1)
    assert caplog.messages == ["More than 100 notifications wait to be forwarded to 'ops': more are left out."]


async def test_texts_and_links(service: Service, targets: Path) -> None:
    put(targets, {"name": "ops"})
    sent: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def send(target: Any, title: str, body: str, severity: str) -> None:
        loop.call_soon_threadsafe(sent.put_nowait, (title, body))

    new = row(
        texts={"ru": Text("Заголовок", "Текст")}, links=[Link("Log", "https://x/log"), Link("Notebook", "/lab/tree/x")]
    )
    async with forwards(service, targets, send=send, language="ru", prefix="[lab-7] "):
        service.posted(new, True)
        assert await sent.get() == ("[lab-7] Заголовок", "Текст\nLog: https://x/log\n— train.py")
        service.posted(row("2", body="", texts={"de": Text("x")}), True)
        assert await sent.get() == ("[lab-7] Title 2", "— train.py")


async def test_targets_may_change(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with forwards(service, targets, send=post, wait=Waits()):
        service.posted(row("0"), True)
        put(targets, {"name": "one"})
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) >= 1)
        put(targets, {"name": "another"})
        service.posted(row("2"), True)
        await post.until(lambda: post.sent[-1:] == [("another", "Title 2")])
        damage(targets, "zebra")
        service.posted(row("3"), True)
        await post.until(lambda: post.sent[-1:] == [("another", "Title 3")])
    assert "is not as it should be" in caplog.messages[-1]
    assert "zebra" not in caplog.text


async def test_what_waits_for_a_target_that_is_gone(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    post.go.clear()
    async with forwards(service, targets, send=post):
        for number in "12":
            service.posted(row(number), True)
        await post.until(lambda: post.tries == 1)
    put(targets, {"name": "new"})
    post.go.set()
    async with forwards(service, targets, send=post):
        service.posted(row("3"), True)
        await post.until(lambda: ("new", "Title 3") in post.sent)
        await service.until_nothing_waits("ops")
    assert "1 notifications are not forwarded to 'ops', which is no longer a target." in caplog.messages


@pytest.mark.parametrize(
    "content",
    [
        "",
        SECRET,
        "[]",
        json.dumps({"targets": [{"name": SECRET}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}", SECRET: 1}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}", "minimum": SECRET}]}),
        json.dumps({"targets": [{"name": "a", "url": f"json://{SECRET}"}] * 2}),
        json.dumps({"targets": [{"name": f"{SECRET}/", "url": "json://x"}]}),
        json.dumps({"targets": [{"name": str(n), "url": "json://x"} for n in range(21)]}),
    ],
)
async def test_files_that_cannot_be_used(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    put(targets, {"name": "ops"})
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
        damage(targets, content)
        # what was there before stays
        service.posted(row("2"), True)
        await post.until(lambda: len(post.sent) == 2)
    assert len(caplog.messages) == 1
    assert SECRET not in caplog.text


async def test_others_may_read_the_file(
    service: Service, post: Post, targets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(targets, {"name": "ops"})
    os.chmod(targets, 0o644)
    async with forwards(service, targets, send=post):
        service.posted(row("1"), True)
        await post.until(lambda: len(post.sent) == 1)
    assert "make their file 0600" in caplog.text


async def test_without_apprise(
    service: Service, targets: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(forwarding, "available", lambda: False)
    async with forwards(service, targets):
        service.posted(row(), True)
    assert "pip install 'cloudru_jlab[forward]'" in caplog.text
    assert service.memory == {}


async def test_nothing_happens_unless_it_is_configured(service: Service) -> None:
    before = threading.active_count()
    part = NotificationForwarding(service)
    await part.start()
    service.posted(row(), True)
    await part.stop()
    assert (threading.active_count(), service.memory) == (before, {})


@pytest.mark.parametrize("options", [{"attempts": 0}, {"retry_seconds": 0}, {"deadline_seconds": -1}])
def test_configurations_that_cannot_be_used(service: Service, options: dict[str, Any]) -> None:
    with pytest.raises(TraitError, match=r"NotificationForwarding\."):
        NotificationForwarding(service, **options)
