"""What one user does with the rows; nobody else sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET, UnsetType

from ..models import Notification
from .database import Database
from .posting import READ, forget, missing, weigh
from .reading import find, find_any, view

#: SQLite's integers end there, and so do sequence numbers.
HIGHEST = 2**63 - 1


def mark(db: Database, user: str, identifier: str, read: bool | UnsetType, dismissed: bool | UnsetType) -> Notification:
    """Set one row's marks; raises `NotFound`."""
    row = find(db, user, identifier)
    if row is None:
        raise missing()
    wanted = (
        bool(row.read) if read is UNSET else bool(read),
        bool(row.dismissed) if dismissed is UNSET else bool(dismissed),
    )
    if wanted != (bool(row.read), bool(row.dismissed)):
        _set(db, user, [(identifier, *wanted)])
    return view(find_any(db, user, identifier))


def mark_all(db: Database, user: str, up_to: int, read: bool | UnsetType, dismissed: bool | UnsetType) -> None:
    """Set the marks of all rows whose content is not newer than ``up_to``."""
    found = db.execute(
        """SELECT r.id, coalesce(m.read, 0), coalesce(m.dismissed, 0)
        FROM rows r LEFT JOIN marks m ON m.user = :user AND m.id = r.id
        WHERE (r.recipient IS NULL OR r.recipient = :user) AND r.seq <= :up_to AND coalesce(m.removed, 0) = 0""",
        {"user": user, "up_to": min(up_to, HIGHEST)},
    ).fetchall()
    changed = []
    for identifier, *before in found:
        now = (
            before[0] if read is UNSET else int(bool(read)),
            before[1] if dismissed is UNSET else int(bool(dismissed)),
        )
        if now != tuple(before):
            changed.append((identifier, bool(now[0]), bool(now[1])))
    _set(db, user, changed)


def remove(db: Database, user: str, identifier: str) -> None:
    """Take one row out of the user's history; raises `NotFound`."""
    row = find(db, user, identifier)
    if row is None:
        raise missing()
    _remove(db, user, [(identifier, row.recipient)])


def clear(db: Database, user: str, up_to: int) -> None:
    """Take all rows whose content is not newer than ``up_to`` out of the user's history."""
    found = db.execute(
        """SELECT r.id, r.recipient FROM rows r LEFT JOIN marks m ON m.user = :user AND m.id = r.id
        WHERE (r.recipient IS NULL OR r.recipient = :user) AND r.seq <= :up_to AND coalesce(m.removed, 0) = 0
        ORDER BY r.id""",
        {"user": user, "up_to": min(up_to, HIGHEST)},
    ).fetchall()
    _remove(db, user, found)


def claim(db: Database, user: str, identifiers: Iterable[str], attempt: str) -> list[str]:
    """Which of ``identifiers`` this claim may show: those that no other has been granted, and that are news still."""
    granted = []
    for identifier in dict.fromkeys(identifiers):
        row = find(db, user, identifier)
        if row is None or row.read or row.dismissed:
            continue
        if not row.shown:
            _note(db, "shown = 1, attempt = excluded.attempt", [(user, identifier, db.next_seq(), 0, 0, 1, 0, attempt)])
        elif not (attempt and row.attempt == attempt):
            continue
        granted.append(identifier)
    return granted


def _set(db: Database, user: str, marks: Sequence[tuple[str, bool, bool]]) -> None:
    numbered = zip(db.next_seqs(len(marks)), marks, strict=True)
    _note(
        db,
        "read = excluded.read, dismissed = excluded.dismissed",
        [
            (user, identifier, seq, int(read), int(dismissed), 0, 0, "")
            for seq, (identifier, read, dismissed) in numbered
        ],
    )
    _weigh_all(db, [identifier for identifier, _, _ in marks])


def _remove(db: Database, user: str, rows: Sequence[tuple[str, str | None]]) -> None:
    # nobody else has what was for this user alone
    forget(db, [identifier for identifier, recipient in rows if recipient is not None])
    shared = [identifier for identifier, recipient in rows if recipient is None]
    numbered = zip(db.next_seqs(len(shared)), shared, strict=True)
    _note(db, "removed = 1", [(user, identifier, seq, 0, 0, 0, 1, "") for seq, identifier in numbered])
    db.connection.executemany(f"UPDATE rows SET weight = {READ} WHERE id = ?", [(each,) for each in shared])  # noqa: S608


def _weigh_all(db: Database, identifiers: Iterable[str]) -> None:
    for identifier in identifiers:
        weigh(db, identifier)


def _note(db: Database, update: str, marks: Sequence[tuple[str, str, int, int, int, int, int, str]]) -> None:
    db.connection.executemany(
        f"""INSERT INTO marks (user, id, seq, read, dismissed, shown, removed, attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (user, id) DO UPDATE SET seq = excluded.seq, {update}""",  # noqa: S608 - constants
        marks,
    )
