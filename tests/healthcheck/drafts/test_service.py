"""Requests wait for the disk, not the server, and not for ever."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from healthcheck.drafts.drafting import HEAD, ID, OTHER, data_of, more, new, store_of
from tornado.web import HTTPError

from cloudru_jlab.core.errors import BadParameter, NotAnswering
from cloudru_jlab.healthcheck.drafts import documents as documents_module
from cloudru_jlab.healthcheck.drafts import service as module
from cloudru_jlab.healthcheck.drafts.documents import Documents
from cloudru_jlab.healthcheck.drafts.errors import Busy, OutOfStep
from cloudru_jlab.healthcheck.drafts.models import Base, NewHead
from cloudru_jlab.healthcheck.drafts.service import DraftService
from cloudru_jlab.healthcheck.drafts.store import DraftStore

LOG = logging.getLogger("drafts")


class Manager:
    """A contents manager of made-up files."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.failure: Exception | None = None

    async def get(self, path: str, content: bool = True) -> dict[str, Any]:
        assert not content
        self.asked.append(path)
        if self.failure is not None:
            raise self.failure
        if path not in self.files:
            raise HTTPError(404)
        return {"type": "file", **self.files[path]}


@pytest.fixture
def manager() -> Manager:
    return Manager()


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return store_of(tmp_path / "drafts")


@pytest.fixture
def service(store: DraftStore, manager: Manager, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[DraftService]:
    made = DraftService(store, Documents(lambda: manager, LOG), LOG)
    yield made
    jp_asyncio_loop.run_until_complete(made.stop())


class Held:
    """A store whose writing waits until it is let go."""

    def __init__(self, store: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.batches: list[int] = []
        append: Callable[..., Any] = store.append

        def waiting(user: str, draft: str, batch: Any) -> Any:
            self.batches.append(len(batch))
            assert self.go.wait(60)
            return append(user, draft, batch)

        monkeypatch.setattr(store, "append", waiting)


async def until(found: Callable[[], Any]) -> None:
    while not found():  # noqa: ASYNC110 - a thread does it
        await asyncio.sleep(0.001)


async def test_what_waits_together_is_written_at_once(
    service: DraftService, store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(store, monkeypatch)
    first = asyncio.create_task(service.append("", ID, new("S1")))
    await until(lambda: held.batches)
    rest = [asyncio.create_task(service.append("", ID, more(seq, f"u{seq + 1}"))) for seq in range(1, 20)]
    other = asyncio.create_task(service.append("", OTHER, new("S1")))
    await until(lambda: len(held.batches) == 2)
    held.go.set()
    assert (await first).last == 1
    assert [answer.last for answer in await asyncio.gather(*rest)] == list(range(2, 21))
    assert (await other).last == 1
    assert sorted(held.batches) == [1, 1, 19]
    assert len(data_of(store)) == 20


async def test_a_disk_that_hangs_is_told_and_what_was_begun_goes_on(
    service: DraftService, store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(store, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_PATIENCE_S", 0.05)
        with pytest.raises(NotAnswering):
            await service.append("", ID, new("S1"))
        with pytest.raises(NotAnswering):
            await service.append("", OTHER, new("S1"))
    held.go.set()
    # The page sends it again.
    assert (await service.append("", ID, new("S1"))).last == 1
    assert data_of(store) == [(1, "S1")]


async def test_too_much_that_waits_is_refused(
    service: DraftService, store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 1000)
    held = Held(store, monkeypatch)
    first = asyncio.create_task(service.append("", ID, new("S" * 900)))
    await until(lambda: held.batches)
    with pytest.raises(Busy):
        await service.append("", OTHER, new("S" * 200))
    held.go.set()
    await first
    assert (await service.append("", OTHER, new("S" * 200))).last == 1


async def test_nothing_is_kept_of_drafts_that_nobody_writes(service: DraftService) -> None:
    await service.append("", ID, new("S1"))
    with pytest.raises(OutOfStep):
        await service.append("", ID, more(7, "u8"))
    await service.rename("", ID, "x.py")
    await service.remove("", ID, None)
    await until(lambda: not service._lines and not len(service._tasks))
    assert service._waiting == 0


async def test_stop_waits_for_what_has_arrived(store: DraftStore, manager: Manager) -> None:
    service = DraftService(store, Documents(lambda: manager, LOG), LOG)
    answer = asyncio.create_task(service.append("", ID, new("S1")))
    await asyncio.sleep(0)
    await service.stop()
    assert (await answer).last == 1
    assert data_of(store) == [(1, "S1")]


@pytest.mark.parametrize("path", ["../x", "a/../../b", "", "/", "a\0b", "x" * 4096, "."])
async def test_a_path_that_is_none_is_refused(service: DraftService, path: str) -> None:
    with pytest.raises(BadParameter):
        await service.append("", ID, more(0, "S1", head=NewHead("p", path, "yjs", "file", None, Base())))
    await service.append("", ID, new("S1"))
    with pytest.raises(BadParameter):
        await service.rename("", ID, path)
    assert (await service.heads("", None)).drafts[0].path == HEAD.path


# --- the file of the document


MODIFIED = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc)


def head(path: str, base: Base) -> NewHead:
    return NewHead("p", path, "yjs", "file", "text", base)


async def test_the_file_is_compared_with_what_the_draft_was_made_from(service: DraftService, manager: Manager) -> None:
    manager.files["x.py"] = {"last_modified": MODIFIED, "size": 5}
    bases = {
        "same": Base("2026-01-02T03:04:05.678901Z", 5),
        "changed": Base("2026-01-02T03:04:06.678901Z", 5),
        "missing": Base("2026-01-02T03:04:05.678901Z", 5),
        "unknown": Base(None, 5),
    }
    for number, (state, base) in enumerate(bases.items()):
        path = "gone.py" if state == "missing" else "x.py"
        await service.append("", f"{number:032x}", more(0, "S1", head=head(path, base)))
    await service.append("", "a" * 32, more(0, "S1", head=head("x.py", Base("2026-01-02T03:04:05.678Z", 6))))
    heads = (await service.heads("", None)).drafts
    assert {row.id: row.file for row in heads} == {
        **{f"{number:032x}": state for number, state in enumerate(bases)},
        "a" * 32: "changed",
    }
    assert heads[0].on_disk == Base(MODIFIED.isoformat(), 5)
    assert sorted(manager.asked) == ["gone.py", "x.py"]
    assert [row.path for row in (await service.heads("", "gone.py")).drafts] == ["gone.py"]
    assert (await service.read("", f"{0:032x}")).head.file == "same"


@pytest.mark.parametrize("failure", [HTTPError(503), HTTPError(403), OSError(5, "Input/output error")])
async def test_a_root_that_is_not_there_takes_no_draft_away(
    service: DraftService, manager: Manager, failure: Exception
) -> None:
    await service.append("", ID, new("S1"))
    manager.failure = failure
    [row] = (await service.heads("", None)).drafts
    assert row.file == "unknown"
    assert (await service.read("", ID)).records[0].data == "S1"
    assert (await service.append("", ID, more(1, "u2"))).last == 2


async def test_a_root_that_hangs_holds_nobody_up(
    service: DraftService, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents_module, "_PATIENCE_S", 0.05)
    await service.append("", ID, new("S1"))

    async def hang(path: str, content: bool = True) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(manager, "get", hang)
    assert [row.file for row in (await service.heads("", None)).drafts] == ["unknown"]
