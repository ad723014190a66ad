"""What a user sees of the rows."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ..models import Action, Link, Notification, Severity, Source, Text
from .database import Damaged, Database


class Content(Struct, forbid_unknown_fields=True):
    """What a row says, the same for all who see it."""

    name: str
    severity: Severity
    title: str
    body: str
    category: str
    texts: dict[str, Text]
    links: list[Link]
    action: Action | None
    progress: float | None
    created: datetime
    updated: datetime


class Row(NamedTuple):
    """A row and the marks of the user who looks at it (all False where nobody does)."""

    id: str
    seq: int
    recipient: str | None
    kind: Any
    dedupe_key: str | None
    expires: float | None
    content: bytes
    read: int
    dismissed: int
    shown: int
    removed: int
    attempt: str
    marked: int


class Page(NamedTuple):
    """Some of what has changed: see `models.Notifications`."""

    rows: list[Notification]
    removed: list[str]
    last: int
    more: bool
    store: str


COLUMNS = """r.id, r.seq, r.recipient, r.kind, r.dedupe_key, r.expires, r.content, coalesce(m.read, 0),
    coalesce(m.dismissed, 0), coalesce(m.shown, 0), coalesce(m.removed, 0), coalesce(m.attempt, ''), coalesce(m.seq, 0)
    FROM rows r LEFT JOIN marks m ON m.user = :user AND m.id = r.id"""
#: An operator is no user: `:user` is NULL, and the rows are those for everybody.
VISIBLE = "(r.recipient IS NULL OR r.recipient = :user)"
ALIVE = "(r.expires IS NULL OR r.expires > :now)"


def page(db: Database, user: str | None, after: int, limit: int) -> Page:
    """What ``user`` has not seen since ``after``, in the order of `seq`, at most ``limit`` rows."""
    if after > db.seq:
        # of another past (an older copy of the disk was restored): under this name the client begins anew
        return Page([], [], 0, True, f"{db.name}-again")
    given = {"user": user, "after": after, "limit": limit + 1, "now": db.clock()}
    # the order is found before the texts are read
    found = db.execute(
        f"""SELECT {COLUMNS} JOIN (
            SELECT r.id AS wanted, max(r.seq, coalesce(m.seq, 0)) AS at
            FROM rows r LEFT JOIN marks m ON m.user = :user AND m.id = r.id
            WHERE r.id IN (
                SELECT id FROM rows WHERE seq > :after UNION SELECT id FROM marks WHERE user = :user AND seq > :after
            ) AND {VISIBLE} AND {ALIVE} AND coalesce(m.removed, 0) = 0
            ORDER BY at LIMIT :limit
        ) ON r.id = wanted ORDER BY at""",  # noqa: S608 - constants
        given,
    ).fetchall()
    more = len(found) > limit
    rows = [view(Row(*row)) for row in found[:limit]]
    last = rows[-1].seq if more else db.seq
    return Page(rows, _removed(db, user, after, last) if after else [], last, more, db.name)


def _removed(db: Database, user: str | None, after: int, last: int) -> list[str]:
    found = db.execute(
        """SELECT id, seq FROM gone r WHERE seq > :after AND seq <= :last AND (recipient IS NULL OR recipient = :user)
        UNION ALL SELECT id, seq FROM marks WHERE user = :user AND removed = 1 AND seq > :after AND seq <= :last
        ORDER BY seq""",
        {"user": user, "after": after, "last": last},
    )
    return [row[0] for row in found]


def find(db: Database, user: str | None, identifier: str) -> Row | None:
    """The row ``identifier`` if ``user`` has it."""
    row = db.execute(
        f"SELECT {COLUMNS} WHERE r.id = :id AND {VISIBLE} AND {ALIVE} AND coalesce(m.removed, 0) = 0",
        {"user": user, "id": identifier, "now": db.clock()},
    ).fetchone()
    return Row(*row) if row else None


def find_any(db: Database, user: str | None, identifier: str) -> Row:
    """The row ``identifier``, which is there, with the marks of ``user``."""
    row = db.execute(f"SELECT {COLUMNS} WHERE r.id = :id", {"user": user, "id": identifier}).fetchone()
    return Row(*row)


def content_of(row: Row) -> Content:
    """What the row says; raises `Damaged`."""
    try:
        return msgspec.json.decode(row.content, type=Content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"a row cannot be read: {error}") from error


def view(row: Row) -> Notification:
    """The row as it goes over the wire; raises `Damaged`."""
    content = content_of(row)
    if row.kind not in ("operator", "program", "system"):
        raise Damaged(f"a row has a source of the kind {row.kind!r}")
    return Notification(
        id=row.id,
        seq=max(row.seq, row.marked),
        recipient="all" if row.recipient is None else row.recipient or "me",
        source=Source(row.kind, content.name),
        severity=content.severity,
        title=content.title,
        body=content.body,
        category=content.category,
        texts=content.texts,
        links=content.links,
        action=content.action,
        progress=content.progress,
        dedupe_key=row.dedupe_key,
        created=content.created,
        updated=content.updated,
        expires=None if row.expires is None else moment(row.expires),
        read=bool(row.read),
        dismissed=bool(row.dismissed),
        shown=bool(row.shown),
    )


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time of day, UTC; raises `Damaged` for what is none."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError, TypeError) as error:
        raise Damaged(f"a time cannot be read: {error}") from error
