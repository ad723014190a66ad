"""Real kernels of a real server die in every way, and each death is explained."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from healthcheck.dying import GROW, death_of, deaths
from healthcheck.limiting import MIB, MemoryCgroup, memory_cgroup
from serving import Server, jupyter_server, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and groups are Linux's")

LIMIT = 700 * MIB


@pytest.fixture(scope="module")
def group() -> Iterator[MemoryCgroup]:
    """A memory cgroup with a limit."""
    with memory_cgroup(LIMIT) as group:
        yield group


@pytest.fixture(scope="module")
def limited(group: MemoryCgroup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in a memory cgroup."""
    folder = tmp_path_factory.mktemp("limited")
    with jupyter_server(folder, group.enter(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without limits."""
    with jupyter_server(tmp_path_factory.mktemp("deaths")) as server:
        yield server


def pid_of(page: Any) -> int:
    return int(page.value("__import__('os').getpid()"))


def samples(server: Server) -> int:
    return int(server.ask("GET", "cloudru/health/samples")["last"])


@pytest.mark.parametrize(
    ("code", "cause", "exit_code", "signal_name"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", -9, "SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "terminated", -15, "SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "segmentation_fault", -11, "SIGSEGV"),
        ("import os; os.abort()", "aborted", -6, "SIGABRT"),
        ("import os; os._exit(3)", "exited", 3, ""),
        ("import os; os._exit(139)", "segmentation_fault", 139, "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGFPE)", "unknown", -8, "SIGFPE"),
    ],
)
def test_each_death_has_its_own_explanation(
    server: Server, code: str, cause: str, exit_code: int, signal_name: str
) -> None:
    kernel = server.start_kernel("folder/train.ipynb")
    page = server.page(kernel)
    page.run("1")
    page.execute(code)
    death = death_of(server, kernel)
    assert (death["cause"], death["exit_code"], death["signal"]) == (cause, exit_code, signal_name)
    assert death["confidence"] == ("likely" if exit_code == 139 else "certain")
    assert death["path"] == "folder/train.ipynb"
    assert death["restarted"]
    assert "train.ipynb" in death["title"]
    assert death["texts"]["ru"]["title"].startswith("Ядро train.ipynb")
    assert death["evidence"]["exit_code"] == str(exit_code)
    told = server.told(category="kernel", dedupe_key=f"kernel-death-{kernel}")
    assert told["title"] == death["title"]
    assert told["action"] == {"kind": "open", "path": "folder/train.ipynb"}
    assert len(deaths(server, kernel)) == 1
    server.ask("DELETE", f"api/kernels/{kernel}")


def test_what_the_user_asks_for_is_no_death(server: Server) -> None:
    kernel = server.start_kernel("folder/asked.ipynb")
    page = server.page(kernel)
    first = pid_of(page)
    server.ask("POST", f"api/kernels/{kernel}/restart")
    assert pid_of(server.page(kernel)) != first
    other = server.start_kernel("folder/other.ipynb")
    server.page(other).run("1")
    server.ask("DELETE", f"api/kernels/{kernel}")
    # a death that comes after all that has been seen: nothing before it was taken for one
    os.kill(pid_of(server.page(other)), signal.SIGKILL)
    death_of(server, other)
    assert deaths(server, kernel) == []


def test_a_death_after_a_restart_is_told_again(server: Server) -> None:
    kernel = server.start_kernel("folder/again.ipynb")
    os.kill(pid_of(server.page(kernel)), signal.SIGKILL)
    first = death_of(server, kernel)
    until(lambda: server.ask("GET", f"api/kernels/{kernel}")["execution_state"] == "idle", "the restarted kernel")
    server.ask("POST", f"api/kernels/{kernel}/restart")
    os.kill(pid_of(server.page(kernel)), signal.SIGSEGV)
    second = death_of(server, kernel, "segmentation_fault")
    assert second["seq"] > first["seq"]
    newer = server.ask("GET", f"cloudru/health/deaths?after={first['seq']}&kernel={kernel}")
    assert [each["id"] for each in newer["deaths"]] == [second["id"]]
    assert newer["last"] >= second["seq"]


def test_deaths_outlast_a_restart_of_the_server(tmp_path: Path) -> None:
    with jupyter_server(tmp_path) as server:
        kernel = server.start_kernel()
        os.kill(pid_of(server.page(kernel)), signal.SIGKILL)
        death = death_of(server, kernel)
    with jupyter_server(tmp_path) as server:
        answer = server.ask("GET", "cloudru/health/deaths")
        assert [each["id"] for each in answer["deaths"]] == [death["id"]]
        assert answer["last"] >= death["seq"]


def test_a_kernel_that_cannot_start_is_not_said_to_be_started_again(tmp_path: Path) -> None:
    arguments = ("--KernelRestarter.time_to_dead=0.2", "--KernelRestarter.restart_limit=1")
    with jupyter_server(tmp_path, *arguments) as server:
        kernel = server.start_kernel()
        page = server.page(kernel)
        page.run("open('dead', 'w').write('import os; os._exit(7)')")
        page.run(
            "import IPython, os; folder = IPython.get_ipython().profile_dir.startup_dir;"
            "open(os.path.join(folder, '00.py'), 'w').write('import os; os._exit(7)')"
        )
        page.execute("import os; os._exit(3)")
        death_of(server, kernel)
        last = until(
            lambda: [each for each in deaths(server, kernel) if each["exit_code"] == 7 and not each["restarted"]],
            "a death after which nothing is started",
        )
        assert "again and again" in last[-1]["body"] or "not running" in last[-1]["body"]


def test_a_kernel_that_is_killed_for_memory_says_so(limited: Server) -> None:
    kernel = limited.start_kernel("folder/big.ipynb")
    page = limited.page(kernel)
    page.run("1")
    page.execute(GROW)
    death = death_of(limited, kernel)
    assert (death["cause"], death["confidence"], death["exit_code"]) == ("out_of_memory", "certain", -9)
    before, _, after = death["evidence"]["oom_kill"].partition(" -> ")
    assert int(after) == int(before) + 1
    assert "MiB" in death["evidence"]["kernel_memory_peak"]
    assert "MiB" in death["evidence"]["memory"]
    # and now one that is killed, in the same group
    other = limited.start_kernel("folder/small.ipynb")
    os.kill(pid_of(limited.page(other)), signal.SIGKILL)
    assert death_of(limited, other)["cause"] == "killed"


def test_a_kernel_in_a_group_of_its_own_is_counted_there(limited: Server, group: MemoryCgroup) -> None:
    kernel = limited.start_kernel("folder/nested.ipynb")
    page = limited.page(kernel)
    pid = pid_of(page)
    with memory_cgroup(250 * MIB, group.folder if group.v1 else None) as nested:
        nested.procs.write_text(str(pid))
        # the server looks every two seconds, and takes a sample as often
        seen = samples(limited)
        until(lambda: samples(limited) >= seen + 3, "the server to have looked at the groups")
        page.execute(GROW)
        death = death_of(limited, kernel)
        assert (death["cause"], death["confidence"]) == ("out_of_memory", "certain")
        assert death["evidence"]["oom_kill"] == "0 -> 1"


def test_a_process_of_a_kernel_that_is_killed_for_memory_is_told(limited: Server) -> None:
    bystander = limited.start_kernel("folder/bystander.ipynb")
    kernel = limited.start_kernel("folder/loader.ipynb")
    limited.page(bystander).run("1")
    page = limited.page(kernel)
    page.run("import subprocess, sys, time")
    code = "open('/proc/self/oom_score_adj', 'w').write('1000')\n" + GROW
    reply = page.run(f"print(subprocess.run([sys.executable, '-c', {code!r}]).returncode)")
    assert reply["status"] == "ok"
    death = death_of(limited, kernel, "child_out_of_memory")
    assert death["confidence"] in ("certain", "likely")
    assert not death["restarted"]
    assert death["evidence"]["process"]
    assert page.run("1")["status"] == "ok"
    assert [each["cause"] for each in deaths(limited, kernel)] == ["child_out_of_memory"]
    assert deaths(limited, bystander) == []
