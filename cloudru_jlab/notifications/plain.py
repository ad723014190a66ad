"""Text and addresses that others wrote, made fit to be posted: whoever repeats what an Atom feed or an alert says must
not have it refused for a character."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from .models import MAX_BODY, MAX_TITLE

#: Control characters but tab and newline, marks that turn the direction of what follows, lone surrogates.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MAX_ADDRESS = 2_000
_ADDRESS = re.compile(r"https://[!-~]+", re.IGNORECASE)
_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "ul", "ol", "table", "pre", "blockquote", "hr"})
_BLOCKS |= {f"h{level}" for level in range(1, 7)}
_SILENT = frozenset({"script", "style", "template", "title"})


def plain(text: str, limit: int = MAX_BODY) -> str:
    """``text`` in at most ``limit`` characters, without those that a notification may not hold."""
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int = MAX_TITLE) -> str:
    """As `plain`, with every run of white space a single space."""
    return plain(" ".join(plain(text, len(text) + 1).split()), limit)


def https_address(url: str) -> str | None:
    """``url`` where it is an https address of some host in plain characters; else None."""
    url = url.strip()
    if len(url) > _MAX_ADDRESS or "\\" in url or not _ADDRESS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    return url if parts.hostname and "@" not in parts.netloc else None


def text_of_html(markup: str) -> str:
    """What a reader sees of ``markup``: tags left out, blocks on lines of their own, scripts and styles dropped."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # the markup's own line breaks mean nothing
            self.pieces.append(" ".join(data.split("\n")))
