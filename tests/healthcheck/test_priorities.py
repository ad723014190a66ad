"""Kernels give way to the server, by real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from serving import Server, jupyter_server, until
from traitlets import TraitError

from cloudru_jlab.healthcheck.priorities import Goal, KernelPriorities, lower

STEPS = {"oom_score_adj": 500, "nice": 10}

#: Has a thread and a child before it says so; then a new thread and a new child for each line.
SLEEPER = """
import subprocess, sys, threading
def more():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return subprocess.Popen(["sleep", "600"])
children = [more()]
print(flush=True)
for line in sys.stdin:
    children.append(more())
    print(flush=True)
for child in children:
    child.kill()
"""


def adjustment(pid: int) -> int:
    """Its oom_score_adj."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def niceness(pid: int) -> set[int]:
    """That of all threads."""
    return {os.getpriority(os.PRIO_PROCESS, int(name)) for name in os.listdir(f"/proc/{pid}/task")}


def priorities(pid: int) -> tuple[int, set[int], int]:
    """All that is changed of a process."""
    return adjustment(pid), niceness(pid), psutil.Process(pid).ionice().value


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[str]]:
    """A process with two threads and a child."""
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        yield process
        children = psutil.Process(process.pid).children()
        process.stdin.close()
        process.wait(30)
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()


def test_lower_reaches_threads_children_and_what_is_started_later(sleeper: subprocess.Popen[str]) -> None:
    before = adjustment(os.getpid())
    goal = Goal.beside_the_server(**STEPS, io_level=7)
    lower([sleeper.pid], goal)
    wanted = (min(1000, before + 500), {min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)}, 7)
    assert len(os.listdir(f"/proc/{sleeper.pid}/task")) == 2
    assert sleeper.stdin
    assert sleeper.stdout
    sleeper.stdin.write("\n")
    sleeper.stdin.flush()
    sleeper.stdout.readline()
    assert len(os.listdir(f"/proc/{sleeper.pid}/task")) == 3
    children = [child.pid for child in psutil.Process(sleeper.pid).children()]
    assert len(children) == 2
    for pid in (sleeper.pid, *children):
        assert priorities(pid) == wanted
    assert adjustment(os.getpid()) == before


def test_lower_never_makes_anything_more_important(sleeper: subprocess.Popen[str]) -> None:
    lower([sleeper.pid], Goal(900, 15, 7))
    lower([sleeper.pid], Goal(500, 5, 3))
    assert priorities(sleeper.pid) == (900, {15}, 7)


def test_lower_changes_only_what_is_asked(sleeper: subprocess.Popen[str]) -> None:
    before = priorities(sleeper.pid)
    lower([sleeper.pid], Goal.beside_the_server(0, 0, -1))
    assert priorities(sleeper.pid) == before


def test_lower_never_touches_the_server_and_bears_what_has_ended() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    before = priorities(os.getpid())
    lower([gone.pid, os.getpid()], Goal(1000, 19, 7))
    assert priorities(os.getpid()) == before


def test_goal_stays_within_what_the_system_knows() -> None:
    goal = Goal.beside_the_server(2000, 39, 7)
    assert (goal.oom_score_adj, goal.nice) == (1000, 19)


@pytest.mark.parametrize("values", [{"nice": -1}, {"oom_score_adj": 2001}, {"io_level": 8}])
def test_values_that_mean_nothing_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(TraitError, match=f"KernelPriorities.{next(iter(values))} must be from"):
        KernelPriorities(SimpleNamespace(), **values)  # type: ignore[arg-type]


async def test_a_beat_is_cheap_and_looks_at_each_kernel_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that are elsewhere, starting or gone are left out; one that was restarted is a new one."""
    process = object()
    kernels: dict[str, Any] = {
        "local": SimpleNamespace(provisioner=SimpleNamespace(pid=11, process=process)),
        "remote": SimpleNamespace(provisioner=None),
        "gateway": SimpleNamespace(),
        "elsewhere": SimpleNamespace(provisioner=SimpleNamespace(pid=12)),
        "starting": SimpleNamespace(provisioner=SimpleNamespace(pid=None, process=None)),
    }
    manager = SimpleNamespace(list_kernel_ids=lambda: list(kernels), get_kernel=kernels.__getitem__)
    beats: list[Any] = []
    supervisor = SimpleNamespace(on_fast=lambda beat: beats.append(beat) or beats.clear)
    part = KernelPriorities(SimpleNamespace(supervisor=supervisor))  # type: ignore[arg-type]
    lowered: list[int] = []
    monkeypatch.setattr("cloudru_jlab.healthcheck.priorities.lower", lambda pids, goal: lowered.extend(pids))
    part.setup(SimpleNamespace(kernel_manager=manager), None)  # type: ignore[arg-type]
    await part.start()
    for _ in range(50):
        beats[0](None)
    kernels["local"].provisioner.pid = 13
    beats[0](None)
    own = asyncio.current_task()
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not own))
    assert sorted(lowered) == [11, 11, 11, 13]
    await part.stop()
    assert beats == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With other values than the default ones."""
    with jupyter_server(
        tmp_path_factory.mktemp("priorities"), "--KernelPriorities.oom_score_adj=300", "--KernelPriorities.nice=7"
    ) as running:
        yield running


def test_real_kernel_gives_way_and_again_after_a_restart(server: Server) -> None:
    own = priorities(server.process.pid)
    goal = (min(1000, own[0] + 300), {min(19, *own[1]) + 7}, 7)
    kernel = server.start_kernel()
    page = server.page(kernel)
    pid = int(page.value("__import__('os').getpid()"))
    until(lambda: priorities(pid) == goal, f"{goal}, not {priorities(pid)}")
    child = int(page.value("(__import__('subprocess').Popen(['sleep', '60'])).pid"))
    assert priorities(child) == goal
    server.ask("POST", f"api/kernels/{kernel}/restart")
    page = server.page(kernel)
    again = int(page.value("__import__('os').getpid()"))
    assert again != pid
    until(lambda: priorities(again) == goal, f"{goal} after a restart, not {priorities(again)}")
    assert priorities(server.process.pid) == own
    # mostly it has ended with the kernel's process group
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
