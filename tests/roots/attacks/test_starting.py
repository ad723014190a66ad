"""What is started in a directory: kernels, sessions and terminals, against every hostile path."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from .corpus import Attack
from .estate import Estate
from .probing import MARKS, Prober, Request


class Launches(list[str]):
    """The directories in which kernels were started."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, command: object, cwd: str | None = None, **options: object) -> subprocess.Popen[bytes]:
        """In place of a kernel, something that costs nothing and stands in the same directory."""
        process = subprocess.Popen(["sleep", "600"], cwd=cwd, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        self.append(os.readlink(f"/proc/{process.pid}/cwd"))
        return process

    def end(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """With terminals, one of whose routes has no decorator of the server's and so ends the extension in tests."""
    jp_server_config["ServerApp"] = {"jpserver_extensions": {"cloudru_jlab": True, "jupyter_server_terminals": True}}
    return jp_server_config


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> Iterator[Launches]:
    """See `Launches`."""
    launches = Launches()
    monkeypatch.setattr("jupyter_client.provisioning.local_provisioner.launch_kernel", launches)
    yield launches
    launches.end()


def session(attack: Attack) -> Iterable[Request]:
    body = {"path": attack.text, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    # jupyter_server's table of sessions holds nothing that is not UTF-8
    yield Request("POST", "api/sessions", body=body, may_fail=any("\ud800" <= char <= "\udfff" for char in attack.text))


def kernel(attack: Attack) -> Iterable[Request]:
    yield Request("POST", "api/kernels", body={"name": "python3", "path": attack.text})


def terminal(attack: Attack) -> Iterable[Request]:
    yield Request("POST", "api/terminals", body={"cwd": attack.text})


@pytest.mark.parametrize("verb", [session, kernel])
async def test_kernels_stand_in_the_roots(
    prober: Prober, attacks: list[Attack], estate: Estate, launches: Launches, jp_serverapp: Any, verb: Any
) -> None:
    async def end(attacks: object) -> None:
        await jp_serverapp.kernel_manager.shutdown_all(now=True)
        launches.end()

    answers = await prober.attack([attack for attack in attacks if attack.text.startswith(MARKS)], verb, after=end)

    assert {answer.status for answer in answers} >= {201, 404}
    assert launches
    assert [path for path in launches if not estate.holds(path)] == []


async def test_terminals_stand_in_the_roots(
    prober: Prober, attacks: list[Attack], estate: Estate, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def create(**options: Any) -> dict[str, str]:
        opened.append(options.get("cwd", str(estate.home)))
        return {"name": str(len(opened))}

    monkeypatch.setattr(jp_serverapp.web_app.settings["terminal_manager"], "create", create)

    answers = await prober.attack([attack for attack in attacks if attack.text.startswith(MARKS)], terminal)

    assert {answer.status for answer in answers} >= {200, 404}
    assert opened
    assert [path for path in opened if not estate.holds(path)] == []
