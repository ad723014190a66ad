"""Writing files of a root, so that under a file's name there is always the whole old or the whole new content.

New content gets a hidden name beside the file first. Blocking; errors are `OSError` as the system gives them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable

from ...core.access import Place
from ...core.beneath import fd_path, fd_target, open_file, open_parent, open_path
from ...core.entries import Entry
from ...core.renaming import rename_noreplace
from .reading import PIECE, described

#: Attributes that permissions and users live by, and that a new file must take over from the old one.
_KEPT = ("user.", "system.posix_acl_access")
_NEW = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Beat = Callable[[], None]


def write_file(place: Place, data: bytes, create_only: bool, beat: Beat) -> Entry:
    """Make the content of ``place`` ``data``; `FileExistsError` with ``create_only`` where there is an entry."""
    parent, leaf = open_parent(place)
    try:
        if not create_only and _is_link(parent, leaf):
            os.close(parent)
            parent = -1
            parent, leaf = open_parent(_target(place))
        old = _open_old(parent, leaf, create_only)
        try:
            temporary, fd = _open_new(parent, private=old >= 0)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(fd, view[: 8 * PIECE]) :]
                    beat()
                _finish(fd, old)
                beat()
                _publish(parent, temporary, leaf, overwrite=old >= 0)
                return described(place, os.fstat(fd), writable=os.access(fd_path(fd), os.W_OK))
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=parent)
                raise
            finally:
                os.close(fd)
        finally:
            if old >= 0:
                os.close(old)
    finally:
        if parent >= 0:
            os.close(parent)


def copy_file(source: Place, target: Place, beat: Beat) -> Entry:
    """Make ``target`` a copy of the regular file ``source``, with its permissions; never over anything."""
    origin = open_file(source)
    try:
        info = os.fstat(origin)
        parent, leaf = open_parent(target)
        try:
            if _exists(parent, leaf):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            _check_space(parent, info.st_size)
            temporary, fd = _open_new(parent, private=True)
            try:
                _pour(origin, fd, beat)
                os.fchmod(fd, stat.S_IMODE(info.st_mode) & 0o777)
                os.fsync(fd)
                beat()
                _publish(parent, temporary, leaf, overwrite=False)
                return described(target, os.fstat(fd), writable=os.access(fd_path(fd), os.W_OK))
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=parent)
                raise
            finally:
                os.close(fd)
        finally:
            os.close(parent)
    finally:
        os.close(origin)


def publish_upload(place: Place, area: int, temporary: bytes, fd: int) -> Entry:
    """Give the complete upload ``temporary`` in the directory ``area``, open as ``fd``, the name of ``place``."""
    parent, leaf = open_parent(place)
    try:
        if _is_link(parent, leaf):
            os.close(parent)
            parent = -1
            parent, leaf = open_parent(_target(place))
        old = _open_old(parent, leaf, create_only=False)
        try:
            if old < 0:
                # It was made for its owner alone; now it is a file like any other.
                os.fchmod(fd, 0o666 & ~_umask())
            _finish(fd, old)
        finally:
            if old >= 0:
                os.close(old)
        os.rename(temporary, leaf, src_dir_fd=area, dst_dir_fd=parent)
        return described(place, os.fstat(fd), writable=os.access(fd_path(fd), os.W_OK))
    finally:
        if parent >= 0:
            os.close(parent)


def _is_link(parent: int, leaf: bytes) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(leaf, dir_fd=parent).st_mode)
    except FileNotFoundError:
        return False


def _exists(parent: int, leaf: bytes) -> bool:
    try:
        os.lstat(leaf, dir_fd=parent)
    except FileNotFoundError:
        return False
    return True


def _target(place: Place) -> Place:
    """Where the link ``place`` leads, as a place without links: what was allowed is what is written.

    Raises as `core.beneath.open_path` does; a dangling link is `FileNotFoundError`.
    """
    fd = open_path(place)
    try:
        path = fd_target(fd)
    finally:
        os.close(fd)
    if place.symlinks == "follow":
        return Place(b"/", path.lstrip(b"/"), "follow")
    root = open_path(place._replace(inside=b"", symlinks="follow"))
    try:
        prefix = fd_target(root).rstrip(b"/") + b"/"
    finally:
        os.close(root)
    if not path.startswith(prefix):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return place._replace(inside=path[len(prefix) :], symlinks="deny")


def _open_old(parent: int, leaf: bytes, create_only: bool) -> int:
    """A descriptor to look at the file that is to be replaced, -1 where there is none."""
    path_only = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)
    try:
        old = os.open(leaf, path_only | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return -1
    try:
        if create_only:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        kind = os.fstat(old).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # Renaming over a file needs no permission to write to it; whoever took that away did not mean this.
        if not stat.S_ISREG(kind) or not os.access(fd_path(old), os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except BaseException:
        os.close(old)
        raise
    return old


def _open_new(parent: int, *, private: bool) -> tuple[bytes, int]:
    """A new file under a hidden name; where ``private`` nobody else may read it before it gets its permissions."""
    name = b".cloudru-jlab-%s.partial" % secrets.token_hex(8).encode()
    return name, os.open(name, os.O_RDWR | _NEW, 0o600 if private else 0o666, dir_fd=parent)


def _finish(fd: int, old: int) -> None:
    """Give the new file what the old one had, if there was one, and bring it to the disk."""
    if old >= 0:
        before, now = os.fstat(old), os.fstat(fd)
        if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
            # Only root may give files away; a group can be kept by its members.
            for owner in (before.st_uid, -1):
                with contextlib.suppress(OSError):
                    os.fchown(fd, owner, before.st_gid)
                    break
        os.fchmod(fd, stat.S_IMODE(before.st_mode))
        _copy_attributes(fd_path(old), fd)
    os.fsync(fd)


def _copy_attributes(old: bytes, fd: int) -> None:
    if not hasattr(os, "listxattr"):
        return
    # Not all file systems have any.
    with contextlib.suppress(OSError):
        for name in os.listxattr(old):
            if name.startswith(_KEPT):
                with contextlib.suppress(OSError):
                    os.setxattr(fd, name, os.getxattr(old, name))


def _publish(parent: int, temporary: bytes, leaf: bytes, *, overwrite: bool) -> None:
    if overwrite:
        os.rename(temporary, leaf, src_dir_fd=parent, dst_dir_fd=parent)
    else:
        rename_noreplace(parent, temporary, parent, leaf)


def _check_space(fd: int, size: int) -> None:
    space = os.fstatvfs(fd)
    if space.f_blocks and size > space.f_bavail * space.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _pour(source: int, sink: int, beat: Beat) -> None:
    """Copy to the end; by the file system itself where it can."""
    copy_range = getattr(os, "copy_file_range", None)
    while copy_range is not None:
        try:
            if not copy_range(source, sink, 16 * PIECE):
                break
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM):
                raise
            break
        beat()
    # What is left: all of it where the above does not work, and of files whose size is a lie (some say 0).
    while data := os.read(source, PIECE):
        view = memoryview(data)
        while view:
            view = view[os.write(sink, view) :]
        beat()


def _umask() -> int:
    """The process's umask, without changing it for a moment as `os.umask` would."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
