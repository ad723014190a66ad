"""Probes and parts that fail take nothing else down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.gateway.gateway_client import GatewayClient
from traitlets.config import Config

from cloudru_jlab.core.feature import Ports
from cloudru_jlab.core.ports import HealthProbe, Reading
from cloudru_jlab.healthcheck import feature as module
from cloudru_jlab.healthcheck.context import Part
from cloudru_jlab.healthcheck.doorbell import Doorbell
from cloudru_jlab.healthcheck.feature import Healthcheck
from cloudru_jlab.healthcheck.supervisor.gateway import GatewayProbe
from cloudru_jlab.healthcheck.supervisor.probes import Probes


class Probe:
    """A probe that does what a test says."""

    interval_seconds = 0.01

    def __init__(self, name: str, work: Any, timeout_seconds: float = 30.0) -> None:
        self.name = name
        self.timeout_seconds = timeout_seconds
        self._work = work

    async def read(self) -> list[Reading]:
        result: list[Reading] = await self._work()
        return result


async def test_a_probe_that_raises_or_hangs_keeps_no_other() -> None:
    found: dict[str, list[Reading]] = {}
    good = 0
    enough = asyncio.Event()

    def take(source: str, readings: list[Reading]) -> None:
        nonlocal good
        found[source] = readings
        good += source == "good"
        if good > 2 and {"probe bad", "probe slow"} <= set(found):
            enough.set()

    async def well() -> list[Reading]:
        return [Reading("gpu", "0", "pass")]

    async def bad() -> list[Reading]:
        raise RuntimeError("broken")

    async def slow() -> list[Reading]:
        await asyncio.Event().wait()
        return []

    probes = Probes(take, logging.getLogger("quiet"))
    for probe in (Probe("good", well), Probe("bad", bad), Probe("slow", slow, 0.01)):
        assert isinstance(probe, HealthProbe)
        probes.start(probe)
    await enough.wait()
    await probes.stop()
    assert found["probe good"] == []
    assert [reading.code for reading in found["probe bad"]] == ["failed"]
    assert [reading.code for reading in found["probe slow"]] == ["late"]


@contextlib.asynccontextmanager
async def gateway(answer: bytes | None) -> AsyncIterator[GatewayClient]:
    """A gateway that gives one answer to all, or none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield GatewayClient(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "pass"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "pass"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "fail"),
        (b"", "fail"),
        (None, "fail"),
    ],
)
async def test_gateway_is_reached_or_not(answer: bytes | None, status: str) -> None:
    async with gateway(answer) as client:
        (reading,) = await GatewayProbe(client, 5.0, 30.0 if status == "pass" else 1.0).read()
    assert reading.status == status


async def test_gateway_that_refuses_connections() -> None:
    async with gateway(b"") as client:
        pass
    (reading,) = await GatewayProbe(client, 5.0, 30.0).read()
    assert (reading.status, reading.code) == ("fail", "gateway_lost")


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []

    def register_event_schema(self, schema: Any) -> None:
        pass

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> None:
        self.rung.append((data["kind"], data["seq"]))


async def test_doorbell_tells_the_newest_and_pressure_at_once() -> None:
    bell = Bell()
    doorbell = Doorbell(bell)
    for seq in range(100):
        doorbell.ring("death", seq)
    doorbell.ring("memory_pressure", 7)
    assert bell.rung == [("death", 0), ("memory_pressure", 7)]
    turn = asyncio.Event()
    while len(bell.rung) < 3:
        asyncio.get_running_loop().call_later(0.02, turn.set)
        await turn.wait()
        turn.clear()
    doorbell.stop()
    assert bell.rung[2:] == [("death", 99)]


class Broken(Part):
    """A part that cannot be made."""

    def setup(self, serverapp: Any, ports: Ports) -> None:
        raise OSError("broken")


class NeverStarts(Part):
    """A part that cannot begin."""

    async def start(self) -> None:
        raise OSError("broken")


async def test_a_part_that_fails_is_a_check_and_no_more(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTS", (Broken, NeverStarts))
    serverapp: Any = SimpleNamespace(
        event_logger=None, data_dir=str(tmp_path), base_url="/", root_dir=str(tmp_path), kernel_manager=None
    )
    config = Config({"Supervisor": {"enabled": False, "memory_warn": 7.0}})
    feature = Healthcheck(config=config)
    feature.setup(serverapp, Ports())
    feature.supervisor.enabled = False
    await feature.start()
    try:
        assert {check.id for check in feature.supervisor.checks()} == {"Broken", "NeverStarts"}
        assert feature.service.ready().status == "pass"
        assert feature.supervisor.memory_warn == 0.85
    finally:
        await feature.stop()
