"""What feeds say, and what they say that they should not."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.notifications.checking import checked
from cloudru_jlab.notifications.feed.documents import MAX_ENTRIES
from cloudru_jlab.notifications.feed.reading import read_document
from cloudru_jlab.notifications.feed.signing import Refused

from .feeding import atom, atom_entry, feed

FULL = {
    "id": "maintenance-12",
    "title": "Maintenance on Saturday",
    "body": "Servers stop at 10:00.",
    "severity": "warning",
    "category": "maintenance",
    "texts": {"ru": {"title": "Работы в субботу", "body": "Серверы остановятся в 10:00."}},
    "links": [{"label": "Details", "url": "https://status.example.org/12"}],
    "audience": ["gpu"],
    "starts": "2026-05-04T10:00:00Z",
    "expires": "2026-05-09T18:00:00+03:00",
    "version": "2.1",
    "a field of the future": {"x": 1},
}


def test_our_own_format() -> None:
    document = read_document(b"\xef\xbb\xbf\n" + feed(FULL, {"title": "Short"}, updated="2026-05-04T10:00:00Z"))
    first, second = document.entries
    assert (document.kind, document.problems) == ("json", [])
    assert str(document.updated) == "2026-05-04 10:00:00+00:00"
    assert (first.id, first.new.title, first.new.severity, first.new.category, first.new.recipient) == (
        "maintenance-12", "Maintenance on Saturday", "warning", "maintenance", "all",
    )  # fmt: skip
    assert first.new.texts["ru"].title == "Работы в субботу"
    assert first.new.links[0].url == "https://status.example.org/12"
    assert first.audience == {"gpu"}
    assert first.starts is not None
    assert first.expires is not None
    assert (first.expires - first.starts).total_seconds() == 5 * 86_400 + 5 * 3_600
    assert (second.new.severity, second.new.category, second.audience, second.expires) == (
        "info", "announcement", None, None,
    )  # fmt: skip


def test_times_without_a_zone_are_utc() -> None:
    (entry,) = read_document(feed({"title": "T", "expires": "2026-05-04T10:00:00"})).entries
    assert str(entry.expires) == "2026-05-04 10:00:00+00:00"


SECRET = "zebra-4711"  # never in a reason


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": SECRET * 20}, "entry 2 is not as it should be (title)"),
        ({"body": None}, "entry 2 is not as it should be (body)"),
        ({"id": ""}, "entry 2 is not as it should be (id)"),
        ({"severity": SECRET}, "entry 2 is not as it should be (severity)"),
        ({"category": SECRET + "!"}, "entry 2 is not as it should be (category)"),
        ({"texts": {"ru": {"title": "x", SECRET: 1}}}, "entry 2 is not as it should be (texts[...])"),
        ({"links": [{"label": "x", "url": SECRET, "x": 1}]}, "entry 2 is not as it should be (links[0])"),
        ({"links": [{"label": "x", "url": "https://x"}] * 6}, "entry 2 is not as it should be (links)"),
        ({"expires": SECRET}, "entry 2 is not as it should be (expires)"),
        ({"starts": "2026-05-04T10:00:00Z", "expires": "2026-05-04T09:00:00Z"}, "entry 2 expires before it starts"),
        ({"category": "release_notes"}, "entry 2 holds release notes, and does not say of which version"),
    ],
)
def test_a_bad_entry_leaves_the_others(change: dict[str, Any], problem: str) -> None:
    document = read_document(feed({"title": "A"}, {"title": "B", **change}, {"title": "C"}))
    assert [entry.new.title for entry in document.entries] == ["A", "C"]
    assert document.problems == [problem]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON"),
        (b"\xff\xfe{}", "it is no JSON"),
        (b"[]", "it is not as it should be"),
        (b"{}", "it is not as it should be (version)"),
        (b'{"version": 2, "notifications": []}', "it has a version that is not known here"),
        (b'{"version": 1}', "it is not as it should be (notifications)"),
        (b'{"version": 1, "notifications": [], "updated": "zebra"}', "it is not as it should be (updated)"),
        (b"[" * 200_000, "it is not as it should be"),
        (b'{"version": 1, "notifications": ' + b"[" * 200_000, "it is nested too deeply"),
        (b"<html></html>", "it is neither JSON nor Atom"),
        (b'<rss version="2.0"><channel/></rss>', "it is neither JSON nor Atom"),
        (b"<feed", "it is no well-formed XML (line 1)"),
        (b"<?xml version='1.0' encoding='zebra'?><feed/>", "its XML is in an encoding that cannot be read"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_document(data)
    assert str(refusal.value) == reason


def test_very_many_entries_are_cut() -> None:
    for data in (feed(*({"title": f"{n}"} for n in range(600))), atom(*(atom_entry(f"{n}", "T") for n in range(600)))):
        document = read_document(data)
        assert len(document.entries) == MAX_ENTRIES
        assert document.problems == [f"all entries after the first {MAX_ENTRIES} are left out"]


def test_atom() -> None:
    more = (
        '<link rel="self" href="https://x/self"/><link href="https://x/post" title="Read"/>'
        '<summary type="html">&lt;p&gt;Hello &lt;b&gt;all&lt;/b&gt; &amp;amp;amp; more'
        "&lt;script&gt;x()&lt;/script&gt;</summary>"
    )
    document = read_document(
        atom(
            atom_entry("urn:2", "Second", "2026-05-02T10:00:00Z", more),
            atom_entry("urn:1", "First", "2026-05-01T10:00:00+03:00", '<category term="release-notes"/>'),
        )
    )
    first, second = document.entries
    assert document.kind == "atom"
    assert (first.id, first.new.title, first.new.category) == ("urn:1", "First", "release_notes")
    assert (second.new.category, second.new.body) == ("news", "Hello all &amp; more")
    assert [(link.label, link.url) for link in second.new.links] == [("Read", "https://x/post")]


def test_atom_xhtml_and_plain_text() -> None:
    xhtml = '<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>b</b>&lt;c&gt;</div></summary>'
    texts = [xhtml, "<summary>a &lt;b&gt;c&lt;/b&gt;</summary>", '<content type="text">plain</content>']
    document = read_document(atom(*(atom_entry(f"{n}", "T", more=text) for n, text in enumerate(texts))))
    assert [entry.new.body for entry in document.entries] == ["A b<c>", "a <b>c</b>", "plain"]


@pytest.mark.parametrize("href", ["http://x/", "javascript:alert(1)", "/relative", "data:,x", ""])
def test_atom_links_only_to_https(href: str) -> None:
    (entry,) = read_document(atom(atom_entry("1", "T", more=f'<link href="{href}"/>'))).entries
    assert entry.new.links == []


def test_atom_entries_without_what_is_needed() -> None:
    entries = [atom_entry("", "T"), atom_entry("1", " "), atom_entry("1", "T", "yesterday"), atom_entry("2", "T")]
    document = read_document(atom(*entries))
    assert [entry.id for entry in document.entries] == ["2"]
    assert len(document.problems) == 3


def test_extreme_times_do_no_harm() -> None:
    times = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"]
    document = read_document(atom(*(atom_entry(time, "T", time) for time in times)))
    assert len(document.entries) + len(document.problems) == 3
    document = read_document(feed(*({"title": time, "starts": time, "expires": time} for time in times)))
    assert len(document.entries) + len(document.problems) == 3


BILLION = b"""<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha">%s]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&z;</title></feed>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(25)
)


@pytest.mark.parametrize(
    "bomb",
    [
        BILLION,
        b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed>&x;</feed>',
        b'<!DOCTYPE feed SYSTEM "http://127.0.0.1:1/x.dtd"><feed/>',
        b'<!DOCTYPE feed [<!ENTITY a "%s">]><feed>%s</feed>' % (b"a" * 100_000, b"&a;" * 100_000),
    ],
)
def test_xml_bombs_and_what_reads_files_are_refused(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(Refused, match="declares document types or entities"):
        read_document(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_xml_that_is_nested_very_deeply() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    document = read_document(atom(atom_entry("1", "T", more=f"<summary>{deep}</summary>"), atom_entry("2", deep)))
    assert [entry.id for entry in document.entries] == ["1"]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(title=st.text(max_size=300), body=st.text(max_size=300), kind=st.sampled_from(["text", "html"]))
def test_whatever_atom_says_can_be_posted(title: str, body: str, kind: str) -> None:
    def xml(text: str) -> str:
        allowed = "".join(
            c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        )
        return allowed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    document = read_document(atom(atom_entry("1", xml(title), more=f'<summary type="{kind}">{xml(body)}</summary>')))
    for entry in document.entries:
        assert checked(entry.new) == entry.new


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["version", "notifications", "id", "title", "texts", "links", "starts"]), inner
            )
        ),
    )
)
def test_no_json_is_a_fault_of_ours(value: Any) -> None:
    for data in (value, {"version": 1, "notifications": [value]}, {"version": 1, "notifications": value}):
        with suppress(Refused):
            read_document(json.dumps(data).encode())
