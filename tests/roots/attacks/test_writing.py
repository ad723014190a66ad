"""Every verb that writes, against every hostile path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from .corpus import Attack
from .estate import Estate
from .probing import Prober, Request

FILE = {"type": "file", "format": "text", "content": "overwritten"}
NOTEBOOK = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
_numbers = count()


def new(attack: Attack) -> Iterable[Request]:
    path = f"api/contents/{attack.url}"
    yield Request("POST", path, body={"type": "file"})
    yield Request("POST", path, body={"copy_from": "@data/file.txt"})
    yield Request("POST", path, body={"copy_from": "file.txt"})


def save(attack: Attack) -> Iterable[Request]:
    path = f"api/contents/{attack.url}"
    yield Request("PUT", path, body=FILE)
    yield Request("PUT", path, body=NOTEBOOK)
    yield Request("PUT", path, body={"type": "directory"})


def upload(attack: Attack) -> Iterable[Request]:
    for chunk in (1, 2, -1):
        yield Request("PUT", f"api/contents/{attack.url}", body={**FILE, "chunk": chunk})


def rename_from(attack: Attack) -> Iterable[Request]:
    yield Request("PATCH", f"api/contents/{attack.url}", body={"path": f"@data/folder/renamed-{next(_numbers)}.txt"})
    yield Request("PATCH", f"api/contents/{attack.url}", body={"path": f"renamed-{next(_numbers)}.txt"})


def rename_to(attack: Attack) -> Iterable[Request]:
    for path in ("@data/file.txt", "@data/folder/sub", "file.txt"):
        yield Request("PATCH", f"api/contents/{path}", body={"path": attack.text})


def delete(attack: Attack) -> Iterable[Request]:
    yield Request("DELETE", f"api/contents/{attack.url}")


def checkpoints(attack: Attack) -> Iterable[Request]:
    path = f"api/contents/{attack.url}/checkpoints"
    yield Request("POST", path)
    yield Request("POST", f"{path}/checkpoint")
    yield Request("DELETE", f"{path}/checkpoint")


VERBS = [new, save, upload, rename_from, rename_to, delete, checkpoints]


@pytest.mark.parametrize("verb", VERBS)
async def test_nothing_outside_is_written(prober: Prober, writing: list[Attack], verb: Any, estate: Estate) -> None:
    answers = await prober.attack(writing, verb)

    assert any(answer.status >= 400 for answer in answers)
    assert all(root.is_dir() for root in (estate.home, estate.data, estate.strict, estate.free))


async def test_nothing_outside_is_touched_by_jobs(prober: Prober, writing: list[Attack], estate: Estate) -> None:
    quiet = estate.data / "quiet"
    quiet.mkdir()
    (quiet / "file.txt").write_text("quiet")
    page = await prober.ask("GET", "cloudru/listing", path="@data/quiet")
    generation = page.json["generation"]

    def job(kind: str, **fields: Any) -> Request:
        selection = fields.pop("selection", {"all": True})
        body = {
            "kind": kind,
            "path": "@data/quiet",
            "generation": generation,
            "selection": selection,
            "count": 1,
            **fields,
        }
        return Request("POST", "cloudru/listing/jobs", body=body)

    def verb(attack: Attack) -> Iterable[Request]:
        tail = "../" + attack.text.partition("/")[2]
        yield job("delete", selection={"names": [tail]})
        yield job("copy", selection={"names": [attack.text, tail]}, count=2, destination="@data/folder")
        yield job("copy", destination=attack.text)
        yield job("delete", path=attack.text)
        yield job("move", path=attack.text, destination="@data/folder")

    async def ended(attacks: object) -> None:
        while '"running"' in (jobs := await prober.ask("GET", "cloudru/listing/jobs")).text:
            continue
        assert jobs.status == 200

    answers = await prober.attack(writing, verb, after=ended)

    assert {answer.status for answer in answers} >= {202, 404}
    assert os.listdir(quiet) == ["file.txt"]


async def test_user_s_roots_lie_where_the_operator_allows(
    prober: Prober, writing: list[Attack], estate: Estate
) -> None:
    def verb(attack: Attack) -> Iterable[Request]:
        for path in (attack.text, f"{estate.free}/{attack.text}", f"{estate.free}/folder/../../{attack.text}"):
            yield Request("POST", "cloudru/roots", body={"path": path, "title": "mine"})

    async def inside(attacks: object) -> None:
        roots = (await prober.ask("GET", "cloudru/roots")).json["roots"]
        for root in roots:
            if root["added"]:
                answer = await prober.ask("GET", "cloudru/roots/real-path", path=root["prefix"])
                path = answer.json["path"]
                assert path.startswith(f"{estate.free}/"), root
                assert (await prober.ask("DELETE", f"cloudru/roots/{root['name']}")).status == 204

    await prober.attack(writing, verb, after=inside)
