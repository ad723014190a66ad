"""What the routes of the server's own state say."""

from __future__ import annotations

from collections.abc import Callable

from .._version import __version__
from .models import Death, HealthCheck, HealthDocument, Liveness, Samples
from .supervisor.supervisor import SAMPLE_SECONDS, Supervisor, now

_MEASURES = {
    "memory": "utilization",
    "cpu": "utilization",
    "event_loop": "delay",
    "disk": "utilization",
    "descriptors": "open",
    "gpu": "state",
    "gateway": "reachability",
    "kernel": "state",
    "feature": "state",
}
_DEATHS = 20


class HealthService:
    """How the server is."""

    def __init__(self, supervisor: Supervisor, instance: str, started: str) -> None:
        self._supervisor = supervisor
        self._instance = instance
        self._started = started
        #: The last deaths of kernels, the newest first; set by what explains them.
        self.deaths: Callable[[], list[Death]] = list
        self.running = False
        self.ending = False

    def live(self) -> Liveness:
        """Whoever gets this answer knows that the event loop turns; nothing else must restart a pod."""
        return Liveness("pass")

    def ready(self) -> Liveness:
        """Whether requests are welcome: the start has ended, and the end has not begun. What is broken changes nothing
        here: the user would lose the page."""
        return Liveness("pass" if self.running and not self.ending else "fail")

    def samples(self, after: int) -> Samples:
        """The samples after the one with this number, and the checks of now."""
        supervisor = self._supervisor
        # a number from before a restart is none of ours
        after = after if after <= supervisor.seq else 0
        return Samples(
            instance=self._instance,
            started=self._started,
            interval_seconds=SAMPLE_SECONDS,
            last=supervisor.seq,
            status=supervisor.overall(),
            samples=[sample for sample in supervisor.samples if sample.seq > after],
            checks=supervisor.checks(),
        )

    def document(self) -> HealthDocument:
        """All components."""
        time = now()
        checks: dict[str, list[HealthCheck]] = {}
        for check in self._supervisor.checks():
            checks.setdefault(f"{check.component}:{_MEASURES[check.component]}", []).append(
                HealthCheck(
                    status=check.status,
                    time=time,
                    component_id=check.id,
                    component_type="system",
                    observed_value=check.value,
                    observed_unit=check.unit,
                    output="" if check.status == "pass" else f"{check.message} {check.advice}".strip(),
                )
            )
        return HealthDocument(
            status=self._supervisor.overall(),
            version=__version__.split(".")[0],
            release_id=__version__,
            service_id=self._instance,
            description="cloudru_jlab",
            checks=checks,
            deaths=self.deaths()[:_DEATHS],
        )
