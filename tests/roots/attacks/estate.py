"""A machine's folders: four roots, what lies around them, and links from the one to the other."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

#: In files that lie outside every root.
CANARY = "canary-71c2f0a5d3"
#: In names of entries outside; no request ever names them.
CANARY_NAME = "bird-8e41b7"
#: In hidden files of roots whose hidden files may not be reached.
HIDDEN = "hidden-5b90e6c1aa"

#: What must be in no answer. In base64 a content looks the same only from its first byte on.
FORBIDDEN = (
    CANARY_NAME,
    *(CANARY, HIDDEN, "root:x:0:"),
    *(base64.b64encode(content)[:-4].decode() for content in (CANARY.encode(), HIDDEN.encode(), b"root:x:0:0:")),
)

#: Links in `@data`, `@locked` and `@strict` that lead outside, or nowhere.
LINKS = (
    "out", "out-relative", "out-file", "out-file-relative", "out.ipynb", "look-alike", "chain1", "chain60", "loop",
    "self", "root-of-proc", "cwd-of-proc", "climb", "climb-two", "dangling", "dangling.txt", "there-and-back", "nest",
    "etc",
)  # fmt: skip


class Estate(NamedTuple):
    """Where all of it is."""

    top: Path

    @property
    def home(self) -> Path:
        """The default root, of which links are followed."""
        return self.top / "home"

    @property
    def data(self) -> Path:
        """`@data`: links are followed that stay inside."""
        return self.top / "data"

    @property
    def locked(self) -> Path:
        """`@locked`: read-only, and no link is followed."""
        return self.top / "locked"

    @property
    def strict(self) -> Path:
        """`@strict`: no link is followed."""
        return self.top / "strict"

    @property
    def free(self) -> Path:
        """`@free`: links are followed."""
        return self.top / "free"

    @property
    def outside(self) -> Path:
        """No root, and no link of `home` or `free` leads here."""
        return self.top / "outside"

    @property
    def allowed(self) -> Path:
        """No root either, but a link of `home` and one of `free` lead here."""
        return self.top / "allowed"

    def roots(self) -> list[dict[str, Any]]:
        """The operator's configuration."""
        return [
            {"name": "data", "path": str(self.data)},
            {"name": "locked", "path": str(self.locked), "read_only": True, "symlinks": "deny"},
            {"name": "strict", "path": str(self.strict), "symlinks": "deny"},
            {"name": "free", "path": str(self.free), "symlinks": "follow"},
        ]

    def build(self) -> None:
        """Make everything; later, what is missing of it inside the roots."""
        for name in ("outside", "data2"):
            _fill(self.top / name, CANARY)
            _write(self.top / name / f"{CANARY_NAME}.txt", CANARY)
            _write(self.top / name / "folder" / f"{CANARY_NAME}.txt", CANARY)
        _fill(self.allowed, "allowed")
        for root in (self.home, self.data, self.locked, self.strict, self.free):
            _fill(root, f"of {root.name}")
            for folder in (root, root / "folder"):
                _write(folder / ".hidden" / "secret.txt", HIDDEN)
            _write(root / ".secret.txt", HIDDEN)
            _write(root / ".ipynb_checkpoints" / "secret.txt", HIDDEN)
        for root in (self.home, self.free):
            _link(root / "allowed", self.allowed)
        for root in (self.data, self.locked, self.strict):
            self._lay_links(root)

    def _lay_links(self, root: Path) -> None:
        targets: dict[str, object] = {
            "out": self.outside,
            "out-relative": "../outside",
            "out-file": self.outside / "canary.txt",
            "out-file-relative": "../outside/canary.txt",
            "out.ipynb": self.outside / "canary.ipynb",
            "look-alike": f"{self.data}2",
            "loop": "loop2",
            "loop2": "loop",
            "self": "self",
            "root-of-proc": "/proc/self/root",
            "cwd-of-proc": "/proc/self/cwd",
            "climb": "..",
            "climb-two": "../..",
            "dangling": self.outside / "made-by-a-link",
            "dangling.txt": "../outside/made-by-a-link.txt",
            "there-and-back": f"../outside/../{root.name}/../outside",
            "folder/up": "../..",
            "nest": "folder/up",
            "etc": "/etc",
        }
        targets |= {f"chain{number}": f"chain{number + 1}" for number in range(1, 60)}
        targets["chain60"] = "../outside"
        # short enough to be followed
        targets["chain1"] = "chain58"
        for name, target in targets.items():
            _link(root / name, target)

    def watched(self) -> dict[str, Any]:
        """All that no request may change: what is outside, and the read-only root."""
        seen: dict[str, Any] = {"": sorted(os.listdir(self.top))}
        for top in (self.outside, self.top / "data2", self.locked):
            for path in [top, *sorted(top.rglob("*"))]:
                info = path.lstat()
                content = path.read_bytes() if stat.S_ISREG(info.st_mode) else None
                target = os.readlink(path) if path.is_symlink() else None
                seen[str(path.relative_to(self.top))] = (
                    info.st_ino, info.st_mode, info.st_mtime_ns, info.st_nlink, content, target,
                )  # fmt: skip
        return seen

    def holds(self, path: str) -> bool:
        """Whether ``path``, links resolved, is one of the roots or in one of them, or where a root's links may lead."""
        real = Path(os.path.realpath(path))
        return any(
            real.is_relative_to(root)
            for root in (self.home, self.data, self.locked, self.strict, self.free, self.allowed)
        )


def _fill(folder: Path, content: str) -> None:
    name = "canary" if content == CANARY else "file"
    for path in (folder / f"{name}.txt", folder / "folder" / f"{name}.txt", folder / "folder" / "sub" / f"{name}.txt"):
        _write(path, content)
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [content]}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    _write(folder / f"{name}.ipynb", json.dumps(notebook))


def _write(path: Path, content: str) -> None:
    if path.parent.is_symlink() or not path.parent.is_dir():
        if os.path.lexists(path.parent):
            path.parent.unlink()
        path.parent.mkdir(parents=True)
    if not os.path.lexists(path):
        path.write_text(content)


def _link(path: Path, target: object) -> None:
    if not os.path.lexists(path):
        path.symlink_to(str(target))
