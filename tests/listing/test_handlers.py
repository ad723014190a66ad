"""The contract over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError


async def listing(jp_fetch: Any, *parts: str, **query: Any) -> Any:
    """The JSON answer of a listing route."""
    params = {name: str(value) for name, value in query.items()}
    response = await jp_fetch("cloudru", "listing", *parts, params=params)
    return json.loads(response.body)


async def test_page_lists_directories_first_then_names_naturally(jp_fetch: Any, jp_root_dir: Path) -> None:
    for name in ("b10.txt", "b9.txt", "Файл.txt", "a.ipynb", ".hidden"):
        (jp_root_dir / name).write_text("x")
    (jp_root_dir / "zdir").mkdir()
    page = await listing(jp_fetch, path="")
    assert [row["name"] for row in page["rows"]] == ["zdir", "a.ipynb", "b9.txt", "b10.txt", "Файл.txt"]
    assert page["total"] == page["unfiltered"] == 5
    assert page["mode"] == "sorted"
    assert page["complete"] is True
    assert page["writable"] is True
    row = page["rows"][2]
    contents = json.loads((await jp_fetch("api", "contents", "b9.txt", params={"content": "0"})).body)
    assert {**row} == {name: contents[name] for name in row}


async def test_page_of_an_older_generation_is_stale(jp_fetch: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "a").write_text("")
    with pytest.raises(HTTPClientError) as failure:
        await listing(jp_fetch, path="", generation="1-1")
    assert failure.value.code == 409
    answer = json.loads(failure.value.response.body)
    assert answer["reason"] == "stale_generation"
    assert answer["details"]["total"] == 1


async def test_locate_finds_the_row_and_asks_the_disk(jp_fetch: Any, jp_root_dir: Path) -> None:
    for name in ("a", "b", "Файл"):
        (jp_root_dir / name).write_text("")
    found = await listing(jp_fetch, "locate", path="", name="b")
    assert (found["index"], found["name"], found["exists"]) == (1, "b", True)
    found = await listing(jp_fetch, "locate", path="", prefix="фа")
    assert (found["index"], found["name"], found["exists"]) == (2, "Файл", True)
    found = await listing(jp_fetch, "locate", path="", name="none")
    assert (found["index"], found["exists"]) == (None, False)
