"""The compact store of names."""

from __future__ import annotations

from array import array
from fnmatch import fnmatch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudru_jlab.core.access import ScanChunk
from cloudru_jlab.listing.globs import HiddenGlobs
from cloudru_jlab.listing.names import DIRECTORY, HIDDEN, NOTEBOOK, Gathering, Names, TooLarge, flags_of

file_names = st.binary(min_size=1, max_size=12).map(lambda b: b.replace(b"\0", b"a").replace(b"/", b"b"))
GLOBS = ["*.pyc", "*~", "__pycache__", ".x", "a*", "?", "[ab]*", "*[!a]", "x.p[y]c", "*"]
shapes = [b".ipynb", b"a.ipynb", b"ipynb", b".x", b"x.pyc", b"__pycache__", b"a~"]
shaped = st.one_of(file_names, st.sampled_from(shapes))


def chunk(names: list[tuple[bytes, bool]]) -> ScanChunk:
    """The names as a scanner gives them."""
    lengths = array("H", [len(name) for name, _ in names]).tobytes()
    return ScanChunk(b"".join(name for name, _ in names), lengths, bytes(is_dir for _, is_dir in names))


def gathered(names: list[tuple[bytes, bool]], globs: HiddenGlobs | None = None, size: int = 3) -> Names:
    """The names, added ``size`` at a time."""
    gathering = Gathering(globs or HiddenGlobs())
    for start in range(0, len(names), size):
        gathering.add(chunk(names[start : start + size]))
    return gathering.freeze()


@given(st.lists(st.tuples(shaped, st.booleans())), st.integers(1, 5))
def test_names_come_back_with_their_flags(names: list[tuple[bytes, bool]], size: int) -> None:
    store = gathered(names, size=size)
    assert store.count == len(names)
    assert store.pick(np.arange(len(names), dtype=np.uint32)) == [name for name, _ in names]
    assert store.flags[: store.count].tolist() == [flags_of(name, is_dir=is_dir) for name, is_dir in names]


@given(st.lists(st.tuples(shaped, st.booleans()), max_size=20), st.lists(st.tuples(shaped, st.booleans()), max_size=40))
def test_names_are_added_behind_the_scanned(scanned: list[tuple[bytes, bool]], later: list[tuple[bytes, bool]]) -> None:
    store = gathered(scanned)
    for name, is_dir in later:
        store.append([name], [flags_of(name, is_dir=is_dir)])
    assert [store[i] for i in range(store.count)] == [name for name, _ in scanned + later]
    assert store.scanned == len(scanned)


def test_names_grow_beyond_their_slack() -> None:
    store = gathered([(b"a", False)])
    old = store.blob
    long = [b"%0200d" % number for number in range(2000)]
    assert store.append(long, [0] * len(long)) == 1
    assert store.pick(np.arange(1, 2001, dtype=np.uint32)) == long
    assert old[:2].tobytes() == b"a\0"


def test_flags_tell_kinds() -> None:
    assert flags_of(b".a.ipynb", is_dir=False) == NOTEBOOK | HIDDEN
    assert flags_of(b"a.ipynb", is_dir=True) == DIRECTORY


def test_gathering_refuses_more_than_it_may_hold() -> None:
    gathering = Gathering(HiddenGlobs(), max_bytes=10)
    gathering.add(chunk([(b"12345", False)]))
    with pytest.raises(TooLarge):
        gathering.add(chunk([(b"6789", False), (b"0", False)]))


@given(
    st.lists(st.tuples(shaped, st.booleans())),
    st.lists(st.sampled_from(GLOBS), max_size=4),
)
def test_globs_leave_out_what_fnmatch_matches(names: list[tuple[bytes, bool]], globs: list[str]) -> None:
    store = gathered(names, HiddenGlobs(globs))
    kept = [n for n, _ in names if not any(fnmatch(n.decode("utf-8", "surrogateescape"), glob) for glob in globs)]
    assert [store[i] for i in range(store.count)] == kept
