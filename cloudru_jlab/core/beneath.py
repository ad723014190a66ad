"""Opening what lies below a root, and nothing else: the decision is made on what is opened, never on a string.

A string that was checked says nothing about the moment in which it is used: somebody may put a link in a directory's
place in between. So a path is resolved by the kernel in one call where it can (openat2(2), Linux 5.6), and component by
component from open directories otherwise; in neither way is there a moment at which a link leads out unseen.

How far links go is the root's policy, `Where.symlinks`:

``deny``
    No link is followed, wherever it leads.
``inside``
    Links are followed that stay inside the root, 40 at most. A relative one may not climb above the root, not even to
    come back; an absolute one must start with the root's own path, as configured or as it really is.
``follow``
    All are, as jupyter_server does.

A root may also be there only while a file system is mounted on it, `Where.mounted`. That is seen from the mount of what
was opened, so that nobody gets the directory below in the moment in which it is unmounted; it is `OSError` with
`NOT_MOUNTED`.

What is refused is `Refused`, which is a `FileNotFoundError`: outside nobody can tell it from what does not exist.

Standard library alone, and no import of this package: processes use this module that run without ``site-packages``.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import lru_cache

# Importing `typing` costs milliseconds, which the processes mentioned above would pay at each start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Literal, Protocol

    class Where(Protocol):
        """What `core.access.Place` is: ``root`` an absolute path, ``inside`` the way from there, ``""`` for itself."""

        @property
        def root(self) -> bytes: ...
        @property
        def inside(self) -> bytes: ...
        @property
        def symlinks(self) -> Literal["deny", "inside", "follow"]: ...
        @property
        def mounted(self) -> bool: ...


_PATH = getattr(os, "O_PATH", os.O_RDONLY)
_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC
#: As many symbolic links as the kernel follows in one path (path_resolution(7)).
_LINK_LIMIT = 40
#: More components than the links of one path can honestly lead through.
_STEP_LIMIT = 16_384
#: The kernel gives up (EAGAIN) where directories are moved while it resolves ``..``.
_ATTEMPTS = 32
_FDS = b"/proc/self/fd/%d"
_FD_INFO = b"/proc/self/fdinfo/%d"

# openat2(2), include/uapi/linux/openat2.h; the number is the same on all architectures that Python runs on.
_SYS_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08


#: The errno of a root on which nothing is mounted.
NOT_MOUNTED = getattr(errno, "ENOMEDIUM", errno.ENODEV)


class Refused(FileNotFoundError):
    """The way leads out of the root, or through a link that the policy does not follow."""

    def __init__(self) -> None:
        super().__init__(errno.ENOENT, os.strerror(errno.ENOENT))


def open_directory(place: Where, *, read: bool = False) -> int:
    """A descriptor of the directory ``place``.

    It is good for ``dir_fd``, `os.fstat` and `fd_path`; with ``read`` also for `os.scandir`, for which the directory
    must be readable.

    Raises
    ------
    Refused
        When the way leads out of the root or through a link that the policy does not follow.
    OSError
        As the system gives it: `FileNotFoundError`, `NotADirectoryError`, `PermissionError`…; with `NOT_MOUNTED`
        where the root needs a mount and has none.
    """
    return _open(place, _DIRECTORY | (os.O_RDONLY if read else _PATH), 0)


def open_parent(place: Where) -> tuple[int, bytes]:
    """A descriptor of the directory that holds ``place``, as `open_directory` gives it, and the name there.

    The name itself is not looked at: it may be a link, or missing. Raises what `open_directory` does; `OSError` with
    ``EBUSY`` for the root itself, which has no parent here.
    """
    if not _parts(place.inside):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    inside, _, leaf = place.inside.rpartition(b"/")
    return _open(_Way(place.root, inside, place.symlinks, place.mounted), _DIRECTORY | _PATH, 0), leaf


def open_file(place: Where, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """A descriptor of the regular file ``place``; ``flags`` and ``mode`` as `os.open` takes them. Links are followed as
    the policy says, the last one too unless ``flags`` holds ``O_NOFOLLOW``.

    Never waits for the other end of a pipe. Do not pass ``O_TRUNC``: truncate what turned out to be a regular file.

    Raises
    ------
    IsADirectoryError
        For a directory.
    PermissionError
        For a pipe, socket or device, besides what the system refuses.
    Refused, OSError
        As `open_directory` does.
    """
    fd = _open(place, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    try:
        kind = os.fstat(fd).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(kind):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except BaseException:
        os.close(fd)
        raise
    return fd


def open_path(place: Where) -> int:
    """A descriptor of ``place``, whatever it is, to look at, not to read (``O_PATH``); raises as `open_directory`."""
    return _open(place, _PATH | os.O_CLOEXEC | (0 if hasattr(os, "O_PATH") else os.O_NONBLOCK), 0)


def is_directory(place: Where) -> bool:
    """Whether ``place`` is a directory, or a link that the policy follows to one. False where that is not known."""
    try:
        fd = open_directory(place)
    except OSError:
        return False
    os.close(fd)
    return True


def resolved(place: Where) -> bytes:
    """The absolute path, free of links, of what ``place`` is now; raises as `open_directory` does."""
    fd = open_path(place)
    try:
        path = fd_target(fd)
        if path.endswith(b" (deleted)") and os.fstat(fd).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return path
    finally:
        os.close(fd)


def fd_path(fd: int) -> bytes:
    """A path that names the open directory ``fd``, whatever becomes of its name: for code that takes paths.

    Good as long as ``fd`` is open, in this process alone.
    """
    return _FDS % fd


def fd_target(fd: int) -> bytes:
    """The absolute path of what ``fd`` is open on; raises `OSError` where the system does not tell."""
    try:
        return os.readlink(_FDS % fd)
    except FileNotFoundError:
        import fcntl

        # macOS
        command: int | None = getattr(fcntl, "F_GETPATH", None)
        if command is None:
            raise
        return fcntl.fcntl(fd, command, bytes(1024)).rstrip(b"\0")


class opened:
    """``with opened(place) as fd``: `open_directory`, closed at the end."""

    def __init__(self, place: Where, *, read: bool = False) -> None:
        self._place, self._read, self._fd = place, read, -1

    def __enter__(self) -> int:
        self._fd = open_directory(self._place, read=self._read)
        return self._fd

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        os.close(self._fd)


class opened_path:
    """``with opened_path(place) as path``: a path of the directory that stays that of what was opened, see `fd_path`.

    Where all links are followed and no mount is asked for, it is the plain path, and nothing is opened.
    """

    def __init__(self, place: Where) -> None:
        self._place, self._fd = place, -1

    def __enter__(self) -> bytes:
        if _plain(self._place):
            return _join(self._place.root, self._place.inside)
        self._fd = open_directory(self._place)
        return fd_path(self._fd)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._fd >= 0:
            os.close(self._fd)


class _Way:
    """A `Where`."""

    __slots__ = ("inside", "mounted", "root", "symlinks")

    def __init__(
        self, root: bytes, inside: bytes, symlinks: Literal["deny", "inside", "follow"], mounted: bool
    ) -> None:
        self.root: bytes = root
        self.inside: bytes = inside
        self.symlinks: Literal["deny", "inside", "follow"] = symlinks
        self.mounted: bool = mounted


def _join(root: bytes, inside: bytes) -> bytes:
    return os.path.join(root, inside) if inside else root


def _parts(inside: bytes) -> list[bytes]:
    """The components; `Refused` for what no checked path holds."""
    if not inside:
        return []
    parts = inside.split(b"/")
    if b"\0" in inside or any(part in (b"", b".", b"..") for part in parts):
        raise Refused
    return parts


def _open(place: Where, flags: int, mode: int) -> int:
    parts = _parts(place.inside)
    if _plain(place):
        return os.open(_join(place.root, place.inside), flags, mode)
    if not parts and flags & _DIRECTORY == _DIRECTORY:
        # The root's own path is the operator's: its links are followed.
        return _open_root(place, flags, mode)
    # Opened anew each time: what is mounted there now is the root, and a descriptor kept open would hold the mount.
    root = _open_root(place, _DIRECTORY | _PATH, 0)
    try:
        if place.symlinks == "follow":
            return os.open(place.inside or b".", flags, mode, dir_fd=root)
        kernel = _kernel()
        if kernel is not None:
            fd = _ask(kernel, root, place, flags, mode)
            if fd >= 0:
                return fd
        return _walk(root, place, parts, flags, mode)
    finally:
        os.close(root)


def _plain(place: Where) -> bool:
    """Whether a path alone leads to ``place``: there is nothing to decide on what it leads to."""
    return place.symlinks == "follow" and not place.mounted


def _open_root(place: Where, flags: int, mode: int) -> int:
    fd = os.open(place.root, flags, mode)
    try:
        if place.mounted and not _is_mount(fd):
            raise OSError(NOT_MOUNTED, os.strerror(NOT_MOUNTED))
    except BaseException:
        os.close(fd)
        raise
    return fd


def _is_mount(fd: int) -> bool:
    """Whether the open directory ``fd`` is the root of what is mounted there: its parent is on another mount."""
    parent = os.open("..", _DIRECTORY | _PATH, dir_fd=fd)
    try:
        here, above = os.fstat(fd), os.fstat(parent)
        # A directory that is its own parent is the root of all.
        return os.path.samestat(here, above) or _mount_of(fd, here) != _mount_of(parent, above)
    finally:
        os.close(parent)


def _mount_of(fd: int, info: os.stat_result) -> int:
    """The mount of what is open as ``fd`` (proc_pid_fdinfo(5)), which tells bind mounts too; else the device."""
    try:
        table = os.open(_FD_INFO % fd, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return info.st_dev
    try:
        fields = os.read(table, 4096).split()
    finally:
        os.close(table)
    return int(fields[fields.index(b"mnt_id:") + 1])


# --- by the kernel


def _ask(kernel: Callable[[int, bytes, int, int, int], int], root: int, place: Where, flags: int, mode: int) -> int:
    """The descriptor, or -1 where a walk has to tell."""
    denied = place.symlinks == "deny"
    how = _BENEATH | _NO_MAGICLINKS | (_NO_SYMLINKS if denied else 0)
    path = place.inside or b"."
    for _ in range(_ATTEMPTS):
        try:
            return kernel(root, path, flags, mode if flags & os.O_CREAT else 0, how)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EINTR):
                continue
            if error.errno == errno.EXDEV and not denied:
                # It may be an absolute link that stays inside, of which the kernel does not know.
                return -1
            if error.errno in (errno.ELOOP, errno.EXDEV):
                raise Refused from None
            raise
    return -1


@lru_cache(maxsize=1)
def _kernel() -> Callable[[int, bytes, int, int, int], int] | None:
    """openat2 as ``(dir_fd, path, flags, mode, resolve) -> fd``, or None where it is missing or forbidden (seccomp)."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        syscall = ctypes.CDLL(None, use_errno=True).syscall
    except (ImportError, OSError, AttributeError):
        return None
    syscall.restype = ctypes.c_long
    syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    how_type = ctypes.c_uint64 * 3

    def openat2(dir_fd: int, path: bytes, flags: int, mode: int, resolve: int) -> int:
        how = how_type(flags, mode, resolve)
        fd: int = syscall(_SYS_OPENAT2, dir_fd, path, ctypes.byref(how), ctypes.sizeof(how))
        if fd < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return fd

    try:
        os.close(openat2(-100, b"/", _DIRECTORY | _PATH, 0, _NO_MAGICLINKS))  # AT_FDCWD
    except OSError:
        return None
    return openat2


# --- by hand


def _walk(root: int, place: Where, parts: list[bytes], flags: int, mode: int) -> int:
    """Open ``parts`` below the descriptor ``root``, one component after the other, none through a link.

    What a link says is put in front of what is still to go. ``..`` is never asked of the file system: the way is gone
    again from the root, so that a directory that is moved meanwhile leads nowhere else.
    """
    here = os.dup(root)
    todo = parts[::-1]
    done: list[bytes] = []
    links = 0
    try:
        for _ in range(_STEP_LIMIT):
            if not todo:
                return os.open(b".", flags & ~os.O_NOFOLLOW, mode, dir_fd=here)
            part = todo.pop()
            if part == b"..":
                if not done:
                    raise Refused
                done.pop()
                todo += done[::-1]
                done = []
                os.close(here)
                here = -1
                here = os.dup(root)
                continue
            last = not todo
            fd = _step(here, part, flags if last else _DIRECTORY | _PATH, mode)
            if fd >= 0:
                if last:
                    return fd
                os.close(here)
                here = fd
                done.append(part)
                continue
            # a link
            links += 1
            if place.symlinks == "deny" or links > _LINK_LIMIT or (last and flags & os.O_NOFOLLOW):
                raise Refused
            target = os.readlink(part, dir_fd=here)
            if target.startswith(b"/"):
                target = _below(place, root, target)
                done = []
                os.close(here)
                here = -1
                here = os.dup(root)
            todo += [name for name in reversed(target.split(b"/")) if name not in (b"", b".")]
        raise Refused
    finally:
        if here >= 0:
            os.close(here)


def _step(here: int, part: bytes, flags: int, mode: int) -> int:
    """Open the entry ``part`` of ``here``; -1 where it is a link."""
    try:
        fd = os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=here)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK) and _is_link(here, part):
            return -1
        raise
    if flags & _PATH and stat.S_ISLNK(os.fstat(fd).st_mode):
        os.close(fd)
        return -1
    return fd


def _is_link(here: int, part: bytes) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(part, dir_fd=here).st_mode)
    except OSError:
        return False


def _below(place: Where, root: int, target: bytes) -> bytes:
    """What follows the root's path in ``target``, an absolute one; `Refused` where it is not below the root."""
    clean = b"/" + b"/".join(name for name in target.split(b"/") if name not in (b"", b"."))
    for known in (place.root, fd_target(root)):
        prefix = known.rstrip(b"/")
        if clean == prefix or clean.startswith(prefix + b"/"):
            return clean[len(prefix) + 1 :]
    raise Refused
