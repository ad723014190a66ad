"""Roots that hang or are not mounted: nobody else notices, and they come back by themselves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anyio.to_thread
import pytest
from fuse.mounting import SlowMount
from tornado.httpclient import AsyncHTTPClient

FILE = {"type": "file", "format": "text", "content": "new"}
#: Of the server under test, in seconds: that it answers is what is tested, and these end the waiting.
DEADLINE = 1.0


class Answer(NamedTuple):
    """Of any route."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


Send = Callable[..., Awaitable[Answer]]


@pytest.fixture
def send(
    jp_serverapp: Any, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str
) -> Iterator[Send]:
    """Sends requests, hundreds at a time: the client of `jp_fetch` keeps all but ten waiting."""
    client = AsyncHTTPClient(force_instance=True, max_clients=1000)

    async def send(method: str, path: str, body: Any = None) -> Answer:
        answer = await client.fetch(
            http_server_client.get_url(jp_base_url + path),
            method=method,
            headers=jp_auth_header,
            body=None if body is None else json.dumps(body),
            raise_error=False,
            allow_nonstandard_methods=True,
            request_timeout=200,
        )
        assert answer.code != 599, answer.error
        return Answer(answer.code, answer.body or b"")

    yield send
    client.close()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Where roots are mounted."""
    path = tmp_path / "machine"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], machine: Path) -> dict[str, Any]:
    """Two roots, and short times."""
    roots = [
        {"name": "slow", "title": "Slow", "path": str(machine / "slow")},
        {"name": "scratch", "path": str(machine / "scratch"), "mount_required": True},
    ]
    times = {"deadline_seconds": DEADLINE, "retry_seconds": 0.2, "look_seconds": 0.1}
    return {
        **jp_server_config,
        "Roots": {"roots": roots, **times},
        "NetworkFileSystems": {"timeout_seconds": DEADLINE, "retry_seconds": 0.2},
        "FileContentsManager": {"delete_to_trash": False},
    }


async def state_of(send: Send, name: str) -> Any:
    """What the server says of a root, now."""
    answer = await send("GET", "cloudru/roots?refresh=1")
    assert answer.status == 200
    return {root["name"]: root for root in answer.json["roots"]}[name]


async def until_answered(send: Send, path: str) -> None:
    """Ask until it is answered; the test's own time limit ends what never is."""
    while (await send("GET", path)).status != 200:  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.02)


#: To every verb, and to what does not ask the contents manager.
HUNG = [
    ("GET", "api/contents/@slow/file.txt", None),
    ("GET", "api/contents/@slow", None),
    ("GET", "api/contents/@slow/folder/other.txt?hash=1", None),
    ("GET", "cloudru/listing?path=@slow", None),
    ("GET", "cloudru/listing?path=@slow/folder", None),
    ("GET", "cloudru/listing/locate?path=@slow&name=file.txt", None),
    ("GET", "files/@slow/file.txt", None),
    ("HEAD", "files/@slow/folder/other.txt", None),
    ("PUT", "api/contents/@slow/file.txt", FILE),
    ("PUT", "api/contents/@slow/new.txt", {**FILE, "chunk": 1}),
    ("POST", "api/contents/@slow/folder", {"type": "directory"}),
    ("POST", "api/contents", {"copy_from": "@slow/file.txt"}),
    ("PATCH", "api/contents/@slow/folder/other.txt", {"path": "@slow/folder/moved.txt"}),
    ("DELETE", "api/contents/@slow/folder/gone.txt", None),
    ("GET", "api/contents/@slow/file.txt/checkpoints", None),
    ("POST", "api/contents/@slow/file.txt/checkpoints", None),
    ("GET", "cloudru/roots/real-path?path=@slow/file.txt", None),
    ("GET", "nbconvert/html/@slow/note.ipynb", None),
    ("POST", "api/kernels", {"name": "python3", "path": "@slow/note.ipynb"}),
    ("POST", "api/terminals", {"cwd": "@slow/folder"}),
]


@pytest.mark.root
async def test_two_hundred_requests_to_a_hung_root_leave_the_default_one_alone(
    hanging: SlowMount, send: Send, jp_root_dir: Path
) -> None:
    source = hanging.source
    (source / "folder").mkdir()
    for name in ("file.txt", "folder/other.txt", "folder/gone.txt"):
        (source / name).write_text("old")
    (jp_root_dir / "mine").mkdir()
    (jp_root_dir / "mine" / "file.txt").write_text("mine")
    assert (await send("GET", "api/contents/@slow/file.txt")).json["content"] == "old"
    assert (await send("GET", "cloudru/listing?path=@slow")).json["total"] == 3
    assert (await state_of(send, "slow"))["state"] == "available"
    before = anyio.to_thread.current_default_thread_limiter().borrowed_tokens
    hanging.tell("hang")

    hung = [asyncio.ensure_future(send(*request)) for request in HUNG * 10]
    while not hanging.tell("status"):  # noqa: ASYNC110 - of mounts no event tells
        await asyncio.sleep(0.01)
    rounds = 0
    while not rounds or not all(call.done() for call in hung):
        mine = await asyncio.gather(
            send("GET", "api/contents/mine/file.txt"),
            send("GET", "api/contents/mine"),
            send("PUT", "api/contents/mine/file.txt", {**FILE, "content": "mine"}),
            send("GET", "cloudru/listing?path=mine"),
            send("GET", "files/mine/file.txt"),
            send("GET", "cloudru/roots"),
        )
        assert [answer.status for answer in mine] == [200] * 6, mine
        # the threads that all of the server shares have nothing to do with it
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == before
        assert await asyncio.get_running_loop().run_in_executor(None, lambda: "free") == "free"
        rounds += 1

    answers = [(request, call.result()) for request, call in zip(HUNG * 10, hung, strict=True)]
    assert len(answers) == 200
    assert [(request, answer) for request, answer in answers if answer.status not in (503, 504)] == []
    told = [answer.json for request, answer in answers if request[1].startswith(("api/contents", "cloudru"))]
    assert {it["reason"] for it in told} <= {"not_answering", "root_unavailable"}
    assert not [it for it in told if str(source.parent) in it["message"]]
    slow = await state_of(send, "slow")
    assert slow["state"] == "not_answering"
    assert slow["message"]
    # while it is known, the answer comes at once, and no call is made
    calls = hanging.tell("status")
    known = await asyncio.gather(*(send("GET", "api/contents/@slow/file.txt") for _ in range(100)))
    assert {answer.status for answer in known} == {503}
    assert hanging.tell("status") <= calls + 1

    hanging.tell("release")
    await until_answered(send, "api/contents/@slow/file.txt")
    await until_answered(send, "cloudru/listing?path=@slow")
    while (await state_of(send, "slow"))["state"] != "available":
        continue
    assert (await send("PUT", "api/contents/@slow/file.txt", FILE)).status == 200
    assert (source / "file.txt").read_text() == "new"


@pytest.mark.root
async def test_a_save_that_hung_leaves_a_whole_file(hanging: SlowMount, send: Send) -> None:
    (hanging.source / "file.txt").write_text("old")
    assert (await send("GET", "api/contents/@slow/file.txt")).status == 200
    hanging.tell("hang")

    answer = await send("PUT", "api/contents/@slow/file.txt", {**FILE, "content": "new" * 1000})

    assert answer.status in (503, 504)
    hanging.tell("release")
    await until_answered(send, "api/contents/@slow/file.txt")
    assert (hanging.source / "file.txt").read_text() in ("old", "new" * 1000)


class Tmpfs:
    """A file system in memory at ``point``, mounted and unmounted for real."""

    def __init__(self, point: Path) -> None:
        self._point = point

    def mount(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(self._point)], check=True)

    def unmount(self) -> None:
        """Fails where the server still holds it."""
        subprocess.run(["umount", str(self._point)], check=True)


@pytest.fixture
def scratch(machine: Path) -> Iterator[Tmpfs]:
    """The file system of the root `@scratch`, mounted."""
    if os.geteuid() != 0:
        pytest.skip("mounting is left to root")
    point = machine / "scratch"
    point.mkdir()
    tmpfs = Tmpfs(point)
    try:
        tmpfs.mount()
    except subprocess.CalledProcessError:
        pytest.skip("mounting is not allowed here")
    yield tmpfs
    subprocess.run(["umount", "-l", str(point)], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.root
async def test_a_root_that_is_unmounted_comes_back_when_it_is_mounted_again(
    scratch: Tmpfs, send: Send, machine: Path
) -> None:
    assert (await send("PUT", "api/contents/@scratch/file.txt", FILE)).status == 201
    assert (await send("GET", "cloudru/listing?path=@scratch")).json["total"] == 1
    seen = await state_of(send, "scratch")
    assert (seen["state"], seen["file_system"], seen["total_bytes"]) == ("available", "tmpfs", 2**20)

    scratch.unmount()

    # at once, whatever was seen before: what is written now would be hidden by the next mount
    for method, path, body in (
        ("PUT", "api/contents/@scratch/other.txt", FILE),
        ("PUT", "api/contents/@scratch/big.txt", {**FILE, "chunk": 1}),
        ("POST", "api/contents/@scratch", {"type": "directory"}),
        ("GET", "api/contents/@scratch/file.txt", None),
        ("GET", "files/@scratch/file.txt", None),
        ("DELETE", "api/contents/@scratch/file.txt", None),
    ):
        answer = await send(method, path, body)
        assert answer.status == 503, (method, path, answer)
    assert os.listdir(machine / "scratch") == []
    seen = await state_of(send, "scratch")
    assert (seen["state"], seen["free_bytes"]) == ("not_mounted", None)
    assert seen["message"]
    assert (await send("GET", "cloudru/listing?path=@scratch")).status == 503
    assert (await send("POST", "api/terminals", {"cwd": "@scratch"})).status == 503

    scratch.mount()

    await until_answered(send, "cloudru/listing?path=@scratch")
    assert (await send("PUT", "api/contents/@scratch/file.txt", FILE)).status == 201
    assert (await state_of(send, "scratch"))["state"] == "available"


async def test_a_root_that_is_removed_comes_back_when_it_is_made_again(send: Send, machine: Path) -> None:
    root = machine / "slow"
    assert (await state_of(send, "slow"))["state"] == "missing"
    answer = await send("GET", "api/contents/@slow")
    assert (answer.status, answer.json["reason"]) == (503, "root_unavailable")

    root.mkdir()
    (root / "file.txt").write_text("here")

    await until_answered(send, "cloudru/listing?path=@slow")
    assert (await send("GET", "api/contents/@slow/file.txt")).json["content"] == "here"
    assert (await state_of(send, "slow"))["state"] == "available"
