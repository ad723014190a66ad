"""No API path leads out of the contents root."""

from __future__ import annotations

import ntpath
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudru_jlab.core.errors import NotFound
from cloudru_jlab.core.paths import ContentsRoot, join, normalise, split

ROOT = "/srv/notebooks"


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("", ""),
        ("/", ""),
        ("a", "a"),
        ("/a//b/", "a/b"),
        ("a b/…/файл", "a b/…/файл"),
        ("back\\slash", "back\\slash"),
        ("~user", "~user"),
        ("%2e%2e", "%2e%2e"),
        ("a..b", "a..b"),
        ("...", None),
        ("a/...", None),
    ],
)
def test_normalise_tidies(path: str, clean: str | None) -> None:
    root = ContentsRoot(ROOT)
    if clean is None:
        # it starts with a dot: hidden
        with pytest.raises(NotFound):
            root.normalise(path)
    else:
        assert root.normalise(path) == clean


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "a/..", "/..", ".", "a/./b", "a\0b", "\0", "//../x"])
@pytest.mark.parametrize("allow_hidden", [False, True])
def test_os_path_refuses_what_leaves_the_root(path: str, allow_hidden: bool) -> None:
    with pytest.raises(NotFound) as failure:
        ContentsRoot(ROOT, allow_hidden=allow_hidden).os_path(path)
    assert ROOT not in failure.value.message


@pytest.mark.parametrize("path", [".hidden", "a/.git/config", ".a/b"])
def test_hidden_paths_need_permission(path: str) -> None:
    with pytest.raises(NotFound):
        ContentsRoot(ROOT).os_path(path)
    assert ContentsRoot(ROOT, allow_hidden=True).os_path(path) == os.fsencode(f"{ROOT}/{path}")


def test_os_path_is_below_the_root() -> None:
    assert ContentsRoot(ROOT).os_path("") == b"/srv/notebooks"
    assert ContentsRoot(ROOT + "/").os_path("/a/файл") == "/srv/notebooks/a/файл".encode()
    assert ContentsRoot("/").os_path("etc") == b"/etc"


def test_os_path_names_what_is_not_utf8() -> None:
    assert ContentsRoot(ROOT).os_path("a\udcff") == b"/srv/notebooks/a\xff"


def test_os_path_refuses_what_no_file_system_can_name() -> None:
    with pytest.raises(NotFound):
        ContentsRoot(ROOT).os_path("a\ud800")


def test_root_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert ContentsRoot("srv").root == b"/srv"


@given(st.text(alphabet=st.sampled_from("a./\\\0~ \udcff%"), max_size=30))
def test_every_path_stays_below_the_root_or_is_refused(path: str) -> None:
    root = ContentsRoot(ROOT, allow_hidden=True)
    try:
        found = root.os_path(path)
    except NotFound:
        return
    assert os.path.normpath(found) == found
    assert found == root.root or found.startswith(root.root + b"/")


@pytest.mark.parametrize(
    ("path", "parts"), [("a/b.txt", ("a", "b.txt")), ("/a/", ("", "a")), ("", ("", "")), ("a/b/c", ("a/b", "c"))]
)
def test_split_and_join(path: str, parts: tuple[str, str]) -> None:
    assert split(path) == parts
    assert join(*parts).strip("/") == path.strip("/")


# --- normalise


@pytest.mark.parametrize("path", ["a" * 4096, "a/" * 2047 + "ab", "é" * 2048, "/".join(["name"] * 900)])
def test_normalise_refuses_what_is_longer_than_a_path_can_be(path: str) -> None:
    with pytest.raises(NotFound):
        normalise(path)


def test_normalise_takes_the_longest_path() -> None:
    path = "a/" * 2047 + "a"
    assert normalise("//" + path + "/") == path


def test_normalise_refuses_characters_that_are_none() -> None:
    for path in ("\ud800", "a/\udbff", "a\udc2e\udc2e/b", "\udc2f", "\udc7f"):
        with pytest.raises(NotFound):
            normalise(path, hidden=True)


def test_normalise_lets_some_hidden_names_through() -> None:
    assert normalise("a/.check/b", shown={".check"}) == "a/.check/b"
    for path in (".checks", ".check/.other", "a/.chec"):
        with pytest.raises(NotFound):
            normalise(path, shown={".check"})
    for path in ("..", "a/.."):
        with pytest.raises(NotFound):
            normalise(path, shown={"..", "."})


@pytest.mark.parametrize(
    "path",
    [
        "..\\x", "a\\b", "C:", "C:/x", "c:x", "a/C:", "file::$DATA", "file:stream", "\\\\server\\share",
        "a/.. ", "a/ .. /..", ".. /x", "... /x", "a.", "a ",
        "a/b./c", "NUL", "nul", "a/CON", "con.txt", "aux .txt", "COM1", "lpt9.log", "COM¹", "CONIN$", "PRN.a.b",
    ],
)  # fmt: skip
def test_normalise_knows_what_windows_makes_of_names(path: str) -> None:
    with pytest.raises(NotFound):
        normalise(path, hidden=True, windows=True)


@pytest.mark.parametrize("path", ["a/b", "console", "nulls/x", "com", "COM10", "a.b.c", "a b", "файл"])
def test_normalise_leaves_honest_names_of_windows_alone(path: str) -> None:
    assert normalise(path, windows=True) == path


#: What names are made of that somebody hopes to be misread.
TRICKS = st.sampled_from(
    [
        "a", "b.txt", ".", "..", "...", "/", "//", "\\", "\0", " ", "%2e", "%2f", "．", "／", "∕", "․", "\udcff",
        "\udc2e", "\ud800", "~", ":", "C:", ".git", "é", "\n",
    ]
)  # fmt: skip


@given(st.lists(TRICKS, max_size=12).map("".join), st.booleans())
def test_what_passes_names_one_place_below_the_root(path: str, hidden: bool) -> None:
    try:
        clean = normalise(path, hidden=hidden)
    except NotFound:
        return
    assert normalise(clean, hidden=hidden) == clean
    parts = clean.split("/") if clean else []
    assert parts == [part for part in path.split("/") if part]
    assert not any(part in ("", ".", "..") or "\0" in part for part in parts)
    assert hidden or not any(part.startswith(".") for part in parts)
    raw = os.fsencode(clean)
    assert os.path.normpath(b"/root/" + raw) == (b"/root/" + raw).rstrip(b"/")


@given(st.lists(TRICKS, max_size=12).map("".join))
def test_what_passes_on_windows_names_one_place_there(path: str) -> None:
    try:
        clean = normalise(path, hidden=True, windows=True)
    except NotFound:
        return
    joined = ntpath.normpath(ntpath.join("D:\\root", clean))
    assert ntpath.splitdrive(clean)[0] == ""
    assert joined == "\\".join(["D:\\root", *clean.split("/")]).rstrip("\\")
    assert not any(part != part.rstrip(". ") for part in clean.split("/"))


@given(st.text(max_size=40))
def test_any_text_passes_or_is_not_found(path: str) -> None:
    try:
        assert normalise(path).encode("utf-8", "surrogateescape") is not None
    except NotFound:
        return
