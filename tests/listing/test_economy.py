"""What a page of a huge directory costs: the entries that are looked at are those that it shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.listing.models import ChangesQuery, PageQuery

COUNT, LIMIT = 10_000, 40
Looks = list[bytes]


class WatchedEntry:
    """An entry of a scan that says when it is looked at; its name and its type came with the scan."""

    def __init__(self, entry: os.DirEntry[bytes], looks: Looks) -> None:
        self._entry, self._looks = entry, looks
        self.name, self.path = entry.name, entry.path
        self.is_dir, self.is_file, self.is_symlink = entry.is_dir, entry.is_file, entry.is_symlink

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """See `os.DirEntry.stat`."""
        self._looks.append(os.fsencode(self.name))
        return self._entry.stat(follow_symlinks=follow_symlinks)


class WatchedScan:
    """What `os.scandir` gives, with watched entries."""

    def __init__(self, entries: Any, looks: Looks) -> None:
        self._entries, self._looks = entries, looks
        self.close = entries.close

    def __iter__(self) -> WatchedScan:
        return self

    def __next__(self) -> WatchedEntry:
        return WatchedEntry(next(self._entries), self._looks)

    def __enter__(self) -> WatchedScan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looks:
    """The entries whose inodes were asked for since, by their names, in ``tmp_path``, which holds `COUNT` files."""
    seed = tmp_path / "seed"
    seed.touch()
    for number in range(1, COUNT):
        os.link(seed, tmp_path / f"row {number}")
    found: Looks = []
    scandir = os.scandir

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **options: Any) -> Any:
            name = b"" if isinstance(path, int) else os.path.basename(os.fsencode(path))
            if name.startswith((b"row ", b"seed")):
                found.append(name)
            return function(path, *arguments, **options)

        return call

    for function in ("stat", "lstat"):
        monkeypatch.setattr(os, function, watched(getattr(os, function)))
    monkeypatch.setattr(os, "scandir", lambda path: WatchedScan(scandir(path), found))
    return found


@pytest.mark.parametrize("query", [{}, {"offset": 5000}, {"filter": "row 77"}, {"order": "desc"}])
async def test_of_a_huge_directory_only_the_rows_of_the_page_are_looked_at(
    make_service: Any, looks: Looks, query: dict[str, Any]
) -> None:
    page = await make_service().page(PageQuery(limit=LIMIT, **query))

    assert page.complete
    assert page.unfiltered == COUNT
    assert len(page.rows) == LIMIT
    assert sorted(looks) == sorted(os.fsencode(row.name) for row in page.rows)


async def test_a_preview_and_a_poll_look_at_their_rows_alone(make_service: Any, looks: Looks) -> None:
    service = make_service(preview_patience=0.0)
    first = await service.page(PageQuery(limit=LIMIT))
    assert sorted(looks) == sorted(os.fsencode(row.name) for row in first.rows)
    page = await service.page(PageQuery(limit=LIMIT))
    while not page.complete:
        page = await service.page(PageQuery(limit=LIMIT))
    looks.clear()

    await service.changes(ChangesQuery(generation=page.generation, since=page.seq, offset=100, limit=LIMIT))

    assert len(looks) == len(set(looks)) == LIMIT


async def test_an_order_by_size_looks_at_every_entry(make_service: Any, looks: Looks, until: Any) -> None:
    service = make_service()

    async def sorted_by_size() -> bool:
        page = await service.page(PageQuery(limit=LIMIT, sort="size"))
        return bool(page.sort == "size")

    await until(sorted_by_size)

    # The counter counts: else the tests above would prove nothing.
    assert len(set(looks)) == COUNT
