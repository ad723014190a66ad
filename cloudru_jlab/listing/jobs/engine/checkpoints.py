"""Checkpoints, which jupyter_server keeps in a directory beside the files, follow their files."""

from __future__ import annotations

import contextlib
import os
import shutil

from .places import Folder


def checkpoint_name(name: bytes) -> bytes:
    """The name of the checkpoint of ``name``, as `FileCheckpoints.checkpoint_path` makes it."""
    base, extension = os.path.splitext(name)
    return base + b"-checkpoint" + extension


class Checkpoints:
    """The checkpoints of the files in ``place``. That one cannot be handled never fails a job."""

    def __init__(self, place: Folder, directory: bytes) -> None:
        self._directory = directory
        self._fd = -1
        self._names: set[bytes] = set()
        with contextlib.suppress(OSError):
            self._fd = place.open_child(directory, read=True)
            self._names = {os.fsencode(name) for name in os.listdir(self._fd)}

    def delete(self, name: bytes) -> None:
        """Delete the checkpoint of ``name``."""
        if self._names and (checkpoint := checkpoint_name(name)) in self._names:
            with contextlib.suppress(OSError):
                os.unlink(checkpoint, dir_fd=self._fd)

    def move(self, name: bytes, target: Folder, new_name: bytes | None = None) -> None:
        """Move the checkpoint of ``name`` to where those of the files in ``target`` are, as that of ``new_name``."""
        if not self._names or (checkpoint := checkpoint_name(name)) not in self._names:
            return
        with contextlib.suppress(OSError):
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._directory, dir_fd=target.fd)
            there = target.open_child(self._directory)
            new = checkpoint if new_name is None else checkpoint_name(new_name)
            try:
                os.rename(checkpoint, new, src_dir_fd=self._fd, dst_dir_fd=there)
            except OSError:
                # another file system: as stock, which moves by path
                source = os.open(checkpoint, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self._fd)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
                with open(source, "rb") as old, open(os.open(new, flags, 0o666, dir_fd=there), "wb") as copy:
                    shutil.copyfileobj(old, copy)
                os.unlink(checkpoint, dir_fd=self._fd)
            finally:
                os.close(there)

    def close(self) -> None:
        """Let go of the directory."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._names = -1, set()
