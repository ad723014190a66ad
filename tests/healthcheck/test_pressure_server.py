"""A real server in a real memory control group rings before memory is full, and its limit is the group's."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
import websocket
from healthcheck.limiting import MIB, memory_cgroup
from serving import PATIENCE_S, jupyter_server, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")

LIMIT = 700 * MIB
SCHEMA = "https://schema.cloud.ru/cloudru_jlab/healthcheck/v1"
HOLD = """
held = []
for _ in range(28):
    held.append(bytearray(16 << 20))
    held[-1][::4096] = b"x" * (len(held[-1]) // 4096)
"""


def test_memory_pressure_is_rung_before_the_kill(tmp_path: Path) -> None:
    with memory_cgroup(LIMIT) as group, jupyter_server(tmp_path, group.enter(tmp_path)) as server:
        url = f"{server.url.replace('http', 'ws', 1)}api/events/subscribe"
        events = websocket.create_connection(url, header={"Authorization": f"token {server.token}"}, timeout=PATIENCE_S)
        try:
            kernel = server.start_kernel()
            page = server.page(kernel)
            page.run("1")
            page.execute(HOLD)
            end_at = time.monotonic() + PATIENCE_S
            kinds: list[str] = []
            while "memory_pressure" not in kinds and time.monotonic() < end_at:
                event = json.loads(events.recv())
                if event["schema_id"] == SCHEMA:
                    kinds.append(event["kind"])
            assert "memory_pressure" in kinds
            assert "death" not in kinds
        finally:
            events.close()

        def peaked() -> bool:
            use = server.ask("GET", "cloudru/health/samples")["samples"][-1]
            # the newest sample may be older than the kernel
            memory = next((each["memory"] for each in use["kernels"] if each["id"] == kernel), None)
            return use["memory"]["container"] and memory is not None and memory > 400 * MIB

        until(peaked, "a sample with the kernel's memory")
        sample = server.ask("GET", "cloudru/health/samples")["samples"][-1]
        assert sample["memory"]["limit"] == LIMIT
        assert sample["memory"]["used"] <= LIMIT
