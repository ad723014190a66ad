"""Copies between databases: to memory where the disk fails, and back when it works again."""

from __future__ import annotations

import sqlite3

from .database import TABLES, Database


def overwrite(target: Database, source: sqlite3.Connection) -> None:
    """Make ``target`` what ``source`` is, in one transaction; raises `sqlite3.Error` or `Damaged`."""
    target.begin()
    try:
        for table in TABLES:
            target.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            _copy(target.connection, source, table)
        target.execute("COMMIT")
    except BaseException:
        target.roll_back()
        raise
    target.load()


def add(target: Database, source: sqlite3.Connection) -> None:
    """Put what ``source`` has and ``target`` has not after all that ``target`` has, in one transaction; raises
    `sqlite3.Error`."""
    target.begin()
    try:
        known = {row[0] for row in target.execute("SELECT id FROM rows").fetchall()}
        rows = source.execute("SELECT * FROM rows ORDER BY seq").fetchall()
        for identifier, _, *rest in rows:
            if identifier not in known:
                target.execute(
                    "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (identifier, target.next_seq(), *rest)
                )
        marks = source.execute("SELECT * FROM marks ORDER BY seq").fetchall()
        for user, identifier, _, *rest in marks:
            if identifier not in known:
                mark = (user, identifier, target.next_seq(), *rest)
                target.execute("INSERT INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", mark)
        remembered = source.execute("SELECT name, value FROM remembered").fetchall()
        target.connection.executemany("INSERT OR IGNORE INTO remembered VALUES (?, ?)", remembered)
        target.commit()
    except BaseException:
        target.roll_back()
        raise


def _copy(target: sqlite3.Connection, source: sqlite3.Connection, table: str) -> None:
    cursor = source.execute(f"SELECT * FROM {table}")  # noqa: S608 - constants
    holes = ", ".join("?" * len(cursor.description))
    target.executemany(f"INSERT INTO {table} VALUES ({holes})", cursor)  # noqa: S608 - constants
