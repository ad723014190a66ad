"""A read-only root: no verb changes anything, and each says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .estate import Estate
from .probing import Prober, Request
from .test_writing import FILE, NOTEBOOK

CONTENTS = "api/contents/@locked"

WRITING = {
    "new file": Request("POST", f"{CONTENTS}/folder", body={"type": "file"}),
    "new directory": Request("POST", CONTENTS, body={"type": "directory"}),
    "new notebook": Request("POST", CONTENTS, body={"type": "notebook"}),
    "copy into": Request("POST", CONTENTS, body={"copy_from": "@data/file.txt"}),
    "copy into from the default root": Request("POST", CONTENTS, body={"copy_from": "file.txt"}),
    "copy within": Request("POST", f"{CONTENTS}/folder", body={"copy_from": "@locked/file.txt"}),
    "save": Request("PUT", f"{CONTENTS}/file.txt", body=FILE),
    "save a new file": Request("PUT", f"{CONTENTS}/new.txt", body=FILE),
    "save a notebook": Request("PUT", f"{CONTENTS}/file.ipynb", body=NOTEBOOK),
    "make a directory": Request("PUT", f"{CONTENTS}/new", body={"type": "directory"}),
    "first chunk": Request("PUT", f"{CONTENTS}/new.txt", body={**FILE, "chunk": 1}),
    "middle chunk": Request("PUT", f"{CONTENTS}/new.txt", body={**FILE, "chunk": 2}),
    "last chunk": Request("PUT", f"{CONTENTS}/new.txt", body={**FILE, "chunk": -1}),
    "rename": Request("PATCH", f"{CONTENTS}/file.txt", body={"path": "@locked/renamed.txt"}),
    "move out": Request("PATCH", f"{CONTENTS}/file.txt", body={"path": "@data/moved.txt"}),
    "move out to the default root": Request("PATCH", f"{CONTENTS}/folder", body={"path": "moved"}),
    "move in": Request("PATCH", "api/contents/@data/file.txt", body={"path": "@locked/moved.txt"}),
    "move in from the default root": Request("PATCH", "api/contents/folder", body={"path": "@locked/moved"}),
    "delete": Request("DELETE", f"{CONTENTS}/file.txt"),
    "delete a directory": Request("DELETE", f"{CONTENTS}/folder"),
    "delete a link": Request("DELETE", f"{CONTENTS}/out"),
    "checkpoint": Request("POST", f"{CONTENTS}/file.txt/checkpoints"),
    "restore": Request("POST", f"{CONTENTS}/file.txt/checkpoints/checkpoint"),
    "delete a checkpoint": Request("DELETE", f"{CONTENTS}/file.txt/checkpoints/checkpoint"),
}


@pytest.fixture(params=[False, True], ids=["for good", "to the trash"])
def jp_server_config(jp_server_config: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """With and without a trash."""
    jp_server_config["FileContentsManager"]["delete_to_trash"] = request.param
    return jp_server_config


async def test_no_verb_writes(prober: Prober, estate: Estate) -> None:
    checkpoint = estate.locked / ".ipynb_checkpoints" / "file-checkpoint.txt"
    checkpoint.write_text("of another time")
    before = estate.watched()

    answers = {what: await prober.send(request) for what, request in WRITING.items()}

    assert estate.watched() == before
    assert {what: answer for what, answer in answers.items() if answer.status != 403} == {}
    said = {what: answer.json for what, answer in answers.items()}
    assert {what: it for what, it in said.items() if it["reason"] != "read_only_root" or not it["message"]} == {}
    assert (estate.data / "file.txt").read_text() == "of data"
    assert (estate.home / "folder").is_dir()


@pytest.mark.parametrize(("kind", "path", "destination"), [
    ("delete", "@locked", None),
    ("move", "@locked", "@data/folder"),
    ("move", "@data/folder", "@locked"),
    ("copy", "@data/folder", "@locked/folder"),
    ("copy", "", "@locked"),
    ("copy", "@locked", "@locked/folder"),
])  # fmt: skip
async def test_no_job_writes(prober: Prober, estate: Estate, kind: str, path: str, destination: str | None) -> None:
    before = estate.watched()
    page = (await prober.ask("GET", "cloudru/listing", path=path)).json
    body = {
        "kind": kind, "path": path, "generation": page["generation"], "selection": {"names": ["file.txt"]}, "count": 1,
        "destination": destination,
    }  # fmt: skip

    answer = await prober.ask("POST", "cloudru/listing/jobs", body)

    assert answer.status == 403, answer
    assert answer.json["reason"] == "read_only_root"
    assert estate.watched() == before


async def test_it_can_be_read_and_copied_from(prober: Prober, estate: Estate) -> None:
    answer = await prober.ask("GET", f"{CONTENTS}/file.txt")
    assert (answer.status, answer.json["content"], answer.json["writable"]) == (200, "of locked", False)
    answer = await prober.ask("POST", "api/contents/@data/folder", {"copy_from": "@locked/file.ipynb"})
    assert answer.status == 201, answer
    assert (estate.data / "folder" / "file.ipynb").is_file()
    assert (estate.data / "folder" / "file.ipynb").stat().st_mode & 0o200
    root = {root["name"]: root for root in (await prober.ask("GET", "cloudru/roots")).json["roots"]}["locked"]
    assert (root["writable"], root["state"]) == (False, "available")
    assert json.loads(json.dumps(root))["prefix"] == "@locked"
    page = (await prober.ask("GET", "cloudru/listing", path="@locked")).json
    assert page["writable"] is False
    assert [row["name"] for row in page["rows"] if row["writable"]] == []
