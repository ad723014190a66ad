"""Runs probes, each at its own pace: none waits for another, and none is asked twice at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import Logger

from ...core.ports import HealthProbe, Reading
from ...core.tasks import TaskGroup
from . import wording

Found = Callable[[str, list[Reading]], None]


class Probes:
    """The slow looks. ``found`` takes what a probe has found, under the probe's name."""

    def __init__(self, found: Found, log: Logger) -> None:
        self._found = found
        self._log = log
        self._tasks = TaskGroup(log)
        self._complained: set[str] = set()

    def start(self, probe: HealthProbe) -> None:
        """Ask ``probe`` from now on."""
        self._tasks.start(self._keep_asking(probe), name=f"probe {probe.name}")

    async def stop(self) -> None:
        """Ask no more."""
        await self._tasks.stop()

    async def _keep_asking(self, probe: HealthProbe) -> None:
        while True:
            await self._ask(probe)
            await asyncio.sleep(probe.interval_seconds)

    async def _ask(self, probe: HealthProbe) -> None:
        own = f"probe {probe.name}"
        asked = asyncio.ensure_future(probe.read())
        try:
            done, _ = await asyncio.wait([asked], timeout=probe.timeout_seconds)
            if not done:
                self._found(own, [wording.probe_failed(probe.name, late=True)])
                return
            readings = asked.result()
        except Exception:
            if probe.name not in self._complained:
                self._complained.add(probe.name)
                self._log.exception("The probe %s failed; the others go on", probe.name)
            self._found(own, [wording.probe_failed(probe.name, late=False)])
        else:
            self._complained.discard(probe.name)
            self._found(own, [])
            self._found(probe.name, readings)
        finally:
            # what does not heed its cancellation is left behind
            asked.cancel()
