"""Rows of the wire contract from entries."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Literal

from msgspec import UNSET

from ..core.access import DirectoryStat
from ..core.entries import Entry, display_name
from ..core.paths import join
from .models import Row
from .names import DIRECTORY, NOTEBOOK


def row(path: str, entry: Entry) -> Row:
    """``entry`` of the directory ``path``."""
    name, exact = display_name(entry.name)
    last_modified = _iso(entry.last_modified)
    return Row(
        name=name,
        path=join(path, name),
        type=entry.type,  # type: ignore[arg-type]
        writable=entry.writable,
        # mostly one and the same, and the spelling is what a row costs
        created=last_modified if entry.created == entry.last_modified else _iso(entry.created),
        last_modified=last_modified,
        size=entry.size,
        mimetype=entry.mimetype,
        undecodable=UNSET if exact else True,
    )


def vanished_row(path: str, raw: bytes, flags: int, directory: DirectoryStat) -> Row:
    """A row for an entry that is gone but belongs to the generation: a page always has exactly its rows.

    Its times are the directory's, which changed when the entry went; the next generation is without it.
    """
    name, exact = display_name(raw)
    kind: Literal["directory", "notebook", "file"] = "file"
    if flags & DIRECTORY:
        kind = "directory"
    elif flags & NOTEBOOK:
        kind = "notebook"
    moment = _iso(datetime.fromtimestamp(directory.mtime_ns // 1_000_000_000, timezone.utc))
    return Row(
        name=name,
        path=join(path, name),
        type=kind,
        writable=False,
        created=moment,
        last_modified=moment,
        size=None,
        mimetype=None,
        undecodable=UNSET if exact else True,
    )


def _iso(moment: datetime) -> str:
    # jupyter_server's own spelling of the contents model's times, which are all in UTC
    return moment.isoformat()[: -len("+00:00")] + "Z"
