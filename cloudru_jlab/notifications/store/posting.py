"""How rows come, change and go, for everybody who has them."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from ...core.errors import NotFound, PermissionDenied
from ..models import Change, NewNotification, Notification, Source, SourceKind
from .database import Database
from .reading import COLUMNS, Content, Row, content_of, find, find_any, moment, view

#: Each is louder than those before it.
_LOUDNESS = ("info", "success", "warning", "error", "critical")
#: Told once, whatever is done to it later.
_ONCE = "release_notes"
#: An expiry that moves by less, in seconds, has not moved: whoever repeats what it said counts from now.
_SAME_MOMENT = 60.0
#: `weight` of a row that somebody has read.
READ = 0
_WEIGHTS = {"program": 1, "system": 2, "operator": 2}


class Posted(NamedTuple):
    """What has become of a post: ``created`` or, by its dedupe key, ``changed``, or neither: it was so already."""

    notification: Notification
    created: bool
    changed: bool


def post(db: Database, new: NewNotification, source: Source, recipient: str | None, user: str | None) -> Posted:
    """Store ``new`` for ``recipient`` (a user's key, None for everybody); the answer is as ``user`` sees it."""
    purge(db)
    now = db.clock()
    expires = None if new.expires_seconds is None else now + new.expires_seconds
    content = Content(
        name=source.name,
        severity=new.severity,
        title=new.title,
        body=new.body,
        category=new.category,
        texts=new.texts,
        links=new.links,
        action=new.action,
        progress=new.progress,
        created=moment(now),
        updated=moment(now),
    )
    if new.dedupe_key is not None:
        old = db.execute(
            f"SELECT {COLUMNS} WHERE r.dedupe_key = :key AND r.kind = :kind AND r.recipient IS :recipient",
            {"user": user, "key": new.dedupe_key, "kind": source.kind, "recipient": recipient},
        ).fetchone()
        if old is not None:
            return _post_again(db, Row(*old), content, expires, user)
    identifier = db.ids.next()
    db.execute(
        "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(identifier, db.next_seq(), recipient, source.kind, new.dedupe_key, expires),
            *(_WEIGHTS[source.kind], msgspec.json.encode(content)),
        ),
    )
    db.inserted = True
    _make_room(db, identifier)
    return Posted(view(find_any(db, user, identifier)), True, True)


def _post_again(db: Database, old: Row, new: Content, expires: float | None, user: str | None) -> Posted:
    before = content_of(old)
    new.created = before.created
    same = msgspec.structs.replace(new, updated=before.updated) == before and _same_moment(old.expires, expires)
    # a program that says it again means it; a feed or Alertmanager repeats itself
    if same and not (old.kind == "program" and _put_away(db, old.id)):
        return Posted(view(old), False, False)
    _write(db, old, new, expires)
    if not _quiet(before, new):
        if _louder(before, new):
            db.execute("DELETE FROM marks WHERE id = ?", (old.id,))
        else:
            db.execute("DELETE FROM marks WHERE id = ? AND (dismissed = 1 OR removed = 1)", (old.id,))
            if not same:
                db.execute("UPDATE marks SET read = 0 WHERE id = ?", (old.id,))
        weigh(db, old.id)
    return Posted(view(find_any(db, user, old.id)), False, True)


def change(db: Database, identifier: str, wanted: Change, kind: SourceKind, user: str | None) -> Posted:
    """Change what a row says, for everybody.

    Raises
    ------
    NotFound
        Where ``user`` has no such row.
    PermissionDenied
        Where it is of another source than ``kind``.
    """
    row = find(db, user, identifier)
    if row is None:
        # the operator may speak to one user alone
        row = _of_operator(db, identifier) if kind == "operator" else None
    if row is None:
        raise missing()
    if row.kind != kind:
        raise PermissionDenied(f"This notification is from the {row.kind}: only the {row.kind} may change it.")
    before = content_of(row)
    fields: dict[str, Any] = {
        name: value
        for name in ("severity", "title", "body", "texts", "progress")
        if (value := getattr(wanted, name)) is not UNSET
    }
    content = msgspec.structs.replace(before, **fields)
    if content == before:
        return Posted(view(row), False, False)
    content.updated = moment(db.clock())
    _write(db, row, content, row.expires)
    if not _quiet(before, content) and _louder(before, content):
        db.execute("DELETE FROM marks WHERE id = ?", (row.id,))
        weigh(db, row.id)
    return Posted(view(find_any(db, user, row.id)), False, True)


def remove_for_all(db: Database, identifier: str) -> None:
    """Remove an operator's row, or one for everybody; raises `NotFound`."""
    if find(db, None, identifier) is None and _of_operator(db, identifier) is None:
        raise missing()
    forget(db, [identifier])


def look(db: Database, identifier: str, user: str | None) -> Posted:
    """A row as it is; raises `NotFound`."""
    row = find(db, user, identifier)
    if row is None:
        raise missing()
    return Posted(view(row), False, False)


def recall(db: Database, name: str) -> bytes | None:
    """What `remember` kept last."""
    row = db.execute("SELECT value FROM remembered WHERE name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def remember(db: Database, name: str, value: bytes) -> None:
    """Keep something of a part of the notifications."""
    db.execute(
        "INSERT INTO remembered VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )


def withdraw(db: Database, kind: SourceKind, dedupe_key: str) -> None:
    """Remove what was posted with this key, whoever it was for."""
    found = db.execute("SELECT id FROM rows WHERE kind = ? AND dedupe_key = ?", (kind, dedupe_key))
    forget(db, [row[0] for row in found.fetchall()])


def purge(db: Database) -> None:
    """Remove what has expired."""
    found = db.execute("SELECT id FROM rows WHERE expires <= ?", (db.clock(),))
    forget(db, [row[0] for row in found.fetchall()])


def forget(db: Database, identifiers: list[str]) -> None:
    """Remove rows; those who had them will be told."""
    if not identifiers:
        return
    each = [(identifier,) for identifier in identifiers]
    numbered = list(zip(db.next_seqs(len(identifiers)), identifiers, strict=True))
    db.connection.executemany(
        "INSERT INTO gone SELECT ?, id, recipient FROM rows WHERE id = ?",
        numbered,
    )
    db.connection.executemany("DELETE FROM rows WHERE id = ?", each)
    db.connection.executemany("DELETE FROM marks WHERE id = ?", each)
    (count,) = db.execute("SELECT count(*) FROM gone").fetchone()
    if count > 4 * db.cap:
        db.execute("DELETE FROM gone WHERE seq <= (SELECT seq FROM gone ORDER BY seq LIMIT 1 OFFSET ?)", (count // 2,))
        # who has not been told of those begins anew
        db.rename()


def weigh(db: Database, identifier: str) -> None:
    """Note whether somebody has read the row: it goes before those that nobody has."""
    db.execute(
        """UPDATE rows SET weight = CASE
            WHEN EXISTS (SELECT 1 FROM marks m WHERE m.id = rows.id AND (m.read OR m.dismissed OR m.removed)) THEN 0
            WHEN kind = 'program' THEN 1 ELSE 2 END
        WHERE id = ?""",
        (identifier,),
    )


def missing() -> NotFound:
    """Not there, or not for this user: the two are told apart by nobody."""
    return NotFound("There is no such notification. It may have expired or been removed; load the list again.")


def _make_room(db: Database, newest: str) -> None:
    (count,) = db.execute("SELECT count(*) FROM rows").fetchone()
    if count > db.cap:
        found = db.execute(
            "SELECT id FROM rows WHERE id != ? ORDER BY weight, id LIMIT ?", (newest, count - db.cap)
        ).fetchall()
        forget(db, [row[0] for row in found])


def _write(db: Database, row: Row, content: Content, expires: float | None) -> None:
    db.execute(
        "UPDATE rows SET seq = ?, content = ?, expires = ? WHERE id = ?",
        (db.next_seq(), msgspec.json.encode(content), expires, row.id),
    )


def _of_operator(db: Database, identifier: str) -> Row | None:
    row = db.execute(
        f"SELECT {COLUMNS} WHERE r.id = :id AND r.kind = 'operator' AND (r.expires IS NULL OR r.expires > :now)",
        {"user": None, "id": identifier, "now": db.clock()},
    ).fetchone()
    return Row(*row) if row else None


def _put_away(db: Database, identifier: str) -> bool:
    found = db.execute("SELECT 1 FROM marks WHERE id = ? AND (dismissed = 1 OR removed = 1) LIMIT 1", (identifier,))
    return found.fetchone() is not None


def _quiet(before: Content, after: Content) -> bool:
    """Whether users' marks stay as they are: progress is no news, and some things are told once."""
    return after.category == _ONCE or (after.progress is not None and not _louder(before, after))


def _louder(before: Content, after: Content) -> bool:
    if before.progress is not None and after.progress is None:
        # what was on its way has come to its end: that is the news
        return True
    return _LOUDNESS.index(after.severity) > _LOUDNESS.index(before.severity)


def _same_moment(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < _SAME_MOMENT
