"""Atom feeds (RFC 4287), such as JupyterLab's own news, as entries of ours.

Atom says what is news, not what is true: entries leave the feed because newer ones came, so none is ever withdrawn.
"""

from __future__ import annotations

from datetime import datetime, timezone
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..models import MAX_BODY, Link, NewNotification
from ..plain import https_address, one_line, plain, text_of_html
from .documents import MAX_ENTRIES, Document, Entry
from .signing import Refused

_ATOM = "{http://www.w3.org/2005/Atom}"
_CATEGORY = "news"
#: So much of an entry's text is looked at.
_MAX_MARKUP = 16 * MAX_BODY


def read_atom(feed: bytes) -> Document:
    """The document in ``feed``. Raises `Refused`."""
    try:
        root = fromstring(feed, forbid_dtd=True)
    except ParseError as error:
        raise Refused(f"it is no well-formed XML (line {error.position[0]})") from None
    except DefusedXmlException:
        raise Refused("its XML declares document types or entities, which is not allowed") from None
    except (LookupError, ValueError):
        # an encoding that nobody knows
        raise Refused("its XML is in an encoding that cannot be read") from None
    if root.tag != f"{_ATOM}feed":
        raise Refused("it is neither JSON nor Atom")
    entries, problems = [], []
    for number, node in enumerate(root.findall(f"{_ATOM}entry"), 1):
        if number > MAX_ENTRIES:
            problems.append(f"all entries after the first {MAX_ENTRIES} are left out")
            break
        entry = _entry(node)
        if entry is None:
            problems.append(f"entry {number} has no id, title or time")
        else:
            entries.append(entry)
    # oldest first: they are shown in the order of their arrival
    entries.sort(key=lambda entry: entry.published or datetime.min.replace(tzinfo=timezone.utc))
    return Document("atom", _time(root, "updated"), entries, problems)


def _entry(node: Element) -> Entry | None:
    identity = (node.findtext(f"{_ATOM}id") or "").strip()
    title = one_line(_text(node.find(f"{_ATOM}title")))
    updated = _time(node, "updated") or _time(node, "published")
    if not identity or not title or updated is None:
        return None
    summary = node.find(f"{_ATOM}summary")
    body = _text(node.find(f"{_ATOM}content") if summary is None else summary)
    new = NewNotification(title=title, body=plain(body), category=_category(node), recipient="all", links=_links(node))
    return Entry(identity, new, published=updated)


def _category(node: Element) -> str:
    terms = {each.get("term", "") for each in node.findall(f"{_ATOM}category")}
    return "release_notes" if terms & {"release_notes", "release-notes"} else _CATEGORY


def _links(node: Element) -> list[Link]:
    links = node.findall(f"{_ATOM}link")
    links.sort(key=lambda link: link.get("rel", "alternate") != "alternate")
    for link in links:
        address = https_address(link.get("href", ""))
        if address is not None and link.get("rel", "alternate") in ("alternate", "related"):
            return [Link(label=one_line(link.get("title", ""), 80) or "Open full post", url=address)]
    return []


def _text(node: Element | None) -> str:
    """The text construct ``node``, as a reader sees it."""
    if node is None:
        return ""
    # an element inside, as in xhtml, is markup like any other: its text is what counts
    text = "".join(node.itertext())[:_MAX_MARKUP]
    return text_of_html(text) if node.get("type") in ("html", "text/html") else text


def _time(node: Element, name: str) -> datetime | None:
    try:
        time = msgspec.convert((node.findtext(f"{_ATOM}{name}") or "").strip(), datetime)
    except msgspec.ValidationError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
