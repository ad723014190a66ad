"""Which entries of a feed are posted, updated and withdrawn, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.notifications.feed.plan import Memory, Plan, _hash, make_plan, withdrawn
from cloudru_jlab.notifications.feed.reading import read_document

from .feeding import NOW, Clock, atom, atom_entry, feed


class Reader:
    """Does what plans ask for."""

    def __init__(self, audience: set[str] | None = None) -> None:
        self.clock = Clock()
        self.memory = Memory()
        self.audience = frozenset(audience or ())
        self.rows: dict[str, str] = {}
        self.posted: list[str] = []

    def read(self, data: bytes) -> Plan:
        document = read_document(data)
        plan = make_plan(document, self.memory, feed="f", name="ops", audience=self.audience, now=self.clock())
        for withdrawal in plan.withdrawals:
            self.rows.pop(withdrawal.key)
            withdrawn(self.memory, withdrawal)
        for post in plan.posts:
            self.memory.known[post.key] = post.digest
            self.rows[post.key] = post.new.title
            self.posted.append(post.new.title)
        return plan

    @property
    def titles(self) -> list[str]:
        return sorted(self.rows.values())


def at(hours: float) -> str:
    clock = Clock()
    clock.passes(hours=hours)
    return clock().isoformat()


def test_an_entry_is_posted_once_updated_when_it_changes_and_withdrawn_when_it_is_gone() -> None:
    reader = Reader()
    reader.read(feed({"id": "1", "title": "A"}, {"id": "2", "title": "B"}))
    reader.read(feed({"id": "2", "title": "B"}, {"id": "1", "title": "A"}))
    assert reader.posted == ["A", "B"]
    reader.read(feed({"id": "1", "title": "A"}, {"id": "2", "title": "B!"}))
    assert (reader.posted, reader.titles) == (["A", "B", "B!"], ["A", "B!"])
    reader.read(feed({"id": "2", "title": "B!"}))
    assert reader.titles == ["B!"]
    reader.read(feed())
    assert reader.titles == []
    assert reader.memory.known == {}


def test_every_part_of_an_entry_counts_as_a_change() -> None:
    reader = Reader()
    entry: dict[str, Any] = {"id": "1", "title": "A"}
    for change in (
        {},
        {"body": "b"},
        {"severity": "error"},
        {"texts": {"ru": {"title": "А"}}},
        {"links": [{"label": "l", "url": "https://x"}]},
        {"expires": at(2)},
    ):
        entry |= change
        assert len(reader.read(feed(entry)).posts) == 1
        assert reader.read(feed(entry)).posts == []


def test_starts_and_expires() -> None:
    reader = Reader()
    data = feed({"title": "A", "starts": at(1), "expires": at(3)}, {"title": "B", "starts": at(2)})
    assert reader.read(data).next == datetime.fromisoformat(at(1))
    assert reader.titles == []
    reader.clock.passes(hours=1)
    plan = reader.read(data)
    assert (reader.titles, plan.posts[0].new.expires_seconds) == (["A"], 7_200)
    assert plan.next == datetime.fromisoformat(at(2))
    reader.clock.passes(hours=1)
    assert reader.read(data).next == datetime.fromisoformat(at(3))
    assert reader.titles == ["A", "B"]
    reader.clock.passes(hours=1)
    assert reader.read(data).next is None
    assert reader.titles == ["B"]


def test_an_entry_may_be_ended_early_and_taken_up_again() -> None:
    reader = Reader()
    reader.read(feed({"title": "A", "expires": at(3)}))
    reader.read(feed({"title": "A", "expires": at(-1)}))
    assert reader.titles == []
    reader.read(feed({"title": "A", "expires": at(2)}))
    assert (reader.titles, reader.posted) == (["A"], ["A", "A"])


def test_a_clock_that_is_moved_back_shows_nothing_again() -> None:
    reader = Reader()
    data = feed(
        {"title": "A", "starts": at(1)},
        {"title": "B", "starts": at(1), "expires": at(2)},
        release("1", "R", expires=at(2)),
    )
    reader.clock.passes(hours=1)
    reader.read(data)
    assert reader.titles == ["A", "B", "R"]
    reader.clock.passes(hours=-5)
    assert reader.read(data)[:2] == ([], [])
    reader.clock.passes(hours=7)
    reader.read(data)
    assert reader.titles == ["A"]
    for _ in range(3):
        reader.clock.passes(hours=-5)
        assert reader.read(data)[:2] == ([], [])
    assert reader.posted == ["A", "B", "R"]
    reader.read(feed())
    assert list(reader.memory.known.values()) == ["gone"]


def test_what_had_expired_when_it_was_first_seen_is_not_posted() -> None:
    reader = Reader()
    reader.read(feed({"title": "A", "expires": at(-0.1)}))
    assert reader.posted == []


def test_what_ends_in_more_than_a_year_is_posted_without_an_end() -> None:
    (post,) = Reader().read(feed({"title": "A", "expires": "2100-01-01T00:00:00Z"})).posts
    assert post.new.expires_seconds is None


def test_audience() -> None:
    entries = [{"title": "all"}, {"title": "gpu", "audience": ["gpu", "tpu"]}, {"title": "none", "audience": []}]
    for labels, titles in ((set(), ["all"]), ({"gpu"}, ["all", "gpu"]), ({"cpu"}, ["all"])):
        reader = Reader(labels)
        reader.read(feed(*entries))
        assert reader.titles == titles
    reader.audience = frozenset({"gpu"})
    reader.read(feed(*entries))
    reader.audience = frozenset()
    reader.read(feed(*entries))
    assert reader.titles == ["all"]


def test_of_two_entries_with_one_id_the_first_counts() -> None:
    reader = Reader()
    reader.read(feed({"id": "1", "title": "A"}, {"id": "1", "title": "B"}))
    assert reader.posted == ["A"]


def release(version: str, title: str, **more: Any) -> dict[str, Any]:
    return {"id": title, "title": title, "category": "release_notes", "version": version, **more}


def test_release_notes_are_posted_once_per_version() -> None:
    reader = Reader()
    reader.read(feed(release("1", "One")))
    # another entry, another feed: the same version, so the same notification
    (post,) = reader.read(feed(release("1", "One, better"), release("2", "Two"))).posts[:1]
    assert post.key in reader.rows
    assert reader.titles == ["One, better", "Two"]
    # they stay in the history, and do not come again
    reader.read(feed(release("3", "Three")))
    assert reader.titles == ["One, better", "Three", "Two"]
    before = list(reader.posted)
    reader.read(feed(release("1", "One, better"), release("2", "Two"), release("3", "Three")))
    assert reader.posted == before


def test_release_notes_that_were_ended_never_come_again() -> None:
    reader = Reader()
    reader.read(feed(release("1", "One")))
    reader.read(feed(release("1", "One", expires=at(-1))))
    assert reader.titles == []
    reader.read(feed(release("1", "One")))
    assert (reader.posted, reader.titles) == (["One"], [])


def test_atom_is_news_and_never_withdrawn() -> None:
    reader = Reader()
    reader.read(atom(atom_entry("2", "B", "2026-05-03T00:00:00Z"), atom_entry("1", "A", "2026-05-02T00:00:00Z")))
    assert reader.posted == ["A", "B"]
    reader.read(atom(atom_entry("3", "C"), atom_entry("2", "B!", "2026-05-04T00:00:00Z")))
    assert reader.titles == ["A", "B!", "C"]
    reader.read(atom())
    assert reader.titles == ["A", "B!", "C"]
    reader.read(atom(atom_entry("1", "A", "2026-05-02T00:00:00Z")))
    assert sorted(reader.posted) == ["A", "B", "B!", "C"]


def test_atom_that_is_old_when_it_is_first_seen_is_not_posted() -> None:
    reader = Reader()
    old, young = "2026-04-04T11:59:00Z", "2026-04-04T12:01:00Z"
    reader.read(atom(atom_entry("1", "Old", old), atom_entry("2", "Young", young)))
    assert reader.posted == ["Young"]
    reader.clock.passes(days=40)
    # it was news once: a change of it still is shown, and the old one stays old
    reader.read(atom(atom_entry("1", "Old!", old), atom_entry("2", "Young!", young)))
    assert reader.posted == ["Young", "Young!"]
    reader.read(atom(atom_entry("1", "Old, taken up again", reader.clock().isoformat())))
    assert reader.posted[-1] == "Old, taken up again"


def test_what_is_remembered_is_bounded() -> None:
    reader = Reader()
    for batch in range(10):
        reader.read(atom(*(atom_entry(f"{batch}-{n}", f"{batch}") for n in range(300))))
    assert len(reader.memory.known) <= 1_300
    last = atom(*(atom_entry(f"9-{n}", "9") for n in range(300)))
    assert reader.read(last).posts == []


IDS = st.sampled_from(["a", "b", "c", "d"])
ENTRIES = st.dictionaries(
    IDS, st.tuples(st.sampled_from(["x", "y"]), st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3))
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(ENTRIES, st.integers(0, 2)), max_size=8))
def test_rows_are_always_what_the_feed_says_now(history: list[tuple[dict[str, Any], int]]) -> None:
    reader = Reader()
    for entries, hours in history:
        reader.clock.passes(hours=hours)
        items = [
            {
                "id": key,
                "title": f"{key}{title}",
                **({} if starts is None else {"starts": at(starts)}),
                **({} if ends is None else {"expires": at(ends)}),
            }
            for key, (title, starts, ends) in entries.items()
            if starts is None or ends is None or starts < ends
        ]
        # ended ones have started, too
        before = {key for key in "abcd" if f"feed:f:{_hash(key)}" in reader.memory.known}
        reader.read(feed(*items))
        passed = (reader.clock() - NOW).total_seconds() / 3_600
        due = [
            item["title"]
            for item in items
            for _, starts, ends in [entries[item["id"]]]
            # what is shown is not put off
            if (starts is None or starts <= passed or item["id"] in before) and (ends is None or ends > passed)
        ]
        assert reader.titles == sorted(due)
        assert reader.read(feed(*items)).posts == []
