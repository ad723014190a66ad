"""Contents managers that want to be asked for each entry."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.contents.manager import ContentsManager

from cloudru_jlab.contents.manager import CloudruContentsManager
from cloudru_jlab.listing.jobs.managers import works_directly

from .conftest import Answer, JobsClient, fill, tree


class Refusing(AsyncFileContentsManager):
    """An operator's manager that keeps some files, and writes down what it was asked."""

    asked: list[str]

    async def delete_file(self, path: str) -> None:
        from tornado.web import HTTPError

        self.asked = [*getattr(self, "asked", []), path]
        if path.endswith("kept"):
            raise HTTPError(403, f"{self.root_dir}/{path} is kept")
        if path.endswith("broken"):
            raise RuntimeError("broken")
        await super().delete_file(path)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        self.asked = [*getattr(self, "asked", []), old_path]
        await super().rename_file(old_path, new_path)

    async def copy(self, from_path: str, to_path: str | None = None) -> Any:
        self.asked = [*getattr(self, "asked", []), from_path]
        return await super().copy(from_path, to_path)


class OwnCheckpoints(AsyncFileCheckpoints):
    """Checkpoints of an operator's."""


@pytest.mark.parametrize("kind", ["delete", "copy", "move"])
def test_managers_of_the_server_and_ours_are_not_asked(kind: str, tmp_path: Any) -> None:
    for manager in (FileContentsManager, AsyncFileContentsManager, AsyncLargeFileManager, CloudruContentsManager):
        assert works_directly(manager(root_dir=str(tmp_path)), kind)
    assert not works_directly(Refusing(root_dir=str(tmp_path)), kind)
    assert not works_directly(ContentsManager(), kind)
    own = AsyncFileContentsManager(root_dir=str(tmp_path), checkpoints_class=OwnCheckpoints)
    assert not works_directly(own, kind)


def _shown(jobs: JobsClient, path: str) -> dict[str, str | None]:
    # the server makes a directory for checkpoints whenever it looks for one
    return {name: content for name, content in tree(jobs.root / path).items() if not name.startswith(".")}


class TestAsked:
    """With such a manager."""

    @pytest.fixture
    def server_options(self) -> Answer:
        return {
            "ServerApp": {"contents_manager_class": Refusing},
            "FileContentsManager": {"delete_to_trash": False},
        }

    async def test_deletion_asks_for_each_entry(self, jobs: JobsClient, jp_serverapp: Any) -> None:
        fill(jobs.root / "a", ["one", "two", "kept", "broken"])

        job = await jobs.do("delete", "a")

        assert (job["state"], job["done"], job["failed"]) == ("done", 2, 2)
        assert sorted(job["errors"], key=lambda error: str(error["name"])) == [
            {"name": "broken", "message": "The server could not do it; its log says why."},
            {"name": "kept", "message": "You have no permission."},
        ]
        assert _shown(jobs, "a") == {"broken": "x", "kept": "x"}
        assert sorted(jp_serverapp.contents_manager.asked) == ["a/broken", "a/kept", "a/one", "a/two"]

    async def test_moves_never_replace(self, jobs: JobsClient) -> None:
        fill(jobs.root / "a", ["x", "y"], "new")
        fill(jobs.root / "b", ["x"], "old")

        job = await jobs.do("move", "a", destination="b")

        assert (job["done"], job["skipped"]) == (1, 1)
        assert _shown(jobs, "b") == {"x": "old", "y": "new"}
        assert _shown(jobs, "a") == {"x": "new"}

    async def test_copies_get_the_managers_names(self, jobs: JobsClient) -> None:
        fill(jobs.root / "a", ["x"], "new")
        fill(jobs.root / "b", ["x"], "old")

        job = await jobs.do("copy", "a", destination="b")

        assert job["done"] == 1
        assert _shown(jobs, "b") == {"x": "old", "x-Copy1": "new"}
        assert (await jobs.look("b"))["total"] == 2

    async def test_a_missing_destination_is_refused(self, jobs: JobsClient) -> None:
        fill(jobs.root, ["x"])

        assert (await jobs.refused("copy", destination="missing"))[0] == 404
