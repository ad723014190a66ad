"""Renaming without ever replacing what is there. Standard library alone: processes without ``site-packages`` use it.

By renameat2(2) with ``RENAME_NOREPLACE``; where the kernel or the file system does not know that (NFS, many in user
space), by a hard link for a file and an empty directory for a directory, which fail as they should. Only where there
are no hard links either, a name that somebody takes in between is replaced.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Callable
from functools import lru_cache

_RENAME_NOREPLACE = 1
#: What a kernel or a file system says that knows no RENAME_NOREPLACE.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY)
#: What a file system says that has no hard links, or has none of this file.
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EINVAL)


def rename_noreplace(source: int, name: bytes, target: int, new_name: bytes) -> None:
    """Rename the entry ``name`` of the open directory ``source`` to ``new_name`` of ``target``; a link is itself.

    Raises
    ------
    FileExistsError
        Where there is an entry of the new name.
    OSError
        As rename(2) does.
    """
    rename = _renameat2()
    if rename is not None:
        try:
            rename(source, name, target, new_name)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
        else:
            return
    if stat.S_ISDIR(os.lstat(name, dir_fd=source).st_mode):
        _claim_directory(source, name, target, new_name)
    else:
        _link_file(source, name, target, new_name)


def _claim_directory(source: int, name: bytes, target: int, new_name: bytes) -> None:
    # An empty directory can be renamed over, and only one can make it.
    os.mkdir(new_name, 0o700, dir_fd=target)
    try:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.rmdir(new_name, dir_fd=target)
        raise


def _link_file(source: int, name: bytes, target: int, new_name: bytes) -> None:
    try:
        os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        os.unlink(name, dir_fd=source)
        return
    # Nothing better is left: whoever makes the file between these two calls loses it.
    try:
        os.lstat(new_name, dir_fd=target)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


@lru_cache(maxsize=1)
def _renameat2() -> Callable[[int, bytes, int, bytes], None] | None:
    """renameat2(2) with RENAME_NOREPLACE, or None where the C library has none."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_int
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]

    def rename(source: int, name: bytes, target: int, new_name: bytes) -> None:
        if function(source, name, target, new_name, _RENAME_NOREPLACE) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return rename
