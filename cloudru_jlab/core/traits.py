"""What the values of traits must be: validators that several features need, made as class attributes.

``_times = more_than_no_time("look_seconds", "retry_seconds")`` in the body of a class checks these traits; what is
wrong is `traitlets.TraitError`, which names the trait as an operator knows it.
"""

from __future__ import annotations

from typing import Any

from traitlets import TraitError, validate


def more_than_no_time(*names: str) -> Any:
    """Each is more than 0 seconds."""

    @validate(*names)
    def check(self: object, proposal: Any) -> float:
        if not proposal["value"] > 0:
            raise TraitError(f"{_known_as(self, proposal)} must be more than 0 seconds.")
        return float(proposal["value"])

    return check


def at_least(least: int, *names: str) -> Any:
    """Each is ``least`` or more."""

    @validate(*names)
    def check(self: object, proposal: Any) -> int:
        if proposal["value"] < least:
            raise TraitError(f"{_known_as(self, proposal)} must be at least {least}.")
        return int(proposal["value"])

    return check


def between(least: int, most: int, *names: str) -> Any:
    """Each is from ``least`` to ``most``."""

    @validate(*names)
    def check(self: object, proposal: Any) -> int:
        if not least <= proposal["value"] <= most:
            raise TraitError(f"{_known_as(self, proposal)} must be from {least} to {most}.")
        return int(proposal["value"])

    return check


def _known_as(owner: object, proposal: Any) -> str:
    return f"{type(owner).__name__}.{proposal['trait'].name}"
