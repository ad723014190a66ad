"""What a feed says. Our own format is small, and made to be written by hand:

    {
      "version": 1,
      "updated": "2026-05-04T10:00:00Z",
      "notifications": [
        {"id": "maintenance-12", "title": "Maintenance on Saturday", "body": "…", "severity": "warning",
         "category": "maintenance", "texts": {"ru": {"title": "…", "body": "…"}},
         "links": [{"label": "Details", "url": "https://…"}],
         "starts": "2026-05-05T00:00:00Z", "expires": "2026-05-10T00:00:00Z", "audience": ["gpu"]}
      ]
    }

Of an entry only `id` and `title` are required; fields that we do not know are left for later versions. One entry that
cannot be used does not keep the others from being read.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Annotated, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from ..models import MAX_LINKS, Body, Category, Language, Link, NewNotification, Severity, Text, Title
from .signing import Refused

#: The most entries of one feed.
MAX_ENTRIES = 500

RELEASE_NOTES = "release_notes"

S = TypeVar("S", bound=Struct)

Version = Annotated[str, Meta(min_length=1, max_length=100)]
Label = Annotated[str, Meta(min_length=1, max_length=80)]


class Entry(NamedTuple):
    """One entry: what to post, and when.

    ``audience`` names the servers that it is for, all where it is None. ``published`` is when it was, as far as it says
    so. ``version`` is what release notes are of.
    """

    id: str
    new: NewNotification
    starts: datetime | None = None
    expires: datetime | None = None
    published: datetime | None = None
    audience: frozenset[str] | None = None
    version: str | None = None


class Document(NamedTuple):
    """A feed that could be read. ``problems`` tells the operator of entries that could not."""

    kind: Literal["json", "atom"]
    updated: datetime | None
    entries: list[Entry]
    problems: list[str]


class _Feed(Struct):
    version: int
    notifications: list[msgspec.Raw]
    updated: datetime | None = None


class _Item(Struct):
    id: Annotated[str, Meta(min_length=1, max_length=500)]
    title: Title
    body: Body = ""
    severity: Severity = "info"
    category: Category = "announcement"
    texts: dict[Language, Text] = {}
    links: Annotated[list[Link], Meta(max_length=MAX_LINKS)] = []
    audience: Annotated[list[Label], Meta(max_length=100)] | None = None
    starts: datetime | None = None
    expires: datetime | None = None
    version: Version | None = None


def read_json(feed: bytes) -> Document:
    """The document in ``feed``. Raises `Refused`."""
    document = _decode(feed, _Feed, "it")
    if document.version != 1:
        raise Refused("it has a version that is not known here")
    entries: list[Entry] = []
    problems: list[str] = []
    for number, raw in enumerate(document.notifications, 1):
        if number > MAX_ENTRIES:
            problems.append(f"all entries after the first {MAX_ENTRIES} are left out")
            break
        try:
            entries.append(_entry(_decode(raw, _Item, f"entry {number}"), number))
        except Refused as problem:
            problems.append(str(problem))
    return Document("json", _aware(document.updated), entries, problems)


def _entry(item: _Item, number: int) -> Entry:
    starts, expires = _aware(item.starts), _aware(item.expires)
    if starts is not None and expires is not None and expires <= starts:
        raise Refused(f"entry {number} expires before it starts")
    if item.category == RELEASE_NOTES and item.version is None:
        raise Refused(f"entry {number} holds release notes, and does not say of which version")
    new = NewNotification(
        title=item.title,
        body=item.body,
        severity=item.severity,
        category=item.category,
        recipient="all",
        texts=item.texts,
        links=item.links,
    )
    audience = None if item.audience is None else frozenset(item.audience)
    return Entry(item.id, new, starts, expires, starts, audience, item.version)


def _decode(data: bytes | msgspec.Raw, shape: type[S], what: str) -> S:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        # the message may repeat what was found; only where it was found is ours to tell
        where = re.search(r"at `\$\.?([^`]*)`$", str(error))
        missing = re.match(r"Object missing required field `(\w+)`", str(error))
        name = ".".join(filter(None, (where[1] if where else "", missing[1] if missing else "")))
        raise Refused(f"{what} is not as it should be" + (f" ({name})" if name else "")) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(f"{what} is no JSON") from None
    except RecursionError:
        raise Refused(f"{what} is nested too deeply") from None


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=timezone.utc) if time is not None and time.tzinfo is None else time
