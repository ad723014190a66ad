"""Errors tell a person what to do, and nothing of the server's inside."""

from __future__ import annotations

import errno

import pytest

from cloudru_jlab.core import errors
from cloudru_jlab.core.errors import DomainError, from_os_error


def subclasses(cls: type[DomainError]) -> list[type[DomainError]]:
    return [found for child in cls.__subclasses__() for found in (child, *subclasses(child))]


def test_every_reason_is_its_own() -> None:
    kinds = subclasses(DomainError)
    assert len({kind.reason for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def test_error_keeps_its_details() -> None:
    error = errors.StaleGeneration("Old.", generation="7", total=3)
    assert (error.message, error.details, str(error)) == ("Old.", {"generation": "7", "total": 3}, "Old.")
    assert isinstance(error, errors.Conflict)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, errors.NotFound),
        (errno.ESTALE, errors.NotFound),
        (errno.ENAMETOOLONG, errors.NotFound),
        (errno.ENOTDIR, errors.NotADirectory),
        (errno.EACCES, errors.PermissionDenied),
        (errno.EPERM, errors.PermissionDenied),
        (errno.EROFS, errors.PermissionDenied),
        (errno.ETIMEDOUT, errors.NotAnswering),
        (errno.ENOTCONN, errors.NotAnswering),
        (errno.EIO, errors.FileSystemError),
        (99_999, errors.FileSystemError),
        (None, errors.FileSystemError),
    ],
)
def test_from_os_error_names_the_path_of_the_api(code: int | None, kind: type[DomainError]) -> None:
    raised = OSError(code, "boom", "/srv/secret/a/b") if code is not None else OSError("/srv/secret/a/b")
    error = from_os_error(raised, "a/b")
    assert type(error) is kind
    assert "a/b" in error.message
    assert "secret" not in error.message
    assert error.message.endswith((".", ")."))


def test_from_os_error_calls_the_root_by_its_name() -> None:
    assert from_os_error(FileNotFoundError(errno.ENOENT, "x"), "").message.startswith("/ does not exist")


def test_from_os_error_shortens_long_names() -> None:
    assert len(from_os_error(OSError(errno.ENAMETOOLONG, "x"), "n" * 5000).message) < 200
