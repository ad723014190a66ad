"""Links laid where the server itself writes: checkpoints, uploads, temporary files; and links that come and go."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .estate import CANARY, Estate
from .probing import Answer, Prober, Request, leaked
from .test_writing import FILE, NOTEBOOK


async def quietly(prober: Prober, requests: list[Request]) -> list[Answer]:
    """The answers; fails where one of the requests reads or writes outside."""
    before = prober.estate.watched()
    answers = []
    for request in requests:
        answer = await prober.send(request)
        assert not leaked(answer), (request, answer)
        assert answer.status < 500 or not request.ours, (request, answer)
        assert prober.estate.watched() == before, request
        answers.append(answer)
    return answers


async def test_checkpoints_do_not_lead_out(prober: Prober, estate: Estate) -> None:
    target = estate.outside / "folder"
    (target / "file-checkpoint.txt").write_text(CANARY)
    trap = estate.data / "trap"
    trap.mkdir()
    (trap / "file.txt").write_text("mine")
    (trap / ".ipynb_checkpoints").symlink_to(target)
    second = estate.data / "second"
    (second / ".ipynb_checkpoints").mkdir(parents=True)
    (second / "file.txt").write_text("mine")
    (second / ".ipynb_checkpoints" / "file-checkpoint.txt").symlink_to(target / "file-checkpoint.txt")

    for folder in (trap, second):
        top = f"@data/{folder.name}"
        path = f"api/contents/{top}/file.txt"
        await quietly(prober, [
            Request("GET", f"{path}/checkpoints"),
            Request("POST", f"{path}/checkpoints/checkpoint"),
            Request("GET", path),
            Request("POST", f"{path}/checkpoints"),
            Request("PATCH", path, body={"path": f"{top}/renamed.txt"}),
            Request("PATCH", f"api/contents/{top}/renamed.txt", body={"path": f"{top}/file.txt"}),
            Request("DELETE", f"{path}/checkpoints/checkpoint"),
            Request("PUT", f"api/contents/{top}/new.ipynb", body=NOTEBOOK),
            Request("DELETE", path),
        ])  # fmt: skip
        assert not (folder / "file.txt").exists() or (folder / "file.txt").read_text() == "mine"


async def test_saving_does_not_write_through_links(prober: Prober, estate: Estate) -> None:
    canary = estate.outside / "canary.txt"
    folder = estate.data / "folder"
    for name in (
        ".~file.txt",
        ".~new.txt",
        "#file.txt#",
        "file.txt~",
        "file.txt.tmp",
        ".file.txt.tmp",
        ".file.txt.swp",
        "link.txt",
    ):
        (folder / name).symlink_to(canary)
    (folder / "hung.txt").symlink_to(estate.outside / "made-by-a-link")

    await quietly(prober, [
        Request("PUT", f"api/contents/@data/folder/{name}", body=body)
        for name in ("file.txt", "new.txt", "link.txt", "hung.txt")
        for body in (FILE, {**FILE, "chunk": 1}, {**FILE, "chunk": 2}, {**FILE, "chunk": -1}, {"type": "directory"})
    ])  # fmt: skip

    assert "overwritten" in (folder / "file.txt").read_text()


async def test_renaming_a_link_moves_the_link(prober: Prober, estate: Estate) -> None:
    await quietly(prober, [
        Request("PATCH", "api/contents/@data/out", body={"path": "@data/folder/out"}),
        Request("GET", "api/contents/@data/folder/out"),
        Request("GET", "files/@data/folder/out/canary.txt"),
        Request("PATCH", "api/contents/@data/out-file-relative", body={"path": "@data/folder/sub/out-file-relative"}),
        Request("GET", "api/contents/@data/folder/sub/out-file-relative"),
        Request("DELETE", "api/contents/@data/folder/out"),
        Request("DELETE", "api/contents/@data/folder"),
    ])  # fmt: skip


BAIT = ("out", "out.txt", "sub/out.txt")


def lay_bait(folder: Path, estate: Estate) -> None:
    """A folder with links that its root does not follow."""
    (folder / "sub").mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    (folder / "out").symlink_to(estate.outside)
    for name in ("out.txt", "sub/out.txt"):
        (folder / name).symlink_to(estate.outside / "canary.txt")


@pytest.mark.parametrize("to", ["folder", "@free/folder", "@data/folder"])
@pytest.mark.parametrize("source", ["@data", "@strict"])
@pytest.mark.parametrize("kind", ["copy", "move"])
async def test_links_are_not_carried_to_where_they_would_be_followed(
    prober: Prober, estate: Estate, kind: str, source: str, to: str
) -> None:
    lay_bait(estate.top / source[1:] / "bait", estate)

    async def carry(path: str, *names: str) -> None:
        page = (await prober.ask("GET", "cloudru/listing", path=path)).json
        body = {
            "kind": kind, "path": path, "generation": page["generation"], "selection": {"names": names},
            "count": len(names), "destination": to,
        }  # fmt: skip
        [answer] = await quietly(prober, [Request("POST", "cloudru/listing/jobs", body=body)])
        assert answer.status == 202, answer
        while '"running"' in (await prober.ask("GET", "cloudru/listing/jobs")).text:
            continue

    await carry(f"{source}/bait", "out", "out.txt")
    await carry(source, "bait")

    arrived = [*BAIT, *(f"bait/{name}" for name in BAIT)]
    await quietly(prober, [
        Request(method, f"{verb}/{to}/{name}{tail}", body=body)
        for name in arrived
        for tail in ("", "/canary.txt")
        for method, verb, body in (("GET", "api/contents", None), ("GET", "files", None), ("PUT", "api/contents", FILE))
    ])  # fmt: skip


@pytest.mark.parametrize("to", ["carried", "@free/carried", "@data/folder/carried"])
async def test_renames_and_copies_carry_no_links_either(prober: Prober, estate: Estate, to: str) -> None:
    for number, source in enumerate(["@data", "@strict"] * 2):
        bait = estate.top / source[1:] / f"bait{number}"
        lay_bait(bait, estate)
        way = f"api/contents/{source}/bait{number}"
        target = f"{to}{number}"
        requests = [
            Request("PATCH", f"{way}/out.txt", body={"path": f"{target}.txt"}),
            Request("POST", f"api/contents/{to.rpartition('/')[0]}", body={"copy_from": f"{way[13:]}/out.txt"}),
            Request("PATCH", way, body={"path": target}),
            Request("POST", f"api/contents/{to.rpartition('/')[0]}", body={"copy_from": way[13:]}),
        ]
        parent = to.rpartition("/")[0]
        looks = [
            Request("GET", f"{verb}/{name}")
            for verb in ("api/contents", "files")
            for name in (
                f"{target}.txt", f"{parent}/out.txt", f"{target}/out.txt", f"{target}/out/canary.txt",
                f"{parent}/bait{number}/out.txt", f"{parent}/bait{number}/sub/out.txt",
            )
        ]  # fmt: skip
        await quietly(prober, [*requests, *looks] if number < 2 else [*requests[::-1], *looks])


class Swaps:
    """Puts a link in the place of a folder, and the folder back, again and again."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder, self._target = folder, target
        self._aside, self._link = folder.with_name(folder.name + "-aside"), folder.with_name(folder.name + "-link")
        self._over = threading.Event()
        self.made = 0

    def _run(self) -> None:
        while not self._over.is_set():
            os.symlink(self._target, self._link)
            os.rename(self._folder, self._aside)
            os.rename(self._link, self._folder)
            os.unlink(self._folder)
            os.rename(self._aside, self._folder)
            self.made += 1
            # A thread that never waits leaves the server so little time that it may not once meet the folder.
            self._over.wait(0.001)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """While it lasts."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


@pytest.mark.parametrize("policy", ["inside", "deny"])
async def test_no_race_slips_through(prober: Prober, estate: Estate, policy: str) -> None:
    root, prefix = (estate.data, "@data") if policy == "inside" else (estate.top / "strict", "@strict")
    victim = root / "victim"
    for folder in (victim, estate.outside):
        (folder / "sub").mkdir(parents=True, exist_ok=True)
        for name in ("a.txt", "b.txt", "sub/a.txt"):
            (folder / name).write_text(CANARY if folder == estate.outside else "mine")
    (estate.outside / ".ipynb_checkpoints").mkdir()
    before = estate.watched()
    path = f"api/contents/{prefix}/victim"
    requests = [
        Request("GET", f"{path}/a.txt"),
        Request("GET", path),
        Request("GET", f"files/{prefix}/victim/sub/a.txt"),
        Request("GET", "cloudru/listing", {"path": f"{prefix}/victim"}),
        Request("GET", "cloudru/listing", {"path": f"{prefix}/victim/sub"}),
        Request("PUT", f"{path}/a.txt", body=FILE),
        Request("PUT", f"{path}/new.txt", body={**FILE, "chunk": 1}),
        Request("PUT", f"{path}/new.txt", body={**FILE, "chunk": -1}),
        Request("PUT", f"{path}/sub/a.txt", body=FILE),
        Request("POST", f"{path}/sub", body={"type": "directory"}),
        Request("POST", path, body={"copy_from": f"{prefix}/victim/b.txt"}),
        Request("PATCH", f"{path}/b.txt", body={"path": f"{prefix}/victim/sub/c.txt"}),
        Request("PATCH", f"{path}/sub/c.txt", body={"path": f"{prefix}/victim/b.txt"}),
        Request("POST", f"{path}/a.txt/checkpoints"),
        Request("POST", f"{path}/a.txt/checkpoints/checkpoint"),
        Request("DELETE", f"{path}/sub/a.txt"),
        Request("DELETE", f"{path}/new.txt"),
    ]
    swaps = Swaps(victim, estate.outside)
    # goes on until requests met both the folder and the link
    seen: set[bool] = set()
    with swaps.going_on():
        rounds = 0
        while rounds < 12 or len(seen) < 2 or swaps.made <= 100:
            rounds += 1
            for request in requests:
                answer = await prober.send(request)
                assert not leaked(answer), (request, answer)
                assert answer.status < 500, (request, answer)
                seen.add(answer.status < 400)

    now = estate.watched()
    assert {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)} == set()
