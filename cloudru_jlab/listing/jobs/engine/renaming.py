"""Renaming without ever replacing what is there."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat

_NOREPLACE = 1
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY}
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EACCES}


class Renamer:
    """`rename` between two directories that fails where the new name is taken.

    By renameat2(2) with ``RENAME_NOREPLACE``; where the file system does not know that (NFS, many in user space), by a
    hard link for a file and an empty directory for a directory, which fail as they should. Only where there are no hard
    links either, a name that somebody takes in between is replaced.
    """

    def __init__(self) -> None:
        self._call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def __call__(self, source_fd: int, name: bytes, target_fd: int, new_name: bytes) -> None:
        """Raises `FileExistsError`, and `OSError` as rename(2) does."""
        if self._call is not None:
            if self._call(source_fd, name, target_fd, new_name, _NOREPLACE) == 0:
                return
            code = ctypes.get_errno()
            if code not in _UNSUPPORTED:
                raise OSError(code, os.strerror(code))
        self._by_placeholder(source_fd, name, target_fd, new_name)

    def _by_placeholder(self, source_fd: int, name: bytes, target_fd: int, new_name: bytes) -> None:
        if stat.S_ISDIR(os.lstat(name, dir_fd=source_fd).st_mode):
            os.mkdir(new_name, 0o700, dir_fd=target_fd)
            try:
                os.rename(name, new_name, src_dir_fd=source_fd, dst_dir_fd=target_fd)
            except OSError:
                with contextlib.suppress(OSError):
                    os.rmdir(new_name, dir_fd=target_fd)
                raise
            return
        try:
            os.link(name, new_name, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            os.unlink(name, dir_fd=source_fd)
            return
        with contextlib.suppress(FileNotFoundError):
            os.lstat(new_name, dir_fd=target_fd)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.rename(name, new_name, src_dir_fd=source_fd, dst_dir_fd=target_fd)
