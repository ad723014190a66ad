"""The contract over HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.manager import ContentsManager
from tornado.httpclient import HTTPClientError

from cloudru_jlab.listing.handlers import ChangesHandler, LocateHandler, OrderHandler, PageHandler


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """Our extension, so patient that a small directory is sorted in the first answer, however busy the machine."""
    return {**jp_server_config, "ListingFeature": {"preview_patience_seconds": 60.0, "stat_sort_limit": 3}}


async def listing(jp_fetch: Any, *parts: str, **query: Any) -> Any:
    """The JSON answer of a listing route."""
    params = {name: str(value) for name, value in query.items()}
    response = await jp_fetch("cloudru", "listing", *parts, params=params)
    return json.loads(response.body)


async def refused(jp_fetch: Any, *parts: str, **query: Any) -> tuple[int, str, dict[str, Any]]:
    """Status, reason and details of the error that a listing route answers with."""
    with pytest.raises(HTTPClientError) as failure:
        await listing(jp_fetch, *parts, **query)
    response = failure.value.response
    assert response is not None
    envelope = json.loads(response.body)
    assert envelope["message"]
    return failure.value.code, envelope["reason"], envelope.get("details", {})


async def test_page_lists_directories_first_then_names_naturally(jp_fetch: Any, jp_root_dir: Path) -> None:
    for name in ("b10.txt", "b9.txt", "Файл.txt", "a.ipynb", ".hidden"):
        (jp_root_dir / name).write_text("x")
    (jp_root_dir / "zdir").mkdir()
    page = await listing(jp_fetch, path="")
    assert [row["name"] for row in page["rows"]] == ["zdir", "a.ipynb", "b9.txt", "b10.txt", "Файл.txt"]
    head = {name: value for name, value in page.items() if name not in ("rows", "generation", "watched", "seq")}
    assert head == {
        "path": "",
        "total": 5,
        "unfiltered": 5,
        "complete": True,
        "mode": "sorted",
        "progress": None,
        "scanned": 6,
        "sort": "name",
        "order": "asc",
        "match": "substring",
        "deferred": False,
        "offset": 0,
        "writable": True,
    }


async def test_rows_are_stock_models_without_content(jp_fetch: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "sub").mkdir()
    for name in ("a.txt", "b.ipynb", "c.png", "d"):
        (jp_root_dir / "sub" / name).write_text("x")
    (jp_root_dir / "sub" / "e").mkdir()
    (jp_root_dir / "sub" / "link").symlink_to("nowhere")
    stock = json.loads((await jp_fetch("api", "contents", "sub")).body)["content"]
    page = await listing(jp_fetch, path="/sub/")
    assert page["path"] == "sub"
    rows = {row["name"]: row for row in page["rows"]}
    assert rows.keys() - {"link"} == {model["name"] for model in stock} - {"link"}
    for model in stock:
        assert rows[model["name"]] == {name: model[name] for name in rows[model["name"]]}


async def test_pages_of_a_generation(jp_fetch: Any, jp_root_dir: Path) -> None:
    for number in range(450):
        (jp_root_dir / f"{number}").touch()
    first = await listing(jp_fetch, path="")
    assert [row["name"] for row in first["rows"]] == [str(number) for number in range(200)]
    last = await listing(jp_fetch, path="", offset=400, limit=1000, generation=first["generation"])
    assert [row["name"] for row in last["rows"]] == [str(number) for number in range(400, 450)]
    assert last["offset"] == 400
    beyond = await listing(jp_fetch, path="", offset=4000, generation=first["generation"])
    assert beyond["rows"] == []
    turned = await listing(jp_fetch, path="", order="desc", limit=2, generation=first["generation"])
    assert [row["name"] for row in turned["rows"]] == ["449", "448"]
    found = await listing(jp_fetch, path="", filter="44", match="prefix", generation=first["generation"])
    assert (found["total"], found["unfiltered"]) == (11, 450)


async def test_errors_have_a_status_and_a_reason_each(jp_fetch: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "file").touch()
    (jp_root_dir / ".hidden").mkdir()
    assert (await refused(jp_fetch, path="none"))[:2] == (404, "not_found")
    assert (await refused(jp_fetch, path="file"))[:2] == (400, "not_a_directory")
    assert (await refused(jp_fetch, path="../.."))[:2] == (404, "not_found")
    assert (await refused(jp_fetch, path=".hidden"))[:2] == (404, "not_found")
    assert (await refused(jp_fetch, path="a" * 300))[:2] == (404, "not_found")
    assert (await refused(jp_fetch, path="", limit=1001))[:2] == (400, "bad_parameter")
    assert (await refused(jp_fetch, path="", offset=-1))[:2] == (400, "bad_parameter")
    assert (await refused(jp_fetch, path="", sort="colour"))[:2] == (400, "bad_parameter")
    assert (await refused(jp_fetch, "locate", path=""))[:2] == (400, "bad_parameter")
    assert (await refused(jp_fetch, "changes", path=""))[:2] == (400, "bad_parameter")
    status, reason, details = await refused(jp_fetch, path="", generation="1-1")
    assert (status, reason, details["total"]) == (409, "stale_generation", 1)
    assert details["generation"] == (await listing(jp_fetch, path=""))["generation"]


async def test_a_poll_is_small_and_carries_only_what_changed(jp_fetch: Any, jp_root_dir: Path) -> None:
    for number in range(500):
        (jp_root_dir / f"{number}.log").touch()
    page = await listing(jp_fetch, path="", offset=100)
    window = {"path": "", "generation": page["generation"], "offset": 100}
    quiet = await jp_fetch(
        "cloudru", "listing", "changes", params={**window, "offset": "100", "since": str(page["seq"])}
    )
    assert len(quiet.body) < 1000
    assert json.loads(quiet.body)["rows"] == []
    (jp_root_dir / "150.log").write_text("step 1")
    changes = await listing(jp_fetch, "changes", **window, since=page["seq"])
    assert [(change["index"], change["row"]["size"]) for change in changes["rows"]] == [(150, 6)]
    again = await listing(jp_fetch, "changes", **window, since=changes["seq"])
    assert again["rows"] == []
    other = await listing(jp_fetch, "changes", **{**window, "generation": "1-1"})
    assert (other["generation"], other["rows"]) == (page["generation"], [])


async def test_locate_finds_the_row_and_asks_the_disk(jp_fetch: Any, jp_root_dir: Path) -> None:
    for name in ("a", "b", "Файл", "файл 2", ".hidden"):
        (jp_root_dir / name).write_text("")
    found = await listing(jp_fetch, "locate", path="", name="b")
    assert (found["index"], found["name"], found["exists"], found["total"]) == (1, "b", True, 4)
    found = await listing(jp_fetch, "locate", path="", prefix="фа")
    assert (found["index"], found["name"], found["exists"]) == (2, "Файл", True)
    found = await listing(jp_fetch, "locate", path="", prefix="ФАЙЛ", after=3)
    assert found["index"] == 3
    found = await listing(jp_fetch, "locate", path="", prefix="a", after=3)
    assert found["index"] == 0
    found = await listing(jp_fetch, "locate", path="", prefix="z")
    assert (found["index"], found["name"], found["exists"]) == (None, None, False)
    found = await listing(jp_fetch, "locate", path="", name="none")
    assert (found["index"], found["exists"]) == (None, False)
    found = await listing(jp_fetch, "locate", path="", name="b", filter="a")
    assert (found["index"], found["exists"]) == (None, True)
    found = await listing(jp_fetch, "locate", path="", name=".hidden")
    assert (found["index"], found["exists"]) == (None, True)


async def test_huge_directories_are_sorted_by_size_only_when_forced(jp_fetch: Any, jp_root_dir: Path) -> None:
    for number in range(5):
        (jp_root_dir / f"{number}").write_text("x" * (5 - number))
    page = await listing(jp_fetch, path="", sort="size")
    assert (page["deferred"], page["sort"]) == (True, "name")
    page = await listing(jp_fetch, path="", sort="size", force=1)
    assert (page["deferred"], page["sort"]) == (False, "size")
    assert [row["name"] for row in page["rows"]] == ["4", "3", "2", "1", "0"]
    response = await jp_fetch("cloudru", "listing", "order", params={"path": "", "sort": "size"}, method="DELETE")
    assert response.code == 204


async def test_contents_that_are_not_local_are_left_to_stock(
    jp_fetch: Any, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(jp_serverapp.web_app.settings, "contents_manager", ContentsManager())
    assert (await refused(jp_fetch, path=""))[:2] == (501, "not_local")
    assert (await refused(jp_fetch, "locate", path="", name="a"))[:2] == (501, "not_local")


async def test_the_page_is_told_that_directories_are_paged(jp_serverapp: Any) -> None:
    assert jp_serverapp.web_app.settings["page_config_data"]["cloudruListing"] is True


@pytest.mark.parametrize("parts", [(), ("changes",), ("locate",)])
async def test_strangers_are_refused(http_server_client: Any, jp_base_url: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(HTTPClientError) as failure:
        await http_server_client.fetch("/".join([jp_base_url.rstrip("/"), "cloudru/listing", *parts]))
    assert failure.value.code == 403


@pytest.mark.parametrize("handler", [PageHandler, ChangesHandler, LocateHandler, OrderHandler])
def test_no_idle_server_is_kept_alive(handler: Any) -> None:
    assert handler._track_activity is False


async def test_events_reach_the_servers_own_stream(jp_fetch: Any, jp_ws_fetch: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "folder").mkdir()
    stream = await jp_ws_fetch("api", "events", "subscribe")
    page = await listing(jp_fetch, path="folder")
    event = json.loads(await stream.read_message())
    assert event["schema_id"].endswith("/listing/v1")
    assert (event["path"], event["kind"], event["generation"]) == ("folder", "ready", page["generation"])
    if page["watched"]:
        (jp_root_dir / "folder" / "new").touch()
        event = json.loads(await stream.read_message())
        assert (event["path"], event["kind"], event["job"]) == ("folder", "changed", None)
        page = await listing(jp_fetch, path="folder", generation=event["generation"])
        assert [row["name"] for row in page["rows"]] == ["new"]
    stream.close()


async def test_a_dropped_request_ends(
    jp_fetch: Any, jp_serverapp: Any, jp_root_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (jp_root_dir / "a").touch()
    (feature,) = [
        f for f in jp_serverapp.extension_manager.extension_apps["cloudru_jlab"].pop().features if f.slug == "listing"
    ]
    asked, ended = asyncio.Event(), asyncio.Event()

    async def page(query: Any) -> Any:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    feature.service.page = page
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_serverapp.port)
    url = f"{jp_serverapp.base_url}cloudru/listing?path=&token={jp_serverapp.identity_provider.token}"
    writer.write(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await asked.wait()
    writer.close()
    await ended.wait()
    await reader.read()
    await listing(jp_fetch, "locate", path="", name="a")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


_AS_NOBODY = """
    import asyncio, concurrent.futures.thread, logging, os, sys
    from cloudru_jlab.core.collation import Collator
    from cloudru_jlab.core.errors import DomainError
    from cloudru_jlab.listing.models import PageQuery
    from cloudru_jlab.listing.scan.local import LocalAccess
    from cloudru_jlab.listing.local_contents import Contents
    from cloudru_jlab.listing.service import ListingService
    from cloudru_jlab.listing.settings import ListingSettings

    # all is read now: the other user may not reach this Python
    import numpy, numpy.random
    Collator().argsort(numpy.zeros(4, "u1"), numpy.array([0, 2], "u4"), numpy.array([1, 3], "u4"))
    os.setgid(65534)
    os.setuid(65534)

    class Files:
        local = LocalAccess()
        def access(self, path):
            return self.local

    async def main():
        contents = Contents(sys.argv[1], False, ())
        service = ListingService(
            log=logging.getLogger(), settings=ListingSettings(preview_patience=60), contents=lambda: contents,
            file_systems=Files(), ring=lambda *news: None,
        )
        page = await service.page(PageQuery())
        print([row.name for row in page.rows], page.writable, page.rows[-1].writable)
        for path in ("closed", "unlisted"):
            try:
                await service.page(PageQuery(path=path))
            except DomainError as error:
                print(path, error.status, error.reason, sys.argv[1] in error.message)
        await service.stop()
        Files.local.close()

    asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="changes to another user, which takes root")
def test_what_the_user_may_not_read() -> None:
    # pytest's own directories are closed to others
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        root.chmod(0o755)
        for name, mode in (("closed", 0o700), ("open", 0o755), ("unlisted", 0o711)):
            (root / name).mkdir(mode=mode)
            (root / name).chmod(mode)
        (root / "unreadable").touch(mode=0o600)
        script = textwrap.dedent(_AS_NOBODY)
        done = subprocess.run(
            [sys.executable, "-c", script, str(root)], capture_output=True, text=True, check=False, cwd=Path.cwd()
        )
        assert done.stdout.splitlines() == [
            # stock leaves out directories that cannot be entered
            "['open', 'unreadable'] False False",
            "closed 403 permission_denied False",
            "unlisted 403 permission_denied False",
        ], done.stderr
