"""The children of a directory as contents models, from one pass over it. Blocking: runs in a thread, one hop a listing.

What is listed, its fields and what is logged are jupyter_server's (`FileContentsManager._dir_model`), which needs a
thread hop and eleven system calls an entry for it; this needs one `lstat` and one `access`.
"""

from __future__ import annotations

import errno
import math
import mimetypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from logging import Logger
from typing import Any

import numpy as np
from jupyter_core.paths import is_file_hidden

from ..core.collation import Collator
from ..core.ports import DirectoryHead

Model = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SLASH = ord("/")
#: What only some platforms tell of a file; asking each time would cost as much as the answer.
_TELLS_BIRTH = hasattr(os.stat_result, "st_birthtime")
_TELLS_FLAGS = hasattr(os.stat_result, "st_flags")
#: Names put into the blob at a time: few enough that their text never weighs.
_BATCH = 20_000


def first_in_order(blob: bytearray, groups: bytearray, limit: int) -> DirectoryHead:
    """The first ``limit`` (0: all) of the names in ``blob``, each ended by a slash, as JupyterLab orders them; 0 in
    ``groups`` is a directory, 1 anything else."""
    characters = np.frombuffer(blob, dtype=np.uint8)
    ends = np.flatnonzero(characters == _SLASH)
    starts = np.concatenate((np.zeros(1, dtype=ends.dtype), ends[:-1] + 1))[: len(ends)]
    order = Collator().argsort(characters, starts, ends, groups=np.frombuffer(groups, dtype=np.uint8))
    first = order[:limit] if limit else order
    spans = zip(starts[first].tolist(), ends[first].tolist(), strict=True)
    return DirectoryHead([bytes(blob[start:end]) for start, end in spans], len(ends))


class DirectoryReader:
    """Reads one directory.

    Parameters
    ----------
    os_dir:
        Absolute path of the directory.
    api_path:
        Its API path, the prefix of its children's.
    allow_hidden:
        Whether hidden entries are listed.
    should_list:
        Whether a name is listed at all; called in the reader's thread.
    """

    def __init__(
        self, os_dir: str, api_path: str, *, allow_hidden: bool, should_list: Callable[[str], bool], log: Logger
    ) -> None:
        self._os_dir = os_dir
        self._prefix = f"{api_path}/" if api_path else ""
        self._allow_hidden = allow_hidden
        self._should_list = should_list
        self._log = log
        self._mimetypes: dict[str, str | None] = {}

    def names(self, limit: int) -> list[str] | None:
        """The names that are listed, as far as the scan alone can tell, in the directory's order.

        None as soon as there are more than ``limit`` of them; 0 is no limit.
        """
        names: list[str] = []
        with os.scandir(self._os_dir) as entries:
            for entry in self._candidates(entries):
                names.append(entry.name)
                if limit and len(names) > limit:
                    return None
        return names

    def head(self, limit: int) -> DirectoryHead:
        """The first ``limit`` names in the order in which JupyterLab shows them, and how many there are.

        The order is taken over all names, so this costs a second or two for a million of them: it stands in where no
        shared index of the directory is to be had.
        """
        blob, groups = bytearray(), bytearray()
        batch: list[str] = []
        with os.scandir(self._os_dir) as entries:
            for entry in self._candidates(entries):
                batch.append(entry.name)
                groups.append(not _is_directory_or_link_to_one(entry))
                if len(batch) == _BATCH:
                    blob += _joined(batch)
                    batch.clear()
        blob += _joined(batch)
        return first_in_order(blob, groups, limit)

    def read(self, limit: int) -> list[Model] | None:
        """The models of all children, in the directory's order; None where there are more than ``limit`` (0: none)."""
        names = self.names(limit)
        return None if names is None else self.describe(names)

    def describe(self, names: Iterable[str]) -> list[Model]:
        """The models of those children among ``names`` that are still there and may be listed."""
        descriptor = os.open(self._os_dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            found = ((name, self._lstat(name, descriptor)) for name in names)
            return [self._model(name, info, descriptor) for name, info in found if info and self._is_listed(name, info)]
        finally:
            os.close(descriptor)

    def _candidates(self, entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        """The entries that pass what needs no stat."""
        for entry in entries:
            if not (entry.is_file(follow_symlinks=False) or entry.is_symlink() or _is_directory(entry)):
                self._log.debug("%s not a regular file", self._os_path(entry.name))
            elif (self._allow_hidden or not entry.name.startswith(".")) and self._should_list(entry.name):
                yield entry

    def _lstat(self, name: str, descriptor: int) -> os.stat_result | None:
        try:
            return os.lstat(name, dir_fd=descriptor)
        except OSError as error:
            if error.errno == errno.ENOENT:
                self._log.warning("%s doesn't exist", self._os_path(name))
            elif error.errno != errno.EACCES:  # give no clue about what is protected
                self._log.warning("Error stat-ing %s: %r", self._os_path(name), error)
            return None

    def _is_listed(self, name: str, info: os.stat_result) -> bool:
        if stat.S_ISREG(info.st_mode):
            # All that `is_file_hidden` looks at in a regular file; it makes a Path first, which would cost the most.
            flagged = _TELLS_FLAGS and bool(getattr(info, "st_flags", 0) & stat.UF_HIDDEN)
            return self._allow_hidden or not (flagged or name.startswith("."))
        if not (stat.S_ISDIR(info.st_mode) or stat.S_ISLNK(info.st_mode)):
            return False
        try:
            return self._allow_hidden or not is_file_hidden(self._os_path(name), stat_res=info)
        except OSError as error:
            # A link that loops, or leads where we may not look, is left out without a word.
            if error.errno not in (errno.ELOOP, errno.EACCES):
                self._log.warning("Unknown error checking if file %r is hidden", self._os_path(name), exc_info=True)
            return False

    def _model(self, name: str, info: os.stat_result, descriptor: int) -> Model:
        is_dir = not stat.S_ISREG(info.st_mode) and _leads_to_directory(name, info, descriptor)
        if is_dir:
            kind = "directory"
        else:
            kind = "notebook" if name.endswith(".ipynb") else "file"
        born = _created(info) if _TELLS_BIRTH else info.st_ctime
        return {
            "name": name,
            "path": self._prefix + name,
            "last_modified": self._time(info.st_mtime, "Invalid mtime %s for %s", name),
            "created": self._time(born, "Invalid creation time %s for %s", name),
            "content": None,
            "format": None,
            "mimetype": self._mimetype(name) if kind == "file" else None,
            "size": None if is_dir else info.st_size,
            "writable": os.access(name, os.W_OK, dir_fd=descriptor),
            "hash": None,
            "hash_algorithm": None,
            "type": kind,
        }

    def _time(self, timestamp: float, complaint: str, name: str) -> datetime:
        try:
            return datetime.fromtimestamp(timestamp, timezone.utc)
        except (ValueError, OverflowError, OSError):
            # No calendar holds every number that a file system does (jupyter/notebook#2539).
            self._log.warning(complaint, timestamp, self._os_path(name))
            return _EPOCH

    def _mimetype(self, name: str) -> str | None:
        suffix = os.path.splitext(name)[1]
        if suffix in self._mimetypes:
            return self._mimetypes[suffix]
        # The slash keeps a name like "data:x" from being read as a URL.
        found = mimetypes.guess_type(f"/{name}")[0]
        # The last suffix decides, unless it stands for two or is that of a compressed file.
        if suffix.lower() not in mimetypes.suffix_map and suffix not in mimetypes.encodings_map:
            self._mimetypes[suffix] = found
        return found

    def _os_path(self, name: str) -> str:
        return os.path.join(self._os_dir, name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_directory_or_link_to_one(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _leads_to_directory(name: str, info: os.stat_result, descriptor: int) -> bool:
    if not stat.S_ISLNK(info.st_mode):
        return stat.S_ISDIR(info.st_mode)
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=descriptor).st_mode)
    except OSError:
        return False


def _joined(names: list[str]) -> bytes:
    """``names``, each with the one character after it that no name holds."""
    return b"".join(os.fsencode(name) + b"/" for name in names)


def _created(info: os.stat_result) -> float:
    """Time of birth where the platform tells it, else of the last change of the inode, in seconds."""
    birth = getattr(info, "st_birthtime", None)
    if isinstance(birth, (int, float)) and birth >= 0 and math.isfinite(birth):
        return birth
    return info.st_ctime
