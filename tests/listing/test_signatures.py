"""Which rows a poll sends."""

from __future__ import annotations

from datetime import datetime, timezone

from cloudru_jlab.core.entries import Entry
from cloudru_jlab.listing.signatures import Signatures

_THEN = datetime(2024, 1, 1, tzinfo=timezone.utc)


def entry(signature: int) -> Entry:
    """An entry with this signature."""
    return Entry(b"a", "file", 0, _THEN, _THEN, None, True, signature)


def test_each_client_gets_what_changed_since_it_looked() -> None:
    seen = Signatures()
    seen.shown([1, 2], [entry(10), entry(20)])
    first = seen.seq
    assert seen.changed([1, 2], [entry(10), entry(20)], first) == []
    assert seen.seq == first
    assert seen.changed([1, 2], [entry(11), entry(20)], first) == [0]
    second = seen.seq
    assert second > first
    # another client, that looked no later than the first time
    assert seen.changed([1, 2], [entry(11), entry(20)], first) == [0]
    assert seen.changed([1, 2], [entry(11), entry(20)], second) == []
    assert seen.changed([1, 2], [entry(11), None], second) == [1]


def test_a_page_tells_what_it_shows_and_others_are_told_of_it() -> None:
    seen = Signatures()
    seen.shown([1], [entry(10)])
    first = seen.seq
    seen.shown([1], [entry(11)])
    assert seen.changed([1], [entry(11)], first) == [0]
    assert seen.changed([1], [entry(11)], seen.seq) == []


def test_a_forgotten_row_counts_as_changed() -> None:
    seen = Signatures(capacity=2)
    seen.shown([1, 2], [entry(1), entry(2)])
    since = seen.seq
    seen.shown([3], [entry(3)])
    assert seen.changed([2], [entry(2)], since) == []
    assert seen.changed([1], [entry(1)], since) == [0]


def test_a_forgotten_row_that_another_client_looks_at_still_counts_as_changed() -> None:
    seen = Signatures(capacity=1)
    seen.shown([1], [entry(1)])
    since = seen.seq
    seen.shown([2], [entry(2)])
    seen.shown([1], [entry(11)])
    assert seen.changed([1], [entry(11)], since) == [0]
