"""The directories that a job works in, opened once."""

from __future__ import annotations

import os
from types import TracebackType

from ....core.access import Place
from ....core.beneath import open_directory, opened
from ....core.errors import BadParameter, PermissionDenied, from_os_error
from .plan import Plan, Prepared

#: Without the permission to list it, a directory's entries may still be changed.
OPEN_PATH = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)

OPEN_TREE = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

Identity = tuple[int, int]


def identity(info: os.stat_result) -> Identity:
    """What tells directories apart, whatever they are called."""
    return info.st_dev, info.st_ino


class Folder:
    """An open directory. Its descriptor is good for calls relative to it, and for nothing else."""

    def __init__(self, place: Place, api_path: str) -> None:
        self.place, self.api_path = place, api_path
        try:
            self.fd = open_directory(place)
        except OSError as error:
            raise from_os_error(error, api_path) from None
        self.identity = identity(os.fstat(self.fd))

    def require_writable(self) -> None:
        """Raises `PermissionDenied` where nothing can be put in or taken out."""
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=self.fd, effective_ids=True):
            shown = self.api_path or "/"
            raise PermissionDenied(f"You may not change the folder {shown}. Ask its owner for access.")

    def still_there(self) -> bool:
        """Whether the path still leads to this directory."""
        try:
            with opened(self.place) as fd:
                return identity(os.fstat(fd)) == self.identity
        except OSError:
            return False

    def open_child(self, name: bytes, *, read: bool = False) -> int:
        """A descriptor of the directory ``name`` in it, or where a link of that name may lead; raises `OSError`."""
        if self.place.symlinks == "follow":
            return os.open(name, OPEN_TREE if read else OPEN_PATH, dir_fd=self.fd)
        return open_directory(self.place.child(name), read=read)

    def ancestors(self) -> dict[Identity, Identity]:
        """This directory and all above it, each with the one of them just below it (the first: with itself)."""
        chain: dict[Identity, Identity] = {}
        here, below = os.dup(self.fd), self.identity
        try:
            while (current := identity(os.fstat(here))) not in chain:
                chain[current] = below
                below = current
                above = os.open("..", OPEN_PATH, dir_fd=here)
                os.close(here)
                here = above
        finally:
            os.close(here)
        return chain

    def close(self) -> None:
        """Let go of the directory."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class Places:
    """The source and the target of a plan; raises `core.errors.DomainError` where it cannot be carried out."""

    def __init__(self, plan: Plan) -> None:
        self.source = Folder(plan.source, plan.source_api)
        self.target: Folder | None = None
        #: The target and the directories above it: whichever of them is copied or moved into it would never end.
        self.forbidden: dict[Identity, Identity] = {}
        try:
            if plan.kind != "copy":
                self.source.require_writable()
            if plan.target is not None:
                self.target = Folder(plan.target, plan.target_api)
                self.target.require_writable()
                self.forbidden = self.target.ancestors()
                if plan.kind == "move" and plan.new_name is None and self.target.identity == self.source.identity:
                    raise BadParameter("These entries are in that folder already.")
        except BaseException:
            self.close()
            raise

    def prepared(self) -> Prepared:
        """What is known before the first name is."""
        below = self.forbidden.get(self.source.identity)
        if below is None or below == self.source.identity:
            return Prepared(None)
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.source.fd)
        try:
            with os.scandir(listing) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and identity(entry.stat(follow_symlinks=False)) == below:
                        return Prepared(os.fsencode(entry.name))
        except OSError:
            # What is copied or moved is compared with `forbidden` once more.
            return Prepared(None)
        finally:
            os.close(listing)
        return Prepared(None)

    def close(self) -> None:
        """Let go of both."""
        self.source.close()
        if self.target is not None:
            self.target.close()

    def __enter__(self) -> Places:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
