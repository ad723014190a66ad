"""Selections against an oracle: what a job touches is what the user saw selected, and still there."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_server.services.contents.filemanager import FileContentsManager

from cloudru_jlab.core.errors import CountChanged
from cloudru_jlab.listing.jobs.service import JobService
from cloudru_jlab.listing.local_contents import Contents
from cloudru_jlab.listing.models import JobRequest, PageQuery, Selection, View
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.listing.service import ListingService
from cloudru_jlab.listing.settings import ListingSettings

from .conftest import until


class Local:
    """All paths are local."""

    def __init__(self) -> None:
        self.found = LocalAccess()

    def access(self, path: bytes) -> Any:
        """See `core.access.FileSystems`."""
        return self.found


NAMES = [f"f{index}" for index in range(12)] + ["Ёж", "b.ipynb"]
some_names = st.lists(st.sampled_from(NAMES), unique=True)
ranges = st.lists(st.tuples(st.integers(0, 16), st.integers(0, 16)), max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    present=st.lists(st.sampled_from(NAMES), unique=True, min_size=1),
    everything=st.booleans(),
    named=some_names,
    excluded=some_names,
    spans=ranges,
    text=st.sampled_from(["", "f", "1"]),
    order=st.sampled_from(["asc", "desc"]),
    removed=some_names,
    added=some_names,
)
def test_what_is_deleted_is_what_was_selected_and_is_still_there(
    present: list[str],
    everything: bool,
    named: list[str],
    excluded: list[str],
    spans: list[tuple[int, int]],
    text: str,
    order: Any,
    removed: list[str],
    added: list[str],
) -> None:
    root = tempfile.mkdtemp()
    try:
        asyncio.run(_check(Path(root), present, everything, named, excluded, spans, text, order, removed, added))
    finally:
        shutil.rmtree(root)


async def _check(
    root: Path,
    present: list[str],
    everything: bool,
    named: list[str],
    excluded: list[str],
    spans: list[tuple[int, int]],
    text: str,
    order: Any,
    removed: list[str],
    added: list[str],
) -> None:
    for name in present:
        (root / name).touch()
    file_systems = Local()
    listing = ListingService(
        log=logging.getLogger("listing"),
        settings=ListingSettings(watch=False),
        contents=lambda: Contents(str(root), False, ()),
        file_systems=file_systems,
        ring=lambda *event: None,
    )
    files = FileContentsManager(root_dir=str(root), delete_to_trash=False)
    jobs = JobService(listing, lambda: files)
    try:
        view = View(filter=text, order=order)
        fields = {field: getattr(view, field) for field in view.__struct_fields__}
        while (page := await listing.page(PageQuery(**fields, limit=100))).mode != "sorted":  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        rows = [row.name for row in page.rows]
        # the oracle: the selection as the user sees it, by names
        selected = set(rows) if everything else set()
        selected |= set(named) & set(present)
        for start, stop in spans:
            selected |= set(rows[start:stop])
        selected -= set(excluded)
        removed = [name for name in removed if name in present]
        added = [name for name in added if name not in present]
        for name in removed:
            (root / name).unlink()
        for name in added:
            (root / name).touch()
        listing.touch_names("", [os.fsencode(name) for name in (*removed, *added)])
        while {row.name for row in (await listing.page(PageQuery())).rows} != set(os.listdir(root)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        expected = selected - set(removed)
        request = JobRequest(
            kind="delete",
            path="",
            view=view,
            generation=page.generation,
            selection=Selection(all=everything, names=named, excluded=excluded, ranges=spans),
            count=max(1, len(selected)),
        )
        before = set(os.listdir(root))
        job = None
        told: CountChanged | None = None
        try:
            job = await jobs.start(request)
        except CountChanged as changed:
            told = changed
        if job is None:
            # nothing is done, and what is told can be confirmed
            assert told is not None
            assert set(os.listdir(root)) == before
            assert len(expected) != max(1, len(selected))
            assert told.details["count"] == len(expected)
            return
        await until(lambda: job.state == "done")
        assert len(expected) == job.total == job.done
        assert set(os.listdir(root)) == before - expected
    finally:
        await jobs.stop()
        await listing.stop()
        file_systems.found.close()
