"""`/files/` of roots: as stock where it may, nothing outside, nothing without permission."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
from jupyter_server.auth.authorizer import Authorizer
from tornado.httpclient import HTTPClientError, HTTPResponse

NAMES = [
    "plain.txt",
    "note.ipynb",
    "page.html",
    "archive.tar.gz",
    "table.csv.bz2",
    "noend",
    "имя файла.txt",
    "a%41.txt",
]
REQUESTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "head": {"method": "HEAD"},
    "first bytes": {"headers": {"Range": "bytes=0-99"}},
    "the middle": {"headers": {"Range": "bytes=100-199"}},
    "the rest": {"headers": {"Range": "bytes=1000-"}},
    "last bytes": {"headers": {"Range": "bytes=-10"}},
    "beyond the end": {"headers": {"Range": "bytes=5000-"}},
    "reversed range": {"headers": {"Range": "bytes=20-10"}},
    "no range": {"headers": {"Range": "lines=1-2"}},
    "head of a range": {"method": "HEAD", "headers": {"Range": "bytes=5-9"}},
    "not modified": {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}},
    "modified": {"headers": {"If-Modified-Since": "Fri, 01 Jan 1999 00:00:00 GMT"}},
    "download": {"params": {"download": "1"}},
    "cached": {"params": {"v": "1"}},
}


@pytest.fixture
def raw(
    jp_serverapp: Any, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str
) -> Callable[..., Awaitable[HTTPResponse]]:
    """Sends a path as it is written, and gives the answer whatever its status."""

    async def send(path: str, *, known: bool = True, **arguments: Any) -> HTTPResponse:
        headers = dict(jp_auth_header) if known else {}
        try:
            return await http_server_client.fetch(
                jp_base_url + path, headers=headers, follow_redirects=False, **arguments
            )
        except HTTPClientError as error:
            if error.response is None:
                raise
            return error.response

    return send


def told(response: HTTPResponse) -> tuple[int, dict[str, str], bytes]:
    """What an answer tells, less what differs from answer to answer; only ours has an ETag."""
    headers = {name: value for name, value in response.headers.get_all() if name not in {"Date", "Etag", "Set-Cookie"}}
    return response.code, headers, response.body


@pytest.mark.parametrize("name", NAMES)
async def test_answers_are_those_of_the_default_root(name: str, disk: Any, ask: Any) -> None:
    (disk.home / name).write_bytes(bytes(range(256)) * 4)
    shutil.copy2(disk.home / name, disk.data / name)
    for what, request in REQUESTS.items():
        stock = told(await ask("files", name, **request))
        assert told(await ask("files", "@data", name, **request)) == stock, what


async def test_empty_file(disk: Any, ask: Any) -> None:
    (disk.data / "empty.txt").touch()
    response = await ask("files", "@data/empty.txt")
    assert (response.code, response.body, response.headers["Content-Length"]) == (200, b"", "0")


async def test_etag_tells_versions_of_one_second_apart(disk: Any, ask: Any) -> None:
    first = await ask("files", "@data/a.txt")
    same = await ask("files", "@data/a.txt", headers={"If-None-Match": first.headers["Etag"]})
    assert (same.code, same.body) == (304, b"")
    (disk.data / "a.txt").write_bytes(b"longer than before" * 100)
    other = await ask("files", "@data/a.txt", headers={"If-None-Match": first.headers["Etag"]})
    assert (other.code, other.body) == (200, b"longer than before" * 100)


@pytest.mark.parametrize("prefix", ["@data", "%40data", "/@data", "//%40data/", "./@data"])
async def test_prefix_is_known_however_it_is_written(prefix: str, disk: Any, raw: Any) -> None:
    (disk.home / "@data").mkdir()
    (disk.home / "@data" / "a.txt").write_bytes(disk.canary)
    response = await raw(f"files/{prefix}/a.txt")
    # “.” is no part of a path
    assert response.code == (404 if prefix.startswith(".") else 200)
    assert disk.canary not in response.body


async def test_file_of_the_name_in_the_default_root_is_not_served(disk: Any, ask: Any) -> None:
    (disk.home / "@data").mkdir()
    (disk.home / "@data" / "only-here.txt").write_bytes(disk.canary)
    response = await ask("files", "@data/only-here.txt")
    assert response.code == 404
    assert disk.canary not in response.body


async def test_prefix_of_no_root_is_stocks(disk: Any, ask: Any) -> None:
    (disk.home / "@other").mkdir()
    (disk.home / "@other" / "a.txt").write_text("mine", encoding="utf-8")
    assert (await ask("files", "@other/a.txt")).body == b"mine"


@pytest.mark.parametrize(
    ("root", "path", "status"),
    [
        ("@data", "inner-link.txt", 200),
        ("@strict", "inner-link.txt", 404),
        ("@free", "inner-link.txt", 200),
        ("@data", "out.txt", 404),
        ("@strict", "out.txt", 404),
        ("@free", "out.txt", 200),
        ("@data", "out/canary.txt", 404),
        ("@strict", "out/canary.txt", 404),
        ("@free", "out/canary.txt", 200),
    ],
)
async def test_links_go_as_far_as_the_root_allows(root: str, path: str, status: int, disk: Any, ask: Any) -> None:
    response = await ask("files", *filter(None, (root, path)))
    assert response.code == status
    assert (disk.canary in response.body) == (status == 200 and "out" in path)


@pytest.mark.parametrize("root", ["@data", "@strict", "@free"])
@pytest.mark.parametrize("path", [".secret/a.txt", ".secret", "sub/../.secret/a.txt"])
async def test_hidden_files_are_not_there(root: str, path: str, ask: Any) -> None:
    response = await ask("files", root, path)
    assert response.code == 404
    assert b"hidden" not in response.body


@pytest.mark.parametrize(
    ("path", "status"), [("", 403), ("sub", 403), ("sub/", 403), ("none.txt", 404), ("a.txt/b", 404)]
)
async def test_what_is_no_file(path: str, status: int, ask: Any) -> None:
    response = await ask("files", "@data", path)
    assert response.code in {status, 400} if path == "a.txt/b" else response.code == status
    assert "Content-Disposition" not in response.headers


TRICKS = [
    "..",
    "../outside",
    "../../outside",
    "../../../outside",
    "sub/../../outside",
    "sub/../../../outside",
    "/outside",
    "//outside",
    "out/../out",
    "out/.",
    "./out",
    "%2e%2e/outside",
    "%2e%2e%2foutside",
    "..%2foutside",
    "..%5coutside",
    "..\\outside",
    "%252e%252e/outside",
    "%c0%ae%c0%ae/outside",
    "%e2%80%a5/outside",
    "．．/outside",
    "..%00/outside",
    "out%00",
    "sub%2f..%2f..%2foutside",
    "a.txt/../out",
    "../data/out",
    "../@data/out",
    "../@free/out",
    "@free/out",
    "%40free/out",
]


@pytest.mark.parametrize("root", ["@data", "@strict", "%40data", "/@data", "x/../@data", "@DATA", "＠data", "@data%2f"])
async def test_no_trick_leads_outside(root: str, disk: Any, raw: Any) -> None:
    absolute = quote(str(disk.outside))
    for trick in [*TRICKS, absolute, f"/{absolute}", f"..{absolute}", f"../../../../../../../..{absolute}"]:
        path = f"files/{root}/{quote(trick, safe='%/@.')}/canary.txt"
        response = await raw(path)
        # stock fails on a NUL
        assert response.code in ({400, 403, 404, 500} if "DATA" in root or "＠" in root else {400, 403, 404}), path
        assert disk.canary not in response.body, path


async def test_root_that_is_not_there(disk: Any, ask: Any) -> None:
    disk.data.rename(disk.data.with_name("moved"))
    response = await ask("files", "@data/a.txt")
    assert response.code in {404, 503}
    (disk.home / "@data").mkdir()
    shutil.copy2(disk.outside / "canary.txt", disk.home / "@data" / "a.txt")
    assert disk.canary not in (await ask("files", "@data/a.txt")).body


async def test_view_shows_a_file_of_a_root(ask: Any) -> None:
    response = await ask("view", "@data/sub/inner.txt")
    assert response.code == 200
    assert b"files/@data/sub/inner.txt" in response.body.replace(b"%40", b"@")


async def test_view_shows_nothing_outside(ask: Any) -> None:
    assert (await ask("view", "@data/out.txt")).code == 404


async def test_strangers_get_nothing(raw: Any) -> None:
    response = await raw("files/@data/a.txt", known=False)
    assert response.code in {302, 403}
    assert not response.body


class NoReading(Authorizer):
    """Lets nobody read contents."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - the server makes the instance

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """See the base class."""
        self.asked.append((action, resource))
        return (action, resource) != ("read", "contents")


class TestAuthorisation:
    """A server on which nobody may read contents."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        """The authorizer is set."""
        jp_server_config["ServerApp"]["authorizer_class"] = NoReading
        return jp_server_config

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_reading_has_to_be_allowed(self, method: str, ask: Any) -> None:
        NoReading.asked.clear()
        response = await ask("files", "@data/a.txt", method=method)
        assert response.code == 403
        assert NoReading.asked == [("read", "contents")]


class TestStrictDefaultRoot:
    """The default root where its links are not simply followed."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], disk: Any) -> dict[str, Any]:
        """The contents root is told to follow links inside alone."""
        jp_server_config["Roots"]["roots"].append(
            {"name": "home", "path": str(disk.home), "symlinks": "inside", "default": True}
        )
        return jp_server_config

    async def test_its_files_are_served(self, ask: Any, disk: Any) -> None:
        assert (await ask("files", "a.txt")).body == (disk.home / "a.txt").read_bytes()
        assert (await ask("files", "inner-link.txt")).body == b"inner"

    @pytest.mark.parametrize("path", ["out.txt", "out/canary.txt", "sub/../out.txt"])
    async def test_its_links_do_not_lead_outside(self, path: str, ask: Any, disk: Any) -> None:
        response = await ask("files", path)
        assert response.code == 404
        assert disk.canary not in response.body
