"""What of jupyter_server's inside the contents manager stands on is as it was."""

from __future__ import annotations

import inspect

import pytest
from jupyter_server import CallContext
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints, FileCheckpoints
from jupyter_server.services.contents.fileio import FileManagerMixin
from jupyter_server.services.contents.handlers import ContentsHandler
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.contents.manager import ContentsManager

from cloudru_jlab.contents.folder import FolderContentsManager
from cloudru_jlab.contents.manager import CloudruContentsManager

OVERRIDDEN = {
    "_dir_model": ["self", "path", "content"],
    "_file_model": ["self", "path", "content", "format", "require_hash"],
    "_notebook_model": ["self", "path", "content", "require_hash"],
    "get": ["self", "path", "content", "type", "format", "require_hash"],
    "atomic_writing": ["self", "os_path", "args", "kwargs"],
    "run_post_save_hooks": ["self", "model", "os_path"],
    "save": ["self", "model", "path"],
    "delete_file": ["self", "path"],
    "rename_file": ["self", "old_path", "new_path"],
    "copy": ["self", "from_path", "to_path"],
    "emit": ["self", "data"],
    "delete": ["self", "path"],
    "rename": ["self", "old_path", "new_path"],
    "dir_exists": ["self", "path"],
    "file_exists": ["self", "path"],
    "exists": ["self", "path"],
    "is_hidden": ["self", "path"],
    "is_writable": ["self", "path"],
    "get_kernel_path": ["self", "path", "model"],
    "resolve_path": ["self", "path"],
    "_get_os_path": ["self", "path"],
    "create_checkpoint": ["self", "path"],
    "restore_checkpoint": ["self", "checkpoint_id", "path"],
    "list_checkpoints": ["self", "path"],
    "delete_checkpoint": ["self", "checkpoint_id", "path"],
    "_save_large_file": ["self", "os_path", "content", "format"],
    "mark_trusted_cells": ["self", "nb", "path"],
}
#: Versions of the server differ in what comes after that, which ours hands on.
BEGINNINGS = {"check_and_sign": ["self", "nb", "path"]}
#: Answered at once in the contents root, as the server does.
IMMEDIATE = {
    "atomic_writing",
    "run_post_save_hooks",
    "emit",
    "exists",
    "is_writable",
    "resolve_path",
    "_get_os_path",
    "mark_trusted_cells",
}
USED = ["should_list", "open", "check_and_sign", "mark_trusted_cells", "validate_notebook_model"]


@pytest.mark.parametrize("name", sorted(OVERRIDDEN))
def test_overridden_member_takes_what_the_servers_takes(name: str) -> None:
    theirs, ours = getattr(AsyncLargeFileManager, name), getattr(CloudruContentsManager, name)
    assert list(inspect.signature(theirs).parameters) == OVERRIDDEN[name]
    assert list(inspect.signature(ours).parameters) == OVERRIDDEN[name]
    for function in (theirs, ours):
        assert inspect.iscoroutinefunction(function) == (name not in IMMEDIATE)


@pytest.mark.parametrize("name", USED)
def test_used_member_is_there(name: str) -> None:
    assert callable(getattr(AsyncLargeFileManager, name))


def test_nothing_else_is_overridden() -> None:
    classes = (CloudruContentsManager, FolderContentsManager)
    own = {name for ours in classes for name, value in vars(ours).items() if inspect.isfunction(value)}
    inherited = {name for name in own if hasattr(AsyncLargeFileManager, name)}
    assert inherited - {"__init__"} == set(OVERRIDDEN) | set(BEGINNINGS)


@pytest.mark.parametrize("name", sorted(BEGINNINGS))
def test_overridden_member_begins_as_the_servers_does(name: str) -> None:
    for owner in (AsyncLargeFileManager, CloudruContentsManager):
        assert list(inspect.signature(getattr(owner, name)).parameters)[:3] == BEGINNINGS[name]


def test_post_save_hooks_are_where_we_look() -> None:
    assert "self._post_save_hooks" in inspect.getsource(ContentsManager.run_post_save_hooks)
    assert "self.post_save_hook" in inspect.getsource(ContentsManager.run_post_save_hooks)


def test_saving_writes_through_atomic_writing() -> None:
    """Else the hash of what is written is not known, and each save reads the file again."""
    for writer in (AsyncLargeFileManager._save_file, AsyncLargeFileManager._save_notebook):
        assert "self.atomic_writing(" in inspect.getsource(writer)
    assert AsyncLargeFileManager.atomic_writing is FileManagerMixin.atomic_writing


def test_the_handler_of_a_request_is_known() -> None:
    assert CallContext.JUPYTER_HANDLER
    assert callable(ContentsHandler.get)


def test_checkpoints_of_the_server_find_their_files_by_one_method() -> None:
    """Else the server's own checkpoints could make directories of a prefix in the contents root."""
    assert "self._get_os_path(" in inspect.getsource(FileCheckpoints.checkpoint_path)


def test_the_servers_own_copy_of_a_checkpoint_is_made_by_one_method() -> None:
    """Else a full disk would cut off the checkpoint, or the file that it is restored to."""
    for verb in (AsyncFileCheckpoints.create_checkpoint, AsyncFileCheckpoints.restore_checkpoint):
        assert "await self._copy(" in inspect.getsource(verb)
