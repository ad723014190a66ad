"""What a feed's document means for the notifications of this server: which to post, which to withdraw, which are known.

Pure: the same document, memory and time give the same plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from ..models import NewNotification
from .documents import RELEASE_NOTES, Document, Entry
from .signing import Accepted

#: News that is older when it is first seen is none.
OLD = timedelta(days=30)
#: A notification expires after a year at most; one that shall stay longer is posted without an end.
_LONGEST = timedelta(days=365)
#: So many entries are remembered that have left an Atom feed, or are release notes of the past.
_KEPT = 1_000
#: What is remembered instead of a digest: never posted because it was old, and posted once and gone for good.
#: And what ended, with the digest that it had: another end makes it news again.
_OLD, _GONE, _ENDED = "old", "gone", "ended "


class Memory(msgspec.Struct, omit_defaults=True):
    """What is remembered of one feed: the signed one that was taken last, and by dedupe key what was posted.

    `lasting` tells that its entries are withdrawn when they leave it.
    """

    accepted: Accepted | None = None
    known: dict[str, str] = {}
    lasting: bool = False


class Post(NamedTuple):
    """``new`` is to be posted; then ``digest`` is to be remembered under ``key``."""

    key: str
    digest: str
    new: NewNotification


class Withdrawal(NamedTuple):
    """What was posted under ``key`` is to be withdrawn; then ``note`` is to be remembered of it, or nothing."""

    key: str
    note: str | None


class Plan(NamedTuple):
    """What to do now. ``next`` is when the same document means something else, None for never."""

    posts: list[Post]
    withdrawals: list[Withdrawal]
    next: datetime | None


def make_plan(
    document: Document, memory: Memory, *, feed: str, name: str, audience: frozenset[str], now: datetime
) -> Plan:
    """What ``document`` asks for at ``now``. Notes in ``memory`` what needs no post; the caller notes the rest.

    ``feed`` names the feed in dedupe keys, ``name`` is what it is called as a source, ``audience`` are the labels of
    this server.
    """
    posts: list[Post] = []
    withdrawals: list[Withdrawal] = []
    moments: list[datetime] = []
    current: set[str] = set()
    for key, entry in _unique(document, feed):
        known = memory.known.get(key)
        if entry.audience is not None and not entry.audience & audience:
            continue
        # what was posted has started, and what has ended has ended: a clock that was moved back changes neither
        if entry.starts is not None and entry.starts > now and known is None:
            moments.append(entry.starts)
            continue
        current.add(key)
        digest = _digest(entry, name)
        if known in (_GONE, _ENDED + digest):
            continue
        if entry.expires is not None:
            if entry.expires <= now:
                if _is_posted(known):
                    withdrawals.append(Withdrawal(key, _GONE if _is_release(key) else _ENDED + digest))
                continue
            moments.append(entry.expires)
        if known == digest:
            continue
        if document.kind == "atom" and _is_old(entry, now) and (known is None or known == _OLD):
            memory.known[key] = _OLD
            continue
        posts.append(Post(key, digest, _post(entry, key, name, now)))
    if document.kind == "json":
        for key, known in list(memory.known.items()):
            if key not in current and not _is_release(key):
                if _is_posted(known):
                    withdrawals.append(Withdrawal(key, None))
                else:
                    del memory.known[key]
    memory.lasting = document.kind == "json"
    _forget(memory, current)
    return Plan(posts, withdrawals, min(moments, default=None))


def withdrawn(memory: Memory, withdrawal: Withdrawal) -> None:
    """Note in ``memory`` that it was done."""
    if withdrawal.note is None:
        memory.known.pop(withdrawal.key, None)
    else:
        memory.known[withdrawal.key] = withdrawal.note


def _unique(document: Document, feed: str) -> Iterator[tuple[str, Entry]]:
    """The entries with their keys; of those with the same key the first, or in Atom the newest, which comes last."""
    entries: dict[str, Entry] = {}
    for entry in document.entries:
        key = _key(entry, feed)
        if document.kind == "atom" or key not in entries:
            entries[key] = entry
    yield from entries.items()


def _key(entry: Entry, feed: str) -> str:
    if entry.new.category == RELEASE_NOTES:
        # whatever feed and entry tells of this version
        return f"{RELEASE_NOTES}:{_hash(entry.version or entry.id)}"
    return f"feed:{feed}:{_hash(entry.id)}"


def _is_posted(known: str | None) -> bool:
    return known is not None and known not in (_OLD, _GONE) and not known.startswith(_ENDED)


def _is_old(entry: Entry, now: datetime) -> bool:
    return entry.published is not None and now - entry.published > OLD


def _is_release(key: str) -> bool:
    return key.startswith(f"{RELEASE_NOTES}:")


def _post(entry: Entry, key: str, name: str, now: datetime) -> NewNotification:
    seconds = None
    if entry.expires is not None and entry.expires - now <= _LONGEST:
        seconds = max(1, round((entry.expires - now).total_seconds()))
    return msgspec.structs.replace(entry.new, dedupe_key=key, expires_seconds=seconds, name=name)


def _digest(entry: Entry, name: str) -> str:
    content = msgspec.json.encode((entry.new, entry.expires, name))
    return hashlib.sha256(content).hexdigest()[:32]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _forget(memory: Memory, current: set[str]) -> None:
    surplus = len(memory.known) - _KEPT
    for key in [key for key in memory.known if key not in current][: max(0, surplus)]:
        del memory.known[key]
