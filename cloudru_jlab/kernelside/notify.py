"""Tell the user something: from a notebook, a script, or a kernel on another machine.

    from cloudru_jlab import notify

    notify("Data is loaded", severity="success")
    with notify.job("Training") as job:
        job.progress(0.4)

    @notify.when_done
    def train(): ...

This file needs the standard library alone and imports nothing of its package, so that its text can be run where nothing
is installed. It goes over HTTP where it knows a server's address and token, and otherwise over the kernel's own channel
to the server that runs the kernel. It never raises into the caller's code, and never keeps it waiting for long.
"""

from __future__ import annotations

import atexit
import collections
import functools
import inspect
import json
import logging
import os
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from urllib.request import getproxies, proxy_bypass

#: The type of the message on a kernel's iopub channel; its content is that of ``POST /cloudru/notifications``.
MESSAGE_TYPE = "cloudru_notification"
MAX_TITLE, MAX_BODY = 120, 4_000

#: How long one request may take, and how long `notify` keeps its caller waiting, in seconds.
REQUEST_SECONDS, WAIT_SECONDS = 2.0, 3.0
#: Progress is sent no more often than this, and an address that failed is left alone for so long, in seconds.
_PROGRESS_SECONDS, _PAUSE_SECONDS = 0.5, 30.0
_MAX_WAITING = 1_000

_LOG = logging.getLogger("cloudru_jlab.notify")
# C0 and C1 controls but tab and newline, and what turns the direction of text.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Address(NamedTuple):
    """Where a server is: `base` ends in a slash; `unix` is the path of its socket, if it has one."""

    base: str
    token: str
    unix: str = ""
    verify: bool = True


class Sent(NamedTuple):
    """What became of a notification. True where it arrived, or went to the kernel's channel (which has no receipt)."""

    delivered: bool
    via: str = ""
    id: str = ""
    status: int = 0
    problem: str = ""

    def __bool__(self) -> bool:
        return self.delivered


def duration(seconds: float, language: str = "en") -> str:
    """``seconds`` for people: ``2 h 3 min``."""
    hour, minute, second = ("ч", "мин", "с") if language == "ru" else ("h", "min", "s")
    if seconds < 9.95:
        short = f"{max(seconds, 0):.1f}"
        return f"{short.replace('.', ',') if language == 'ru' else short} {second}"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} {second}"
    if whole < 3_600:
        return f"{whole // 60} {minute} {whole % 60} {second}"
    minutes = round(whole / 60)
    return f"{minutes // 60} {hour} {minutes % 60} {minute}"


def clean(text: Any, limit: int) -> str:
    """``text`` without what the server refuses, cut to ``limit`` characters."""
    kept = _UNWANTED.sub("", str(text).replace("\r\n", "\n")).strip()
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


# ---------------------------------------------------------------------------------------------------- finding a server


def address_of(url: str, token: str = "") -> Address:
    """The server at ``url``, which may be what Jupyter prints and browsers show (``…/lab?token=…``)."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    token = token or parse_qs(parts.query).get("token", [""])[0]
    path = re.sub(r"/(lab|tree|api)(/.*)?$", "/", parts.path)
    return Address(f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/", token)


def _runtime_folder(environ: Mapping[str, str]) -> str:
    """Where Jupyter's servers leave word of themselves: as `jupyter_core.paths.jupyter_runtime_dir`."""
    if environ.get("JUPYTER_RUNTIME_DIR"):
        return environ["JUPYTER_RUNTIME_DIR"]
    home = environ.get("HOME") or os.path.expanduser("~")
    data = environ.get("JUPYTER_DATA_DIR")
    if not data and sys.platform == "darwin":
        data = os.path.join(home, "Library", "Jupyter")
    data = data or os.path.join(environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share"), "jupyter")
    return os.path.join(data, "runtime")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def running_servers(environ: Mapping[str, str]) -> dict[int, Address]:
    """The Jupyter servers of this user on this machine that run, by process id."""
    found: dict[int, Address] = {}
    folder = _runtime_folder(environ)
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):
            named = re.match(r"(?:jpserver|nbserver)-(\d+)\.json$", name)
            if named is None or not _alive(int(named.group(1))):
                continue
            with suppress(OSError, ValueError, KeyError, TypeError):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found[int(named.group(1))] = _address_of_info(json.load(file), environ)
    return found


def _address_of_info(info: Mapping[str, Any], environ: Mapping[str, str]) -> Address:
    """A server's address on its own machine. Its certificate is for its outer name: it is not checked on loopback."""
    token = info.get("token") or environ.get("JUPYTERHUB_API_TOKEN") or environ.get("JUPYTER_TOKEN") or ""
    base = info.get("base_url") or "/"
    if info.get("sock"):
        return Address(f"http://localhost{base}", token, unix=info["sock"])
    host = info.get("hostname") or ""
    host = "127.0.0.1" if host in ("", "0.0.0.0", "::", "*") else host  # noqa: S104 - compared, not bound
    scheme = "https" if info.get("secure") else "http"
    shown = f"[{host}]" if ":" in host else host
    return Address(f"{scheme}://{shown}:{info['port']}{base}", token, verify=host not in _LOOPBACK)


def _ancestors(environ: Mapping[str, str]) -> Iterator[int]:
    """The process that started this kernel, and this process's own ancestors, nearest first."""
    with suppress(KeyError, ValueError):
        yield int(environ["JPY_PARENT_PID"])
    pid = os.getppid()
    for _ in range(64):
        if pid <= 1:
            return
        yield pid
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return


def addresses(environ: Mapping[str, str]) -> list[Address]:
    """Where to post, the best first: what the environment names, JupyterHub's server, the server we run under."""
    if environ.get("CLOUDRU_JLAB_URL"):
        return [address_of(environ["CLOUDRU_JLAB_URL"], environ.get("CLOUDRU_JLAB_TOKEN", ""))]
    found: list[Address] = []
    hub = environ.get("JUPYTERHUB_API_TOKEN", "")
    if hub and environ.get("JUPYTERHUB_SERVICE_URL"):
        url = re.sub(r"//(0\.0\.0\.0|\[::\]|\*|)(?=[:/])", "//127.0.0.1", environ["JUPYTERHUB_SERVICE_URL"], count=1)
        found.append(address_of(url, hub))
    servers = running_servers(environ)
    for pid in _ancestors(environ):
        if pid in servers and servers[pid] not in found:
            found.append(servers[pid])
    return found


# ------------------------------------------------------------------------------------------------------ ways to send


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(address: Address, timeout: float) -> HTTPConnection:
    if address.unix:
        return _UnixConnection(address.unix, timeout)
    parts = urlsplit(address.base)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = None if host in _LOOPBACK or proxy_bypass(host) else urlsplit(getproxies().get(parts.scheme, ""))
    near = (proxy.hostname, proxy.port or 80) if proxy is not None and proxy.hostname else (host, port)
    if parts.scheme == "https":
        import ssl

        context = ssl.create_default_context()
        if not address.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection: HTTPConnection = HTTPSConnection(near[0] or "", near[1], timeout=timeout, context=context)
    else:
        connection = HTTPConnection(near[0] or "", near[1], timeout=timeout)
    if near != (host, port):
        connection.set_tunnel(host, port)
    return connection


def post(address: Address, document: Mapping[str, Any], timeout: float = REQUEST_SECONDS) -> Sent:
    """Post to one server; redirects are not followed, so that the token goes nowhere else. Never raises `Exception`."""
    xsrf = uuid.uuid4().hex
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "cloudru-jlab"}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    else:
        headers.update({"Cookie": f"_xsrf={xsrf}", "X-XSRFToken": xsrf})
    try:
        connection = _connection(address, timeout)
        try:
            path = f"{urlsplit(address.base).path}cloudru/notifications"
            connection.request("POST", path, json.dumps(document).encode(), headers)
            response = connection.getresponse()
            status, text = response.status, response.read(262_144)
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return Sent(False, "http", problem=f"{address.base} cannot be reached: {str(error) or type(error).__name__}")
    answer: Any = None
    with suppress(ValueError):
        answer = json.loads(text)
    answer = answer if isinstance(answer, dict) else {}
    if status in (200, 201) and "id" in answer:
        return Sent(True, "http", str(answer["id"]), status)
    said = str(answer.get("message") or "not what was expected")
    return Sent(False, "http", status=status, problem=f"{address.base} answered {status}: {said[:300]}")


class _Channel(NamedTuple):
    """The iopub channel of the kernel that this code runs in, with the request that it belongs to."""

    session: Any
    socket: Any
    parent: Any

    def send(self, document: Mapping[str, Any]) -> Sent:
        self.session.send(self.socket, MESSAGE_TYPE, document, parent=self.parent, ident=MESSAGE_TYPE.encode())
        return Sent(True, "kernel")


def _channel() -> _Channel | None:
    """The channel of this process's kernel, if it is one (ipykernel and what is built on it)."""
    with suppress(Exception):
        shell = sys.modules["IPython"].get_ipython()
        kernel = shell.kernel
        # a forked child has the kernel's objects, but its session sends nothing
        if kernel.session.pid == os.getpid() and kernel.iopub_socket is not None:
            parent = kernel.get_parent() if hasattr(kernel, "get_parent") else kernel._parent_header
            return _Channel(kernel.session, kernel.iopub_socket, parent)
    return None


class _Letter:
    """Something to send, and what became of it."""

    def __init__(self, document: dict[str, Any], channel: _Channel | None) -> None:
        self.document, self.channel = document, channel
        self.done = threading.Event()
        self.sent = Sent(False, problem="It is still on its way.")


class _Sender:
    """Sends in the order given, from one background thread; of progress only the latest."""

    def __init__(self) -> None:
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush)

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._letters: collections.deque[_Letter] = collections.deque()
        self._progress: dict[str, _Letter] = {}
        self._next_progress = 0.0
        self._thread: threading.Thread | None = None
        self._sending = False
        self._paused: dict[Address, float] = {}
        self._warned = False

    def send(self, letter: _Letter, replaces: str = "") -> None:
        """Send; progress of the job ``replaces`` that still waits is not sent any more."""
        with self._changed:
            self._progress.pop(replaces, None)
            if len(self._letters) >= _MAX_WAITING:
                letter.sent = Sent(False, problem="Too many notifications wait to be sent.")
                letter.done.set()
            else:
                self._letters.append(letter)
            self._wake()

    def send_progress(self, key: str, letter: _Letter) -> None:
        """Send soon, unless there is something later of the same key by then."""
        with self._changed:
            if key in self._progress or len(self._progress) < _MAX_WAITING:
                self._progress[key] = letter
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="cloudru-notify", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _take(self) -> _Letter:
        with self._changed:
            self._sending = False
            while True:
                self._changed.notify_all()
                wait = None
                if self._letters:
                    self._sending = True
                    return self._letters.popleft()
                if self._progress:
                    wait = self._next_progress - time.monotonic()
                    if wait <= 0:
                        self._next_progress = time.monotonic() + _PROGRESS_SECONDS
                        self._sending = True
                        return self._progress.pop(next(iter(self._progress)))
                self._changed.wait(wait)

    def _run(self) -> None:
        while True:
            letter = self._take()
            try:
                letter.sent = self._deliver(letter)
            except Exception as error:
                letter.sent = Sent(False, problem=f"{type(error).__name__}: {error}")
            if not letter.sent:
                self.warn(letter.sent.problem)
            letter.done.set()

    def _deliver(self, letter: _Letter) -> Sent:
        sent = Sent(False, problem="No server is known: set CLOUDRU_JLAB_URL and CLOUDRU_JLAB_TOKEN.")
        for address in addresses(os.environ):
            if self._paused.get(address, 0.0) > time.monotonic():
                continue
            for attempt in range(3):
                sent = post(address, letter.document)
                if sent.status != 429 or attempt == 2:
                    break
                time.sleep(0.5 * (attempt + 1))
            if sent or sent.status in (400, 413, 429):
                return sent
            self._paused[address] = time.monotonic() + _PAUSE_SECONDS
        return sent if letter.channel is None else letter.channel.send(letter.document)

    def warn(self, problem: str) -> None:
        """Say it once."""
        if not self._warned:
            self._warned = True
            _LOG.warning("A notification was not sent. %s (This is said once.)", problem)

    def flush(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until everything has been sent, but no longer than ``seconds``."""
        end = time.monotonic() + seconds
        with self._changed:
            if self._thread is None or not self._thread.is_alive():
                return
            self._next_progress = 0.0
            self._changed.notify_all()
            while (self._letters or self._progress or self._sending) and time.monotonic() < end:
                self._next_progress = 0.0
                self._changed.wait(end - time.monotonic())


_SENDER = _Sender()


# --------------------------------------------------------------------------------------------------- what people call


def _links(links: Any) -> list[dict[str, str]]:
    """A list of links from ``{label: url}``, or from pairs, dicts and bare addresses; unsafe ones are left out."""
    given: Iterable[Any] = links.items() if isinstance(links, Mapping) else [links] if isinstance(links, str) else links
    result = []
    for link in given:
        if isinstance(link, str):
            link = (urlsplit(link).netloc or link, link)
        label, url = (link["label"], link["url"]) if isinstance(link, Mapping) else link
        if str(url).startswith("https://") or re.match(r"/(?![/\\])", str(url)):
            result.append({"label": clean(label, 80) or "Link", "url": str(url)})
        else:
            _SENDER.warn(f"Links begin with https:// or a slash: {url!r} was left out.")
    return result[:5]


def _texts(texts: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Title and body per language, from ``{"ru": "title"}``, pairs or dicts."""
    result = {}
    for language, text in texts.items():
        if isinstance(text, Mapping):
            text = (text["title"], text.get("body", ""))
        title, body = (text, "") if isinstance(text, str) else text
        result[language] = {"title": clean(title, MAX_TITLE), "body": clean(body, MAX_BODY)}
    return result


def _sender_name() -> str:
    """The notebook or the script that this is, by its bare name."""
    path = os.environ.get("JPY_SESSION_NAME") if _channel() else (sys.argv[0] if sys.argv else "")
    return clean(os.path.basename(path or ""), 80) or "program"


def document(title: Any, body: Any = "", **fields: Any) -> dict[str, Any]:
    """What is posted: ``NewNotification`` of the server, from what people write. None and empty are left out."""
    made: dict[str, Any] = {"title": clean(title, MAX_TITLE) or "Notification", "body": clean(body, MAX_BODY)}
    made.update({name: value for name, value in fields.items() if value not in (None, "", (), [], {})})
    if "links" in made:
        made["links"] = _links(made["links"])
    if "texts" in made:
        made["texts"] = _texts(made["texts"])
    if "progress" in made:
        made["progress"] = min(max(float(made["progress"]), 0.0), 1.0)
    made.setdefault("name", _sender_name())
    return made


class Job:
    """A long piece of work: a context manager that shows progress and says how it ended. See `Notify.job`."""

    def __init__(self, title: str, *, longer_than: float = 0.0, dedupe_key: str | None = None, **fields: Any) -> None:
        self.title, self._longer_than, self._fields = title, longer_than, {"category": "job", **fields}
        self._wait_seconds = WAIT_SECONDS
        self._key = dedupe_key or f"job-{uuid.uuid4().hex}"
        self._begin = time.monotonic()
        self._shown = False

    def __enter__(self) -> Job:
        self._begin = time.monotonic()
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.ended(error)

    def progress(self, share: float, body: str = "") -> None:
        """``share`` of the work is done, from 0 to 1. Cheap: it is sent in the background, and not each time."""
        with suppress(Exception):
            made = document(self.title, body, progress=share, dedupe_key=self._key, **self._fields)
            self._shown = True
            _SENDER.send_progress(self._key, _Letter(made, _channel()))

    def ended(self, error: BaseException | None = None) -> None:
        """Say that it has ended, with ``error`` or well. A context manager does so by itself."""
        with suppress(Exception):
            seconds = time.monotonic() - self._begin
            if isinstance(error, SystemExit) and error.code in (None, 0):
                error = None
            if error is None and not self._shown and seconds < self._longer_than:
                return
            made = document(*_ending(self.title, error, seconds), dedupe_key=self._key, **self._fields)
            made["texts"] = _texts({"ru": _ending(self.title, error, seconds, "ru")})
            made["severity"] = "success" if error is None else "error"
            if isinstance(error, KeyboardInterrupt):
                made["severity"] = "warning"
            letter = _Letter(made, _channel())
            _SENDER.send(letter, replaces=self._key)
            letter.done.wait(self._wait_seconds)


def _ending(title: str, error: BaseException | None, seconds: float, language: str = "en") -> tuple[str, str]:
    """Title and body of a job's end. What is cut of a long title is the job's name, not how it ended."""
    russian = language == "ru"
    took = duration(seconds, language)
    after = f"Через {took}" if russian else f"After {took}"
    if error is None:
        how, body = (": готово", f"Заняло {took}") if russian else (" finished", f"Took {took}")
    elif isinstance(error, KeyboardInterrupt):
        how, body = (": прервано" if russian else " was interrupted"), after
    else:
        name = clean(type(error).__name__, 40)
        how = f": ошибка {name}" if russian else f" failed: {name}"
        body = clean(f"{error}\n{after}", MAX_BODY)
    return clean(title, MAX_TITLE - len(how)) + how, body


class Notify:
    """`notify`: call it to tell the user something."""

    def __call__(
        self,
        title: str,
        body: str = "",
        *,
        severity: str = "info",
        category: str = "general",
        links: Any = (),
        progress: float | None = None,
        dedupe_key: str | None = None,
        texts: Mapping[str, Any] | None = None,
        action: Mapping[str, str] | None = None,
        recipient: str = "me",
        expires_seconds: int | None = None,
        name: str | None = None,
    ) -> Sent:
        """Show a notification in JupyterLab; plain text.

        ``severity`` is info, success, warning, error or critical. ``links`` is ``{label: "https://…"}`` or a list of
        pairs. ``progress`` goes from 0 to 1. A later notification of the same ``dedupe_key`` replaces the earlier.
        ``texts`` gives other languages, ``{"ru": ("title", "body")}``. ``recipient`` is ``me``, or ``all`` for
        everybody on the server. Raises nothing: the result is true where it was sent, and says why where not.
        """
        try:
            made = document(
                title,
                body,
                severity=severity,
                category=category,
                links=links,
                progress=progress,
                dedupe_key=dedupe_key,
                texts=texts,
                action=dict(action) if action else None,
                recipient=recipient,
                expires_seconds=expires_seconds,
                name=name and clean(name, 80),
            )
            letter = _Letter(made, _channel())
            _SENDER.send(letter, replaces=dedupe_key or "")
            letter.done.wait(WAIT_SECONDS)
            return letter.sent
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            _SENDER.warn(problem)
            return Sent(False, problem=problem)

    def job(self, title: str, *, longer_than: float = 0.0, **fields: Any) -> Job:
        """A context manager for a long job: shows ``job.progress(0.4)``, and says how it ended and how long it took.

        A job that ends well within ``longer_than`` seconds and showed no progress is not worth a word.
        """
        return Job(title, longer_than=longer_than, **fields)

    def when_done(self, title: Any = None, **options: Any) -> Callable[..., Any]:
        """A decorator: say when the function has ended. ``@notify.when_done``, or ``@notify.when_done("Training")``."""
        if callable(title):
            return self.when_done()(title)  # type: ignore[no-any-return]

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            shown = title or getattr(function, "__qualname__", "Function")
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def later(*args: Any, **kwargs: Any) -> Any:
                    with Job(shown, **options) as job:
                        job._wait_seconds = 0.0  # the event loop waits for nobody
                        return await function(*args, **kwargs)

                return later

            @functools.wraps(function)
            def now(*args: Any, **kwargs: Any) -> Any:
                with Job(shown, **options):
                    return function(*args, **kwargs)

            return now

        return decorate

    def flush(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until all progress has been sent, but no longer than ``seconds``."""
        _SENDER.flush(seconds)


notify = Notify()
