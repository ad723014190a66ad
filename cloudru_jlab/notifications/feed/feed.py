"""The feeds that an operator broadcasts by: every server reads them by itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any, Protocol

import msgspec
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from traitlets import Bool, Float, Integer, List, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable

from ..._version import __version__
from ...core.tasks import TaskGroup
from .follower import Board, Follower, Terms
from .pace import Pace
from .plan import Memory
from .signing import available, public_key
from .sources import FileSource, HttpSource, Source, allowed, check_ca_file

#: The name of our part of the service's memory.
_MEMORY = "feed"
_MAX_HEADER = 64 * 1024


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Remembering(Board, Protocol):
    """What the notifications service does for all feeds together."""

    async def recall(self, name: str) -> bytes | None:
        """What was remembered under ``name``, in the same store as the notifications."""

    async def remember(self, name: str, value: bytes) -> None:
        """Keep ``value`` under ``name``."""


class NotificationFeed(LoggingConfigurable):
    """Reads feeds of notifications to everybody, which the operator publishes once for any number of servers.

    Parameters
    ----------
    board:
        The notifications service.
    clock, random, wait:
        The time, and chance, and how to let time pass (a coroutine function of seconds).
    """

    urls = List(
        Unicode(),
        help="""The feeds, JSON or Atom: https addresses, or absolute paths of files (of a mounted ConfigMap, say).
        docs/operator.md describes the format. An address says who it is to the server: keep it, or all of its entries
        are new.""",
    ).tag(config=True)

    interval_seconds = Float(
        300.0, help="How often an address is asked, in seconds; each server is a little early or late."
    ).tag(config=True)

    file_interval_seconds = Float(10.0, help="How often a file is looked at, in seconds.").tag(config=True)

    max_interval_seconds = Float(
        3_600.0, help="How often an address is asked at least, in seconds, while it does not answer."
    ).tag(config=True)

    deadline_seconds = Float(30.0, help="How long an answer may take from the first byte to the last.").tag(config=True)

    max_kib = Integer(1_024, help="A larger feed is not read, in KiB.").tag(config=True)

    public_keys = List(
        Unicode(),
        help="""Ed25519 public keys, as PEM or base64. With any, every feed must be signed by one of them: others are
        refused, and the log says so. Needs the extra ``signed``.""",
    ).tag(config=True)

    source_name = Unicode("operator", help="What users see as the sender of a feed's notifications.").tag(config=True)

    audience = List(
        Unicode(),
        help="""Labels of this server. An entry that names an ``audience`` is for servers that have one of its labels;
        an entry that names none is for all.""",
    ).tag(config=True)

    ca_file = Unicode(
        "", help="Certificates (PEM) of the authorities that an https feed is trusted by, instead of the system's."
    ).tag(config=True)

    allow_http_on_loopback = Bool(
        False, help="Whether a feed may also be read by http, from this machine (localhost) alone."
    ).tag(config=True)

    def __init__(
        self,
        board: Remembering,
        *,
        clock: Callable[[], datetime] = _now,
        random: Random | None = None,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._board = board
        self._clock = clock
        # chance spreads servers; nobody gains by guessing it
        self._random = random or Random()  # noqa: S311
        self._wait = wait
        self._tasks = TaskGroup(self.log)
        self._saving = asyncio.Lock()
        self._memories: dict[str, Memory] = {}
        self._client: SimpleAsyncHTTPClient | None = None
        self._check_urls()

    async def start(self) -> None:
        """Begin to read; returns at once. Nothing happens where there is no feed."""
        if self.public_keys and not available():
            self.log.error(
                "Notification feeds are not read: c.NotificationFeed.public_keys wants their signatures checked, and "
                "the package for it is not installed. pip install 'cloudru_jlab[signed]'"
            )
            return
        self._tasks.start(self._run(), name="follow notification feeds")

    async def stop(self) -> None:
        """Read no more."""
        await self._tasks.stop()
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _run(self) -> None:
        await self._remember_last_time()
        for url in dict.fromkeys(self.urls):
            self._tasks.start(self._follow(self._follower(url)), name="follow a notification feed")

    async def _follow(self, follower: Follower) -> None:
        await self._wait(follower.pace.first())
        while True:
            try:
                wait = await follower.step()
            except Exception:
                # a fault of ours: the operator sees it, and the feed goes on
                self.log.exception("A notification feed failed")
                wait = follower.pace.failed()
            await self._wait(wait)

    def _follower(self, url: str) -> Follower:
        name = _name(url)
        is_file = _is_file(url)
        every = self.file_interval_seconds if is_file else self.interval_seconds
        return Follower(
            self._source(url),
            feed=name,
            board=self._board,
            terms=Terms(
                self.source_name, frozenset(self.audience), [public_key(key) for key in self.public_keys], self._clock
            ),
            # a file that is not there costs nobody anything
            pace=Pace(every, 60.0 if is_file else self.max_interval_seconds, self._random),
            memory=self._memories.setdefault(name, Memory()),
            save=self._save,
            log=self.log,
        )

    def _source(self, url: str) -> Source:
        if _is_file(url):
            return FileSource(url, self.max_kib * 1024)
        if self._client is None:
            self._client = SimpleAsyncHTTPClient(
                force_instance=True, max_body_size=self.max_kib * 1024, max_header_size=_MAX_HEADER, max_clients=100
            )
        return HttpSource(
            url,
            self._client,
            max_bytes=self.max_kib * 1024,
            deadline=self.deadline_seconds,
            ca_file=self.ca_file or None,
            agent=f"cloudru_jlab/{__version__}",
            loopback=self.allow_http_on_loopback,
        )

    async def _remember_last_time(self) -> None:
        """What was known when the server ended last; what feeds said that are no longer configured is no longer so."""
        data = await self._board.recall(_MEMORY)
        try:
            self._memories = msgspec.json.decode(data or b"{}", type=dict[str, Memory])
        except msgspec.DecodeError:
            self.log.warning("What was known of the notification feeds is damaged, and begun anew.")
        gone = set(self._memories) - {_name(url) for url in self.urls}
        for feed in gone:
            memory = self._memories.pop(feed)
            for key in memory.known if memory.lasting else ():
                if key.startswith("feed:"):
                    await self._board.withdraw("operator", key)
        if gone:
            await self._save()

    async def _save(self) -> None:
        async with self._saving:
            await self._board.remember(_MEMORY, msgspec.json.encode(self._memories))

    def _check_urls(self) -> None:
        for url in self.urls:
            if not _is_file(url) and not allowed(url, self.allow_http_on_loopback):
                raise TraitError(
                    "c.NotificationFeed.urls takes https addresses without a user name, and absolute paths; http only "
                    "to this machine, with c.NotificationFeed.allow_http_on_loopback. One of them is neither."
                )

    @validate("urls")
    def _expand(self, proposal: Any) -> list[str]:
        return [str(Path(url).expanduser()) if url.startswith("~") else url for url in proposal["value"]]

    @validate("public_keys")
    def _valid_keys(self, proposal: Any) -> list[str]:
        for key in proposal["value"]:
            try:
                public_key(key)
            except ValueError as error:
                raise TraitError(f"c.NotificationFeed.public_keys: {error}") from None
        return list(proposal["value"])

    @validate("ca_file")
    def _valid_ca_file(self, proposal: Any) -> str:
        if proposal["value"]:
            try:
                check_ca_file(proposal["value"])
            except ValueError as error:
                raise TraitError(f"c.NotificationFeed.ca_file: {error}") from None
        return str(proposal["value"])

    @validate("source_name")
    def _valid_name(self, proposal: Any) -> str:
        name = str(proposal["value"]).strip()
        if not 0 < len(name) <= 80 or not name.isprintable():
            raise TraitError("c.NotificationFeed.source_name takes 1 to 80 printable characters.")
        return name

    @validate("interval_seconds", "file_interval_seconds", "max_interval_seconds", "deadline_seconds")
    def _valid_seconds(self, proposal: Any) -> float:
        if not 1 <= proposal["value"] <= 86_400:
            raise TraitError(f"c.NotificationFeed.{proposal['trait'].name} takes 1 to 86400 seconds.")
        return float(proposal["value"])

    @validate("max_kib")
    def _valid_size(self, proposal: Any) -> int:
        if not 1 <= proposal["value"] <= 65_536:
            raise TraitError("c.NotificationFeed.max_kib takes 1 to 65536.")
        return int(proposal["value"])


def _is_file(url: str) -> bool:
    return url.startswith("/")


def _name(url: str) -> str:
    """How a feed is called in dedupe keys and in memory: its address may hold a secret."""
    return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:12]
