"""One database: its tables, its counters, and how it is opened."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .ulids import Ulids

#: Rises with each change of the tables.
VERSION = 1

#: `weight` says which rows go first when there are too many: 0 has been read, 1 is a program's, 2 is anybody else's.
#: A user's view of a row is the row and that user's marks; its sequence number is the higher of the two.
#: `recipient` is a user's key, NULL for everybody. `gone` holds what was removed for everybody.
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE rows (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, recipient TEXT, kind TEXT NOT NULL, dedupe_key TEXT, expires REAL,
    weight INTEGER NOT NULL, content BLOB NOT NULL
);
CREATE TABLE marks (
    user TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0,
    dismissed INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0, removed INTEGER NOT NULL DEFAULT 0,
    attempt TEXT NOT NULL DEFAULT '', PRIMARY KEY (user, id)
) WITHOUT ROWID;
CREATE TABLE gone (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, recipient TEXT);
CREATE TABLE remembered (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX rows_seq ON rows (seq);
CREATE INDEX rows_weight ON rows (weight, id);
CREATE INDEX rows_key ON rows (dedupe_key, kind) WHERE dedupe_key IS NOT NULL;
CREATE INDEX rows_expires ON rows (expires) WHERE expires IS NOT NULL;
CREATE INDEX marks_seq ON marks (user, seq);
CREATE INDEX marks_id ON marks (id);
"""
TABLES = ("meta", "rows", "marks", "gone", "remembered")

#: Another program may look at the file for a moment; in seconds.
_PATIENCE = 5.0


class Damaged(Exception):
    """The file is not what was written."""


class Database:
    """An open database, used by one thread.

    Attributes
    ----------
    name:
        Names what `seq` counts: clients that know another name begin anew.
    seq:
        The sequence number of the last change.
    inserted:
        Whether a row has been added since it was last set to False.
    """

    def __init__(self, connection: sqlite3.Connection, *, clock: Callable[[], float], cap: int) -> None:
        self.connection = connection
        self.clock = clock
        self.cap = cap
        self.inserted = False
        self.load()

    def load(self) -> None:
        """Read the counters; raises `Damaged`."""
        meta = dict(self.connection.execute("SELECT key, value FROM meta").fetchall())
        try:
            self.name = str(meta["name"])
            self.seq = int(meta["seq"])
            self.ids = Ulids(self.clock, str(meta["last_id"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Damaged(f"the counters cannot be read: {error}") from error

    def rename(self) -> None:
        """Take a new name: what clients know is void."""
        self.name = secrets.token_hex(8)
        self._keep("name", self.name)

    def next_seq(self) -> int:
        """The number of one more change."""
        self.seq += 1
        return self.seq

    def next_seqs(self, count: int) -> range:
        """The numbers of ``count`` more changes."""
        self.seq += count
        return range(self.seq - count + 1, self.seq + 1)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement; raises `sqlite3.Error`."""
        return self.connection.execute(sql, parameters)

    def begin(self) -> None:
        """Begin to write."""
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make what was written last, counters and all."""
        self._keep("seq", self.seq)
        self._keep("last_id", self.ids.last)
        self.execute("COMMIT")

    def roll_back(self) -> None:
        """Forget what was written since `begin`."""
        if self.connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close it; nothing else works then."""
        self.connection.close()

    def _keep(self, key: str, value: str | int) -> None:
        self.execute("UPDATE meta SET value = ? WHERE key = ? AND value IS NOT ?", (value, key, value))


def in_memory(*, clock: Callable[[], float], cap: int) -> Database:
    """A new, empty database that nothing keeps."""
    connection = _connected(":memory:")
    _create(connection)
    return Database(connection, clock=clock, cap=cap)


def on_disk(path: Path, *, clock: Callable[[], float], cap: int) -> Database:
    """The database in the file ``path``, which is there and may be empty; it can be written to.

    Raises
    ------
    Damaged
        Where the file holds anything else.
    sqlite3.OperationalError
        Where the disk is full, cannot be written to, or fails.
    """
    connection = _connected(str(path))
    try:
        # no WAL: it needs memory shared by all readers, which no network file system gives; a journal that stays and is
        # emptied costs a third of one that is removed each time
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = FULL")
        if path.stat().st_size == 0:
            _create(connection)
        check(connection)
        # what cannot be written to is to be known now
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'opened'")
        connection.execute("COMMIT")
        return Database(connection, clock=clock, cap=cap)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise
    except BaseException:
        connection.close()
        raise


def read_only(path: Path) -> sqlite3.Connection:
    """The database in the file ``path`` to copy from; raises `sqlite3.Error` or `Damaged`."""
    connection = _connected(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection) -> None:
    """See that the database is whole and of this version; raises `Damaged` or `sqlite3.Error`."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise Damaged(f"its version is {version}, not {VERSION}")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Damaged(str(found))


def is_damage(error: Exception) -> bool:
    """Whether ``error`` says that the file is at fault, rather than the disk."""
    if isinstance(error, Damaged) or type(error) is sqlite3.DatabaseError:
        return True
    words = ("no such table", "no such column", "unsupported file format", "malformed")
    return isinstance(error, sqlite3.OperationalError) and any(word in str(error) for word in words)


def _connected(target: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(target, isolation_level=None, timeout=_PATIENCE, uri=uri)
    # text that is none any more is found where it is decoded, not reported as a failure of the disk
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    counters = {"name": secrets.token_hex(8), "seq": 0, "last_id": "", "opened": 0}
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in filter(str.strip, _TABLES.split(";")):
            connection.execute(statement)
        connection.executemany("INSERT INTO meta VALUES (?, ?)", counters.items())
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
