"""Makes, describes and removes the directories that the benchmarks open."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: Name patterns in the order in which both JupyterLab and we show them: English, digits by value. The second one is
#: padded as cameras and data loaders do, the last one is Russian.
FAMILIES = ("checkpoint-{}.pt", "image_{:08d}.png", "sample-{}.json", "Отчёт {}.csv")

#: Inodes that must stay free for everybody else.
SPARE_INODES = 200_000
#: Bytes of directory blocks per entry on ext4, with room to spare.
BYTES_PER_ENTRY = 96


class Room(NamedTuple):
    """Whether a file system takes a directory, and why not."""

    enough: bool
    why: str


def sizes_of_families(count: int) -> list[int]:
    """How many names each of FAMILIES has in a directory of ``count`` files."""
    return [count // len(FAMILIES) + (index < count % len(FAMILIES)) for index in range(len(FAMILIES))]


def names(count: int) -> Iterator[str]:
    """All names of a directory of ``count`` files, in the order in which they are shown."""
    for pattern, size in zip(FAMILIES, sizes_of_families(count), strict=True):
        for number in range(size):
            yield pattern.format(number)


def folder_name(count: int) -> str:
    """The folder that holds ``count`` files."""
    return f"folder-{count}"


def room_for(parent: Path, count: int) -> Room:
    """Whether the file system of ``parent`` has the inodes and blocks for ``count`` empty files."""
    free = os.statvfs(parent)
    # Some file systems (btrfs) make inodes as they go and report none.
    if free.f_files and free.f_favail < count + SPARE_INODES:
        return Room(False, f"{count:,} files need as many inodes, the file system has {free.f_favail:,} free")
    if free.f_bavail * free.f_frsize < count * BYTES_PER_ENTRY:
        return Room(False, f"{count:,} names need {count * BYTES_PER_ENTRY >> 20} MiB, the file system has less free")
    return Room(True, "")


def make(parent: Path, count: int) -> Path:
    """A folder of ``count`` empty files below ``parent``; a folder that is already there is taken as it is."""
    folder = parent / folder_name(count)
    if folder.exists():
        return folder
    folder.mkdir()
    started = time.monotonic()
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for index, name in enumerate(names(count)):
            # One system call per file: nothing is opened.
            os.mknod(name, stat.S_IFREG | 0o644, dir_fd=descriptor)
            if index % 500_000 == 0 and index:
                print(f"  {index:,} of {count:,} files made", file=sys.stderr, flush=True)
    finally:
        os.close(descriptor)
    if count >= 100_000:
        print(f"  {count:,} files made in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return folder


def remove(folder: Path) -> None:
    """Remove a folder of files; whatever is left half made is removed too."""
    if not folder.exists():
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while True:
            with os.scandir(descriptor) as entries:
                # Batches, so that six million names never stand in memory at once.
                batch = [entry.name for entry, _ in zip(entries, range(100_000), strict=False)]
            if not batch:
                break
            for name in batch:
                try:
                    os.unlink(name, dir_fd=descriptor)
                except IsADirectoryError:
                    # The server's .ipynb_checkpoints.
                    shutil.rmtree(folder / name)
    finally:
        os.close(descriptor)
    folder.rmdir()


def file_system_of(path: Path) -> str:
    """The type of the file system that holds ``path`` (Linux; "unknown" elsewhere)."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    best, kind = "", "unknown"
    for line in mounts:
        _, mount_point, candidate, *_ = line.split(" ")
        inside = mount_point == "/" or path.resolve().is_relative_to(mount_point)
        if inside and len(mount_point) >= len(best):
            best, kind = mount_point, candidate
    return kind
