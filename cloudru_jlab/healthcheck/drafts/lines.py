"""The lines of a draft's file: a header, then the records, each with a checksum.

A line that a crash cut off, or that a failing disk changed, ends the draft: what follows it is not read. The checksum
is each line's last field, and the data a record's first, so that the end of a file tells how far the draft goes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from .models import Base, DraftRecord, Kind

S = TypeVar("S", bound=Struct)

_CHECK = b',"crc":'
_AFTER_DATA = b',"kind":'
#: No field after a record's data is longer, all together.
TAIL = 512
#: No header is longer: its path is the one long field.
LONGEST_HEADER = 32 * 1024


class Header(Struct):
    """What the first line says."""

    version: Literal[1]
    id: str
    page: str
    path: str
    kind: Kind
    type: str
    format: str | None
    base: Base
    created: str


class Stored(Struct):
    """What each further line says. ``data`` comes first: see the top."""

    data: str
    kind: Literal["state", "update"]
    seq: int
    time: str


class _End(Struct):
    seq: int
    time: str


class Damaged(Exception):
    """A line is not what was written."""


class Content(NamedTuple):
    """A draft's file as far as it is whole. ``end`` is how many bytes that is."""

    header: Header
    records: list[Stored]
    end: int


def line(content: Header | Stored) -> bytes:
    """``content`` as a line."""
    body = msgspec.json.encode(content)
    return b"%s%s%d}\n" % (body[:-1], _CHECK, zlib.crc32(body))


def check(record: DraftRecord | Stored) -> int:
    """What tells one record's content from another's of the same number."""
    return zlib.crc32(record.data.encode(), len(record.kind))


def header_of(start: bytes) -> Header:
    """The header in the first bytes of a file; raises `Damaged`."""
    end = start.find(b"\n")
    if end < 0:
        raise Damaged
    return _decoded(memoryview(start)[:end], Header)


def end_of(tail: bytes) -> tuple[int, str]:
    """The number and the time of the last record, from the last bytes of a file; raises `Damaged`."""
    # No string holds this: a quotation mark in a string follows a backslash.
    at = tail.rfind(b'"' + _AFTER_DATA)
    if at < 0 or not tail.endswith(b"}\n"):
        raise Damaged
    try:
        end = msgspec.json.decode(b"{" + tail[at + 2 : -1], type=_End)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged from error
    return end.seq, end.time


def content_of(data: bytes) -> Content:
    """All of a file up to the first line that is not whole; raises `Damaged` where there is not even a state."""
    header = header_of(data)
    view = memoryview(data)
    records: list[Stored] = []
    start = data.find(b"\n") + 1
    while (end := data.find(b"\n", start)) >= 0:
        try:
            record = _decoded(view[start:end], Stored)
        except Damaged:
            break
        if records and record.seq != records[-1].seq + 1:
            break
        if record.kind == "state":
            records.clear()
        elif not records:
            break
        records.append(record)
        start = end + 1
    if not records:
        raise Damaged
    return Content(header, records, start)


def needed(records: Iterable[DraftRecord]) -> list[DraftRecord]:
    """The records from the last state on; all of them where there is none."""
    found: list[DraftRecord] = []
    for record in records:
        if record.kind == "state":
            found.clear()
        found.append(record)
    return found


def _decoded(text: memoryview, shape: type[S]) -> S:
    """A line without its end; raises `Damaged`."""
    at = bytes(text[-64:]).rfind(_CHECK)
    if at < 0:
        raise Damaged
    at += max(0, len(text) - 64)
    try:
        told = int(bytes(text[at + len(_CHECK) : -1]))
        if text[-1] != ord("}") or told != zlib.crc32(b"}", zlib.crc32(text[:at])):
            raise Damaged
        return msgspec.json.decode(text, type=shape)
    except (ValueError, msgspec.DecodeError) as error:
        raise Damaged from error
