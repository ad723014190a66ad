"""An entry of a root as a contents model, without content: jupyter_server's fields."""

from __future__ import annotations

import mimetypes

from ...core.entries import Entry
from ..directory import Model
from .spots import Spot


def model_of(spot: Spot, entry: Entry, kind: str | None = None) -> Model:
    """The model of ``entry``, which was found at ``spot``; ``kind`` is the type that was asked for."""
    kind = kind or entry.type
    return {
        "name": spot.name,
        "path": spot.path,
        "last_modified": entry.last_modified,
        "created": entry.created,
        "content": None,
        "format": None,
        # The slash keeps a name like "data:x" from being read as a URL.
        "mimetype": mimetypes.guess_type(f"/{spot.name}")[0] if kind == "file" else None,
        "size": None if kind == "directory" else entry.size,
        "writable": entry.writable and spot.root.info.writable,
        "hash": None,
        "hash_algorithm": None,
        "type": kind,
    }
