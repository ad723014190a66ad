"""The contents feature: configuration and life."""

from __future__ import annotations

from ..core.feature import Feature
from ..core.ports import DirectoryIndex


class ContentsFeature(Feature):
    """Sets the contents manager where the operator set none."""

    slug = "contents"
    halves = frozenset({"server"})
    requires = (DirectoryIndex,)
