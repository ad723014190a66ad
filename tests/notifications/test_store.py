"""The store against a simple model of it, and what it promises about order and about transactions."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import UNSET
from notifications.oracle import LOUDNESS, Mark, Oracle, OracleRow

from cloudru_jlab.core.errors import NotFound, PermissionDenied
from cloudru_jlab.notifications.models import Change, NewNotification, Notification, Source
from cloudru_jlab.notifications.store import marking, posting, reading
from cloudru_jlab.notifications.store.database import Database, in_memory
from cloudru_jlab.notifications.store.ulids import Ulids
from cloudru_jlab.notifications.store.writer import Store

T = TypeVar("T")
LOG = logging.getLogger("test")
USERS = ("", "anna")
EVERYBODY = [None, *USERS]
FLAGS = st.sampled_from([True, False, UNSET])
CAP = 4


class Client:
    """A page: what it knows after it has asked for all that is new."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.store = ""
        self.after = 0
        self.rows: dict[str, Notification] = {}

    def sync(self, db: Database, limit: int) -> None:
        for _ in range(200):
            page = reading.page(db, self.user, self.after, limit)
            if page.store != self.store:
                self.store, self.after, self.rows = page.store, 0, {}
                continue
            seqs = [row.seq for row in page.rows]
            assert seqs == sorted(set(seqs))
            assert all(self.after < seq <= page.last for seq in seqs)
            for row in page.rows:
                self.rows[row.id] = row
            for identifier in page.removed:
                self.rows.pop(identifier, None)
            self.after = page.last
            if not page.more:
                return
        raise AssertionError("the pages have no end")


class StoreMachine(RuleBasedStateMachine):
    """Whatever is done, a client that asks for what is new since it asked last knows what the model knows."""

    @initialize()
    def begin(self) -> None:
        self.oracle = Oracle(CAP)
        self.db = in_memory(clock=lambda: self.oracle.now, cap=CAP)
        self.clients = [Client(user) for user in USERS]
        self.granted: dict[tuple[str, str], str] = {}
        self.ids: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()

    def run(self, work: Callable[[Database], T]) -> T:
        self.db.begin()
        try:
            result = work(self.db)
        except (NotFound, PermissionDenied):
            self.db.roll_back()
            raise
        self.db.commit()
        return result

    def some_id(self, number: int, user: str | None) -> str:
        rows = self.oracle.rows if number > 7 else self.oracle.visible(user)
        known = [row.id for row in rows] or ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]
        return known[number % len(known)]

    @rule(
        title=st.sampled_from(["a", "b"]),
        severity=st.sampled_from(LOUDNESS),
        kind=st.sampled_from(["program", "system", "operator"]),
        recipient=st.sampled_from(EVERYBODY),
        key=st.sampled_from([None, None, "k", "l"]),
        progress=st.sampled_from([None, None, 0.5]),
        expires=st.sampled_from([None, None, None, 100]),
        category=st.sampled_from(["general", "general", "general", "release_notes"]),
    )
    def post(
        self,
        title: str,
        severity: Any,
        kind: Any,
        recipient: str | None,
        key: str | None,
        progress: float | None,
        expires: int | None,
        category: str,
    ) -> None:
        new = NewNotification(
            title, severity=severity, category=category, progress=progress, dedupe_key=key, expires_seconds=expires
        )
        posted = self.run(lambda db: posting.post(db, new, Source(kind, "test"), recipient, recipient))
        oracle = self.oracle
        oracle.purge()
        ends = None if expires is None else oracle.now + expires
        old = oracle.keyed(kind, recipient, key)
        assert posted.created == (old is None)
        if old is not None:
            assert posted.notification.id == old.id
            said = {"severity": severity, "title": title, "category": category, "progress": progress, "expires": ends}
            oracle.say(old, said, posted=True)
            return
        identifier = posted.notification.id
        assert not self.ids or identifier > self.ids[-1]
        self.ids.append(identifier)
        oracle.add(OracleRow(identifier, recipient, kind, key, severity, title, category, progress, ends, 0))

    @rule(
        number=st.integers(0, 9),
        title=st.sampled_from(["a", "b"]),
        louder=st.sampled_from([-1, 0, 0, 1]),
        progress=st.sampled_from([None, None, 0.7]),
    )
    def post_again(self, number: int, title: str, louder: int, progress: float | None) -> None:
        keyed = [row for row in self.oracle.rows if row.key is not None]
        if keyed:
            row = keyed[number % len(keyed)]
            severity = LOUDNESS[max(0, min(4, LOUDNESS.index(row.severity) + louder))]
            self.post(title, severity, row.kind, row.recipient, row.key, progress, None, row.category)

    @rule(count=st.integers(2, 6), kind=st.sampled_from(["program", "operator"]))
    def post_many(self, count: int, kind: str) -> None:
        for _ in range(count):
            self.post("many", "info", kind, None, None, None, None, "general")

    @rule(
        number=st.integers(0, 9),
        user=st.sampled_from(EVERYBODY),
        severity=st.sampled_from([UNSET, *LOUDNESS]),
        progress=st.sampled_from([UNSET, None, 0.5, 1.0]),
    )
    def change(self, number: int, user: str | None, severity: Any, progress: Any) -> None:
        identifier = self.some_id(number, user)
        kind: Any = "operator" if user is None else "program"
        row = self.oracle.find(user, identifier)
        if row is None and user is None:
            alive = (each for each in self.oracle.rows if each.expires is None or each.expires > self.oracle.now)
            row = next((each for each in alive if each.id == identifier and each.kind == "operator"), None)
        wanted = Change(severity=severity, progress=progress)
        if row is None or row.kind != kind:
            with pytest.raises(NotFound if row is None else PermissionDenied):
                self.run(lambda db: posting.change(db, identifier, wanted, kind, user))
            return
        self.run(lambda db: posting.change(db, identifier, wanted, kind, user))
        said = {
            "severity": row.severity if severity is UNSET else severity,
            "progress": row.progress if progress is UNSET else progress,
        }
        self.oracle.say(row, said, posted=False)

    @rule(number=st.integers(0, 9), user=st.sampled_from(USERS), read=FLAGS, dismissed=FLAGS)
    def mark(self, number: int, user: str, read: Any, dismissed: Any) -> None:
        identifier = self.some_id(number, user)
        row = self.oracle.find(user, identifier)
        if row is None:
            with pytest.raises(NotFound):
                self.run(lambda db: marking.mark(db, user, identifier, read, dismissed))
            return
        self.run(lambda db: marking.mark(db, user, identifier, read, dismissed))
        self.set(row.mark(user), read, dismissed)

    @staticmethod
    def set(mark: Mark, read: Any, dismissed: Any) -> None:
        mark.read = mark.read if read is UNSET else read
        mark.dismissed = mark.dismissed if dismissed is UNSET else dismissed

    @rule(number=st.integers(0, 9), user=st.sampled_from(USERS))
    def remove(self, number: int, user: str) -> None:
        identifier = self.some_id(number, user)
        row = self.oracle.find(user, identifier)
        if row is None:
            with pytest.raises(NotFound):
                self.run(lambda db: marking.remove(db, user, identifier))
            return
        self.run(lambda db: marking.remove(db, user, identifier))
        self.take_away(user, [row])

    def take_away(self, user: str, rows: list[OracleRow]) -> None:
        for row in rows:
            if row.recipient is None:
                row.mark(user).removed = True
            else:
                self.oracle.rows.remove(row)

    @precondition(lambda self: self.oracle.rows)
    @rule(back=st.integers(0, 3), user=st.sampled_from(USERS), read=FLAGS, dismissed=FLAGS)
    def mark_all(self, back: int, user: str, read: Any, dismissed: Any) -> None:
        up_to, rows = self.up_to(user, back)
        self.run(lambda db: marking.mark_all(db, user, up_to, read, dismissed))
        for row in rows:
            self.set(row.mark(user), read, dismissed)

    @precondition(lambda self: self.oracle.rows)
    @rule(back=st.integers(0, 3), user=st.sampled_from(USERS))
    def clear(self, back: int, user: str) -> None:
        up_to, rows = self.up_to(user, back)
        self.run(lambda db: marking.clear(db, user, up_to))
        self.take_away(user, rows)

    def up_to(self, user: str, back: int) -> tuple[int, list[OracleRow]]:
        """A sequence number that ``back`` rows came after, and the user's rows up to it."""
        ages = sorted(row.age for row in self.oracle.rows)
        age = ages[max(0, len(ages) - 1 - back)]
        newest = next(row for row in self.oracle.rows if row.age == age)
        (seq,) = self.db.execute("SELECT seq FROM rows WHERE id = ?", (newest.id,)).fetchone()
        return seq, [row for row in self.oracle.visible(user) if row.age <= age]

    @rule(user=st.sampled_from(USERS), attempt=st.sampled_from(["", "one", "two"]))
    def claim(self, user: str, attempt: str) -> None:
        identifiers = [row.id for row in self.oracle.rows]
        granted = self.run(lambda db: marking.claim(db, user, [*identifiers, *identifiers, "x"], attempt))
        wanted = []
        for row in self.oracle.visible(user):
            mark = row.mark(user)
            again = mark.shown and attempt != "" and mark.attempt == attempt
            if not mark.read and not mark.dismissed and (again or not mark.shown):
                wanted.append(row.id)
                mark.shown, mark.attempt = True, attempt
        assert granted == wanted

    @rule(seconds=st.sampled_from([-500.0, 1.0, 99.0, 200.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.oracle.now += seconds

    @rule(limit=st.integers(1, 4), which=st.integers(0, 1))
    def sync(self, limit: int, which: int) -> None:
        client = self.clients[which]
        client.sync(self.db, limit)
        now = self.oracle.now
        known = {
            row.id: (row.severity, row.title, row.progress, row.read, row.dismissed, row.shown)
            for row in client.rows.values()
            if row.expires is None or row.expires.timestamp() > now
        }
        # what expired while the clock was ahead is known again to the store alone
        wanted = self.oracle.seen_by(client.user)
        assert known == wanted

    @invariant()
    def a_new_client_sees_all(self) -> None:
        for user in USERS:
            client = Client(user)
            client.sync(self.db, 200)
            seen = {
                row.id: (row.severity, row.title, row.progress, row.read, row.dismissed, row.shown)
                for row in client.rows.values()
            }
            assert seen == self.oracle.seen_by(user)


TestStoreAgainstModel = StoreMachine.TestCase
TestStoreAgainstModel.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


async def test_one_who_begins_anew_is_told_all_though_removals_are_forgotten() -> None:
    db = in_memory(clock=lambda: 1.0, cap=3)

    def say(title: str, kind: Any = "operator") -> None:
        db.begin()
        posting.post(db, NewNotification(title), Source(kind, "test"), None, None)
        db.commit()

    say("stays")
    say("stays too")
    old = Client("")
    old.sync(db, 1)
    for number in range(20):
        say(str(number), "program")
    for client in (old, Client("")):
        client.sync(db, 1)
        assert [row.title for row in client.rows.values()] == ["stays", "stays too", "19"]
    db.close()


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        # more of the same is no news
        ({}, {}, {"read", "shown"}),
        ({}, {"body": "other"}, {"shown"}),
        ({"severity": "error"}, {"severity": "info"}, {"shown"}),
        # louder, or at its end
        ({}, {"severity": "error"}, set()),
        ({"progress": 0.5, "severity": "error"}, {"severity": "success"}, set()),
        # progress never is
        ({"progress": 0.5}, {"progress": 0.6, "body": "other"}, {"read", "shown"}),
        ({}, {"progress": 0.6, "body": "other"}, {"read", "shown"}),
        ({"progress": 0.5}, {"progress": 0.6, "severity": "error"}, set()),
        # told once
        ({"category": "release_notes"}, {"category": "release_notes", "severity": "critical"}, {"read", "shown"}),
    ],
)
@pytest.mark.parametrize("away", [None, "dismissed", "removed"])
def test_what_is_said_again_is_news_or_not(
    before: dict[str, Any], after: dict[str, Any], kept: set[str], away: str | None
) -> None:
    db = in_memory(clock=lambda: 1.0, cap=10)

    def say(fields: dict[str, Any]) -> Notification:
        new = NewNotification("title", dedupe_key="k", **fields)
        return posting.post(db, new, Source("program", "test"), None, "").notification

    db.begin()
    row = say(before)
    assert marking.claim(db, "", [row.id], "") == [row.id]
    marking.mark(db, "", row.id, True, away == "dismissed" or UNSET)
    assert marking.claim(db, "", [row.id], "") == []
    if away == "removed":
        marking.remove(db, "", row.id)
    say(after)
    db.commit()
    page = reading.page(db, "", 0, 10)
    once = "release_notes" in before.values() or after.get("progress") == 0.6
    if away is not None and not (once and kept):
        # whoever says again what was put away means it
        kept = set()
    assert [each.id for each in page.rows] == ([] if away == "removed" and kept else [row.id])
    for each in page.rows:
        assert {name for name in ("read", "shown") if getattr(each, name)} == kept
        assert each.dismissed is (away == "dismissed" and bool(kept))
    db.close()


# --- ids


def test_ids_grow_while_the_clock_goes_back() -> None:
    now = [5_000.0]
    ids = Ulids(lambda: now[0])
    made = []
    for second in (5_000.0, 5_000.0, 6_000.0, 4_000.0, -1.0, 6_000.001):
        now[0] = second
        made.append(ids.next())
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_ids_grow_after_a_restart_with_the_clock_behind() -> None:
    ids = Ulids(lambda: 5_000.0)
    first = ids.next()
    assert Ulids(lambda: 10.0, after=ids.last).next() > first


def test_ids_are_made_from_the_time() -> None:
    # the first ten letters are the time in ms: https://github.com/ulid/spec
    assert Ulids(lambda: 1_469_922_850.259).next().startswith("01ARZ3NDEK")


@pytest.mark.parametrize("wrong", ["01ARZ3NDEK", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "x" * 26])
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no ULID"):
        Ulids(lambda: 0.0, after=wrong)


# --- the thread


def post(title: str, **fields: Any) -> Callable[[Database], Notification]:
    new = NewNotification(title, **fields)
    return lambda db: posting.post(db, new, Source("program", "test"), "", "").notification


async def titles(store: Store) -> list[str]:
    page = await store.run(lambda db: reading.page(db, "", 0, 1_000))
    return [row.title for row in page.rows]


async def test_what_waits_is_written_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    commit = Database.commit

    def counted(db: Database) -> None:
        commits.append(db.seq)
        commit(db)

    monkeypatch.setattr(Database, "commit", counted)
    store = Store(tmp_path, log=LOG)
    waiting = threading.Event()
    first = asyncio.ensure_future(store.run(lambda db: waiting.wait(30)))
    await asyncio.sleep(0)
    rest = [asyncio.ensure_future(store.run(post(str(number)))) for number in range(50)]
    await asyncio.sleep(0)
    waiting.set()
    await asyncio.gather(first, *rest)
    assert len(commits) <= 2
    assert await titles(store) == [str(number) for number in range(50)]
    await store.close()


async def test_one_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path, log=LOG)

    def fails(db: Database) -> None:
        post("half done")(db)
        raise KeyError("a fault")

    done = await asyncio.gather(store.run(post("a")), store.run(fails), store.run(post("b")), return_exceptions=True)
    assert isinstance(done[1], KeyError)
    assert await titles(store) == ["a", "b"]
    await store.close()


async def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path, log=LOG)
    one = await store.run(post("a", body="text", severity="error", progress=0.5))
    await store.run(lambda db: posting.remember(db, "feed", b"\x00something"))
    await store.close()
    store = Store(tmp_path, log=LOG, clock=lambda: 1.0)
    page = await store.run(lambda db: reading.page(db, "", 0, 10))
    assert page.rows == [one]
    assert await store.run(lambda db: posting.recall(db, "feed")) == b"\x00something"
    two = await store.run(post("b"))
    assert two.id > one.id
    assert two.seq > one.seq
    await store.close()


async def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "folder", log=LOG)
    await store.run(post("a"))
    files = list((tmp_path / "new" / "folder").iterdir())
    assert {file.name for file in files} >= {"notifications.sqlite3"}
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o077 == 0
    await store.close()


async def test_repeats_of_a_feed_change_nothing(tmp_path: Path) -> None:
    news: list[tuple[int, bool]] = []
    store = Store(tmp_path, log=LOG, committed=lambda seq, new: news.append((seq, new)))
    new = NewNotification("maintenance", dedupe_key="m", expires_seconds=3_600)
    for _ in range(3):
        posted = await store.run(lambda db: posting.post(db, new, Source("operator", "feed"), None, None))
    assert (posted.created, posted.changed) == (False, False)
    await asyncio.sleep(0)
    assert news == [(1, True)]
    await store.close()
