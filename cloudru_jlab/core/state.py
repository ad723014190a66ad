"""What must outlast the server's process: small documents, each a JSON file, written whole or not at all.

Several servers may share one home directory. Each keeps its documents in a folder of its own, found again after a
restart by what stays the same then: the server's base URL and the folder it serves. Ports and process ids do not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging import Logger
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def instance_folder(data_dir: str, base_url: str, root_dir: str) -> Path:
    """Where the server at ``base_url`` that serves ``root_dir`` keeps its documents, below jupyter's ``data_dir``."""
    key = hashlib.sha256(f"{base_url}\0{root_dir}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Path(data_dir) / "cloudru_jlab" / key


class Document(Generic[S]):
    """One document of the shape ``shape``, as `<name>.json` in ``folder``; only its owner may read it.

    Its methods touch the disk: call them on a thread. Two servers of one folder do not lose each other's changes
    that are made in `changing`.
    """

    def __init__(self, folder: Path, name: str, shape: type[S], log: Logger) -> None:
        self._folder = folder
        self._file = folder / f"{name}.json"
        self._shape = shape
        self._log = log

    def read(self) -> S:
        """The document; an empty one where there is none yet, or where it is damaged. Raises `OSError`."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=self._shape)
        except FileNotFoundError:
            return self._shape()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            aside = self._file.with_suffix(".damaged")
            self._log.warning("%s is damaged (%s): it is kept as %s, and begun anew.", self._file, error, aside.name)
            os.replace(self._file, aside)
            return self._shape()

    def write(self, document: S) -> None:
        """Replace the document; readers see the old one or the new one. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes it 0600
        handle, temporary = tempfile.mkstemp(prefix=f".{self._file.name}.", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(msgspec.json.format(msgspec.json.encode(document)))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self._file)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While it lasts nobody else is in here: read, change, write. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._file.with_suffix(".lock"), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
