"""Drafts on disk: what is acknowledged is there, whatever happens to server and file."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest
from healthcheck.drafts.drafting import ID, OTHER, data_of, file_of, more, new, put, store_of
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudru_jlab.core.errors import BadParameter, DomainError, NotFound
from cloudru_jlab.healthcheck.drafts import disk
from cloudru_jlab.healthcheck.drafts.errors import Busy, OutOfStep, TooLarge, Unavailable
from cloudru_jlab.healthcheck.drafts.models import Base, NewHead


def test_append_keeps_what_comes_after_the_state(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    assert put(store, new("S1", "u2")).last == 2
    assert put(store, more(2, "u3")).last == 3
    for seen in (store, store_of(tmp_path)):
        assert data_of(seen) == [(1, "S1"), (2, "u2"), (3, "u3")]
        [summary] = seen.summaries("")
        assert (summary.last, summary.header.path) == (3, "a/b.ipynb")
        assert summary.size == file_of(tmp_path).stat().st_size
        assert summary.updated == store.load("", ID)[0].updated


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    put(store_of(tmp_path / "drafts"), new("S"))
    file = file_of(tmp_path / "drafts")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_a_state_replaces_everything_and_its_head(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S" * 1000, "u2"))
    created = store.summaries("")[0].header.created
    head = NewHead("p1", "c.txt", "sources", "file", "text", Base("2026-01-01T00:00:00Z", 7))
    assert put(store, more(2, "u3", "S4", "u5", head=head)).last == 5
    assert data_of(store) == [(4, "S4"), (5, "u5")]
    header = store_of(tmp_path).load("", ID)[0].header
    assert (header.path, header.kind, header.base.size, header.created) == ("c.txt", "sources", 7, created)
    put(store, more(5, "S6"))
    assert store.summaries("")[0].header.path == "c.txt"
    assert len(list(file_of(tmp_path).parent.iterdir())) == 1


def test_what_is_sent_twice_is_kept_once(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1", "u2"))
    assert put(store, new("S1", "u2")).last == 2
    put(store, more(2, "u3"))
    for seen in (store, store_of(tmp_path)):
        assert put(seen, more(2, "u3")).last == 3
        assert put(seen, more(1, "u2", "u3")).last == 3
    # more came along with it
    assert put(store, more(2, "u3", "u4")).last == 4
    assert data_of(store) == [(1, "S1"), (2, "u2"), (3, "u3"), (4, "u4")]


@pytest.mark.parametrize(
    "batch",
    [more(1, "other"), more(3, "u4"), more(1, "S2"), new("S1"), more(0, "u1"), more(3), more(1), new("S1", "x2")],
    ids=["changed", "gap", "old state", "other state", "from the start", "ahead", "behind", "changed later"],
)
def test_another_history_is_out_of_step(tmp_path: Path, batch: object) -> None:
    store = store_of(tmp_path)
    put(store, new("S1x", "u2"))
    with pytest.raises(OutOfStep) as raised:
        put(store, batch)  # type: ignore[arg-type]
    assert raised.value.details == {"last": 2}
    assert data_of(store) == [(1, "S1x"), (2, "u2")]


def test_a_state_mends_what_is_out_of_step(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1"))
    assert put(store, new("S8", after=7)).last == 8
    assert data_of(store) == [(8, "S8")]


def test_a_draft_begins_with_head_and_state(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    for batch in (more(0, "u1"), new("u1"), more(0, "S1"), more(0), more(5, "u6")):
        with pytest.raises(OutOfStep) as raised:
            put(store, batch)
        assert raised.value.details == {"last": 0}
    assert store.summaries("") == []
    with pytest.raises(NotFound):
        store.load("", ID)


def test_records_are_numbered_one_by_one(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    batch = new("S1", "u2")
    batch.records[1].seq = 3
    with pytest.raises(BadParameter):
        put(store, batch)


def test_a_heartbeat_moves_seen_alone(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1"))
    os.utime(file_of(tmp_path), (1000, 1000))
    [before] = store.summaries("")
    assert put(store, more(1)).last == 1
    [after] = store.summaries("")
    assert before.seen == 1000 < after.seen
    assert before.updated == after.updated


def test_removed_up_to_what_is_saved(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1", "u2", "u3"))
    store.remove("", ID, 2)
    assert data_of(store)[-1] == (3, "u3")
    store.remove("", ID, 3)
    assert not list(tmp_path.glob("*/*"))
    # A request that was under way for long does not bring it back.
    with pytest.raises(OutOfStep) as raised:
        put(store, new("S1", "u2", "u3"))
    assert raised.value.details == {"last": 3}
    assert put(store, new("S4", after=3)).last == 4
    store.remove("", ID, None)
    store.remove("", ID, None)
    assert store.summaries("") == []


def test_renamed_with_its_document(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1", "u2"))
    os.utime(file_of(tmp_path), (1000, 1000))
    store.rename("", ID, "ю/x.ipynb")
    for seen in (store, store_of(tmp_path)):
        [summary] = seen.summaries("")
        assert (summary.header.path, summary.seen) == ("ю/x.ipynb", 1000)
        assert data_of(seen) == [(1, "S1"), (2, "u2")]
    assert put(store, more(2, "u3")).last == 3
    with pytest.raises(NotFound):
        store.rename("", OTHER, "x")


def test_users_have_their_own(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("Sann"), "ann")
    put(store, new("Sbob"), "../../bob")
    put(store, new("Sone"), "")
    assert [data_of(store, user) for user in ("ann", "../../bob", "")] == [[(1, "Sann")], [(1, "Sbob")], [(1, "Sone")]]
    assert store.summaries("eve") == []
    store.remove("eve", ID, None)
    with pytest.raises(NotFound):
        store.load("eve", ID)
    assert len(list(tmp_path.iterdir())) == 3


def test_too_large_leaves_what_is_there(tmp_path: Path) -> None:
    store = store_of(tmp_path, largest=2000)
    put(store, new("S1"))
    with pytest.raises(TooLarge):
        put(store, more(1, "u" * 2000))
    with pytest.raises(TooLarge):
        put(store, more(1, "S" * 2000))
    assert put(store, more(1, "u2")).last == 2
    assert data_of(store) == [(1, "S1"), (2, "u2")]


def test_a_batch_is_written_at_once_and_answered_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path, largest=2000)
    put(store, new("S1"))
    synced: list[int] = []
    fdatasync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (synced.append(fd), fdatasync(fd)))
    batch = [more(1, "u2"), more(7, "u8"), more(2, "u" * 3000), more(2, "u3"), more(3)]
    answers = [
        answer.reason if isinstance(answer, DomainError) else answer.last for answer in store.append("", ID, batch)
    ]
    assert answers == [2, "draft_out_of_step", "draft_too_large", 3, 3]
    assert len(synced) == 1
    assert data_of(store) == [(1, "S1"), (2, "u2"), (3, "u3")]


def test_the_oldest_of_who_has_most_go_first(tmp_path: Path) -> None:
    store = store_of(tmp_path, total=10_000)
    put(store, new("S" * 1000), "ann")
    os.utime(file_of(tmp_path), (1, 1))
    for number in range(9):
        draft = f"{number:032x}"
        put(store, new("S" * 1000), "bob", draft)
        for file in tmp_path.glob(f"*/{draft}.jsonl"):
            os.utime(file, (100 + number, 100 + number))
    assert data_of(store, "ann")
    kept = {summary.header.id for summary in store.summaries("bob")}
    assert kept == {f"{number:032x}" for number in range(3, 9)}
    assert sum(file.stat().st_size for file in tmp_path.glob("*/*")) <= 10_000


def test_sweep_removes_what_nobody_wants(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1"))
    put(store, new("S1"), draft=OTHER)
    os.utime(file_of(tmp_path), (1000, 1000))
    left = file_of(tmp_path).parent / f".{ID}.12345678"
    left.touch()
    os.utime(left, (1000, 1000))
    fresh = left.with_name(f".{OTHER}.12345678")
    fresh.touch()
    assert store.room.sweep(2000) == 1
    assert [summary.header.id for summary in store.summaries("")] == [OTHER]
    assert not left.exists()
    assert fresh.exists()
    assert store_of(tmp_path / "none").room.sweep(2000) == 0


def test_a_thousand_heads_are_told_without_reading_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path)
    put(store, new("S" * 500_000, "u2"))
    first = file_of(tmp_path)
    for number in range(999):
        os.link(first, first.with_name(f"{number:032x}.jsonl"))
    read: list[int] = []
    pread = os.pread

    def counting(fd: int, size: int, at: int) -> bytes:
        data = pread(fd, size, at)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    other = store_of(tmp_path)
    assert len(other.summaries("")) == 1000
    assert sum(read) < 1000 * 40_000
    read.clear()
    assert len(other.summaries("")) == 1000
    assert read == []


# --- files that are not what they were


def test_a_torn_line_is_left_out_and_written_over(tmp_path: Path) -> None:
    put(store_of(tmp_path), new("S1", "u2", "u3"))
    file = file_of(tmp_path)
    whole = file.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1])):
        file.write_bytes(whole[:-cut])
        store = store_of(tmp_path)
        assert data_of(store) == [(1, "S1"), (2, "u2")]
        assert store.summaries("")[0].last == 2
        assert put(store, more(2, "x3")).last == 3
        assert data_of(store_of(tmp_path)) == [(1, "S1"), (2, "u2"), (3, "x3")]


def test_what_the_disk_changed_ends_the_draft(tmp_path: Path) -> None:
    put(store_of(tmp_path), new("S1", "u2", "u3"))
    file = file_of(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"u2"', b'"v2"'))
    store = store_of(tmp_path)
    assert data_of(store) == [(1, "S1")]
    with pytest.raises(OutOfStep) as raised:
        put(store, more(3, "u4"))
    assert raised.value.details == {"last": 1}
    put(store, new("S4", after=3))
    assert data_of(store) == [(4, "S4")]


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"{}\n", b"[1]\n" * 5, b'{"data":"' + b"x" * 5000])
def test_what_is_no_draft_is_none(tmp_path: Path, content: bytes) -> None:
    put(store_of(tmp_path), new("S1"))
    file = file_of(tmp_path)
    file.write_bytes(content)
    store = store_of(tmp_path)
    assert store.summaries("") == []
    with pytest.raises(NotFound):
        store.load("", ID)
    with pytest.raises(OutOfStep):
        put(store, more(1, "u2"))
    assert put(store, new("S2", after=1)).last == 2
    store.remove("", ID, 2)
    assert not file.exists()


def test_strange_files_hold_nothing_up(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    put(store, new("S1"))
    folder = file_of(tmp_path).parent
    os.mkfifo(folder / f"{OTHER}.jsonl")
    (folder / f"{'a' * 32}.jsonl").symlink_to("/etc/passwd")
    (folder / f"{'b' * 32}.jsonl").mkdir()
    (folder / "notes.txt").touch()
    assert [summary.header.id for summary in store.summaries("")] == [ID]
    for draft in (OTHER, "a" * 32, "b" * 32):
        with pytest.raises(DomainError):
            store.load("", draft)
        with pytest.raises(DomainError):
            put(store, more(1, "u2"), draft=draft)


def test_strange_data_comes_back(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    strange = ['S","kind":"update","seq":9,"time":"x"}\n{"', "\0\u2028\x1f", "😀" * 300, ',"crc":1}\n', ""]
    put(store, new(*strange))
    assert [data for _, data in data_of(store_of(tmp_path))] == strange
    assert store_of(tmp_path).summaries("")[0].last == 5


def test_the_folder_may_vanish(tmp_path: Path) -> None:
    store = store_of(tmp_path / "drafts")
    put(store, new("S1"))
    file = file_of(tmp_path / "drafts")
    file.unlink()
    file.parent.rmdir()
    assert store.summaries("") == []
    with pytest.raises(OutOfStep):
        put(store, more(1, "u2"))
    assert put(store, new("S2", after=1)).last == 2
    assert data_of(store) == [(2, "S2")]


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "drafts").touch()
    store = store_of(tmp_path / "drafts")
    assert store.summaries("") == []
    with pytest.raises(Unavailable) as raised:
        put(store, new("S1"))
    assert str(tmp_path) not in raised.value.message


# --- two servers of one home


def test_two_servers_see_what_the_other_wrote(tmp_path: Path) -> None:
    one, other = store_of(tmp_path), store_of(tmp_path)
    put(one, new("S1"))
    put(other, more(1, "u2"))
    put(one, more(2, "u3"))
    put(other, more(3, "S4"))
    put(one, more(4, "u5"))
    assert data_of(other) == data_of(one) == [(4, "S4"), (5, "u5")]
    other.remove("", ID, 5)
    with pytest.raises(OutOfStep):
        put(one, more(5, "u6"))


def test_a_server_that_was_stopped_with_the_lock_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_LOCK_S", 0.05)
    store = store_of(tmp_path)
    put(store, new("S1"))
    with file_of(tmp_path).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            put(store, more(1, "u2"))
        assert data_of(store) == [(1, "S1")]
    assert put(store, more(1, "u2")).last == 2


# --- against an oracle

_DATA = st.text(max_size=40).map(lambda text: "u" + text)
_STEP = st.one_of(
    st.tuples(st.just("append"), st.lists(st.one_of(_DATA, _DATA.map(lambda text: "S" + text)), max_size=4)),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("other server"), st.none()),
    st.tuples(st.just("cut"), st.integers(min_value=1, max_value=200)),
    st.tuples(st.just("remove"), st.integers(min_value=0, max_value=3)),
    st.tuples(st.just("rename"), st.none()),
    st.tuples(st.just("again"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_STEP, max_size=25))
def test_what_is_acknowledged_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, steps: list[object]) -> None:
    """A page that goes by the protocol, a server that is killed, and a file that is cut off."""
    folder = tmp_path_factory.mktemp("drafts")
    store = store_of(folder)
    oracle: list[tuple[int, str]] = []
    seq = 0
    sent = None
    for name, value in steps:  # type: ignore[misc]
        if name in ("restart", "other server"):
            store = store_of(folder)
        elif name == "append":
            batch = more(seq, *value) if oracle else new("S", *value, after=seq)
            if not batch.records:
                continue
            try:
                put(store, batch)
            except OutOfStep as error:
                assert oracle == []
                seq = max(seq, error.details["last"])
                batch = new("S", *value, after=seq)
                put(store, batch)
            sent = batch
            for record in batch.records:
                if record.kind == "state":
                    oracle.clear()
                oracle.append((record.seq, record.data))
            seq = batch.records[-1].seq
        elif name == "again" and sent is not None and oracle and oracle[-1][0] == sent.records[-1].seq:
            put(store, sent)
        elif name == "cut" and oracle:
            file = file_of(folder)
            size = max(0, file.stat().st_size - value)
            os.truncate(file, size)
            store = store_of(folder)
            try:
                found = data_of(store)
            except NotFound:
                found = []
            assert found == oracle[: len(found)]
            assert len(found) < len(oracle)
            # The page finds that out, and sends all of it.
            with pytest.raises(OutOfStep) as raised:
                put(store, more(seq, "u"))
            assert raised.value.details["last"] == (found[-1][0] if found else 0)
            put(store, new("Sall", after=seq))
            seq += 1
            oracle, sent = [(seq, "Sall")], None
        elif name == "remove":
            store.remove("", ID, max(0, seq - value))
            if not value:
                oracle = []
        elif name == "rename" and oracle:
            store.rename("", ID, "elsewhere.ipynb")
        if oracle:
            assert data_of(store) == oracle
            assert [summary.last for summary in store.summaries("")] == [oracle[-1][0]]
        else:
            assert store.summaries("") == []
        assert len(list(folder.glob("*/*"))) == bool(oracle)
