"""What an operator can set of the listing service, as plain values."""

from __future__ import annotations

from typing import NamedTuple


class ListingSettings(NamedTuple):
    """Values of the traits of `feature.ListingFeature`, see their help."""

    memory_limit: int = 512 * 1024 * 1024
    fuzzy_limit: int = 10_000
    stat_sort_limit: int = 200_000
    watch: bool = True
    preview_patience: float = 0.025
    watch_seconds: float = 60.0
    abandoned_seconds: float = 30.0
