"""Nothing flaps, and each incident is told once."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from cloudru_jlab.core.ports import Message, Reading
from cloudru_jlab.healthcheck.supervisor.board import Board, level
from cloudru_jlab.healthcheck.supervisor.incidents import Incidents


def disk(status: Any, code: str = "") -> Reading:
    return Reading("disk", "home", status, f"It is {status}.", texts={"ru": ("Так.", "")}, code=code)


class Heard:
    def __init__(self) -> None:
        self.changes: list[tuple[str | None, str | None]] = []
        self.board = Board(self.changed, lambda: "now")

    def changed(self, key: tuple[str, str], was: Reading | None, now: Reading | None) -> None:
        self.changes.append((was.status if was else None, now.status if now else None))

    def take(self, *statuses: Any) -> None:
        for status in statuses:
            self.board.update("disks", [disk(status)])


def test_board_shows_what_lasts() -> None:
    heard = Heard()
    heard.take("pass", "fail", "pass", "fail", "pass")
    assert heard.changes == [(None, "pass")]
    heard.take("fail", "fail")
    assert heard.changes[1:] == [("pass", "fail")]
    heard.take("pass", "pass", "fail", "pass", "pass")
    assert heard.board.overall() == "fail"
    heard.take("pass")
    assert heard.changes[2:] == [("fail", "pass")]


def test_board_forgets_what_its_source_no_longer_names() -> None:
    heard = Heard()
    heard.take("fail")
    heard.board.update("gpus", [Reading("gpu", "0", "pass")])
    heard.board.update("disks", [])
    assert heard.changes[-1] == ("fail", None)
    assert [check.component for check in heard.board.checks()] == ["gpu"]


def test_board_tells_of_another_reason() -> None:
    heard = Heard()
    heard.board.update("disks", [disk("fail", "disk_full")])
    heard.board.update("disks", [disk("fail", "disk_full")])
    heard.board.update("disks", [disk("fail", "disk_read_only")])
    assert len(heard.changes) == 2


def test_level_falls_only_below_the_margin() -> None:
    assert level(0.86, 0.85, 0.95, "pass", 0.03) == "warn"
    assert level(0.83, 0.85, 0.95, "warn", 0.03) == "warn"
    assert level(0.83, 0.85, 0.95, "pass", 0.03) == "pass"
    assert level(0.93, 0.85, 0.95, "fail", 0.03) == "fail"
    assert level(0.91, 0.85, 0.95, "fail", 0.03) == "warn"


class Told:
    """A notifier that remembers."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.more = asyncio.Event()

    async def notify(self, message: Message, *, name: str) -> str:
        self.all.append(message)
        self.more.set()
        return "id"

    async def withdraw(self, dedupe_key: str) -> None:
        self.all.append(dedupe_key)
        self.more.set()

    async def wait(self, count: int) -> list[Any]:
        while len(self.all) < count:
            self.more.clear()
            await self.more.wait()
        return self.all


async def test_incidents_post_replace_and_withdraw() -> None:
    told = Told()
    incidents = Incidents(told, logging.getLogger())
    await incidents.start()
    key = ("disk", "home")
    incidents.changed(key, None, disk("pass"))
    incidents.changed(key, disk("pass"), disk("warn"))
    incidents.changed(key, disk("warn"), disk("fail"))
    incidents.changed(("cpu", "cpu"), None, Reading("cpu", "cpu", "warn"))
    incidents.changed(key, disk("fail"), disk("pass"))
    withdrawn, warned, failed, over = await told.wait(4)
    await incidents.stop()
    assert withdrawn == over == warned.dedupe_key == failed.dedupe_key
    assert (warned.severity, failed.severity) == ("warning", "error")
    assert warned.texts["ru"][1] == "Так."
