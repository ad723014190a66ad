"""Feeds as a whole: from https, a file and keys to notifications, over restarts, faults and forgeries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config

from cloudru_jlab.notifications.feed import NotificationFeed
from cloudru_jlab.notifications.feed import feed as feeds

from .feeding import Board, Clock, Server, Signer, atom, atom_entry, feed, make_certificate, serving

UPDATED = [f"2026-05-04T1{n}:00:00Z" for n in range(10)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "feed.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    with serving(certificate) as server:
        yield server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.json"


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def take_away(path: Path) -> None:
    path.unlink()


class Steps:
    """A server's feeds, whose time passes step by step: `look` has every feed looked at once."""

    def __init__(self, board: Board, **options: Any) -> None:
        self.clock = options.pop("clock", Clock())
        self.waits: list[float] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._arrived = asyncio.Event()
        self.feed = NotificationFeed(
            board, clock=self.clock, random=Random(1), wait=self._wait, log=logging.getLogger("feeds"), **options
        )

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._arrived.set()
        await future

    async def _all_wait(self) -> None:
        while len(self._waiting) < len(self.feed.urls):
            self._arrived.clear()
            await self._arrived.wait()

    async def __aenter__(self) -> Steps:
        await self.feed.start()
        await self._all_wait()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.feed.stop()

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                future.set_result(None)
            await self._all_wait()


@pytest.fixture
def board() -> Board:
    return Board()


def https(server: Server) -> str:
    return f"https://127.0.0.1:{server.port}/feed?key=secret"


async def test_a_feed_by_https(server: Server, certificate: Path, board: Board) -> None:
    server.body = feed({"id": "1", "title": "A"}, {"id": "2", "title": "B"})
    async with Steps(board, urls=[https(server)], ca_file=str(certificate), source_name="Platform") as steps:
        await steps.look(3)
        assert (board.titles, server.codes) == (["A", "B"], [200, 304, 304])
        assert {row.name for row in board.rows.values()} == {"Platform"}
        server.body = feed({"id": "2", "title": "B!"})
        await steps.look(2)
        assert board.titles == ["B!"]
    assert board.calls == [("post", "A"), ("post", "B"), ("withdraw", "A"), ("post", "B!")]
    assert 0 <= steps.waits[0] <= 30
    assert all(240 <= wait <= 360 for wait in steps.waits[1:])


async def test_a_feed_in_a_file(path: Path, board: Board) -> None:
    put(path, feed({"title": "A"}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look(2)
        assert board.titles == ["A"]
        put(path, feed({"title": "A"}, {"title": "B"}))
        await steps.look()
        assert board.calls == [("post", "A"), ("post", "B")]
    assert all(wait <= 12 for wait in steps.waits)


async def test_atom_beside_json(server: Server, certificate: Path, path: Path, board: Board) -> None:
    server.body = atom(atom_entry("1", "News"))
    put(path, feed({"title": "A"}))
    async with Steps(board, urls=[https(server), str(path)], ca_file=str(certificate)) as steps:
        await steps.look(2)
        assert sorted(board.titles) == ["A", "News"]
        server.body = atom()
        put(path, feed())
        await steps.look()
    assert board.titles == ["News"]


async def test_nothing_is_posted_again_after_a_restart(path: Path, board: Board) -> None:
    put(path, feed({"title": "A"}, {"title": "B", "category": "release_notes", "version": "1"}))
    for _ in range(3):
        async with Steps(board, urls=[str(path)]) as steps:
            await steps.look(2)
    assert board.calls == [("post", "A"), ("post", "B")]
    put(path, feed({"title": "C"}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look()
    assert board.calls[2:] == [("withdraw", "A"), ("post", "C")]


async def test_a_feed_that_is_no_longer_configured(path: Path, server: Server, certificate: Path, board: Board) -> None:
    put(path, feed({"title": "A"}, {"title": "R", "category": "release_notes", "version": "1"}))
    server.body = atom(atom_entry("1", "News"))
    async with Steps(board, urls=[str(path), https(server)], ca_file=str(certificate)) as steps:
        await steps.look()
    other = path.with_name("other.json")
    put(other, feed({"title": "B"}))
    async with Steps(board, urls=[str(other)]) as steps:
        await steps.look()
    assert sorted(board.titles) == ["B", "News", "R"]


async def test_what_is_known_is_damaged(path: Path, board: Board, caplog: pytest.LogCaptureFixture) -> None:
    board.memory["feed"] = b"zebra"
    put(path, feed({"title": "A"}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look()
    assert board.titles == ["A"]
    assert "damaged" in caplog.text


async def test_entries_come_and_go_while_the_feed_stays(server: Server, certificate: Path, board: Board) -> None:
    server.body = feed(
        {"title": "A", "starts": "2026-05-04T12:01:00Z", "expires": "2026-05-04T12:02:00Z"},
    )
    async with Steps(board, urls=[https(server)], ca_file=str(certificate)) as steps:
        await steps.look()
        assert (board.titles, steps.waits[-1]) == ([], 60.0)
        steps.clock.passes(minutes=1)
        await steps.look()
        assert (board.titles, steps.waits[-1]) == (["A"], 60.0)
        steps.clock.passes(minutes=1)
        await steps.look()
        assert (board.titles, server.codes) == ([], [200, 304, 304])


async def test_the_feeds_server_is_away_for_a_while(
    certificate: Path, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with serving(certificate) as server:
        port, url = server.port, https(server)
        server.body = feed({"title": "A"})
        steps = Steps(board, urls=[url], ca_file=str(certificate))
        await steps.__aenter__()
        await steps.look()
    await steps.look(5)
    assert board.titles == ["A"]
    assert len(caplog.messages) == 1
    assert f"The notification feed https://127.0.0.1:{port}/feed cannot be read" in caplog.text
    assert 300 <= steps.waits[-5] <= 600
    assert 1_800 <= steps.waits[-1] <= 3_600
    with serving(certificate, port) as server:
        server.body = feed({"title": "A"}, {"title": "B"})
        await steps.look(2)
        await steps.feed.stop()
    assert board.calls == [("post", "A"), ("post", "B")]
    assert caplog.messages[1:] == [f"The notification feed https://127.0.0.1:{port}/feed is well again."]
    assert 240 <= steps.waits[-1] <= 360
    assert "secret" not in caplog.text


async def test_retry_after_is_honoured(server: Server, certificate: Path, board: Board) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(503)
        handler.send_header("Retry-After", "7200")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answer = answer
    async with Steps(board, urls=[https(server)], ca_file=str(certificate)) as steps:
        await steps.look()
    assert 7_200 <= steps.waits[-1] <= 7_500


async def test_a_file_that_is_gone_withdraws_nothing(
    path: Path, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, feed({"title": "A"}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look()
        take_away(path)
        await steps.look(3)
        put(path, b"")
        await steps.look(3)
        assert board.titles == ["A"]
        put(path, feed())
        await steps.look()
        assert board.titles == []
    assert [message.split("feed.json ")[1] for message in caplog.messages] == [
        "cannot be read: it cannot be opened (No such file or directory).",
        "is refused: it is no JSON (SHA-256 of what was read: e3b0c44298fc1c14).",
    ]


class Signed:
    """A file with a signed feed, and feeds that believe its key alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.signer = Signer()

    def says(self, *titles: str, updated: int) -> bytes:
        return self.signer.sign(feed(*({"title": title} for title in titles), updated=UPDATED[updated]))

    def steps(self, board: Board) -> Steps:
        return Steps(board, urls=[str(self.path)], public_keys=[self.signer.public_key])


@pytest.fixture
def signed(path: Path) -> Signed:
    return Signed(path)


async def test_a_signed_feed(signed: Signed, board: Board, caplog: pytest.LogCaptureFixture) -> None:
    put(signed.path, signed.says("A", updated=0))
    async with signed.steps(board) as steps:
        await steps.look()
        put(signed.path, signed.says("A", "B", updated=1))
        await steps.look(2)
    assert board.titles == ["A", "B"]
    assert caplog.messages == []


async def test_forged_feeds_are_refused_and_logged_once_each(
    signed: Signed, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    forged = [
        feed({"title": "zebra"}, updated=UPDATED[5]),
        Signer().sign(feed({"title": "zebra"}, updated=UPDATED[5])),
        signed.says("A", updated=0).replace(b'"signed": "ey', b'"signed": "ez'),
        signed.signer.sign(feed({"title": "zebra"})),
        atom(atom_entry("1", "zebra")),
        b"zebra",
    ]
    put(signed.path, signed.says("A", updated=1))
    async with signed.steps(board) as steps:
        await steps.look()
        for number, data in enumerate(forged, 1):
            put(signed.path, data)
            await steps.look(3)
            assert (board.calls, len(caplog.messages)) == ([("post", "A")], number)
        put(signed.path, signed.says("A", "B", updated=2))
        await steps.look()
    assert board.titles == ["A", "B"]
    assert "zebra" not in caplog.text
    assert all(" is refused: " in message for message in caplog.messages)


async def test_an_older_signed_feed_is_refused_after_a_restart_too(
    signed: Signed, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = signed.says("Old", updated=1), signed.says("New", updated=2)
    put(signed.path, old)
    async with signed.steps(board) as steps:
        await steps.look()
        put(signed.path, new)
        await steps.look()
        put(signed.path, old)
        await steps.look()
        assert board.titles == ["New"]
    async with signed.steps(board) as steps:
        await steps.look()
        assert board.titles == ["New"]
        put(signed.path, signed.says("Other", updated=2))
        await steps.look()
        assert board.titles == ["New"]
        put(signed.path, new)
        await steps.look()
    assert board.titles == ["New"]
    assert [message.split(": ")[1].split(" (")[0] for message in caplog.messages] == [
        "it is older than the one that was taken last",
        "it is older than the one that was taken last",
        "it has changed, and says that it was `updated` when the last one was",
    ]


async def test_keys_without_the_package_for_them(
    signed: Signed, board: Board, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "available", lambda: False)
    put(signed.path, signed.says("A", updated=1))
    feed = signed.steps(board).feed
    await feed.start()
    await feed.stop()
    assert board.calls == []
    assert "pip install 'cloudru_jlab[signed]'" in caplog.text


async def test_faults_of_entries_are_logged_once(path: Path, board: Board, caplog: pytest.LogCaptureFixture) -> None:
    put(path, feed({"title": "A"}, {"title": "zebra" * 100}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look(4)
    assert board.titles == ["A"]
    assert caplog.messages == [f"The notification feed {path} has faults: entry 2 is not as it should be (title)."]


async def test_what_the_store_refuses_is_not_tried_again(
    path: Path, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.refuse = True
    put(path, feed({"title": "A"}))
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look(3)
    assert len(caplog.messages) == 1
    assert "is left out: No." in caplog.text


async def test_a_fault_of_ours_does_not_end_a_feed(
    path: Path, board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, feed({"title": "A"}))
    post, board.post = board.post, None  # type: ignore[assignment, method-assign]
    async with Steps(board, urls=[str(path)]) as steps:
        await steps.look()
        assert "A notification feed failed" in caplog.text
        board.post = post  # type: ignore[method-assign]
        await steps.look()
    assert board.titles == ["A"]


async def test_without_feeds_nothing_happens(board: Board) -> None:
    feed = NotificationFeed(board)
    await feed.start()
    await feed.stop()
    assert (board.calls, board.memory) == ([], {})


@pytest.mark.parametrize(
    "options",
    [
        {"urls": ["http://example.org/feed"]},
        {"urls": ["http://127.0.0.1/feed"]},
        {"urls": ["https://user:secret@example.org/feed"]},
        {"urls": ["feed.json"]},
        {"urls": ["file:///feed.json"]},
        {"urls": [""]},
        {"public_keys": ["secret"]},
        {"ca_file": "/nowhere/ca.pem"},
        {"source_name": ""},
        {"source_name": "x" * 81},
        {"source_name": "a\u202eb"},
        {"interval_seconds": 0},
        {"interval_seconds": 1e9},
        {"deadline_seconds": -1},
        {"max_kib": 0},
    ],
)
def test_configurations_that_cannot_be_used(board: Board, options: dict[str, Any]) -> None:
    for make in (
        lambda: NotificationFeed(board, **options),
        lambda: NotificationFeed(board, config=Config(NotificationFeed=options)),
    ):
        with pytest.raises(TraitError) as error:
            make()
        assert "NotificationFeed." in str(error.value)
        assert "secret" not in str(error.value)


def test_http_of_this_machine_where_it_is_allowed(board: Board) -> None:
    NotificationFeed(board, urls=["http://localhost:8000/feed"], allow_http_on_loopback=True)
    with pytest.raises(TraitError):
        NotificationFeed(board, urls=["http://example.org/feed"], allow_http_on_loopback=True)


def test_a_home_directory_is_meant(board: Board) -> None:
    assert NotificationFeed(board, urls=["~/feed.json"]).urls == [str(Path.home() / "feed.json")]
