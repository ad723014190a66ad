"""The one list of server features, and the order in which they come to life."""

from __future__ import annotations

from .contents.feature import ContentsFeature
from .core.feature import Feature
from .healthcheck.feature import Healthcheck
from .listing.feature import ListingFeature
from .notifications.feature import Notifications
from .roots.feature import Roots

FEATURES: tuple[type[Feature], ...] = (Notifications, Healthcheck, ListingFeature, Roots, ContentsFeature)


def in_order(features: tuple[type[Feature], ...] = FEATURES) -> list[type[Feature]]:
    """``features`` with every provider before those that require its port.

    Raises
    ------
    ValueError
        When two features wait for each other.
    """
    ordered: list[type[Feature]] = []
    waiting = list(features)
    while waiting:
        pending = {port for feature in waiting for port in feature.provides}
        ready = [feature for feature in waiting if not pending.intersection(feature.requires)]
        if not ready:
            names = ", ".join(feature.slug for feature in waiting)
            raise ValueError(f"These features wait for each other: {names}")
        ordered += ready
        waiting = [feature for feature in waiting if feature not in ready]
    return ordered
