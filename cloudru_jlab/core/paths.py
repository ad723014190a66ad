"""From API paths to paths of the file system, and never out of the contents root."""

from __future__ import annotations

import os

from .errors import NotFound


def split(api_path: str) -> tuple[str, str]:
    """The parent's API path and the name: ``"a/b.txt"`` gives ``("a", "b.txt")``; the root gives ``("", "")``."""
    parent, _, name = api_path.strip("/").rpartition("/")
    return parent, name


def join(parent: str, name: str) -> str:
    """The API path of ``name`` in ``parent``."""
    return f"{parent}/{name}" if parent else name


class ContentsRoot:
    """The directory that contents come from, and the one check that keeps paths inside it.

    Symbolic links are followed, as jupyter_server does: a link is a decision of whoever may write in the root.

    Parameters
    ----------
    root_dir:
        Absolute path of the contents root.
    allow_hidden:
        Whether entries that start with a dot, or lie below such a directory, may be reached.
    """

    def __init__(self, root_dir: str, *, allow_hidden: bool = False) -> None:
        self.root = os.fsencode(os.path.abspath(root_dir))
        self.allow_hidden = allow_hidden

    def normalise(self, api_path: str) -> str:
        """``api_path`` without doubled, leading and trailing slashes.

        Raises
        ------
        NotFound
            For a path that leaves the root, holds a NUL, or is hidden where hidden is not allowed.
        """
        parts = [part for part in api_path.split("/") if part]
        refused = "\0" in api_path or any(part in (".", "..") for part in parts)
        if os.sep != "/":
            refused = refused or os.sep in api_path or bool(os.path.splitdrive(api_path)[0])
        if not self.allow_hidden:
            refused = refused or any(part.startswith(".") for part in parts)
        if refused:
            raise NotFound("There is no such folder or file below the root of this server.")
        return "/".join(parts)

    def os_path(self, api_path: str) -> bytes:
        """Absolute path of ``api_path``; raises `NotFound` as `normalise` does. Does not touch the disk."""
        clean = self.normalise(api_path)
        if not clean:
            return self.root
        try:
            encoded = os.fsencode(clean)
        except UnicodeEncodeError:
            raise NotFound("There is no such folder or file below the root of this server.") from None
        return os.path.join(self.root, encoded)
