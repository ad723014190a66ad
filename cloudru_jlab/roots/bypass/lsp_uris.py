"""URIs of files in roots, as the page writes them and as they are on the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from ...core.ports import RootBackend

#: Members of LSP messages that hold a document's text, in which nothing is a URI.
_TEXT = frozenset({"text", "newText"})


class UriMap:
    """Rewrites the URIs in messages of the Language Server Protocol.

    JupyterLab makes a document's URI of the contents root's and the document's path, prefix and all; a language server
    looks for the files beside it.

    Parameters
    ----------
    root_uri:
        The contents root's URI, as jupyter-lsp tells it to the page.
    roots:
        All roots that have a prefix.
    """

    def __init__(self, root_uri: str, roots: Iterable[RootBackend]) -> None:
        base = root_uri.rstrip("/")
        self._pairs = [
            (f"{base}/{quote(root.info.prefix, safe='@')}", PurePosixPath(os.fsdecode(root.info.real)).as_uri())
            for root in roots
            if root.info.real is not None
        ]

    def to_server(self, message: str) -> str:
        """A message of the page, for the language server."""
        return _rewrite(message, self._pairs)

    def to_page(self, message: str) -> str:
        """A message of the language server, for the page."""
        # of roots that lie in each other, the inner one first
        return _rewrite(message, sorted(((real, shown) for shown, real in self._pairs), key=lambda pair: -len(pair[0])))


def _rewrite(message: str, pairs: list[tuple[str, str]]) -> str:
    if not any(old in message for old, _ in pairs):
        return message
    try:
        content = json.loads(message)
    except ValueError:
        return message
    return json.dumps(_walk(content, pairs), ensure_ascii=False)


def _walk(value: Any, pairs: list[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        # a workspace edit has URIs for keys
        return {_replace(key, pairs): item if key in _TEXT else _walk(item, pairs) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, pairs) for item in value]
    return _replace(value, pairs) if isinstance(value, str) else value


def _replace(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        if text == old or text.startswith(old + "/"):
            return new + text[len(old) :]
    return text
