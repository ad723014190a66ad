"""A FUSE file system that shows another directory, slowly or not at all: a stand-in for a bad network file system.

``slow_fs.py SOURCE MOUNTPOINT [cached] [untyped]`` prints ``ready`` once mounted and then takes commands from standard
input, a line each, and answers each with ``ok`` and the number of calls under way at that time:

- ``latency SECONDS``: every call takes so long;
- ``hang [TEXT]``: calls about paths that hold TEXT (any without it) do not return until ``release``;
- ``release``: those calls go on;
- ``status``: nothing.

It unmounts and ends when standard input does. With ``cached`` the kernel keeps what it is told for a second; with
``untyped`` a listing does not tell types (DT_UNKNOWN), as those of some file systems do not.

It speaks the kernel's protocol itself (fuse(4), include/uapi/linux/fuse.h): the libfuse of Debian 12 never asks for
FUSE_PARALLEL_DIROPS, and so looks up the names of a directory one by one, which no network file system does.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
import threading
from collections.abc import Callable
from itertools import count

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_INIT_OUT = struct.Struct("<IIIIHHIIHHI28x")
_ASYNC_READ, _BIG_WRITES, _PARALLEL_DIROPS = 1 << 0, 1 << 5, 1 << 18
_MOUNT_FLAGS, _DETACH = 2 | 4, 2  # MS_NOSUID | MS_NODEV; MNT_DETACH
_THREADS = 64
_BUFFER = (1 << 17) + 4096


def _names(data: bytes) -> list[bytes]:
    return data.split(b"\0")[:-1]


class SlowFileSystem:
    """Passes calls through to ``source``, each through one gate."""

    def __init__(self, source: bytes, *, cached: bool, typed: bool) -> None:
        self._source, self._typed = source, typed
        self._valid = 1 if cached else 0
        self._gate = threading.Condition()
        self._never = threading.Event()
        self._lock = threading.Lock()
        self._paths = {1: b""}
        self._ids = {b"": 1}
        self._new_ids = count(2)
        self.latency = 0.0
        self.hanging: bytes | None = None
        self.held = 0
        self._calls: dict[int, Callable[[int, bytes], bytes]] = {
            1: self._lookup, 3: self._getattr, 4: self._setattr, 5: self._readlink, 6: self._symlink, 9: self._mkdir,
            10: self._unlink, 11: self._rmdir, 12: self._rename, 14: self._open, 15: self._read, 16: self._write,
            17: self._statfs, 18: self._release, 26: self._init, 27: self._opendir, 28: self._readdir,
            29: self._releasedir, 34: self._access, 35: self._create,
        }  # fmt: skip
        self._listings: dict[int, list[tuple[bytes, int]]] = {}
        self._next_listing = 0

    def hang(self, text: bytes | None) -> None:
        with self._gate:
            self.hanging = text
            self._gate.notify_all()

    def serve(self, fd: int) -> None:
        """Answer requests one after the other until the file system is unmounted; run by many threads."""
        while True:
            try:
                request = os.read(fd, _BUFFER)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                return
            _, opcode, unique, node, *_ = _IN.unpack_from(request)
            if opcode in (2, 36, 42):  # FORGET, INTERRUPT, BATCH_FORGET: nobody waits for an answer
                continue
            call = self._calls.get(opcode)
            try:
                code, answer = (0, call(node, request[_IN.size :])) if call else (errno.ENOSYS, b"")
            except OSError as error:
                code, answer = error.errno or errno.EIO, b""
            try:
                os.write(fd, _OUT.pack(_OUT.size + len(answer), -code, unique) + answer)
            except OSError:
                continue  # the caller is gone

    # --- paths

    def _pass(self, path: bytes) -> bytes:
        """The real path, when the gate lets the call through."""
        with self._gate:
            self.held += 1
        if self.latency:
            self._never.wait(self.latency)
        with self._gate:
            while self.hanging is not None and self.hanging in path + b"/":
                self._gate.wait()
            self.held -= 1
        return self._source + path

    def _real(self, node: int, name: bytes | None = None) -> bytes:
        return self._pass(self._paths[node] if name is None else self._paths[node] + b"/" + name)

    def _attr(self, info: os.stat_result) -> bytes:
        times = (info.st_atime_ns, info.st_mtime_ns, info.st_ctime_ns)
        seconds, rest = [time // 10**9 for time in times], [time % 10**9 for time in times]
        return _ATTR.pack(
            info.st_ino, info.st_size, info.st_blocks, *seconds, *rest,
            info.st_mode, info.st_nlink, info.st_uid, info.st_gid, 0, 4096, 0,
        )  # fmt: skip

    def _entry(self, node: int, name: bytes) -> bytes:
        path = self._paths[node] + b"/" + name
        info = os.lstat(self._source + path)
        with self._lock:
            ident = self._ids.get(path)
            if ident is None:
                ident = self._ids[path] = next(self._new_ids)
            self._paths[ident] = path
        return struct.pack("<QQQQII", ident, 0, self._valid, self._valid, 0, 0) + self._attr(info)

    # --- calls

    def _init(self, node: int, data: bytes) -> bytes:
        flags = _ASYNC_READ | _BIG_WRITES | _PARALLEL_DIROPS
        return _INIT_OUT.pack(7, 31, 1 << 17, flags, 64, 48, 1 << 17, 1, 32, 0, 0)

    def _lookup(self, node: int, data: bytes) -> bytes:
        (name,) = _names(data)
        self._real(node, name)
        return self._entry(node, name)

    def _getattr(self, node: int, data: bytes) -> bytes:
        return struct.pack("<QII", self._valid, 0, 0) + self._attr(os.lstat(self._real(node)))

    def _setattr(self, node: int, data: bytes) -> bytes:
        valid, _, _, size, _, *times, mode = struct.unpack_from("<IIQQQQQQIIII", data)
        real = self._real(node)
        if valid & 1:
            os.chmod(real, stat.S_IMODE(mode))
        if valid & 8:
            os.truncate(real, size)
        if valid & 0x30:
            before = os.lstat(real)
            atime = times[0] * 10**9 + times[3] if valid & 0x10 else before.st_atime_ns
            mtime = times[1] * 10**9 + times[4] if valid & 0x20 else before.st_mtime_ns
            os.utime(real, ns=(atime, mtime), follow_symlinks=False)
        return struct.pack("<QII", self._valid, 0, 0) + self._attr(os.lstat(real))

    def _readlink(self, node: int, data: bytes) -> bytes:
        return os.readlink(self._real(node))

    def _symlink(self, node: int, data: bytes) -> bytes:
        name, target = _names(data)
        os.symlink(target, self._real(node, name))
        return self._entry(node, name)

    def _mkdir(self, node: int, data: bytes) -> bytes:
        (name,) = _names(data[8:])
        os.mkdir(self._real(node, name), struct.unpack_from("<I", data)[0] & 0o7777)
        return self._entry(node, name)

    def _forget(self, node: int, name: bytes) -> None:
        """The name is free: who takes it next is another entry."""
        with self._lock:
            self._ids.pop(self._paths[node] + b"/" + name, None)

    def _unlink(self, node: int, data: bytes) -> bytes:
        (name,) = _names(data)
        os.unlink(self._real(node, name))
        self._forget(node, name)
        return b""

    def _rmdir(self, node: int, data: bytes) -> bytes:
        (name,) = _names(data)
        os.rmdir(self._real(node, name))
        self._forget(node, name)
        return b""

    def _rename(self, node: int, data: bytes) -> bytes:
        (target,) = struct.unpack_from("<Q", data)
        old, new = _names(data[8:])
        os.rename(self._real(node, old), self._source + self._paths[target] + b"/" + new)
        before, after = self._paths[node] + b"/" + old, self._paths[target] + b"/" + new
        with self._lock:
            for ident, path in list(self._paths.items()):
                if path == before or path.startswith(before + b"/"):
                    self._ids.pop(path, None)
                    self._paths[ident] = after + path[len(before) :]
                    self._ids[self._paths[ident]] = ident
        return b""

    def _open(self, node: int, data: bytes) -> bytes:
        return struct.pack("<QII", os.open(self._real(node), struct.unpack_from("<I", data)[0] & ~os.O_NOFOLLOW), 0, 0)

    def _create(self, node: int, data: bytes) -> bytes:
        flags, mode = struct.unpack_from("<II", data)
        (name,) = _names(data[16:])
        fd = os.open(self._real(node, name), flags | os.O_CREAT, mode & 0o7777)
        return self._entry(node, name) + struct.pack("<QII", fd, 0, 0)

    def _read(self, node: int, data: bytes) -> bytes:
        fd, offset, size = struct.unpack_from("<QQI", data)
        self._real(node)
        return os.pread(fd, size, offset)

    def _write(self, node: int, data: bytes) -> bytes:
        fd, offset, size = struct.unpack_from("<QQI", data)
        self._real(node)
        return struct.pack("<II", os.pwrite(fd, data[40 : 40 + size], offset), 0)

    def _release(self, node: int, data: bytes) -> bytes:
        os.close(struct.unpack_from("<Q", data)[0])
        return b""

    def _statfs(self, node: int, data: bytes) -> bytes:
        info = os.statvfs(self._real(node))
        counts = (info.f_blocks, info.f_bfree, info.f_bavail, info.f_files, info.f_ffree)
        return struct.pack("<5Q4I24x", *counts, info.f_bsize, info.f_namemax, info.f_frsize, 0)

    def _opendir(self, node: int, data: bytes) -> bytes:
        with os.scandir(self._real(node)) as entries:
            listing = [(entry.name, _type(entry) if self._typed else 0) for entry in entries]
        with self._lock:
            self._next_listing += 1
            self._listings[self._next_listing] = listing
            return struct.pack("<QII", self._next_listing, 0, 0)

    def _readdir(self, node: int, data: bytes) -> bytes:
        listing, offset, size = struct.unpack_from("<QQI", data)
        self._real(node)
        answer = b""
        for index, (name, kind) in enumerate(self._listings[listing][offset:], offset + 1):
            entry = struct.pack("<QQII", index + 1, index, len(name), kind) + name
            entry += b"\0" * (-len(entry) % 8)
            if len(answer) + len(entry) > size:
                break
            answer += entry
        return answer

    def _releasedir(self, node: int, data: bytes) -> bytes:
        with self._lock:
            del self._listings[struct.unpack_from("<Q", data)[0]]
        return b""

    def _access(self, node: int, data: bytes) -> bytes:
        if not os.access(self._real(node), struct.unpack_from("<I", data)[0]):
            raise PermissionError(errno.EACCES, "denied")
        return b""


def _type(entry: os.DirEntry[bytes]) -> int:
    """Its type as DT_* of dirent.h."""
    if entry.is_symlink():
        return 10
    return 4 if entry.is_dir() else 8 if entry.is_file() else 0


def _system(call: Callable[..., int], *arguments: object) -> None:
    if call(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def main() -> None:
    source, mountpoint = (os.fsencode(argument) for argument in sys.argv[1:3])
    libc = ctypes.CDLL(None, use_errno=True)
    file_system = SlowFileSystem(source, cached="cached" in sys.argv[3:], typed="untyped" not in sys.argv[3:])
    fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fd
    _system(libc.mount, b"slow", mountpoint, b"fuse.slow", ctypes.c_ulong(_MOUNT_FLAGS), options)
    for _ in range(_THREADS):
        threading.Thread(target=file_system.serve, args=(fd,), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "latency":
            file_system.latency = float(argument)
        elif command == "hang":
            file_system.hang(os.fsencode(argument))
        elif command == "release":
            file_system.hang(None)
        print(f"ok {file_system.held}", flush=True)
    file_system.hang(None)
    libc.umount2(mountpoint, _DETACH)


if __name__ == "__main__":
    main()
