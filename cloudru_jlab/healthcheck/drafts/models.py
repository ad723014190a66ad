"""The wire contract of drafts: unsaved edits of open documents.

Sizes are bytes, times RFC 3339 in UTC. A draft's records are numbered from 1, each one more than the last; after a
`state` nothing before it is needed, and nothing before it is kept.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

#: How the records are to be read: updates of the shared model, or the sources of a notebook's cells.
Kind = Literal["yjs", "sources"]
#: How the document's file is, against the one that the draft was made from.
FileState = Literal["same", "changed", "missing", "unknown"]

DraftId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
ApiPath = Annotated[str, Meta(min_length=1, max_length=4096)]
_Name = Annotated[str, Meta(max_length=64)]
_Seq = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Base(Struct):
    """The file that the draft was made from, as the contents API told it; None is unknown."""

    last_modified: Annotated[str, Meta(max_length=64)] | None = None
    size: Annotated[int, Meta(ge=0)] | None = None


class NewHead(Struct):
    """What a page says of a draft. ``page`` is the page's own random name; ``type`` and ``format`` are the contents
    model's."""

    page: Annotated[str, Meta(max_length=64)]
    path: ApiPath
    kind: Kind
    type: _Name
    format: _Name | None
    base: Base


class DraftRecord(Struct):
    """A part of a draft. ``data`` is base64 of one update of the shared model, or JSON of sources."""

    seq: _Seq
    kind: Literal["state", "update"]
    data: str


class Append(Struct):
    """More of a draft: ``records`` are numbered on from ``after``.

    ``head`` is needed with the draft's first records, and may be given again with a `state`. Without records it says
    that the page still lives, and that ``after`` is the last number.
    """

    after: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    records: list[DraftRecord] = []
    head: NewHead | None = None


class Appended(Struct):
    """What is on disk now: the number of the last record, and all records' size."""

    last: int
    size: int


class DraftHead(Struct):
    """A draft without its records.

    ``updated`` is when the last edit came, ``seen`` when the page was last heard of. ``on_disk`` is the file now.
    """

    id: str
    page: str
    path: str
    kind: Kind
    type: str
    format: str | None
    base: Base
    created: str
    updated: str
    seen: str
    last: int
    size: int
    file: FileState
    on_disk: Base


class DraftsQuery(Struct):
    """``path`` asks for the drafts of one document alone."""

    path: str | None = None


class Drafts(Struct):
    """The user's drafts, newest first. ``now`` is the server's clock, for comparing with ``seen``."""

    now: str
    drafts: list[DraftHead]


class Draft(Struct):
    """A draft. It begins with a `state`."""

    head: DraftHead
    records: list[DraftRecord]


class Renaming(Struct):
    """The document is at ``path`` now."""

    path: ApiPath


class DiscardQuery(Struct):
    """``up_to`` is the last record that is saved: a draft that holds later ones stays. None removes it in any case."""

    up_to: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
