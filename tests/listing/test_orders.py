"""Views against a naive oracle."""

from __future__ import annotations

import unicodedata

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cloudru_jlab.core.collation import Collator
from cloudru_jlab.listing.filter import matching
from cloudru_jlab.listing.models import View
from cloudru_jlab.listing.names import Names, flags_of
from cloudru_jlab.listing.orders import ByName, arrange, narrow
from cloudru_jlab.listing.placing import Finder, edited

words = st.text(st.sampled_from("aAbB.éЙйЯ10_ \u0306\u212aßſ\n"), min_size=1, max_size=6).map(str.encode)
suffixed = st.builds(lambda a, b: a + b, words, st.sampled_from([b"", b".ipynb", b".txt", b"\xff"]))
entries = st.dictionaries(suffixed, st.tuples(st.booleans(), st.integers(0, 3)), max_size=30)
views = st.builds(
    View,
    sort=st.sampled_from(["name", "modified", "size", "created"]),
    order=st.sampled_from(["asc", "desc"]),
    filter=st.sampled_from(["", "a", "A", "й", "и", "é", "e", "k", "ss", "1", ".i", "b1"]),
    match=st.sampled_from(["substring", "prefix", "fuzzy"]),
    filter_directories=st.booleans(),
    locale=st.sampled_from(["en", "ru"]),
    natural=st.booleans(),
    notebooks_first=st.booleans(),
    hidden=st.booleans(),
    dirs_only=st.booleans(),
)


def store_of(found: dict[bytes, tuple[bool, int]]) -> tuple[Names, np.ndarray]:  # type: ignore[type-arg]
    """The names with the value to sort by of each."""
    names = Names(np.zeros(0, np.uint8), np.zeros(1, np.uint32), np.zeros(0, np.uint8), 0, 0)
    names.append(list(found), [flags_of(name, is_dir=is_dir) for name, (is_dir, _) in found.items()])
    return names, np.array([number for _, number in found.values()], np.int64)


def by_name(names: Names, view: View) -> ByName:
    """All ids in order, by Python's own sort."""
    collator = Collator(view.locale, view.natural)
    ids = sorted(range(names.count), key=lambda i: (not names.flags[i] & 1, collator.key(names[i]), names[i]))
    return ByName(np.array(ids, np.uint32), int(np.count_nonzero(names.flags[: names.count] & 1)))


def folded(text: str) -> str:
    """Canonical caseless text (Unicode Standard, section 3.13), composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_match(name: bytes, view: View) -> bool:
    """Whether the filter shows ``name``."""
    text, needle = folded(name.decode("utf-8", "replace")), folded(view.filter)
    if view.match == "prefix":
        return text.startswith(needle)
    if view.match == "substring":
        return needle in text
    while text and not (text[0].isalnum() or unicodedata.category(text[0])[0] == "M"):
        text = text[1:]
    rest = iter(text)
    return bool(text) and all(character in rest for character in needle)


def expected(found: dict[bytes, tuple[bool, int]], view: View) -> list[bytes]:
    """The rows of ``view``, as stock's sort would give them."""
    collator = Collator(view.locale, view.natural)

    def group(name: bytes) -> int:
        return 0 if found[name][0] else 1 if view.notebooks_first and name.endswith(b".ipynb") else 2

    rows = [name for name in found if view.hidden or not name.startswith(b".")]
    rows = [name for name in rows if found[name][0] or not view.dirs_only]
    if view.filter:
        rows = [name for name in rows if is_match(name, view) or (found[name][0] and not view.filter_directories)]
    rows.sort(key=lambda name: (collator.key(name), name), reverse=view.sort == "name" and view.order == "desc")
    if view.sort != "name":
        # stock's "ascending": the smallest first, but the newest first
        ascending = (view.order == "asc") == (view.sort == "size")
        rows.sort(key=lambda name: found[name][1] if ascending else -found[name][1])
    rows.sort(key=group)
    return rows


@given(entries, views, st.integers(0, 35), st.integers(1, 10))
def test_views_show_what_stock_would(found: dict[bytes, tuple[bool, int]], view: View, offset: int, limit: int) -> None:
    names, numbers = store_of(found)
    rows = arrange(by_name(names, view), names.flags, view, None if view.sort == "name" else numbers)
    if view.filter:
        matches = matching(names, 0, names.count, view.filter, view.match)
        rows = narrow(rows, matches, names.flags, view)
    wanted = expected(found, view)
    assert names.pick(rows.window(0, rows.total)) == wanted
    assert names.pick(rows.window(offset, limit)) == wanted[offset : offset + limit]
    for row, ident in enumerate(rows.window(0, rows.total)):
        assert rows.rows(np.array([ident])) == [row]


@given(entries, entries, st.booleans(), st.sampled_from(["en", "ru"]))
def test_edited_order_is_the_sorted_one(
    before: dict[bytes, tuple[bool, int]], after: dict[bytes, tuple[bool, int]], natural: bool, locale: str
) -> None:
    view = View(natural=natural, locale=locale)
    names, _ = store_of(before)
    order = by_name(names, view)
    changed = [name for name, (is_dir, _) in before.items() if after.get(name, (None, 0))[0] is not is_dir]
    gone = [list(before).index(name) for name in changed]
    new = [name for name, (is_dir, _) in after.items() if before.get(name, (None, 0))[0] is not is_dir]
    first = names.append(new, [flags_of(name, is_dir=after[name][0]) for name in new])
    collator = Collator(locale, natural)
    result = edited(names, order, collator, gone, range(first, first + len(new)))
    assert names.pick(result.ids) == expected(after, msgspec.structs.replace(view, hidden=True))
    assert result.directories == sum(is_dir for is_dir, _ in after.values())
    finder = Finder(names, result, collator)
    for name in after:
        ident = finder.id_of(name)
        assert ident is not None
        assert names[ident] == name
    for name in before.keys() - after.keys():
        assert finder.id_of(name) is None


def test_filter_finds_other_case_and_composition_among_many() -> None:
    texts = ["Файл", "ФАЙЛ 2", "фаи\u0306л", "плёнка", "straße", "STRASSE", "\u212aelvin", "İx", "naïve"]
    texts.append("e\u0301t\u00e9")
    found = {f"{number} {text}".encode(): (False, 0) for number in range(700) for text in texts}
    names, _ = store_of(found)
    for needle in ("файл", "strasse", "k", "é", "e", "ПЛЁНКА", "пленка", "ï", "1 ф", "none"):
        view = View(filter=needle)
        matches = matching(names, 0, names.count, needle, "substring")
        assert [name for name, hit in zip(found, matches, strict=True) if hit] == [
            name for name in found if is_match(name, view)
        ], needle
