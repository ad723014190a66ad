"""Drafts to test with."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.core.errors import DomainError
from cloudru_jlab.healthcheck.drafts.models import Append, Appended, Base, DraftRecord, NewHead
from cloudru_jlab.healthcheck.drafts.store import DraftStore

ID = "0123456789abcdef" * 2
OTHER = "f" * 32
HEAD = NewHead(page="p1", path="a/b.ipynb", kind="yjs", type="notebook", format="json", base=Base())


def store_of(folder: Path, *, largest: int = 1 << 20, total: int = 1 << 30) -> DraftStore:
    """A store in ``folder``, whose clock counts."""
    ticks = count(1)
    return DraftStore(
        folder,
        largest=largest,
        total=total,
        log=logging.getLogger("drafts"),
        clock=lambda: f"2026-01-01T00:00:{next(ticks):09}Z",
    )


def more(after: int, *data: str, head: NewHead | None = None) -> Append:
    """Records after ``after``; those whose data begins with ``S`` are states."""
    records = [
        DraftRecord(after + 1 + number, "state" if text.startswith("S") else "update", text)
        for number, text in enumerate(data)
    ]
    return Append(after, records, head)


def new(*data: str, after: int = 0) -> Append:
    """The first records of a draft."""
    return more(after, *data, head=HEAD)


def put(store: DraftStore, batch: Append, user: str = "", draft: str = ID) -> Appended:
    """Append; raises what the request would get."""
    [answer] = store.append(user, draft, [batch])
    if isinstance(answer, DomainError):
        raise answer
    return answer


def data_of(store: DraftStore, user: str = "", draft: str = ID) -> list[tuple[int, str]]:
    """The records of a draft."""
    return [(record.seq, record.data) for record in store.load(user, draft)[1]]


def file_of(folder: Path, draft: str = ID) -> Path:
    """The one file of a draft."""
    [found] = folder.glob(f"*/{draft}.jsonl")
    return found


@contextmanager
def tmpfs(point: Path, *options: str) -> Iterator[Path]:
    """A tmpfs at ``point``; skips where none can be mounted."""
    point.mkdir(parents=True, exist_ok=True)
    if shutil.which("mount") is None:
        pytest.skip("there is no mount")
    done: Any = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(point)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a tmpfs can be mounted by root alone, and not in every container")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


def fill(folder: Path, leave: int = 0) -> None:
    """Take all the room there is but for ``leave`` bytes."""
    with (folder / "filler").open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
        if leave:
            file.truncate(max(0, file.tell() - leave))
