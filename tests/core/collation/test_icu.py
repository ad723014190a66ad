"""The order of names is ICU's: every key against Node's Intl.Collator."""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.core.collation import Collator
from cloudru_jlab.core.collation.table import load_table

REPOSITORY = Path(__file__).parents[3]
VARIANTS = [(locale, natural) for locale in ("en", "ru") for natural in (False, True)]
each_variant = pytest.mark.parametrize(("locale", "natural"), VARIANTS)

# Blocks whose order does not change from one ICU to the next, for a node with another ICU than the table's.
STABLE = [*range(0x20, 0x180), *range(0x400, 0x460), *range(0x300, 0x30A), 0x2013, 0x2014, 0x2026, 0x20AC, 0x2116]

ASCII = [chr(point) for point in range(1, 0x80) if chr(point) != "/"]
DIGITS = [*"0000123456789"]
LATIN = [chr(point) for point in range(0xA0, 0x250)]
MARKS = ["\u0300", "\u0301", "\u0306", "\u0306", "\u0308", "\u0323", "\u0327", "\u034f", "\u00ad", "\u200d", "\u0363"]
CYRILLIC = [*"абвеёжийклАБВЕЁЖИЙКЛ", *(chr(point) for point in range(0x400, 0x530))]
PARTS = {
    "ascii": [*ASCII, *DIGITS, "AA", "aa"],
    "numbers": [*DIGITS, *"ab._- (", "00", "0000", "12345678", "²", "½", "①", "٣", "３", "१", "\u0301", "\u00ad"],
    "latin": [*LATIN, *MARKS, *"aAlLsSzZeE·1", "ss", "AE", "l·"],
    "cyrillic": [*CYRILLIC, *MARKS, *"azAZ1_.", "и\u0306", "И\u0306", "и\u0323\u0306", "е\u0308"],
    "symbols": [chr(point) for point in range(0x2000, 0x2C00) if unicodedata.category(chr(point)) != "Cn"],
    "bmp": [chr(p) for p in range(1, 0xFFFF) if unicodedata.category(chr(p)) not in ("Cn", "Co", "Cs")],
    "thai": [chr(point) for point in range(0xE01, 0xE5C) if unicodedata.category(chr(point)) != "Cn"],
    "korean": [*"가각간나힣", "\u1100", "\u1161", "\u11a8", "あ", "漢", "a"],
    "emoji": [*"😀🚀🙈a1", "\ufe0f", "👩\u200d💻"],
}
# Other ICUs know other characters and may order some symbols and rare letters differently.
STABLE_PARTS = ("ascii", "numbers")


def dense_ranks(keys: Sequence[bytes]) -> list[int]:
    rank = {key: index for index, key in enumerate(sorted(set(keys)))}
    return [rank[key] for key in keys]


def assert_ordered_as(oracle, strings: Sequence[str], locale: str, natural: bool) -> None:
    collator = Collator(locale, natural)
    keys = [collator.key(string.encode("utf-8", "surrogatepass")) for string in strings]
    expected = oracle.ranks(strings, locale, natural)
    wrong = [ascii(s) for s, mine, icu in zip(strings, dense_ranks(keys), expected, strict=True) if mine != icu]
    assert not wrong, f"{len(wrong)} of {len(strings)} are out of place, first {wrong[:10]}"


def same_icu(oracle) -> bool:
    return oracle.icu.split(".")[0] == load_table().source["icu"].split(".")[0]


@each_variant
def test_key_orders_all_single_characters_of_the_bmp(oracle, locale, natural):
    # Ranks are compared, not pairs: two characters compare otherwise than ICU says if and only if a rank differs.
    points = range(1, 0x10000) if same_icu(oracle) else STABLE
    assert_ordered_as(oracle, [chr(p) for p in points if not 0xD800 <= p < 0xE000], locale, natural)


@each_variant
def test_key_orders_all_pairs_of_common_characters(oracle, locale, natural):
    # Every pair one after the other: contractions, and marks after every letter.
    points = [*range(0x20, 0x180), *range(0x300, 0x30C), *range(0x400, 0x460)]
    characters = [chr(p) for p in points]
    assert_ordered_as(oracle, [a + b for a in characters for b in characters], locale, natural)


@each_variant
@pytest.mark.parametrize("alphabet", PARTS)
def test_key_orders_names(oracle, locale, natural, alphabet):
    if not same_icu(oracle) and alphabet not in STABLE_PARTS:
        pytest.skip(f"node has ICU {oracle.icu}, the table is of {load_table().source['icu']}")
    names = st.lists(st.sampled_from(PARTS[alphabet]), max_size=8).map("".join)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(names, min_size=2, max_size=60))
    def orders(strings):
        assert_ordered_as(oracle, strings, locale, natural)

    orders()


@each_variant
def test_key_orders_numbers_of_any_length(oracle, locale, natural):
    digits = st.one_of(
        st.integers(0, 2_000).map(str),
        st.text("019", min_size=1, max_size=30),
        st.sampled_from([22, 23, 24, 25, 253, 254, 255, 256, 509]).flatmap(
            lambda length: st.sampled_from(["1" * length, "1" + "0" * (length - 1), "9" * length])
        ),
    )
    number = st.tuples(st.sampled_from(["", "0", "00", "0" * 20]), digits).map("".join)
    names = st.tuples(st.sampled_from(["", "a", "-"]), number, st.sampled_from(["", ".png", "a0", "-1"])).map("".join)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(names, min_size=2, max_size=60))
    def orders(strings):
        assert_ordered_as(oracle, strings, locale, natural)

    orders()


@each_variant
def test_key_orders_names_of_255_bytes(oracle, locale, natural):
    ends = ["a", "B", "1", "09", "é", "й", "и\u0306"]
    starts = ["x" * 250, "й" * 125, "0" * 250, "7" * 250, "_" * 250]
    assert_ordered_as(oracle, [start + end for start in starts for end in ends], locale, natural)


def test_key_puts_cyrillic_before_latin_in_ru_alone():
    cyrillic, latin = "яблоко".encode(), b"apple"
    assert Collator("ru").key(cyrillic) < Collator("ru").key(latin)
    assert Collator("ru-RU").key(cyrillic) < Collator("ru_RU").key(latin)
    assert Collator("en").key(cyrillic) > Collator("en").key(latin)
    assert Collator("xx").key(cyrillic) == Collator("en").key(cyrillic)


def test_key_puts_bytes_that_are_not_utf8_after_everything_valid():
    key = Collator().key
    valid = [chr(p).encode() for p in (0x7F, 0x44F, 0xFFFD, 0xFFFF, 0x10FFFF)]
    assert max(map(key, valid)) < key(b"\x80") < key(b"\xc3") < key(b"\xff")
    assert key(b"a\xff") < key(b"b")


@pytest.mark.slow
def test_table_is_what_this_icu_says(oracle):
    if not same_icu(oracle):
        pytest.skip(f"node has ICU {oracle.icu}, the table is of {load_table().source['icu']}")
    script = REPOSITORY / "scripts" / "generate_collation.mjs"
    checked = subprocess.run([oracle.node, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
