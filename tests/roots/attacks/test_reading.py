"""Every verb that reads, against every hostile path."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from .corpus import Attack, corpus
from .estate import CANARY, CANARY_NAME, HIDDEN, Estate
from .probing import Prober, Request, Verb, leaked


def contents(attack: Attack) -> Iterable[Request]:
    path = f"api/contents/{attack.url}"
    yield Request("GET", path)
    yield Request("GET", path, {"type": "file", "format": "base64", "hash": "1"})
    yield Request("GET", f"{path}/checkpoints")


def trust(attack: Attack) -> Iterable[Request]:
    # of a folder, jupyter_server's own handler does not know what to do
    yield Request("POST", f"api/contents/{attack.url}/trust", may_fail=True)


def copied_from(attack: Attack) -> Iterable[Request]:
    yield Request("POST", "api/contents/@data/folder", body={"copy_from": attack.text})
    yield Request("POST", "api/contents/folder", body={"copy_from": attack.text})


def listing(attack: Attack) -> Iterable[Request]:
    yield Request("GET", "cloudru/listing", {"path": attack.text, "hidden": "1"})
    yield Request("GET", "cloudru/listing/changes", {"path": attack.text, "generation": "1-1"})
    yield Request("GET", "cloudru/listing/locate", {"path": attack.text, "name": "canary.txt"})
    yield Request("GET", "cloudru/listing/locate", {"path": "@data/folder", "name": attack.text})


def files(attack: Attack) -> Iterable[Request]:
    yield Request("GET", f"files/{attack.url}", {"download": "1"})
    yield Request("HEAD", f"files/{attack.url}")
    yield Request("GET", f"files/{attack.url}", headers={"Range": "bytes=0-99"})


def pages(attack: Attack) -> Iterable[Request]:
    if attack.family in ("traversal", "links", "hidden", "prefixes' look-alikes"):
        yield Request("GET", f"nbconvert/html/{attack.url}")
    yield Request("GET", f"view/{attack.url}")


def real_path(attack: Attack) -> Iterable[Request]:
    yield Request("GET", "cloudru/roots/real-path", {"path": attack.text})


def test_the_corpus_is_large_and_of_many_families(estate: Estate) -> None:
    attacks = corpus(estate)
    families = {attack.family for attack in attacks}
    assert len(attacks) >= 350
    assert all(sum(attack.family == family for attack in attacks) >= 9 for family in families)
    assert len({attack.text for attack in attacks}) > 200


@pytest.mark.parametrize("verb", [contents, listing, files, pages])
async def test_nothing_outside_is_read(prober: Prober, attacks: list[Attack], verb: Verb) -> None:
    answers = await prober.attack(attacks, verb)

    assert any(answer.status >= 400 for answer in answers)


async def test_nothing_that_was_copied_came_from_outside(prober: Prober, writing: list[Attack], estate: Estate) -> None:
    await prober.attack(writing, copied_from)

    for root in (estate.home, estate.data):
        copies = [path for path in (root / "folder").rglob("*") if path.is_file() and ".hidden" not in path.parts]
        for path in copies:
            assert CANARY not in path.read_text(), path
            assert HIDDEN not in path.read_text(), path
            assert CANARY_NAME not in path.name


async def test_notebooks_outside_are_not_trusted(prober: Prober, writing: list[Attack]) -> None:
    await prober.attack(writing, trust)


async def test_real_paths_lie_in_the_roots(prober: Prober, attacks: list[Attack], estate: Estate) -> None:
    answers = await prober.attack(attacks, real_path)

    found = [answer.json["path"] for answer in answers if answer.status == 200]
    assert found
    assert [path for path in found if not estate.holds(path)] == []


async def test_what_is_allowed_is_read(prober: Prober, estate: Estate) -> None:
    for path in (
        "folder/file.txt",
        "allowed/file.txt",
        "@data/folder/file.txt",
        "@locked/file.txt",
        "@free/allowed/file.txt",
    ):
        # Tornado itself serves no file of its folder through a link that leads out of it
        for url in [f"api/contents/{path}"] + [f"files/{path}"] * (path != "allowed/file.txt"):
            answer = await prober.ask("GET", url)
            assert answer.status == 200, (url, answer)
            assert ("allowed" if "allowed" in path else "of ") in answer.text
        answer = await prober.ask("GET", "cloudru/roots/real-path", path=path)
        assert estate.holds(answer.json["path"])
    for path in ("", "folder", "allowed", "@data", "@data/folder", "@locked", "@free/allowed"):
        page = await prober.ask("GET", "cloudru/listing", path=path)
        assert "file.txt" in page.text
        assert '"file.txt"' in (await prober.ask("GET", f"api/contents/{path}")).text


async def test_a_leak_would_be_seen(prober: Prober, estate: Estate) -> None:
    (estate.free / "leak").symlink_to(estate.outside)

    for url in ("files/@free/leak/canary.txt", "api/contents/@free/leak/canary.txt", "api/contents/@free/leak"):
        assert leaked(await prober.ask("GET", url)), url
    assert leaked(await prober.ask("GET", "api/contents/@free/leak/canary.txt", type="file", format="base64"))
    assert leaked(await prober.ask("GET", "cloudru/listing", path="@free/leak"))
    before = estate.watched()
    assert (
        await prober.ask("PUT", "api/contents/@free/leak/new.txt", {"type": "file", "format": "text", "content": "x"})
    ).status == 201
    assert estate.watched() != before
