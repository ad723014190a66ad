"""The wire contract of the listing service."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

SortKey = Literal["name", "modified", "size", "created"]
Order = Literal["asc", "desc"]
Match = Literal["substring", "prefix", "fuzzy"]
Mode = Literal["preview", "sorted"]
Index = Annotated[int, Meta(ge=0, le=2**53)]
Limit = Annotated[int, Meta(ge=1, le=1000)]


class View(Struct, frozen=True, kw_only=True):
    """What is shown of a directory, and in which order.

    ``natural`` compares digit runs by value; ``notebooks_first`` puts notebooks between directories and files;
    ``hidden`` shows dot files where the server allows them; ``filter_directories=False`` shows directories whatever the
    filter says; ``force`` stats every entry of a huge directory for a sort by something else than the name.
    """

    sort: SortKey = "name"
    order: Order = "asc"
    filter: Annotated[str, Meta(max_length=1000)] = ""
    match: Match = "substring"
    filter_directories: bool = True
    locale: Annotated[str, Meta(max_length=35)] = "en"
    natural: bool = True
    notebooks_first: bool = False
    hidden: bool = False
    dirs_only: bool = False
    force: bool = False


class PageQuery(View, frozen=True, kw_only=True):
    """A page of a view: ``limit`` rows from ``offset``, of ``generation`` or of the current one."""

    path: str = ""
    offset: Index = 0
    limit: Limit = 200
    generation: str | None = None


class ChangesQuery(View, frozen=True, kw_only=True):
    """What changed in the rows ``[offset, offset + limit)`` of ``generation`` after the sequence number ``since``."""

    path: str = ""
    generation: str
    offset: Index = 0
    limit: Limit = 200
    since: Index = 0


class LocateQuery(View, frozen=True, kw_only=True):
    """Where ``name`` stands, or the first row from ``after`` on whose name starts with ``prefix``."""

    path: str = ""
    name: str | None = None
    prefix: str | None = None
    after: Index = 0


class OrderQuery(Struct, frozen=True, kw_only=True):
    """A running sort by a stat'ed key."""

    path: str = ""
    sort: Literal["modified", "size", "created"]


class Row(Struct, kw_only=True, gc=False):
    """One entry: the fields of jupyter_server's contents model without content. Times are ISO 8601 in UTC, size is in
    bytes; ``undecodable`` is there only where the name is not UTF-8."""

    name: str
    path: str
    type: Literal["directory", "notebook", "file"]
    writable: bool
    created: str
    last_modified: str
    size: int | None
    mimetype: str | None
    format: None = None
    content: None = None
    hash: None = None
    hash_algorithm: None = None
    undecodable: bool | UnsetType = UNSET


class Head(Struct, kw_only=True):
    """What a client must know of a view's state; the same in a page and in a poll.

    ``total`` counts the rows of the view, ``unfiltered`` the rows it would have without a filter, ``scanned`` the
    entries read so far; ``progress`` is 0 to 1 or null where unknown; ``sort``, ``order`` and ``match`` are what was
    really applied; ``deferred`` tells that a sort by a stat'ed key awaits ``force``.
    """

    path: str
    generation: str
    seq: int
    total: int
    unfiltered: int
    complete: bool
    mode: Mode
    progress: float | None
    scanned: int
    sort: SortKey
    order: Order
    match: Match
    deferred: bool
    watched: bool


class Page(Head, kw_only=True):
    """Rows from ``offset`` on; ``writable`` is the directory's own."""

    offset: int
    writable: bool
    rows: list[Row]


class ChangedRow(Struct, gc=False):
    """A row whose shown fields changed."""

    index: int
    row: Row


class Changes(Head, kw_only=True):
    """The rows of the window that changed; none where the generation is another: the window is then asked for anew."""

    rows: list[ChangedRow]


class Location(Struct, kw_only=True):
    """``index`` is null where the view does not show the name; ``exists`` asks the disk, whatever the view shows."""

    generation: str
    total: int
    index: int | None
    name: str | None
    exists: bool


class Selection(Struct, kw_only=True):
    """The union of ``all``, ``names`` and ``ranges`` (half-open, in the view's order), without ``except``."""

    all: bool = False
    names: list[str] = []
    excluded: list[str] = field(default_factory=list, name="except")
    ranges: list[tuple[Index, Index]] = []


class JobRequest(Struct, kw_only=True):
    """A bulk action on what the user selected in one view and confirmed as ``count`` entries."""

    kind: Literal["delete", "copy", "move"]
    path: str
    view: View = field(default_factory=View)
    generation: str
    selection: Selection
    count: Annotated[int, Meta(ge=1)]
    destination: str | None = None


class JobError(Struct):
    """Why one entry was left."""

    name: str
    message: str


class Job(Struct, kw_only=True):
    """State of a bulk action; the counts are entries, the times ISO 8601 in UTC.

    ``copied_bytes`` of about ``total_bytes`` are written, which is 0 where nothing need be copied; ``reason`` is the
    code of a failure that has one, such as ``no_space``.
    """

    id: str
    kind: Literal["delete", "copy", "move"]
    path: str
    destination: str | None
    state: Literal["running", "cancelling", "cancelled", "done", "failed"]
    total: int
    done: int
    failed: int
    skipped: int
    errors: list[JobError]
    started: str
    finished: str | None
    copied_bytes: int = 0
    total_bytes: int = 0
    reason: str | None = None


class Moved(Struct):
    """An entry that was moved: its API path before, and now. What lies below went with it."""

    from_path: str
    to_path: str


class JobDetails(Job, kw_only=True):
    """A bulk action, and what it moved.

    ``moved`` lists the selected entries whose move is complete so far, also where the action was cancelled or failed
    afterwards; it is empty for a copy or a deletion. It is null for an action on more than 5000 entries, whose names
    are not kept: they are the same in the destination.
    """

    moved: list[Moved] | None


class Jobs(Struct):
    """All bulk actions that run or ended lately, the newest first."""

    jobs: list[Job]
