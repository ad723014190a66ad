"""What waits to be forwarded to one target: in order, retried, given up in the end, and never sent again after a
restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from logging import Logger

import msgspec

from ..models import Severity
from .carrier import Carrier
from .targets import Target

#: More that waits for one target is left out: whoever reads it has enough.
MOST_WAITING = 100
_LONGEST_WAIT = 600.0


class Letter(msgspec.Struct):
    """One notification on its way. ``attempts`` failed so far."""

    key: str
    title: str
    body: str
    severity: Severity
    attempts: int = 0


class Outbox:
    """Sends letters to the target called ``name``.

    Parameters
    ----------
    letters:
        Those that waited when the server ended last; changed here.
    target:
        The target as it is now; None where it is no longer configured.
    save:
        Keeps all letters over a restart; it is awaited before anything is sent.
    wait:
        Lets time pass (seconds).
    """

    def __init__(
        self,
        name: str,
        letters: list[Letter],
        *,
        carrier: Carrier,
        target: Callable[[], Awaitable[Target | None]],
        save: Callable[[], Awaitable[None]],
        wait: Callable[[float], Awaitable[object]],
        attempts: int,
        retry_seconds: float,
        log: Logger,
    ) -> None:
        self._name = name
        self._letters = letters
        self._carrier = carrier
        self._target = target
        self._save = save
        self._wait = wait
        self._attempts = attempts
        self._retry_seconds = retry_seconds
        self._log = log
        self._news = asyncio.Event()
        self._left_out = 0

    def put(self, letter: Letter) -> None:
        """Send ``letter`` when its turn comes."""
        if len(self._letters) >= MOST_WAITING:
            self._left_out += 1
            if self._left_out == 1:
                self._log.warning(
                    "More than %d notifications wait to be forwarded to %r: more are left out.",
                    MOST_WAITING,
                    self._name,
                )
            return
        self._letters.append(letter)
        self._news.set()

    async def run(self) -> None:
        """Send, for as long as there is something."""
        if self._letters:
            self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            while self._letters:
                await self._send_next()
            self._left_out = 0

    async def _send_next(self) -> None:
        target = await self._target()
        if target is None:
            self._log.warning(
                "%d notifications are not forwarded to %r, which is no longer a target.", len(self._letters), self._name
            )
            self._letters.clear()
            await self._save()
            return
        # Taken out first: should the server die while it is sent, it is not sent twice.
        letter = self._letters.pop(0)
        await self._save()
        problem = await self._carrier.carry(target, letter.key, letter.title, letter.body, letter.severity)
        if problem is None:
            return
        letter.attempts += 1
        if letter.attempts >= self._attempts:
            self._log.error(
                "A notification was not forwarded to %r, and is given up after %d attempts: %s.",
                self._name,
                letter.attempts,
                problem,
            )
            return
        self._letters.insert(0, letter)
        await self._save()
        await self._wait(min(_LONGEST_WAIT, self._retry_seconds * 2.0 ** (letter.attempts - 1)))
