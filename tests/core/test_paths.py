"""No API path leads out of the contents root."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudru_jlab.core.errors import NotFound
from cloudru_jlab.core.paths import ContentsRoot, join, split

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
