"""From API paths to paths of the file system, and never out of the contents root.

`normalise` is the one check of the string. It keeps out what no honest path holds; what a path then leads to, through
links, is decided when it is opened (`core.beneath`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Container

from .errors import NotFound


def split(api_path: str) -> tuple[str, str]:
    """The parent's API path and the name: ``"a/b.txt"`` gives ``("a", "b.txt")``; the root gives ``("", "")``."""
    parent, _, name = api_path.strip("/").rpartition("/")
    return parent, name


def join(parent: str, name: str) -> str:
    """The API path of ``name`` in ``parent``."""
    return f"{parent}/{name}" if parent else name


#: As many bytes as the kernel takes for a path, the NUL at its end included (PATH_MAX, limits.h).
_LONGEST = 4096
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?")


def normalise(
    api_path: str, *, hidden: bool = False, shown: Container[str] = (), windows: bool = os.name == "nt"
) -> str:
    """``api_path`` without doubled, leading and trailing slashes. Touches no disk.

    Parameters
    ----------
    api_path:
        Of one root, without the root's prefix; ``""`` is the root itself.
    hidden:
        Whether entries that start with a dot, or lie below such a directory, may be reached.
    shown:
        Names that may be reached though they are hidden.
    windows:
        Whether the server runs on Windows, which reads more into a path than its slashes.

    Raises
    ------
    NotFound
        For a path that leaves the root, holds a NUL, is hidden where hidden is not allowed, or is none that a file
        system could have.
    """
    parts = [part for part in api_path.split("/") if part]
    refused = "\0" in api_path or any(part in (".", "..") for part in parts)
    if not hidden:
        refused = refused or any(part.startswith(".") and part not in shown for part in parts)
    if windows:
        refused = refused or any(map(_strange_on_windows, parts))
    clean = "/".join(parts)
    try:
        refused = refused or len(os.fsencode(clean)) >= _LONGEST
    except UnicodeEncodeError:
        refused = True
    if refused:
        raise NotFound("There is no such folder or file below the root of this server.")
    return clean


def _strange_on_windows(part: str) -> bool:
    """Whether Windows takes ``part`` for something else than a name: a separator, a drive or a stream, a device, or a
    name whose last dots and spaces it leaves out."""
    return "\\" in part or ":" in part or part[-1] in ". " or _DEVICES.fullmatch(part) is not None


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
        """See `normalise`."""
        return normalise(api_path, hidden=self.allow_hidden)

    def os_path(self, api_path: str) -> bytes:
        """Absolute path of ``api_path``; raises `NotFound` as `normalise` does. Does not touch the disk."""
        clean = self.normalise(api_path)
        if not clean:
            return self.root
        return os.path.join(self.root, os.fsencode(clean))
