"""Servers whose kernels die, and what they say of it."""

from __future__ import annotations

from typing import Any

from serving import Server, until

#: Takes memory until there is none, and touches it.
GROW = """
kept = []
while True:
    kept.append(bytearray(b"x" * (16 << 20)))
"""


def deaths(server: Server, kernel: str = "") -> list[dict[str, Any]]:
    """All that are known of a kernel, the oldest first."""
    return list(server.ask("GET", f"cloudru/health/deaths?kernel={kernel}")["deaths"])


def death_of(server: Server, kernel: str, cause: str = "") -> dict[str, Any]:
    """Wait for a kernel's death, by ``cause`` if one is given."""

    def found() -> Any:
        return next((each for each in deaths(server, kernel) if cause in ("", each["cause"])), None)

    return dict(until(found, f"a death of {kernel}; there are {deaths(server)}"))
