"""A server extension that takes the healthcheck out of cloudru-jlab, for the benchmark that asks what it costs.

Extensions are imported before any is linked, and features are resolved when ours is linked. Where this is imported
before ours, the modules of the healthcheck are not even imported: they take memory, too.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cloudru_jlab.core.feature import Feature


class Healthcheck(Feature):
    """Stands in."""

    slug = "healthcheck"


stand_in = ModuleType("cloudru_jlab.healthcheck.feature")
stand_in.Healthcheck = Healthcheck  # type: ignore[attr-defined]
sys.modules.setdefault(stand_in.__name__, stand_in)

from cloudru_jlab import features  # noqa: E402 - after the stand-in

features.FEATURES = tuple(feature for feature in features.FEATURES if feature.slug != "healthcheck")
# bound when the function was made
features.in_order.__defaults__ = (features.FEATURES,)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    serverapp.log.info("The healthcheck is left out")
