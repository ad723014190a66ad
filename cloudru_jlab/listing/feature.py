"""The listing feature: configuration and life."""

from __future__ import annotations

from ..core.feature import Feature
from ..core.ports import DirectoryIndex


class ListingFeature(Feature):
    """Pages, sorts and filters directories of any size."""

    slug = "listing"
    halves = frozenset({"server", "front"})
    provides = (DirectoryIndex,)
