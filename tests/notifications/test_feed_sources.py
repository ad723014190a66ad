"""Feeds are read over real https and from real files; nothing that their server does costs more than a look."""

from __future__ import annotations

import asyncio
import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from cloudru_jlab.notifications.feed.sources import FileSource, HttpSource, Unread, allowed, retry_after

from .feeding import Server, make_certificate, serving

LIMIT = 64 * 1024

Make = Callable[..., HttpSource]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "feed.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    with serving(certificate) as server:
        server.body = b"feed"
        yield server


@pytest.fixture
def source(server: Server, certificate: Path) -> Iterator[Make]:
    clients: list[SimpleAsyncHTTPClient] = []

    def make(
        url: str = f"https://127.0.0.1:{server.port}/feed.json?key=secret",
        deadline: float = 60.0,
        ca: str | None = str(certificate),
    ) -> HttpSource:
        # needs the test's event loop
        clients.append(SimpleAsyncHTTPClient(force_instance=True, max_body_size=LIMIT, max_header_size=LIMIT))
        return HttpSource(
            url,
            clients[-1],
            max_bytes=LIMIT,
            deadline=deadline,
            ca_file=ca,
            agent="test/1",
            loopback=url.startswith("http:"),
        )

    yield make
    for client in clients:
        client.close()


async def fails(source: HttpSource) -> Unread:
    with pytest.raises(Unread) as failure:
        await source.read()
    assert "secret" not in str(failure.value)
    return failure.value


async def test_a_feed_that_has_not_changed_is_not_sent_again(server: Server, source: Make) -> None:
    feed = source()
    assert [await feed.read() for _ in range(3)] == [b"feed", None, None]
    server.body = b"changed"
    assert [await feed.read() for _ in range(2)] == [b"changed", None]
    assert server.codes == [200, 304, 304, 200, 304]
    assert server.seen[0]["user-agent"] == "test/1"
    assert "if-none-match" not in server.seen[0]
    assert feed.shown == f"https://127.0.0.1:{server.port}/feed.json"


async def test_the_time_of_a_change_will_do(server: Server, source: Make) -> None:
    changed = formatdate(1_700_000_000, usegmt=True)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        same = handler.headers.get("If-Modified-Since") == changed
        handler.send_response(304 if same else 200)
        handler.send_header("Last-Modified", changed)
        handler.send_header("Content-Length", "0" if same else "4")
        handler.end_headers()
        handler.wfile.write(b"" if same else b"feed")

    server.answer = answer
    feed = source()
    assert [await feed.read() for _ in range(2)] == [b"feed", None]


async def test_a_server_that_comes_back(server: Server, source: Make, certificate: Path) -> None:
    with serving(certificate) as other:
        other.body = b"one"
        port = other.port
        feed = source(f"https://127.0.0.1:{port}/")
        assert await feed.read() == b"one"
    await fails(feed)
    with serving(certificate, port) as other:
        other.body = b"one"
        assert await feed.read() is None
        other.body = b"two"
        assert await feed.read() == b"two"


@pytest.mark.parametrize("status", [304, 404, 410, 429, 500, 503])
async def test_errors_are_told_with_what_the_server_asks_for(server: Server, source: Make, status: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Retry-After", "77")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answer = answer
    failure = await fails(source())
    assert (str(failure), failure.retry_after) == (f"its server answers {status}", 77.0)


async def test_a_certificate_that_is_not_trusted(source: Make) -> None:
    failure = await fails(source(ca=None))
    # older versions of OpenSSL say "self signed"
    assert "certificate is not accepted (self-signed certificate)" in str(failure).replace("self signed", "self-signed")


async def test_a_certificate_of_another_host(server: Server, source: Make) -> None:
    failure = await fails(source(f"https://localhost:{server.port}/"))
    assert "certificate is not accepted" in str(failure)


async def test_a_server_without_tls(source: Make) -> None:
    with serving(None) as plain:
        plain.body = b"feed"
        await fails(source(f"https://127.0.0.1:{plain.port}/"))
        assert plain.codes in ([], [400])
        # by http only where that is allowed, from this machine
        assert await source(f"http://127.0.0.1:{plain.port}/").read() == b"feed"


async def test_nobody_listens(source: Make) -> None:
    with serving(None) as gone:
        port = gone.port
    assert "no complete answer" in str(await fails(source(f"https://127.0.0.1:{port}/?secret")))


async def test_a_name_that_is_none(source: Make) -> None:
    await fails(source("https://secret.invalid/"))
    await fails(source("https://" + "secret" * 60 + "/"))


def drip(piece: bytes, stop: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.02):
            handler.wfile.write(piece)
            handler.wfile.flush()

    return answer


@pytest.mark.parametrize("piece", [b"X", b"X-Slow: 1\r\n"])
async def test_a_slow_loris_is_left_at_the_deadline(server: Server, source: Make, piece: bytes) -> None:
    stop = threading.Event()
    server.answer = drip(piece, stop)
    try:
        failure = await fails(source(deadline=0.5))
    finally:
        stop.set()
    assert "Timeout" in str(failure)


async def test_a_body_that_never_ends_is_left_at_the_deadline(server: Server, source: Make) -> None:
    stop = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        stop.wait(60)

    server.answer = answer
    try:
        assert "Timeout" in str(await fails(source(deadline=0.5)))
    finally:
        stop.set()


@pytest.mark.parametrize("how", ["length", "chunked", "closed", "header"])
async def test_a_giant_feed_is_not_read(server: Server, source: Make, how: str) -> None:
    sent = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if how == "header":
            handler.send_header("X-Long", "x" * 2 * LIMIT)
        if how == "length":
            handler.send_header("Content-Length", str(10**9))
        if how == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        piece = b"x" * 16_384
        for _ in range(10**9 // len(piece)):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if how == "chunked" else piece)
            sent.append(len(piece))

    server.answer = answer
    assert f"no complete answer of at most {LIMIT} bytes" in str(await fails(source()))
    # what was sent went into buffers of the network alone
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 1_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: zebra\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 302 Found\r\nLocation: https://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    ],
)
async def test_what_is_no_http(server: Server, source: Make, answer: bytes) -> None:
    server.answer = lambda handler: (handler.wfile.write(answer), None)[1]
    # where it is all that comes, the deadline ends it
    await fails(source(deadline=2.0))


async def test_an_answer_that_breaks_off(server: Server, source: Make) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    server.answer = answer
    feed = source()
    await fails(feed)
    server.answer = None
    assert await feed.read() == b"feed"


async def test_compressed_answers_are_not_unpacked(server: Server, source: Make) -> None:
    bomb = gzip.compress(bytes(50_000_000))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    server.answer = answer
    assert await source().read() == bomb
    assert server.seen[0].get("accept-encoding", "identity") == "identity"


def redirecting(target: Callable[[str], str]) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target(handler.path))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


async def test_redirects_are_followed_to_https_alone(server: Server, source: Make, certificate: Path) -> None:
    with serving(certificate) as other, serving(None) as plain:
        other.body = plain.body = b"other"
        server.answer = redirecting(lambda path: f"https://127.0.0.1:{other.port}/")
        assert await source().read() == b"other"
        for target in (f"http://127.0.0.1:{plain.port}/", "file:///etc/passwd", "https://u:p@127.0.0.1/", "ftp://x/"):
            server.answer = redirecting(lambda path, target=target: target)  # type: ignore[misc]
            assert "not https" in str(await fails(source()))
        assert plain.codes == []


async def test_redirects_in_a_circle(server: Server, source: Make) -> None:
    server.answer = redirecting(lambda path: "/again")
    assert "from address to address" in str(await fails(source()))
    assert len(server.codes) == 4


async def test_hostile_validators_are_not_sent_back(server: Server, source: Make) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("ETag", "x" * 5_000)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"feed")

    server.answer = answer
    feed = source()
    assert [await feed.read(), await feed.read()] == [b"feed", b"feed"]
    assert "if-none-match" not in server.seen[1]


async def test_the_event_loop_goes_on_meanwhile(server: Server, source: Make) -> None:
    loop, arrived, go = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(arrived.set)
        go.wait(60)
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"feed")

    server.answer = answer
    reading = asyncio.ensure_future(source().read())
    await arrived.wait()
    assert not reading.done()
    go.set()
    assert await reading == b"feed"


@pytest.mark.parametrize(
    ("url", "https", "loopback"),
    [
        ("https://example.org/feed", True, True),
        ("http://example.org/feed", False, False),
        ("http://127.0.0.1:8000/", False, True),
        ("http://127.1.2.3/", False, True),
        ("http://[::1]/", False, True),
        ("http://localhost/", False, True),
        ("http://localhost.example.org/", False, False),
        ("http://127.0.0.1.example.org/", False, False),
        ("http://127.0.0.1@example.org/", False, False),
        ("https://user:word@example.org/", False, False),
        ("https:///feed", False, False),
        ("https://x:99999999/", False, False),
        ("https://[/", False, False),
        ("file:///etc/passwd", False, False),
        ("", False, False),
    ],
)
def test_which_addresses_are_allowed(url: str, https: bool, loopback: bool) -> None:
    assert (allowed(url, loopback=False), allowed(url, loopback=True)) == (https, loopback)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("120", 120.0), (" 0 ", 0.0), ("-5", None), ("1.5", None), ("9" * 20, None), ("soon", None),
     ("Sun, 09 Sep 2001 01:47:40 GMT", 60.0), ("Sun, 09 Sep 2001 01:40:00 GMT", 0.0), ("٣", None)],
)  # fmt: skip
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, lambda: 1_000_000_000.0) == seconds


def settled() -> float:
    """A time at which no file of this test was written a moment ago."""
    return time.time() + 3_600


async def test_a_file_is_read_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_bytes(b"one")
    source = FileSource(str(path), LIMIT, settled)
    assert [await source.read(), await source.read()] == [b"one", None]
    path.write_bytes(b"longer")
    assert [await source.read(), await source.read()] == [b"longer", None]


async def test_a_file_that_was_just_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_bytes(b"one")
    status = path.stat()
    source = FileSource(str(path), LIMIT, lambda: status.st_mtime + 1)
    assert await source.read() == b"one"
    # within one tick of the file system's clock
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert await source.read() == b"two"


async def test_a_mounted_config_map_changes_by_its_link(tmp_path: Path) -> None:
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "feed.json").write_text(version)
        os.utime(tmp_path / version / "feed.json", (1_700_000_000, 1_700_000_000))
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "feed.json").symlink_to("..data/feed.json")
    source = FileSource(str(tmp_path / "feed.json"), LIMIT)
    assert [await source.read(), await source.read()] == [b"one", None]
    (tmp_path / "..data_tmp").symlink_to("two")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert [await source.read(), await source.read()] == [b"two", None]


async def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    source = FileSource(str(path), LIMIT, settled)
    with pytest.raises(Unread, match="it cannot be opened"):
        await source.read()
    path.write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(Unread, match="it is larger than"):
        await source.read()
    path.unlink()
    path.mkdir()
    with pytest.raises(Unread, match="it is no file"):
        await source.read()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(Unread, match="it is no file"):
        await source.read()
    path.unlink()
    path.write_bytes(b"there")
    assert await source.read() == b"there"


async def test_a_file_without_an_end(tmp_path: Path) -> None:
    (tmp_path / "feed.json").symlink_to("/dev/zero")
    with pytest.raises(Unread, match="it is no file"):
        await FileSource(str(tmp_path / "feed.json"), LIMIT).read()
