"""The contents API with jupyter_server's own manager and with ours, in one run.

    python benchmarks/contents.py [--folder DIR] [--sizes 1000,10000,100000] [--huge 1000000] [--save-mb 50]

For each size of directory: GET with content, its wall time, the server's CPU time, how late the server's event loop
comes meanwhile, and the length of the answer. "ours, no limit" lists as much as stock does; "ours" stops at 10,000.
The huge directory is asked of ours alone: stock takes minutes for it. Then a save as JupyterLab asks for it
(GET hash, PUT, GET hash): the bytes that the server reads. All that is made is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import directories
from figures import percentile
from servers import Client

FLAVOURS: dict[str, dict[str, Any]] = {
    "stock": {"ServerApp": {"jpserver_extensions": {"looptick": True, "cloudru_jlab": False}}},
    "ours, no limit": {
        "ServerApp": {"jpserver_extensions": {"looptick": True, "cloudru_jlab": True}},
        "CloudruContentsManager": {"max_children": 0},
    },
    "ours": {"ServerApp": {"jpserver_extensions": {"looptick": True, "cloudru_jlab": True}}},
}
START_S = 60.0


class Listing(NamedTuple):
    """What one GET of a directory cost; times in milliseconds."""

    wall_ms: float
    cpu_ms: float
    late_p99_ms: float
    late_max_ms: float
    megabytes: float
    entries: int
    truncated: str


@contextmanager
def server(flavour: str, root: Path) -> Iterator[tuple[Client, int]]:
    """A server of ``flavour`` on loopback: a connection to it, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    settings = json.loads(json.dumps(FLAVOURS[flavour]))
    settings["ServerApp"] |= {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "root_dir": str(root),
        "open_browser": False,
        "allow_root": True,
        "disable_check_xsrf": True,
    }
    settings["IdentityProvider"] = {"token": token}
    here = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory(prefix="bench-contents-") as state:
        Path(state, "config.json").write_text(json.dumps(settings), encoding="utf-8")
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")},
            **{f"JUPYTER_{kind}_DIR": f"{state}/{kind.lower()}" for kind in ("CONFIG", "DATA", "RUNTIME")},
            "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)]),
        }
        with Path(state, "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", f"--config={state}/config.json"],
                env=environment, cwd=state, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        client = Client(port, token)
        try:
            deadline = time.monotonic() + START_S
            while True:
                try:
                    client.ask("GET", "api/status")
                    break
                except OSError:
                    client.close()
                    if process.poll() is not None or time.monotonic() > deadline:
                        log_text = Path(state, "log").read_text(encoding="utf-8", errors="replace")
                        raise RuntimeError(f"The server did not start:\n{log_text[-3000:]}") from None
                    time.sleep(0.05)
            yield client, process.pid
        finally:
            client.close()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def list_once(client: Client, folder: str) -> Listing:
    """One GET of ``folder``, with the event loop's delay meanwhile."""
    client.ask("POST", "bench/loop")
    answer = client.ask("GET", f"api/contents/{folder}", content=1, type="directory")
    assert answer.status == 200, answer.body[:300]
    loop = client.ask("GET", "bench/loop").json()
    client.ask("DELETE", "bench/loop")
    model = answer.json()
    cut = model.get("truncated")
    late = loop["delays_ms"] or [0.0]
    return Listing(
        answer.ms,
        loop["cpu_s"] * 1000,
        percentile(late, 0.99),
        max(late),
        len(answer.body) / 1e6,
        len(model["content"]),
        f"{cut['total']:,}" if cut else "",
    )


def middle(runs: list[Listing]) -> Listing:
    """The run of median wall time."""
    return sorted(runs, key=lambda run: run.wall_ms)[len(runs) // 2]


def bytes_read(pid: int) -> int:
    """What the process has asked the kernel to read; copies from file to file count too."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])


def save(client: Client, pid: int, root: Path, megabytes: int) -> Iterator[tuple[str, float, float]]:
    """The requests of two saves of one file, each with its wall time in ms and what it read, in megabytes."""
    size = megabytes * 1_000_000
    (root / "saved.txt").write_bytes(b"a" * size)
    for turn in (1, 2):
        for what in ("GET hash", "PUT", "GET hash"):
            before = bytes_read(pid)
            if what == "PUT":
                body = {"type": "file", "format": "text", "content": "bcd"[turn] * size}
                # What arrives over the socket is read too; it is the same for both.
                answer = client.ask("PUT", "api/contents/saved.txt", body)
            else:
                answer = client.ask("GET", "api/contents/saved.txt", content=0, hash=1)
            assert answer.status == 200, answer.body[:300]
            yield f"save {turn}: {what}", answer.ms, (bytes_read(pid) - before) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the directories are made (default: a temporary one)")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--huge", type=int, default=1_000_000, help="0: leave it out")
    parser.add_argument("--save-mb", type=int, default=50, help="0: leave it out")
    parser.add_argument("--runs", type=int, default=3, help="of each listing; the median is shown")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",") if size]
    counts = [*sizes, *([options.huge] if options.huge else [])]
    with tempfile.TemporaryDirectory(prefix="bench-contents-", dir=options.folder) as made:
        root = Path(made)
        try:
            for count in counts:
                directories.make(root, count)
            print("| entries | manager | wall ms | CPU ms | loop late p99 / max ms | MB | given | of |")
            print("|---|---|---|---|---|---|---|---|")
            saves: dict[str, list[tuple[str, float, float]]] = {}
            for flavour in FLAVOURS:
                with server(flavour, root) as (client, pid):
                    for count in counts if flavour == "ours" else sizes:
                        runs = 1 if flavour == "stock" and count > 20_000 else options.runs
                        first, *rest = [list_once(client, directories.folder_name(count)) for _ in range(runs)]
                        shown = [("", middle([first, *rest]))]
                        if count == options.huge and rest:
                            # What the first one builds, the later ones find.
                            shown = [(", first", first), (", again", middle(rest))]
                        for note, one in shown:
                            print(
                                f"| {count:,} | {flavour}{note} | {one.wall_ms:,.0f} | {one.cpu_ms:,.0f} "
                                f"| {one.late_p99_ms:.1f} / {one.late_max_ms:.1f} | {one.megabytes:.1f} "
                                f"| {one.entries:,} | {one.truncated} |",
                                flush=True,
                            )
                    if options.save_mb and flavour != "ours, no limit":
                        saves[flavour] = list(save(client, pid, root, options.save_mb))
            if saves:
                print(f"\n{options.save_mb} MB of text, saved twice: milliseconds, and megabytes read by the server")
                print("| request | " + " | ".join(saves) + " |")
                print("|---|" + "---|" * len(saves))
                for rows in zip(*saves.values(), strict=True):
                    print(f"| {rows[0][0]} | " + " | ".join(f"{ms:,.0f} ms, {mb:.0f} MB" for _, ms, mb in rows) + " |")
                gets = {name: sum(mb for what, _, mb in rows if "GET" in what) / 2 for name, rows in saves.items()}
                print("read for the hash per save: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in gets.items()))
            print(f"\nload average {statistics.fmean(os.getloadavg()[:1]):.1f}, {os.cpu_count()} cores")
        finally:
            for count in counts:
                directories.remove(root / directories.folder_name(count))


if __name__ == "__main__":
    main()
