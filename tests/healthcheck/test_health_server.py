"""The routes of the server's own state."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest
from tornado.httpclient import HTTPClientError

from cloudru_jlab.healthcheck.ending import EndSignal
from cloudru_jlab.healthcheck.supervisor.processes import ProcessTrees


def feature_of(serverapp: Any) -> Any:
    app = serverapp.extension_manager.extension_apps["cloudru_jlab"]
    (extension,) = app
    (feature,) = [each for each in extension.features if each.slug == "healthcheck"]
    return feature


async def until(found: Callable[[], Any]) -> None:
    """Wait for a condition."""
    turn = asyncio.Event()
    while not found():
        asyncio.get_running_loop().call_later(0.02, turn.set)
        await turn.wait()
        turn.clear()


@pytest.fixture
def feature(jp_serverapp: Any, jp_asyncio_loop: Any) -> Iterator[Any]:
    """The feature, begun as a server begins it."""
    feature = feature_of(jp_serverapp)

    async def begin() -> None:
        if not feature.service.running:
            await feature.start()
        await until(lambda: feature.supervisor.samples and feature.supervisor._disks.disks)

    jp_asyncio_loop.run_until_complete(begin())
    yield feature
    jp_asyncio_loop.run_until_complete(feature.stop())


@pytest.mark.parametrize("probe", ["live", "ready"])
async def test_open_probes_say_one_word(probe: str, feature: Any, jp_fetch: Any) -> None:
    answer = await jp_fetch("cloudru", "healthz", probe, headers={"Authorization": "token wrong"})
    assert json.loads(answer.body) == {"status": "pass"}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_open_probes_take_any_name_of_the_server(feature: Any, jp_fetch: Any) -> None:
    answer = await jp_fetch("cloudru", "healthz", "live", headers={"Host": "10.1.2.3:8888", "Authorization": ""})
    assert answer.code == 200


async def test_ready_fails_once_the_server_ends_and_live_does_not(feature: Any, jp_fetch: Any) -> None:
    feature.service.ending = True
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("cloudru", "healthz", "ready")
    assert refused.value.code == 503
    assert json.loads(refused.value.response.body) == {"status": "fail"}  # type: ignore[union-attr]
    assert (await jp_fetch("cloudru", "healthz", "live")).code == 200


async def test_a_component_that_fails_changes_no_probe(feature: Any, jp_fetch: Any) -> None:
    from cloudru_jlab.core.ports import Reading

    feature.supervisor.report("test", [Reading("disk", "x", "fail", "Full.")])
    assert (await jp_fetch("cloudru", "healthz", "ready")).code == 200
    document = json.loads((await jp_fetch("cloudru", "health")).body)
    assert document["status"] == "fail"
    feature.supervisor.report("test", [])


async def test_health_document(feature: Any, jp_fetch: Any) -> None:
    answer = await jp_fetch("cloudru", "health")
    assert answer.headers["Content-Type"].startswith("application/health+json")
    document = json.loads(answer.body)
    assert {"memory:utilization", "cpu:utilization", "disk:utilization"} <= set(document["checks"])
    (memory,) = document["checks"]["memory:utilization"]
    assert memory["observedValue"] > 0
    assert memory["observedUnit"] == "bytes"


async def test_samples_after_a_number(feature: Any, jp_fetch: Any) -> None:
    first = json.loads((await jp_fetch("cloudru", "health", "samples")).body)
    assert first["last"] == first["samples"][-1]["seq"]
    assert first["samples"][-1]["memory"]["limit"] > 0
    await until(lambda: feature.supervisor.seq > first["last"])
    more = json.loads((await jp_fetch("cloudru", "health", "samples", params={"after": str(first["last"])})).body)
    assert [sample["seq"] for sample in more["samples"]] == list(range(first["last"] + 1, more["last"] + 1))
    assert more["instance"] == first["instance"]
    restarted = json.loads((await jp_fetch("cloudru", "health", "samples", params={"after": "1000000"})).body)
    assert restarted["samples"], "a number from before a restart asks for all"


async def test_nothing_of_it_is_activity(feature: Any, jp_fetch: Any, jp_serverapp: Any) -> None:
    before = jp_serverapp.web_app.last_activity()
    for path in (("health",), ("health", "samples"), ("healthz", "live"), ("healthz", "ready")):
        await jp_fetch("cloudru", *path)
    assert jp_serverapp.web_app.last_activity() == before


async def test_metrics_stand_in_the_servers_registry(feature: Any) -> None:
    text = generate_latest(REGISTRY).decode()
    assert "cloudru_memory_limit_bytes " in text
    assert 'cloudru_component_status{component="memory",id="memory"}' in text
    await feature.stop()
    assert "cloudru_memory_limit_bytes" not in generate_latest(REGISTRY).decode()


async def test_a_kernels_tree_is_followed(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', "
        "'held = bytearray(30 << 20); held[::4096] = b\"x\" * (len(held) // 4096); print(1, flush=True); input()'],"
        " stdin=subprocess.PIPE); input(); child.kill(); child.wait()"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    trees = ProcessTrees()
    found = trees.look({"k": process.pid}, {})
    assert len(found["k"].pids) == 2
    assert found["k"].memory > 30 << 20
    process.stdin.write(b"\n")  # type: ignore[union-attr]
    await process.wait()
    gone = trees.look({"k": process.pid}, found)
    assert gone["k"].peak == found["k"].peak, "what died is remembered"


def test_sigterm_is_heard_and_passed_on() -> None:
    heard: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("server"))
    try:
        end = EndSignal(lambda: heard.append("ending"))
        end.install()
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == ["ending", "server"]
        end.remove()
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == ["ending", "server", "server"]
    finally:
        signal.signal(signal.SIGTERM, before)
