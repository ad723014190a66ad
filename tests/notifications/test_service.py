"""The service as the other parts of the extension use it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import BadParameter
from cloudru_jlab.core.ports import Message, Notifier
from cloudru_jlab.notifications.limits import RateLimit, TooMany
from cloudru_jlab.notifications.models import (
    Action,
    Change,
    Claim,
    NewNotification,
    Notification,
    NotificationsQuery,
    Source,
)
from cloudru_jlab.notifications.service import Caller, NotificationService, SystemNotifier
from cloudru_jlab.notifications.store.writer import Closed, Store

LOG = logging.getLogger("test")
ME = Caller("program", "")
SYSTEM = Source("system", "test")


class Made:
    """A service on a folder, and what it emitted."""

    def __init__(self, folder: Path, *, several_users: bool = False, burst: int = 10) -> None:
        self.rings: list[tuple[int, str]] = []
        self._rung = asyncio.Event()

        def store(committed: Callable[[int, bool], None], damaged: Callable[[str], None]) -> Store:
            return Store(folder, log=LOG, committed=committed, damaged=damaged)

        self.service = NotificationService(
            store,
            log=LOG,
            ring=self.ring,
            several_users=lambda: several_users,
            limit=RateLimit(burst, 1e-9, lambda: 0.0),
        )

    def ring(self, seq: int, kind: str) -> None:
        self.rings.append((seq, kind))
        self._rung.set()

    async def until_rung(self, wanted: Callable[[int, str], bool]) -> None:
        while not (self.rings and wanted(*self.rings[-1])):
            self._rung.clear()
            await asyncio.wait_for(self._rung.wait(), 60)

    async def rows(self) -> list[Notification]:
        return (await self.service.page(ME, NotificationsQuery(limit=1_000))).notifications


async def test_a_thousand_at_once_stay_in_order(tmp_path: Path) -> None:
    made = Made(tmp_path)
    await made.service.start()
    posts = (made.service.post(NewNotification(str(number)), SYSTEM, "") for number in range(1_000))
    rows = await asyncio.gather(*posts)
    assert [row.seq for row in rows] == list(range(1, 1_001))
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert [row.title for row in await made.rows()] == [str(number) for number in range(1_000)]
    await made.service.stop()


async def test_events_are_few_and_the_last_one_is_not_lost(tmp_path: Path) -> None:
    made = Made(tmp_path)
    posts = (made.service.post(NewNotification(str(number)), SYSTEM, "") for number in range(500))
    rows = await asyncio.gather(*posts)
    await made.until_rung(lambda seq, kind: seq == rows[-1].seq)
    assert len(made.rings) < 50
    assert {kind for _, kind in made.rings} == {"new"}
    await made.service.claim(ME, Claim([rows[0].id]))
    await made.until_rung(lambda seq, kind: kind == "changed")
    await made.service.stop()


async def test_listeners_hear_what_is_new_and_what_has_changed(tmp_path: Path) -> None:
    made = Made(tmp_path)
    heard: list[tuple[str, bool]] = []

    def broken(row: Notification, created: bool) -> None:
        raise RuntimeError("a fault of a listener")

    made.service.on_posted(broken)
    made.service.on_posted(lambda row, created: heard.append((row.title, created)))
    row = await made.service.post(NewNotification("a", dedupe_key="k"), SYSTEM, None)
    await made.service.post(NewNotification("a", dedupe_key="k"), SYSTEM, None)
    await made.service.post(NewNotification("b", dedupe_key="k"), SYSTEM, None)
    # marks are nobody else's business
    await made.service.change(ME, row.id, Change(read=True))
    assert heard == [("a", True), ("b", False)]
    await made.service.stop()


async def test_programs_are_limited_and_the_system_is_not(tmp_path: Path) -> None:
    made = Made(tmp_path, burst=3)
    for number in range(20):
        await made.service.post(NewNotification(str(number)), SYSTEM, "")
    for number in range(3):
        await made.service.post(NewNotification(str(number)), Source("program", "kernel"), "")
    with pytest.raises(TooMany):
        await made.service.post(NewNotification("one more"), Source("program", "kernel"), "")
    with pytest.raises(TooMany):
        await made.service.submit(ME, NewNotification("one more"))
    await made.service.post(NewNotification("of another"), Source("program", "kernel"), "anna")
    await made.service.stop()


async def test_what_a_feature_says_is_said_by_the_system(tmp_path: Path) -> None:
    made = Made(tmp_path)
    notifier = SystemNotifier(made.service)
    assert isinstance(notifier, Notifier)
    message = Message(
        "Memory is short",
        "Save your work.",
        "critical",
        texts={"ru": ("Мало памяти", "Сохраните работу.")},
        links=(("More", "/lab"),),
        action="save_all",
        dedupe_key="memory",
    )
    identifier = await notifier.notify(message, name="healthcheck")
    (row,) = await made.rows()
    assert (row.id, row.source, row.action) == (identifier, Source("system", "healthcheck"), Action("save_all"))
    assert await notifier.notify(message._replace(title="Memory is shorter"), name="healthcheck") == identifier
    await notifier.withdraw("memory")
    await notifier.withdraw("memory")
    assert await made.rows() == []
    await made.service.stop()


@pytest.mark.parametrize(
    "message",
    [
        Message(""),
        Message("a" * 121),
        Message("a\x00"),
        Message("a\ud800"),
        Message("a", severity="fatal"),  # type: ignore[arg-type]
        Message("a", action="run"),
        Message("a", action="open"),
        Message("a", links=(("l", "javascript:alert(1)"),)),
        Message("a", progress=2.0),
    ],
    ids=range(9),
)
async def test_a_message_that_breaks_a_limit_is_the_callers_fault(tmp_path: Path, message: Message) -> None:
    made = Made(tmp_path)
    with pytest.raises(BadParameter):
        await SystemNotifier(made.service).notify(message, name="test")
    assert await made.rows() == []
    await made.service.stop()


async def test_parts_remember_what_they_need(tmp_path: Path) -> None:
    made = Made(tmp_path)
    assert await made.service.recall("feed") is None
    await made.service.remember("feed", b"one")
    await made.service.remember("feed", b"two")
    await made.service.stop()
    made = Made(tmp_path)
    assert await made.service.recall("feed") == b"two"
    await asyncio.sleep(0)
    assert made.rings == []
    await made.service.stop()


async def test_who_comes_too_late_is_told(tmp_path: Path) -> None:
    made = Made(tmp_path)
    posts = [asyncio.ensure_future(made.service.post(NewNotification(str(n)), SYSTEM, "")) for n in range(20)]
    await asyncio.sleep(0)
    await made.service.stop()
    # what was begun is done
    assert len(await asyncio.gather(*posts)) == 20
    with pytest.raises(Closed):
        await made.service.post(NewNotification("a"), SYSTEM, "")
    await made.service.stop()


async def test_a_fault_ends_one_request_and_not_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = Made(tmp_path)
    await made.service.start()

    def broken(*arguments: Any) -> None:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "_done", broken)
        with pytest.raises(RuntimeError, match="a fault"):
            await made.rows()
    assert await made.rows() == []
    assert "The notifications failed" in caplog.text
    await made.service.stop()
