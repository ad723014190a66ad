"""The operator's words about roots: expanded, checked, and refused in words that help."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.roots.config import RootConfig, RootsMisconfigured, expand, is_below, read_roots, shadows

HOME = {"HOME": "/home/u", "DATA": "/mnt/data", "EMPTY": ""}


def read(*roots: Any, file: str = "") -> list[RootConfig]:
    return read_roots(roots, file, HOME)


def refusal(*roots: Any, file: str = "") -> str:
    with pytest.raises(RootsMisconfigured) as refused:
        read(*roots, file=file)
    return str(refused.value)


def test_all_keys_arrive() -> None:
    [root] = read(
        {
            "name": "scratch-1",
            "title": " Быстрый диск ",
            "path": "/scratch//fast/",
            "read_only": True,
            "hidden": True,
            "symlinks": "deny",
            "icon": "ui-components:folder",
            "order": -3,
            "default": True,
            "mount_required": True,
        }
    )
    assert root == RootConfig(
        "scratch-1",
        "Быстрый диск",
        b"/scratch/fast",
        read_only=True,
        hidden=True,
        symlinks="deny",
        icon="ui-components:folder",
        order=-3,
        default=True,
        mount_required=True,
    )


def test_a_name_and_a_path_are_enough() -> None:
    [root] = read({"name": "data", "path": "/data"})
    assert root == RootConfig("data", "data", b"/data")
    assert (root.read_only, root.hidden, root.symlinks, root.default) == (False, None, "inside", False)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b", b"/a/b"),
        ("//a", b"/a"),
        ("/a/./b/", b"/a/b"),
        ("/", b"/"),
        ("${DATA}/x", b"/mnt/data/x"),
        ("/x${DATA}", b"/x/mnt/data"),
        ("${DATA}${DATA}", b"/mnt/data/mnt/data"),
        ("/a/$DATA", b"/a/$DATA"),
        ("/a/~", b"/a/~"),
        ("/données/Привет", "/données/Привет".encode()),
        ("/\udcff", b"/\xff"),
    ],
)
def test_paths_expand(text: str, path: bytes) -> None:
    assert expand(text, "here", HOME) == path


def test_the_tilde_is_the_home_of_the_servers_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert expand("~", "here", HOME) == b"/home/somebody"
    assert expand("~/data", "here", HOME) == b"/home/somebody/data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${NO_SUCH}/x", "'NO_SUCH' in '${NO_SUCH}/x' is not set. Set it"),
        ("${EMPTY}/x", "'EMPTY' in '${EMPTY}/x' is not set"),
        ("${}/x", "variable '' in"),
        ("data", "'data' is not absolute. Start it with /, ~ or a variable"),
        ("", "'' is not absolute"),
        ("$DATA/x", "'$DATA/x' is not absolute"),
        ("~nobody-of-that-name/x", "is not absolute"),
        ("/a/../b", "holds '..'. Write where it leads instead"),
        ("/a\0b", "holds a NUL character"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(text: str, words: str) -> None:
    message = refusal({"name": "data", "path": text})
    assert words in message
    assert message.startswith("c.Roots.roots[0] (data): ")


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ("/data", 'a root is written as {"name": …, "path": …}, not as \'/data\''),
        ({"path": "/x"}, "'name' is missing"),
        ({"name": "x"}, "'path' is missing"),
        ({"name": "x", "path": 3}, "path is 3. Write it as text"),
        ({"name": "x", "path": "/x", "readonly": True}, "no key 'readonly'. Did you mean 'read_only'?"),
        ({"name": "x", "path": "/x", "zzz": 1}, "no key 'zzz'. Known keys: name, title, path, read_only"),
        ({"name": "x", "path": "/x", 5: 1}, "no key 5"),
        ({"name": "x", "path": "/x", "read_only": "yes"}, "read_only is 'yes'. Write true or false"),
        ({"name": "x", "path": "/x", "default": 1}, "default is 1. Write true or false"),
        ({"name": "x", "path": "/x", "hidden": None}, "hidden is None. Write true or false"),
        (
            {"name": "x", "path": "/x", "symlinks": "none"},
            "symlinks is 'none'. Write one of 'deny', 'inside', 'follow'",
        ),
        ({"name": "x", "path": "/x", "order": "1"}, "order is '1'. Write a whole number"),
        ({"name": "x", "path": "/x", "order": True}, "order is True"),
        ({"name": "x", "path": "/x", "icon": "<svg>"}, "is no name of an icon"),
        ({"name": "x", "path": "/x", "title": " "}, "title ' ' cannot be shown"),
        ({"name": "x", "path": "/x", "title": "a\nb"}, "cannot be shown"),
    ],
)
def test_a_root_that_is_written_wrongly_is_refused(root: Any, words: str) -> None:
    assert words in refusal({"name": "first", "path": "/first"}, root)
    assert refusal({"name": "first", "path": "/first"}, root).startswith("c.Roots.roots[1]")


@pytest.mark.parametrize(
    "name", ["", "Data", "a b", "a/b", ".a", "-a", "@a", "данные", "a" * 64, "a\n", "a%2f", "..", "а"]
)
def test_names_that_cannot_stand_in_paths_are_refused(name: str) -> None:
    assert "cannot stand in paths. Use up to 63 lowercase Latin letters" in refusal({"name": name, "path": "/x"})


@pytest.mark.parametrize("name", ["a", "0", "a.b", "a_b-c", "a" * 63, "a..b"])
def test_names_that_can_stand_in_paths_are_taken(name: str) -> None:
    assert read({"name": name, "path": "/x"})[0].name == name


def test_what_two_roots_may_not_share_is_refused() -> None:
    a, b = {"name": "a", "path": "/a"}, {"name": "b", "path": "/b"}
    assert "Two roots have the name 'a'" in refusal(a, {**b, "name": "a"})
    assert "The roots 'a' and 'b' have the same path" in refusal(a, {**b, "path": "/a/"})
    assert "The roots 'a', 'b' are all marked as default. Mark one" in refusal(
        {**a, "default": True}, {**b, "default": True}
    )


def test_roots_may_lie_inside_each_other_and_what_that_opens_is_told() -> None:
    roots = read(
        {"name": "all", "path": "/mnt"},
        {"name": "data", "path": "/mnt/data", "read_only": True},
        {"name": "x", "path": "/mnt/data/x", "read_only": True},
        {"name": "beside", "path": "/mnt2", "read_only": True},
    )
    assert [(inner.name, outer.name) for inner, outer in shadows(roots)] == [("data", "all"), ("x", "all")]


@pytest.mark.parametrize(
    ("path", "folder", "answer"),
    [
        (b"/a/b", b"/a", True),
        (b"/a", b"/a", True),
        (b"/ab", b"/a", False),
        (b"/a", b"/a/b", False),
        (b"/a", b"/", True),
        (b"/", b"/", True),
    ],
)
def test_is_below(path: bytes, folder: bytes, answer: bool) -> None:
    assert is_below(path, folder) is answer


def test_a_file_holds_more_roots(tmp_path: Path) -> None:
    file = tmp_path / "roots.json"
    file.write_text(json.dumps([{"name": "b", "title": "Набор", "path": "${DATA}/b"}]), encoding="utf-8")
    roots = read({"name": "a", "path": "/a"}, file=str(file))
    assert [(root.name, root.title, root.path) for root in roots] == [("a", "a", b"/a"), ("b", "Набор", b"/mnt/data/b")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "must hold a list"),
        (b"[", "is not JSON in UTF-8"),
        (b"\xff", "is not JSON in UTF-8"),
        (b'[{"name": "A", "path": "/a"}]', "roots.json[0]: the name 'A' cannot stand"),
        (b'[{"name": "a", "path": "/a", "pathh": 1}]', "Did you mean 'path'?"),
    ],
)
def test_a_file_that_is_written_wrongly_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "roots.json"
    file.write_bytes(content)
    assert words in refusal(file=str(file))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory). Correct c.Roots.file" in refusal(file=str(tmp_path / "none"))
    assert "is not absolute" in refusal(file="roots.json")


def test_names_are_unique_across_list_and_file(tmp_path: Path) -> None:
    file = tmp_path / "roots.json"
    file.write_text('[{"name": "a", "path": "/b"}]')
    assert "Two roots have the name 'a'" in refusal({"name": "a", "path": "/a"}, file=os.fspath(file))
