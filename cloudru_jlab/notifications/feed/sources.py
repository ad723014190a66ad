"""Where a feed is read from: an https address, or a file.

Each remembers what it read last, and reads no more than that nothing has changed.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPInputError
from tornado.iostream import UnsatisfiableReadError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

_ACCEPT = "application/json, application/atom+xml;q=0.9, application/xml;q=0.8, */*;q=0.1"
_MAX_REDIRECTS = 3
#: A longer validator is not sent back.
_MAX_VALIDATOR = 1_000
#: A file that was written so lately may still be written, within the same tick of its clock; in seconds.
_FRESH = 2.0


class Unread(Exception):
    """A feed could not be read now. The text says why, without its address; ``retry_after`` (seconds) is what its
    server asked for."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Source(Protocol):
    """Where a feed comes from. ``shown`` is its address as it may be logged."""

    shown: str

    async def read(self) -> bytes | None:
        """The feed; None where it is the one of the last time. Raises `Unread`."""


class FileSource:
    """A feed in a file: of a mounted ConfigMap, say, which is changed by changing a link to it."""

    def __init__(self, path: str, max_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self.shown = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._stamp: tuple[int, ...] | None = None

    async def read(self) -> bytes | None:
        """See `Source.read`."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> bytes | None:
        try:
            # a pipe would wait for a writer
            handle = os.open(self.shown, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self._stamp = None
            raise Unread(f"it cannot be opened ({error.strerror})") from None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Unread("it is no file")
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if stamp == self._stamp:
                return None
            with os.fdopen(handle, "rb", closefd=False) as stream:
                data = stream.read(self._max_bytes + 1)
        except OSError as error:
            raise Unread(f"it cannot be read ({error.strerror})") from None
        finally:
            os.close(handle)
        if len(data) > self._max_bytes:
            raise Unread(f"it is larger than {self._max_bytes} bytes")
        self._stamp = stamp if abs(self._clock() - status.st_mtime) > _FRESH else None
        return data


class HttpSource:
    """A feed at an https address, or, where that is allowed, at an http address of this machine."""

    def __init__(
        self,
        url: str,
        client: SimpleAsyncHTTPClient,
        *,
        max_bytes: int,
        deadline: float,
        ca_file: str | None,
        agent: str,
        loopback: bool,
    ) -> None:
        parts = urlsplit(url)
        # what follows may hold a secret
        self.shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self._url = url
        self._client = client
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._ca_file = ca_file
        self._agent = agent
        self._loopback = loopback
        self._validators: dict[str, str] = {}

    async def read(self) -> bytes | None:
        """See `Source.read`."""
        response = await self._fetch()
        if response.code == 304 and self._validators:
            return None
        if response.code != 200:
            raise Unread(f"its server answers {response.code}", retry_after(response.headers.get("Retry-After")))
        if len(response.body) > self._max_bytes:
            raise Unread(f"it is larger than {self._max_bytes} bytes")
        self._validators = _validators(response.headers)
        return response.body

    async def _fetch(self) -> HTTPResponse:
        ends = time.monotonic() + self._deadline
        url = self._url
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._get(url, max(0.1, ends - time.monotonic()))
            target = response.headers.get("Location")
            if response.code not in (301, 302, 303, 307, 308) or not target:
                return response
            try:
                url = urljoin(url, target)
            except ValueError:
                url = ""
            if not allowed(url, self._loopback):
                raise Unread("its server sends us to an address that is not https")
        raise Unread("its server sends us from address to address")

    async def _get(self, url: str, seconds: float) -> HTTPResponse:
        request = HTTPRequest(
            url,
            headers=HTTPHeaders({"Accept": _ACCEPT, **self._validators}),
            user_agent=self._agent,
            connect_timeout=seconds,
            request_timeout=seconds,
            follow_redirects=False,
            decompress_response=False,
            validate_cert=True,
            ca_certs=self._ca_file,
        )
        try:
            return await self._client.fetch(request, raise_error=False)
        except ssl.SSLCertVerificationError as error:
            raise Unread(f"its server's certificate is not accepted ({error.verify_message})") from None
        except (HTTPClientError, HTTPInputError, UnsatisfiableReadError, OSError, ValueError) as error:
            # ValueError: a host name or header that is none
            raise Unread(f"no complete answer of at most {self._max_bytes} bytes ({_words(error)})") from None


def allowed(url: str, loopback: bool) -> bool:
    """Whether a feed may be read from ``url``: https; with ``loopback`` http from this very machine too."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (loopback and parts.scheme == "http" and _is_loopback(host))


def retry_after(value: str | None, now: Callable[[], float] = time.time) -> float | None:
    """What ``Retry-After: value`` asks for, in seconds; None where it asks for nothing that we understand."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except (ValueError, OverflowError):
        return None


def check_ca_file(path: str) -> None:
    """Raises `ValueError` where ``path`` holds no certificates that can be used."""
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"{Path(path)} holds no certificates that can be used: {error.strerror or error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _validators(headers: HTTPHeaders) -> dict[str, str]:
    pairs = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
    found = {ours: headers[theirs] for theirs, ours in pairs if theirs in headers}
    return {name: value for name, value in found.items() if len(value) <= _MAX_VALIDATOR and value.isprintable()}


def _words(error: Exception) -> str:
    """What went wrong, without addresses: messages of some errors repeat what was asked."""
    if isinstance(error, HTTPClientError):
        return error.message or "no answer"
    return getattr(error, "strerror", None) or type(error).__name__
