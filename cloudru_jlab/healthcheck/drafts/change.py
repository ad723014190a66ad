"""What is known of a draft's file, and what requests make of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from ...core.errors import BadParameter
from .errors import OutOfStep, TooLarge
from .lines import LONGEST_HEADER, TAIL, Content, Damaged, Header, Stored, check, end_of, header_of, line, needed
from .models import Append, NewHead

#: So many of a draft's last records are known, to tell one that is sent twice from another of the same number.
_RECENT = 256


class Known(NamedTuple):
    """What was in a file when it was that of ``signature``. ``recent`` is None where nobody has read all of it."""

    signature: tuple[int, int, int]
    header: Header
    last: int
    updated: str
    recent: dict[int, int] | None
    end: int


class Change:
    """What a batch makes of a draft: more lines at its end, or all of it anew."""

    def __init__(
        self, draft: str, known: Known | None, *, removed: int, largest: int, clock: Callable[[], str]
    ) -> None:
        self._draft = draft
        self._largest = largest
        self._clock = clock
        self.header = known.header if known else None
        self.last = known.last if known else removed
        self.updated = known.updated if known else ""
        self.recent = dict(known.recent or {}) if known else {}
        self.exists = known is not None
        self.anew = False
        self.lines: list[bytes] = []
        self.size = known.end if known else 0

    def add(self, more: Append) -> None:
        """Add what one request brings; raises `DomainError`, and then nothing has changed."""
        if any(record.seq != more.after + 1 + number for number, record in enumerate(more.records)):
            raise BadParameter("The records are not numbered one by one from “after” on.")
        if not more.records and (more.after != self.last or not self.exists):
            raise OutOfStep(self.last)
        kept = needed(more.records)
        if any(self.recent.get(record.seq) != check(record) for record in kept if record.seq <= self.last):
            raise OutOfStep(self.last)
        kept = [record for record in kept if record.seq > self.last]
        if not kept:
            return
        anew = kept[0].kind == "state"
        header = self.header
        if more.head is not None and anew:
            header = _header(self._draft, more.head, header.created if header else self._clock())
        if not anew and (not self.exists or kept[0].seq != self.last + 1):
            raise OutOfStep(self.last)
        if header is None:
            raise OutOfStep(self.last)
        now = self._clock()
        lines = [line(Stored(record.data, record.kind, record.seq, now)) for record in kept]
        size = sum(map(len, lines)) + (len(line(header)) if anew else self.size)
        if size > self._largest:
            raise TooLarge(f"The draft would be larger than {self._largest:,} bytes. Send one state, or a smaller one.")
        if anew:
            self.lines.clear()
            self.recent.clear()
            self.anew = True
        self.lines += lines
        self.recent.update((record.seq, check(record)) for record in kept)
        self.header, self.last, self.updated, self.size = header, kept[-1].seq, now, size
        self.exists = True

    def known(self, info: os.stat_result) -> Known:
        """What is in the file, once this is done."""
        assert self.header is not None  # noqa: S101 - of a draft that is there
        recent = dict(list(self.recent.items())[-_RECENT:])
        return Known(signature(info), self.header, self.last, self.updated, recent, self.size)


def signature(info: os.stat_result) -> tuple[int, int, int]:
    """Tells a file's content from any other."""
    return info.st_ino, info.st_size, info.st_mtime_ns


def read(info: os.stat_result, content: Content) -> Known:
    """What is known of a file that has been read."""
    last = content.records[-1]
    recent = {record.seq: check(record) for record in content.records[-_RECENT:]}
    return Known(signature(info), content.header, last.seq, last.time, recent, content.end)


def glance(fd: int, info: os.stat_result) -> Known | None:
    """What start and end of a file tell; None where a crash cut the end off. Raises `Damaged`."""
    header = header_of(os.pread(fd, LONGEST_HEADER, 0))
    try:
        last, time = end_of(os.pread(fd, TAIL, max(0, info.st_size - TAIL)))
    except Damaged:
        return None
    return Known(signature(info), header, last, time, None, info.st_size)


def _header(draft: str, head: NewHead, created: str) -> Header:
    return Header(1, draft, head.page, head.path, head.kind, head.type, head.format, head.base, created)
