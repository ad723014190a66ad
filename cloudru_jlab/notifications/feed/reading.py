"""From the bytes of a feed to what it says."""

from __future__ import annotations

from .atom import read_atom
from .documents import Document, read_json

_BOM = b"\xef\xbb\xbf"


def read_document(feed: bytes) -> Document:
    """The document in ``feed``, JSON or Atom. Takes a moment: not on the event loop.

    Raises
    ------
    Refused
        When it is neither, or not well-formed.
    """
    feed = feed.removeprefix(_BOM).lstrip()
    return read_atom(feed) if feed.startswith(b"<") else read_json(feed)
