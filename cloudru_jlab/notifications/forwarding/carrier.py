"""Sending by apprise, on threads of its own: nothing here may be waited for, and nothing may be told of its addresses.

apprise knows some 150 services. It blocks, may hang, and logs addresses in which tokens stand.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import logging
import threading
from collections.abc import Callable
from typing import Any

from ..models import Severity
from .targets import Target

_THREADS = "cloudru-forwarding"
#: Who of those that take part in sending write addresses into the log.
_LOGGERS = ("apprise", "requests", "urllib3", "urllib3.connectionpool", "urllib3.util.retry", "slixmpp", "paho")

_KINDS: dict[Severity, str] = {
    "info": "info",
    "success": "success",
    "warning": "warning",
    "error": "failure",
    "critical": "failure",
}

NOT_SENT = "its service could not be reached, or refused it"
NOT_UNDERSTOOD = "apprise does not understand its address"
HANGS = "its service does not answer"

#: Sends title and body to a target; blocks. None where it was sent, else why not, without any address.
Send = Callable[[Target, str, str, Severity], "str | None"]


def available() -> bool:
    """Whether apprise, the extra `forward`, is installed."""
    return importlib.util.find_spec("apprise") is not None


def send_by_apprise(target: Target, title: str, body: str, severity: Severity) -> str | None:
    """See `Send`."""
    # takes a second, the first time
    import apprise

    options: dict[str, Any] = {"async_mode": False, "storage_mode": apprise.PersistentStoreMode.MEMORY}
    if "service_timeout" in inspect.signature(apprise.AppriseAsset.__init__).parameters:
        # else it uses threads that keep the process from ending
        options["service_timeout"] = 0
    service = apprise.Apprise(asset=apprise.AppriseAsset(**options))
    if not service.add(target.url):
        return NOT_UNDERSTOOD
    # what the text holds is nobody's markup
    sent = service.notify(title=title, body=body, notify_type=_KINDS[severity], body_format=apprise.NotifyFormat.TEXT)
    return None if sent else NOT_SENT


class Carrier:
    """Carries to one target, one notification at a time. One that hangs holds one thread, and no more."""

    def __init__(self, send: Send, deadline: float) -> None:
        self._send = send
        self._deadline = deadline
        self._hanging: tuple[str, asyncio.Future[str | None]] | None = None

    async def carry(self, target: Target, key: str, title: str, body: str, severity: Severity) -> str | None:
        """Send; None where it was sent, else why not. ``key`` says what it is: where a call that hung has sent it after
        all, it is not sent again."""
        if self._hanging is not None:
            (hanging, answer), self._hanging = self._hanging, None
            if not await self._ends(hanging, answer):
                return HANGS
            if hanging == key and answer.result() is None:
                return None
        answer = asyncio.get_running_loop().create_future()
        # a thread that nobody waits for, when the server ends either
        threading.Thread(
            target=self._work, args=(answer, target, title, body, severity), name=_THREADS, daemon=True
        ).start()
        return answer.result() if await self._ends(key, answer) else HANGS

    async def _ends(self, key: str, answer: asyncio.Future[str | None]) -> bool:
        done, _ = await asyncio.wait({answer}, timeout=self._deadline)
        if not done:
            self._hanging = (key, answer)
        return bool(done)

    def _work(
        self, answer: asyncio.Future[str | None], target: Target, title: str, body: str, severity: Severity
    ) -> None:
        try:
            problem = self._send(target, title, body, severity)
        except BaseException as error:
            # its text may hold the address
            problem = f"apprise failed with {type(error).__name__}"
        loop = answer.get_loop()

        def tell() -> None:
            if not answer.done():
                answer.set_result(problem)

        try:
            loop.call_soon_threadsafe(tell)
        except RuntimeError:
            # the server has ended meanwhile: nobody asks any more
            return


def silence() -> None:
    """Keep out of the log what our threads do, for good: one that hangs may say something when all else has ended."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_is_of_others)


def _is_of_others(record: logging.LogRecord) -> bool:
    return not (record.threadName or "").startswith(_THREADS)
