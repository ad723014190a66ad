"""Directories that change while they are read: no row is lost, doubled or wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.core.collation import Collator
from cloudru_jlab.core.errors import DomainError, StaleGeneration
from cloudru_jlab.listing import directory as directory_module
from cloudru_jlab.listing.models import PageQuery
from cloudru_jlab.listing.service import ListingService

words = st.sampled_from(["a", "b", "B", "ж", "Ж", "1", "2", "10", ".h", "a.ipynb", "й", "и\u0306", "z z"])
actions = st.one_of(
    st.tuples(st.sampled_from(["create", "mkdir", "delete"]), words, words),
    st.tuples(st.just("rename"), words, words),
    st.tuples(st.just("pages"), words, words),
)


def perform(root: Path, action: tuple[str, str, str], service: ListingService, *, tell: bool) -> None:
    """Do it, and tell the service as the contents manager does."""
    kind, name, other = action
    path, target = root / name, root / other
    if kind == "create" and not path.exists():
        path.touch()
        if tell:
            service.entry_created(name)
    elif kind == "mkdir" and not path.exists():
        path.mkdir()
        if tell:
            service.entry_created(name)
    elif kind == "delete" and path.exists():
        path.rmdir() if path.is_dir() else path.unlink()
        if tell:
            service.entry_deleted(name)
    elif kind == "rename" and path.exists() and not target.exists():
        path.rename(target)
        if tell:
            service.entry_renamed(name, other)


def ordered(root: Path) -> list[str]:
    """What is there now, in stock order."""
    collator = Collator()
    found = [entry for entry in os.scandir(root) if not entry.name.startswith(".")]
    found.sort(key=lambda entry: (not entry.is_dir(), collator.key(os.fsencode(entry.name)), os.fsencode(entry.name)))
    return [entry.name for entry in found]


async def one_generation(service: ListingService, between: Any) -> list[str]:
    """All rows of one generation, with something else happening between the pages."""
    limit = 3
    while True:
        found: list[str] = []
        page = await service.page(PageQuery(limit=limit))
        generation, total = page.generation, page.total
        try:
            while True:
                assert page.total == total
                assert len(page.rows) == min(limit, total - len(found))
                found += [row.name for row in page.rows]
                if len(found) == total:
                    assert len(set(found)) == total
                    return found
                between()
                await asyncio.sleep(0)
                page = await service.page(PageQuery(limit=limit, offset=len(found), generation=generation))
        except StaleGeneration:
            continue


async def run(service: ListingService, root: Path, script: list[tuple[tuple[str, str, str], bool]]) -> None:
    """The script, then see that the service ends up with what is there."""
    rest = iter(script)

    def step() -> None:
        for action, tell in rest:
            if action[0] == "pages":
                return
            perform(root, action, service, tell=tell)

    for _ in range(sum(action[0] == "pages" for action, _ in script) + 1):
        rows = await one_generation(service, step)
        assert rows == sorted_by_us(rows, root, service)
    step()
    rows: list[str] = []
    while rows != ordered(root):
        rows = await one_generation(service, lambda: None)


def sorted_by_us(rows: list[str], root: Path, service: ListingService) -> list[str]:
    """``rows`` in the order of names inside the two groups that they came in."""
    collator = Collator()
    snapshot = next(iter(service._directories.values())).snapshot
    if snapshot is None:
        return rows
    finder = snapshot.finder()
    kinds = {name: finder.id_of(os.fsencode(name)) for name in rows}
    if None in kinds.values():
        # the next generation is there already, without one of them
        return rows
    flags = {name: int(snapshot.names.flags[ident]) & 1 for name, ident in kinds.items()}
    return sorted(rows, key=lambda name: (not flags[name], collator.key(os.fsencode(name)), os.fsencode(name)))


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("watch", [True, False])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(st.tuples(actions, st.booleans()), max_size=25))
def test_no_row_is_lost_doubled_or_wrong(
    make_service: Any,
    jp_asyncio_loop: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    watch: bool,
    small: bool,
    script: list[tuple[tuple[str, str, str], bool]],
) -> None:
    if not small:
        # as if large: a new epoch per scan, and scans at most half of the time
        monkeypatch.setattr(directory_module, "SMALL", 0)
        monkeypatch.setattr(directory_module, "_RESCAN_SHARE", 0.5)
    root = Path(tempfile.mkdtemp(dir=tmp_path))
    service = make_service(watch=watch, root=root)
    try:
        jp_asyncio_loop.run_until_complete(asyncio.wait_for(run(service, root, script), 60))
    finally:
        jp_asyncio_loop.run_until_complete(service.stop())
        shutil.rmtree(root)


async def test_a_directory_of_many_is_read_while_it_changes(make_service: Any, tmp_path: Path) -> None:
    for number in range(20_000):
        (tmp_path / f"file {number}").touch()
    service = make_service(preview_patience=0.0)
    expected = {f"file {number}" for number in range(20_000)}
    page = await service.page(PageQuery())
    number = 0
    while page.mode == "preview":
        (tmp_path / f"file {number * 7 % 20_000}").unlink(missing_ok=True)
        expected.discard(f"file {number * 7 % 20_000}")
        (tmp_path / f"new {number}").touch()
        expected.add(f"new {number}")
        number += 1
        page = await service.page(PageQuery(offset=number))
        assert len(page.rows) == min(200, page.total - number)
    while True:
        try:
            generation = (await service.page(PageQuery(limit=1))).generation
            found: list[str] = []
            for offset in range(0, len(expected), 1000):
                page = await service.page(PageQuery(offset=offset, limit=1000, generation=generation))
                found += [row.name for row in page.rows]
        except DomainError:
            continue
        assert len(found) == len(set(found))
        if page.total == len(expected) and set(found) == expected:
            break
    collator = Collator()
    assert found == sorted(found, key=lambda name: (collator.key(name.encode()), name.encode()))
