"""The array sort is the plain sort by (group, key, raw bytes), whatever the names and however they lie in the blob."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.core.collation import Cancelled, Collator, order, slices
from cloudru_jlab.core.collation.scalar import ScalarEncoder

VARIANTS = [(locale, natural) for locale in ("en", "ru") for natural in (False, True)]
each_variant = pytest.mark.parametrize(("locale", "natural"), VARIANTS)

WORDS = [
    *(text.encode() for text in "a A b ss ß Æ é l· и й И ё 漢 가 ก เ 😀".split()),
    *(text.encode() for text in "и\u0306 и\u0323\u0306 е\u0308 e\u0301\u0323 \u0301".split()),
    *(b"0 00 1 7 09 10 123 0001234567 20240131235959 00000000000000000000000000123456789012345678901234567".split()),
    *(b"_ - . .png \x01 \xd0\xb8 \xcc\x86 \xef\xbc\x93 \xd9\xa3".split()),
    *(b"\xff \xc3 \x80 \xed\xa0\x80 \xe0\x80\x80 \xf0\x9f \xf0\x80\x80\x80 \xf4\x90\x80\x80".split()),
    *(chr(point).encode() for point in (0x1100, 0x1161, 0x11A8, 0xAC01, 0x1D7D9, 0x11131, 0x20000, 0x10FFFF, 0xBD)),
    b" ",
    b"\n",
    b"prefix longer than a word ",
    b"9" * 60,
]
any_names = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=6).map(b"".join),
    st.lists(st.integers(1, 255), max_size=12).map(bytes),
)


def plain_sort(collator, names, groups=None):
    ranks = [0] * len(names) if groups is None else list(groups)
    return [names[i] for i in sorted(range(len(names)), key=lambda i: (ranks[i], collator.key(names[i]), names[i]))]


@pytest.fixture
def small_steps(monkeypatch):
    """Slices and short ranges of a few names, so that a small test goes through all steps of a large sort."""
    monkeypatch.setattr(order, "SHORT", 16)
    monkeypatch.setattr(order, "SLICE", 16)
    monkeypatch.setattr(order, "SAMPLE", 8)
    monkeypatch.setattr(slices, "SLICE_NAMES", 12)
    monkeypatch.setattr(slices, "SLICE_BYTES", 300)


@each_variant
@pytest.mark.parametrize("separator", [b"", b"\n", b"0", b"\xcc\x86.."])
def test_argsort_is_the_plain_sort(small_steps, pack, locale, natural, separator):
    collator = Collator(locale, natural)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(any_names), st.randoms())
    def sorts(names, chance):
        places = list(range(len(names)))
        chance.shuffle(places)
        groups = np.array([chance.randrange(3) for _ in names], np.uint8)
        for packed in (pack(names, separator), pack(names, separator, places)):
            found = collator.argsort(*packed, groups=groups)
            assert found.dtype == np.uint32
            assert sorted(found.tolist()) == list(range(len(names)))
            assert [names[i] for i in found] == plain_sort(collator, names, groups)

    sorts()


@each_variant
def test_argsort_is_the_plain_sort_of_many_ties(small_steps, pack, locale, natural):
    chance = random.Random(1)
    collator = Collator(locale, natural)
    names = [b"".join(chance.choices([b"a", b"A", b"img_1", b"IMG_01"], k=4)) for _ in range(1_500)] + [b"same"] * 200
    found = collator.argsort(*pack(names))
    assert [names[i] for i in found] == plain_sort(collator, names)


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64, np.int64])
def test_argsort_takes_a_part_of_a_blob(pack, dtype):
    names = [b"b", b"A", b"c10", b"c9"]
    blob, starts, ends = pack(names)
    chosen = [3, 2, 0]
    found = Collator().argsort(blob, starts[chosen].astype(dtype), ends[chosen].astype(dtype))
    assert [names[chosen[i]] for i in found] == [b"b", b"c9", b"c10"]


@pytest.mark.parametrize("names", [[], [b""], [b"", b""], [b"x"], [b"", b"a", b""]])
def test_argsort_takes_few_and_empty_names(pack, names):
    found = Collator().argsort(*pack(names), groups=np.zeros(len(names), np.uint8))
    assert [names[i] for i in found] == sorted(names)


@pytest.fixture(scope="module")
def many(pack):
    """200,000 names of four families in random order, with every thousandth in need of the scalar encoder."""
    families = ("img_{:07d}.png", "train-{:06d}-of-006000.parquet", "лог_{}.txt", "IMG ({}).JPG")
    names = [families[i % 4].format(i // 4).encode() for i in range(200_000)]
    names[::1000] = [f"ไทย_{i}.txt".encode() for i in range(200)]
    random.Random(1).shuffle(names)
    return names, pack(names)


def test_argsort_sorts_many_names(many):
    names, packed = many
    collator = Collator("ru")
    found = collator.argsort(*packed)
    assert [names[i] for i in found] == plain_sort(collator, names)


def test_argsort_encodes_only_rare_names_one_by_one(many, monkeypatch):
    seen = []
    key = ScalarEncoder.key
    monkeypatch.setattr(ScalarEncoder, "key", lambda self, name: seen.append(name) or key(self, name))
    Collator("en").argsort(*many[1])
    assert len(seen) == 200
    assert all(name.startswith("ไทย".encode()) for name in seen)


def test_argsort_tells_its_progress(many):
    parts = []
    Collator().argsort(*many[1], progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert len(parts) > 10


def test_argsort_asks_for_cancellation_often(many):
    calls = 0

    def cancelled():
        nonlocal calls
        calls += 1
        return False

    Collator().argsort(*many[1], cancelled=cancelled)
    # At least once in 32,768 names, in each of several passes.
    assert calls > 20


@pytest.mark.parametrize("after", [1, 2, 5, 10, 20])
def test_argsort_stops_when_cancelled(many, after):
    calls = 0

    def cancelled():
        nonlocal calls
        calls += 1
        return calls == after

    with pytest.raises(Cancelled):
        Collator().argsort(*many[1], cancelled=cancelled)
    assert calls == after


def test_argsort_stops_while_it_encodes_rare_names(pack):
    names = [f"ไทย {i}".encode() for i in range(5_000)]
    calls = 0

    def cancelled():
        nonlocal calls
        calls += 1
        return calls == 4

    with pytest.raises(Cancelled):
        Collator().argsort(*pack(names), cancelled=cancelled)


def test_argsort_needs_little_memory(many):
    _, packed = many
    Collator().argsort(*packed)
    tracemalloc.start()
    try:
        Collator().argsort(*packed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Keys (reserved for the worst case), their offsets, the order and a copy of it, and the slices at work.
    assert peak < 44 * len(packed.starts) + (24 << 20)
