"""What the store is to do, said as simply as can be: lists and dictionaries, all of it searched each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOUDNESS = ["info", "success", "warning", "error", "critical"]


@dataclass
class Mark:
    read: bool = False
    dismissed: bool = False
    shown: bool = False
    removed: bool = False
    attempt: str = ""

    @property
    def put_away(self) -> bool:
        return self.dismissed or self.removed


@dataclass
class OracleRow:
    id: str
    recipient: str | None
    kind: str
    key: str | None
    severity: str
    title: str
    category: str
    progress: float | None
    expires: float | None
    age: int
    marks: dict[str, Mark] = field(default_factory=dict)

    def mark(self, user: str) -> Mark:
        return self.marks.setdefault(user, Mark())

    @property
    def weight(self) -> int:
        if any(mark.read or mark.put_away for mark in self.marks.values()):
            return 0
        return 1 if self.kind == "program" else 2


class Oracle:
    """The rows in the order in which they came."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.rows: list[OracleRow] = []
        self.now = 1_000_000.0
        #: Counts changes of what rows say, not of marks.
        self.age = 0

    def grow(self) -> int:
        self.age += 1
        return self.age

    def visible(self, user: str | None) -> list[OracleRow]:
        return [
            row
            for row in self.rows
            if row.recipient in (None, user)
            and (row.expires is None or row.expires > self.now)
            and (user is None or not row.mark(user).removed)
        ]

    def find(self, user: str | None, identifier: str) -> OracleRow | None:
        return next((row for row in self.visible(user) if row.id == identifier), None)

    def seen_by(self, user: str) -> dict[str, Any]:
        return {
            row.id: (row.severity, row.title, row.progress, mark.read, mark.dismissed, mark.shown)
            for row in self.visible(user)
            for mark in [row.mark(user)]
        }

    def purge(self) -> None:
        self.rows = [row for row in self.rows if row.expires is None or row.expires > self.now]

    def keyed(self, kind: str, recipient: str | None, key: str | None) -> OracleRow | None:
        found = (row for row in self.rows if (row.kind, row.recipient, row.key) == (kind, recipient, key))
        return next(found, None) if key is not None else None

    def add(self, row: OracleRow) -> None:
        row.age = self.grow()
        self.rows.append(row)
        while len(self.rows) > self.cap:
            others = [each for each in self.rows if each is not row]
            self.rows.remove(min(others, key=lambda each: (each.weight, each.id)))

    def say(self, row: OracleRow, new: dict[str, Any], *, posted: bool) -> None:
        """The row says something else, or the same again."""
        before = {name: getattr(row, name) for name in new}
        same = before == new
        if same and not (posted and row.kind == "program" and any(mark.put_away for mark in row.marks.values())):
            return
        louder = LOUDNESS.index(new["severity"]) > LOUDNESS.index(before["severity"]) or (
            before["progress"] is not None and new["progress"] is None
        )
        for name, value in new.items():
            setattr(row, name, value)
        row.age = self.grow()
        if row.category == "release_notes" or (row.progress is not None and not louder):
            return
        for user, mark in list(row.marks.items()):
            if louder or (posted and mark.put_away):
                del row.marks[user]
            elif posted and not same:
                mark.read = False
