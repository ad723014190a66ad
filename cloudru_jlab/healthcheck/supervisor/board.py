"""How all components are, calmly: what changes for a moment is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...core.ports import Reading
from ..models import Check, Status, Words

_ORDER: dict[str, int] = {"pass": 0, "warn": 1, "fail": 2}
#: Looks in a row that must agree before a component is shown as worse, or as better.
WORSE_LOOKS = 2
BETTER_LOOKS = 3

Key = tuple[str, str]
#: The key, what it was (None: not there) and what it is (None: gone).
Changed = Callable[[Key, "Reading | None", "Reading | None"], None]


@dataclass
class _Entry:
    source: str
    shown: Reading
    since: str
    direction: int = 0
    looks: int = 0


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; none is a pass."""
    return max(statuses, key=_ORDER.__getitem__, default="pass")


def level(value: float, warn: float, fail: float, was: str, margin: float) -> Status:
    """The status of a value that is bad when high. Once it is bad, it is so until it has fallen by ``margin``."""
    if value >= fail or (was == "fail" and value >= fail - margin):
        return "fail"
    if value >= warn or (was in ("warn", "fail") and value >= warn - margin):
        return "warn"
    return "pass"


class Board:
    """The checks of now. ``changed`` hears of each change of a status, ``now`` gives the time as RFC 3339."""

    def __init__(self, changed: Changed, now: Callable[[], str]) -> None:
        self._changed = changed
        self._now = now
        self._entries: dict[Key, _Entry] = {}

    def status(self, component: str, id_: str) -> str:
        """The status that is shown; `pass` for what is not known."""
        entry = self._entries.get((component, id_))
        return entry.shown.status if entry is not None else "pass"

    def update(self, source: str, readings: Iterable[Reading]) -> None:
        """Take all that ``source`` has found. What it found before and does not name now is gone."""
        found = {(reading.component, reading.id): reading for reading in readings}
        for key in [key for key, entry in self._entries.items() if entry.source == source and key not in found]:
            self._changed(key, self._entries.pop(key).shown, None)
        for key, reading in found.items():
            entry = self._entries.get(key)
            if entry is None:
                self._entries[key] = _Entry(source, reading, self._now())
                self._changed(key, None, reading)
            else:
                self._take(key, entry, reading)

    def checks(self) -> list[Check]:
        """All of them, those that pass too."""
        return [
            Check(
                component=entry.shown.component,  # type: ignore[arg-type]
                id=entry.shown.id,
                status=entry.shown.status,
                since=entry.since,
                value=entry.shown.value,
                limit=entry.shown.limit,
                unit=entry.shown.unit,
                message=entry.shown.message,
                advice=entry.shown.advice,
                texts={name: Words(*words) for name, words in (entry.shown.texts or {}).items()},
                code=entry.shown.code,
            )
            for entry in self._entries.values()
        ]

    def overall(self) -> Status:
        """The worst of all."""
        return worst(entry.shown.status for entry in self._entries.values())

    def _take(self, key: Key, entry: _Entry, reading: Reading) -> None:
        before = entry.shown
        step = _ORDER[reading.status] - _ORDER[before.status]
        if step == 0:
            entry.direction = entry.looks = 0
            entry.shown = reading
            if reading.code != before.code:
                # as bad as before for another reason
                self._changed(key, before, reading)
            return
        direction = 1 if step > 0 else -1
        entry.looks = entry.looks + 1 if entry.direction == direction else 1
        entry.direction = direction
        if entry.looks >= (WORSE_LOOKS if direction > 0 else BETTER_LOOKS):
            entry.shown, entry.since = reading, self._now()
            entry.direction = entry.looks = 0
            self._changed(key, before, reading)
