"""The record: what was so about a second ago, in a small file on the persistent volume.

The file has two places, written in turn, each with its length and a checksum: a server that is killed while it writes
leaves the other. Its blocks are taken once, so that a disk that is full later does no harm; nothing waits for the disk
(no fsync): what a killed process has written is kept by the system.
"""

from __future__ import annotations

import os
import socket
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

_PLACE = 64 * 1024
_HEAD = struct.Struct("<4sII")
_MARK = b"CJBB"


class KernelNote(Struct, omit_defaults=True):
    """A local kernel. ``memory`` in bytes."""

    id: str
    name: str
    path: str = ""
    memory: int = 0


class Record(Struct, omit_defaults=True):
    """``number`` grows with each writing. ``growth`` is in bytes a second, sizes in bytes. ``began`` is when the
    process was started, in the system's ticks: numbers of processes are used again."""

    number: int
    time: str
    instance: str
    pid: int
    began: int
    boot: str
    host: str
    started: str
    used: int = 0
    limit: int = 0
    container: bool = False
    oom_kills: int = 0
    growth: float = 0.0
    kernels: list[KernelNote] = []
    clean: bool = False


def began(pid: int) -> int:
    """When a process was started (proc_pid_stat(5), field 22); 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 and fields[0] not in "ZX" else 0


def boot() -> str:
    """Which run of the machine this is; empty where it is not told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def host() -> str:
    """The name of the machine or the container."""
    return socket.gethostname()


class RecordFile:
    """The file. Its methods touch the disk: call them on a thread. They raise `OSError`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._handle = -1

    def read(self) -> Record | None:
        """The newest record that is whole."""
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return None
        found = [record for record in (_unpack(content[:_PLACE]), _unpack(content[_PLACE:])) if record is not None]
        return max(found, key=lambda record: record.number, default=None)

    def write(self, record: Record) -> None:
        """Write it to the place that the last one is not in. Never blocks for the disk's sake."""
        if self._handle < 0:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(self.file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            if hasattr(os, "posix_fallocate"):
                # where it is full, writing tells
                with suppress(OSError):
                    os.posix_fallocate(self._handle, 0, 2 * _PLACE)
        body = msgspec.json.encode(record)
        while len(body) > _PLACE - _HEAD.size and record.kernels:
            record.kernels = record.kernels[: len(record.kernels) // 2]
            body = msgspec.json.encode(record)
        packed = _HEAD.pack(_MARK, len(body), zlib.crc32(body)) + body
        os.lseek(self._handle, (record.number % 2) * _PLACE, os.SEEK_SET)
        os.write(self._handle, packed)

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.close()
        self.file.unlink(missing_ok=True)


def _unpack(place: bytes) -> Record | None:
    if len(place) < _HEAD.size:
        return None
    mark, length, checksum = _HEAD.unpack_from(place)
    body = place[_HEAD.size : _HEAD.size + length]
    if mark != _MARK or len(body) != length or zlib.crc32(body) != checksum:
        return None
    try:
        return msgspec.json.decode(body, type=Record)
    except msgspec.DecodeError:
        return None
