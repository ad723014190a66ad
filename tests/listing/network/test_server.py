"""The whole server with a directory inside the root that hangs, or is slow."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fuse.mounting import SlowMount, why_not
from tornado.httpclient import HTTPClientError

from .conftest import Until

#: Of the server under test, in seconds: that the answers come is what is tested, and these end the waiting.
TIMEOUT = 1.0


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """Short times."""
    jp_server_config["NetworkFileSystems"] = {"timeout_seconds": TIMEOUT, "retry_seconds": 0.2}
    jp_server_config["JobService"] = {"silence_seconds": 4 * TIMEOUT}
    jp_server_config["FileContentsManager"] = {"delete_to_trash": False, "always_delete_dir": True}
    return jp_server_config


@pytest.fixture
def remote(jp_root_dir: Path, source: Path) -> Iterator[SlowMount]:
    """`source`, slowly, as the folder ``remote`` of the server's root."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    (jp_root_dir / "remote").mkdir()
    with SlowMount(source, jp_root_dir / "remote") as mount:
        yield mount
        # Whoever still hangs must not keep the server from ending.
        mount.tell("release")


async def ask(fetch: Any, *parts: str, method: str = "GET", body: Any = None, **query: Any) -> tuple[int, Any]:
    """Status and JSON of a listing route."""
    params = {name: str(value) for name, value in query.items()}
    try:
        response = await fetch(
            "cloudru", "listing", *parts, method=method, params=params, body=None if body is None else json.dumps(body)
        )
    except HTTPClientError as error:
        return error.code, json.loads(error.response.body) if error.response else {}
    return response.code, json.loads(response.body)


async def sorted_page(fetch: Any, path: str) -> Any:
    """The first page once the order is there."""
    while True:
        status, page = await ask(fetch, path=path)
        assert status == 200, page
        if page["mode"] == "sorted":
            return page


async def test_a_slow_folder_is_listed_like_any_other(jp_fetch: Any, source: Path, remote: SlowMount) -> None:
    for index in range(300):
        (source / f"f{index}").write_text("x" * index)
    (source / "directory").mkdir()
    remote.tell("latency 0.002")

    page = await sorted_page(jp_fetch, "remote")

    assert page["total"] == 301
    assert page["watched"] is False
    assert [row["name"] for row in page["rows"][:3]] == ["directory", "f0", "f1"]
    assert [row["size"] for row in page["rows"][1:]] == list(range(199))
    status, found = await ask(jp_fetch, "locate", path="remote", name="f77")
    assert (status, found["index"]) == (200, 78)


async def test_while_one_folder_hangs_all_others_answer(
    jp_fetch: Any, jp_root_dir: Path, source: Path, remote: SlowMount, until: Until
) -> None:
    (source / "x").touch()
    (jp_root_dir / "local").mkdir()
    (jp_root_dir / "local" / "y").touch()
    generation = (await sorted_page(jp_fetch, "remote"))["generation"]
    remote.tell("hang")

    hung = [
        asyncio.ensure_future(call)
        for _ in range(25)
        for call in (
            ask(jp_fetch, path="remote"),
            ask(jp_fetch, "changes", path="remote", generation=generation),
            ask(jp_fetch, "locate", path="remote", name="x"),
            ask(jp_fetch, path="remote/deeper"),
        )
    ]
    await until(lambda: remote.tell("status") > 0)
    answered = 0
    while not all(call.done() for call in hung):
        status, page = await ask(jp_fetch, path="local")
        assert (status, page["total"]) == (200, 1)
        assert (await jp_fetch("api", "status")).code == 200
        answered += 1

    assert answered > 0
    answers = [call.result() for call in hung]
    assert {status for status, _ in answers} <= {504, 409}
    assert {answer["reason"] for status, answer in answers if status == 504} == {"not_answering"}
    assert sum(status == 504 for status, _ in answers) >= 75
    assert all(str(jp_root_dir) not in answer["message"] for _, answer in answers)

    remote.tell("release")
    while (answer := await ask(jp_fetch, path="remote"))[0] != 200:  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.02)
    assert answer[1]["total"] == 1


async def test_jobs_work_on_a_slow_folder(jp_fetch: Any, jp_root_dir: Path, source: Path, remote: SlowMount) -> None:
    for index in range(40):
        (source / f"f{index}").write_text(str(index))
    (source / "d").mkdir()
    (source / "d" / "inner").write_text("inner")
    (source / "taken").write_text("remote")
    (jp_root_dir / "local").mkdir()
    (jp_root_dir / "local" / "taken").write_text("local")
    remote.tell("latency 0.001")

    moved = await job(jp_fetch, "move", "remote", "local")
    copied = await job(jp_fetch, "copy", "local", "remote")
    deleted = await job(jp_fetch, "delete", "local", None)

    assert (moved["state"], moved["done"], moved["skipped"], moved["failed"]) == ("done", 41, 1, 0), moved["errors"]
    assert (copied["state"], copied["done"], copied["failed"]) == ("done", 42, 0), copied["errors"]
    assert (deleted["state"], deleted["done"]) == ("done", 42)
    assert os.listdir(jp_root_dir / "local") == []
    assert (source / "f7").read_text() == "7"
    assert (source / "d" / "inner").read_text() == "inner"
    assert ((source / "taken").read_text(), (source / "taken-Copy1").read_text()) == ("remote", "local")
    assert len(os.listdir(source)) == 43, "nothing temporary is left"


async def job(fetch: Any, kind: str, path: str, destination: str | None) -> Any:
    """A job on all of ``path``, ended."""
    page = await sorted_page(fetch, path)
    body = {
        "kind": kind,
        "path": path,
        "generation": page["generation"],
        "selection": {"all": True},
        "count": page["total"],
        "destination": destination,
    }
    status, state = await ask(fetch, "jobs", method="POST", body=body)
    assert status == 202, state
    return await ended(fetch, state)


async def ended(fetch: Any, state: Any) -> Any:
    """The job once it has ended."""
    while state["state"] in ("running", "cancelling"):
        await asyncio.sleep(0.01)
        _, state = await ask(fetch, "jobs", state["id"])
    return state


async def test_a_job_that_hangs_fails_in_time_and_leaves_the_others_alone(
    jp_fetch: Any, jp_root_dir: Path, source: Path, remote: SlowMount, until: Until
) -> None:
    for index in range(10):
        (source / f"f{index}").touch()
    (jp_root_dir / "local").mkdir()
    for index in range(10):
        (jp_root_dir / "local" / f"y{index}").touch()
    page = await sorted_page(jp_fetch, "remote")
    remote.tell("hang /f5")
    body = {"kind": "delete", "path": "remote", "generation": page["generation"], "selection": {"all": True}}
    _, state = await ask(jp_fetch, "jobs", method="POST", body={**body, "count": 10})
    await until(lambda: remote.tell("status") > 0)

    other = await job(jp_fetch, "delete", "local", None)
    hung = await ended(jp_fetch, state)

    assert (other["state"], other["done"]) == ("done", 10)
    assert hung["state"] == "failed"
    assert hung["errors"][-1]["message"].startswith("The file system does not answer.")


async def test_a_job_on_a_hung_folder_is_refused(jp_fetch: Any, source: Path, remote: SlowMount) -> None:
    (source / "x").touch()
    page = await sorted_page(jp_fetch, "remote")
    remote.tell("hang")
    body = {"kind": "delete", "path": "remote", "generation": page["generation"], "selection": {"all": True}}

    status, answer = await ask(jp_fetch, "jobs", method="POST", body={**body, "count": 1})

    assert (status, answer["reason"]) == (504, "not_answering")
    assert (source / "x").exists()
