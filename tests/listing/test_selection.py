"""What a bulk action takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import StaleGeneration
from cloudru_jlab.listing.models import PageQuery, Selection, View
from cloudru_jlab.listing.service import ListingService


@pytest.fixture
def service(make_service: Any, tmp_path: Path) -> ListingService:
    """A service that does not watch, of ten files and two directories."""
    for number in range(10):
        (tmp_path / f"f{number}").touch()
    (tmp_path / "d1").mkdir()
    (tmp_path / "d2").mkdir()
    return make_service(watch=False)


async def selected(service: ListingService, generation: str, view: View | None = None, **selection: Any) -> list[str]:
    """The names that a selection resolves to, sorted."""
    shape = Selection(**selection)
    found = await service.resolve_selection("", view or View(), generation, shape)
    names = [os.fsdecode(name) for batch in found.batches(3) for name, _ in batch]
    assert len(names) == len(found)
    return sorted(names)


async def test_all_except_and_names_and_ranges_unite(service: ListingService) -> None:
    page = await service.page(PageQuery())
    current = page.generation
    assert len(await selected(service, current, all=True)) == 12
    assert await selected(service, current, all=True, excluded=[f"f{n}" for n in range(1, 10)]) == ["d1", "d2", "f0"]
    assert await selected(service, current, names=["f3", "gone"], ranges=[(0, 1), (11, 20)]) == ["d1", "f3", "f9"]
    backwards = View(order="desc")
    assert await selected(service, current, backwards, ranges=[(0, 1), (2, 3)]) == ["d2", "f9"]
    assert await selected(service, current, View(filter="F1"), all=True) == ["f1"]
    assert await selected(service, current, View(filter="F", filter_directories=False), ranges=[(1, 3)]) == ["d2", "f0"]


async def test_what_came_later_is_not_taken_and_what_left_is_absent(service: ListingService, tmp_path: Path) -> None:
    before = (await service.page(PageQuery())).generation
    (tmp_path / "e-new").touch()
    (tmp_path / "f4").unlink()
    service.entry_created("e-new")
    service.entry_deleted("f4")
    while (await service.page(PageQuery())).generation == before:
        pass
    names = await selected(service, before, all=True)
    assert "e-new" not in names
    assert "f4" not in names
    assert len(names) == 11
    assert await selected(service, before, names=["e-new"]) == []
    # rows 2, 3, 4 … of that generation were f0, f1, f2 …: row 6 was f4, row 7 f5
    assert await selected(service, before, ranges=[(6, 8)]) == ["f5"]
    assert await selected(service, before, View(order="desc"), ranges=[(2, 8)]) == ["f5", "f6", "f7", "f8", "f9"]


async def test_another_epoch_is_stale(service: ListingService) -> None:
    await service.page(PageQuery())
    with pytest.raises(StaleGeneration):
        await selected(service, "x-1", all=True)
