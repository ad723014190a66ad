"""What the black box tells after everything was killed at once."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from healthcheck.dying import deaths
from healthcheck.limiting import MIB, memory_cgroup
from serving import Server, jupyter_server, until

from cloudru_jlab.healthcheck.blackbox.record import KernelNote, Record, RecordFile
from cloudru_jlab.healthcheck.blackbox.verdict import judge, message
from cloudru_jlab.healthcheck.blackbox.writer import Writer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and groups are Linux's")
TITLE = "The server was restarted"


def record(number: int = 1, **values: Any) -> Record:
    kept = {
        "time": "2026-01-01T00:00:00.000Z",
        "instance": "a",
        "pid": 1,
        "began": 1,
        "boot": "b",
        "host": "h",
        "started": "2026-01-01T00:00:00.000Z",
        "used": 500,
        "limit": 1000,
        "container": True,
    }
    return Record(number=number, **{**kept, **values})


def written(server: Server) -> Record | None:
    files = list(server.root.parent.rglob("blackbox.bin"))
    return RecordFile(files[0]).read() if files else None


def wait_for_record(server: Server, kernel: str, least: int = 0) -> Record:
    def found() -> Any:
        now = written(server)
        note = next((each for each in now.kernels if each.id == kernel), None) if now is not None else None
        return now if note is not None and note.path and now is not None and now.used >= least else None

    record: Record = until(found, "a record of the kernel")
    return record


def kill_everything(server: Server, *pids: int) -> None:
    """As when a whole group is killed: nobody says goodbye. The server first, so that it sees nobody die."""
    server.process.kill()
    server.process.wait()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def told(server: Server) -> list[str]:
    return [row["title"] for row in server.notifications() if row["title"].startswith(TITLE)]


def test_a_server_that_was_killed_is_explained_once(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as server:
        kernel = server.start_kernel("folder/lost.ipynb")
        pid = int(server.page(kernel).value("__import__('os').getpid()"))
        assert wait_for_record(server, kernel).kernels[0].memory > 0
        kill_everything(server, pid)
    with jupyter_server(tmp_path) as server:
        until(lambda: told(server), "the explanation")
        (death,) = until(lambda: deaths(server, kernel), "the kernel's death")
        assert (death["cause"], death["confidence"]) == ("server_lost", "unknown")
        assert (death["path"], death["restarted"]) == ("folder/lost.ipynb", False)
        assert "lost.ipynb" in next(row["body"] for row in server.notifications() if row["title"].startswith(TITLE))
    # it was shut down: nothing to explain
    with jupyter_server(tmp_path) as server:
        assert len(deaths(server)) == 1
        until(lambda: (now := written(server)) is not None and not now.clean, "the next record")
        assert len(told(server)) == 1


def test_memory_that_was_full_is_named(tmp_path: Path) -> None:
    limit = 700 * MIB
    with memory_cgroup(limit) as group:
        entering = group.enter(tmp_path)
        with jupyter_server(tmp_path, entering) as server:
            kernel = server.start_kernel("folder/full.ipynb")
            page = server.page(kernel)
            page.run(
                "kept = []\n"
                f"folder = {str(group.folder)!r}\n"
                "import os\n"
                "names = ('memory.usage_in_bytes', 'memory.current')\n"
                "name = next(each for each in names if os.path.exists(f'{folder}/{each}'))\n"
                f"while int(open(f'{{folder}}/{{name}}').read()) < {int(limit * 0.95)}:\n"
                "    kept.append(bytearray(b'x' * (2 << 20)))\n"
            )
            pid = int(page.value("os.getpid()"))
            wait_for_record(server, kernel, int(limit * 0.91))
            kill_everything(server, pid)
        with jupyter_server(tmp_path, entering) as server:
            until(lambda: told(server), "the explanation")
            (death,) = until(lambda: deaths(server, kernel), "the kernel's death")
            assert (death["cause"], death["confidence"]) == ("container_out_of_memory", "likely")
            assert "memory" in death["evidence"]


@pytest.mark.parametrize(
    ("values", "now", "cause", "confidence"),
    [
        ({}, {}, "server_lost", "unknown"),
        ({}, {"boot": "another"}, "server_lost", "likely"),
        ({"used": 950}, {}, "container_out_of_memory", "likely"),
        ({"used": 700, "growth": 200.0}, {}, "container_out_of_memory", "likely"),
        ({"used": 950, "container": False}, {}, "server_lost", "unknown"),
        ({"oom_kills": 1}, {"oom_kills": 2}, "container_out_of_memory", "certain"),
        ({"oom_kills": 2}, {"oom_kills": 2}, "server_lost", "unknown"),
        ({"oom_kills": 0}, {"oom_kills": 2, "host": "another"}, "server_lost", "unknown"),
    ],
)
def test_the_verdict(values: dict[str, Any], now: dict[str, Any], cause: str, confidence: str) -> None:
    kept = record(**values, kernels=[KernelNote("k", "python3", "a/b.ipynb")])
    verdict = judge(kept, **{"boot": "b", "host": "h", "oom_kills": 0, **now})
    assert (verdict.cause, verdict.confidence) == (cause, confidence)
    told = message(kept, verdict)
    assert "b.ipynb" in told.body
    assert told.texts is not None
    assert "b.ipynb" in told.texts["ru"][1]


def test_a_record_that_was_torn_leaves_the_one_before(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "folder" / "box.bin")
    assert file.read() is None
    for number in range(1, 4):
        file.write(record(number))
    file.close()
    content = bytearray(file.file.read_bytes())
    place = content.find(b'"number":3')
    content[place + 9 : place + 10] = b"9"
    file.file.write_bytes(content)
    kept = file.read()
    assert kept is not None
    assert kept.number == 2
    assert file.file.stat().st_mode & 0o777 == 0o600


def test_many_kernels_do_not_outgrow_the_file(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "box.bin")
    file.write(record(kernels=[KernelNote(f"{number:036}", "python3", "x" * 200) for number in range(1_000)]))
    size = file.file.stat().st_size
    kept = file.read()
    assert kept is not None
    assert len(kept.kernels) > 100
    file.write(record(2))
    file.close()
    assert file.file.stat().st_size == size


def test_a_disk_that_is_full_keeps_a_record_that_is_there(tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        file = RecordFile(tmp_path / "box.bin")
        file.write(record(1))
        with (tmp_path / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"x" * 4096):
                pass
        file.write(record(2, kernels=[KernelNote("k", "python3", "x" * 10_000)]))
        kept = file.read()
        assert kept is not None
        assert kept.number == 2
        other = Writer(RecordFile(tmp_path / "other.bin"), logging.getLogger("test"))
        other.start()
        other.put(record(1))
        # it fails, and harms nobody
        other.end(30)
        file.close()
    finally:
        subprocess.run(["umount", tmp_path], check=True)
