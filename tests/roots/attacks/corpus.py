"""Hostile paths, by family.

Each aims at something outside the roots of `estate.Estate`, at something hidden in them, or at what a server may do
wrong with names of its kind. None of them may read or change anything that its root does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from .estate import LINKS, Estate

#: How the roots' paths begin; the default root has no prefix.
PREFIXES = ("@data/", "@strict/", "@locked/", "@free/", "")


class Attack(NamedTuple):
    """``text`` is the path as JSON and query strings hold it, ``url`` as it stands in a URL."""

    family: str
    text: str
    url: str

    @property
    def of_the_machine(self) -> bool:
        """Whether it aims beyond the folders of the tests: such a one is asked for reading alone, so that the day it
        gets out it harms nobody."""
        return "etc" in self.text or "proc" in self.text or "climb-two" in self.text


def plain(family: str, text: str) -> Attack:
    """A path of any characters, encoded properly where it stands in a URL."""
    return Attack(family, text, quote(text, safe="/@:!$&'()*+,;=~", errors="surrogatepass"))


def raw(family: str, url: str) -> Attack:
    """A path whose encoding is the attack; where nothing is decoded it is taken by the letter."""
    return Attack(family, url, url)


def corpus(estate: Estate) -> list[Attack]:
    """All of them, none twice."""
    families = (
        _traversal,
        _encoded,
        _separators,
        _look_alikes,
        _absolute,
        _odd_characters,
        _long,
        _trailing,
        _links,
        _hidden,
    )
    return list(dict.fromkeys(attack for family in families for attack in family(estate)))


def _traversal(estate: Estate) -> Iterator[Attack]:
    for prefix in ("@strict/", "@locked/", "@free/"):
        for tail in ("..", "../outside/canary.txt", "folder/../../outside/canary.txt"):
            yield plain("traversal", prefix + tail)
    for prefix in ("@data/", ""):
        for tail in (
            "..", "../outside", "../outside/canary.txt", "../data2/canary.txt", "../../outside/canary.txt",
            "folder/../../outside/canary.txt", "folder/sub/../../../outside/folder", "./../outside/canary.ipynb",
            ".//..//outside//canary.txt", "missing/../../outside/canary.txt", "file.txt/../../outside/canary.txt",
            "../" * 30 + "etc/passwd",
        ):  # fmt: skip
            yield plain("traversal", prefix + tail)


def _encoded(estate: Estate) -> Iterator[Attack]:
    for dots in (
        "%2e%2e", ".%2e", "%2E.", "%252e%252e", "%25252e%25252e", "..%00", "%00..", "..%0a", "..%0d%0a", "..%09",
        "%20..", "..%20", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae.", "%uff0e%uff0e", "%u002e%u002e",
        "..%c0", "%fe%ff..", "..;", "..;jsessionid=1", "....", "...", "%5c..", "..%ef%bb%bf",
    ):  # fmt: skip
        yield raw("encoded dots", f"@data/{dots}/outside/canary.txt")
    for dots in ("%2e%2e", ".%2e", "%252e%252e", "..%00", "..%0d%0a", "%c0%ae%c0%ae", "..;", "...."):
        yield raw("encoded dots", f"{dots}/outside/canary.txt")
    for dots in ("．．", "․․", "‥", "。。", "｡｡", "．.", "⁝", ".\u200b.", "\u202e..", "..\u00a0", "\ufe52\ufe52", "··"):
        yield plain("dots' look-alikes", f"@data/{dots}/outside/canary.txt")


def _separators(estate: Estate) -> Iterator[Attack]:
    for slash in (
        "%2f", "%2F", "%252f", "%25252f", "%5c", "%255c", "%c0%af", "%e0%80%af", "%ef%bc%8f", "%00/", ";/", "%3f/",
        "%23/",
    ):  # fmt: skip
        yield raw("encoded slashes", f"@data{slash}..{slash}outside{slash}canary.txt")
    for slash in ("%2f", "%252f", "%5c", "%00/", "%c0%af"):
        yield raw("encoded slashes", f"@free{slash}..{slash}outside{slash}canary.txt")
        yield raw("encoded slashes", f"..{slash}outside{slash}canary.txt")
    for slash in ("\\", "／", "∕", "⁄", "⧸", "\uff3c", "\u29f5", "╱", "\\\\", "\\/", ":"):
        yield plain("slashes' look-alikes", f"@data/..{slash}outside{slash}canary.txt")


def _look_alikes(estate: Estate) -> Iterator[Attack]:
    for text in (
        "@data/../@free", "@data/../@free/../outside/canary.txt", "@data/../@locked/.hidden/secret.txt",
        "@data/@free/../../outside", "@data2", "@data2/canary.txt", "@dat", "@dat/a2/canary.txt",
        "@Data/../outside", "@DATA/file.txt", "@data:", "@data:../outside/canary.txt", "@data:/outside", "@data.",
        "@data./canary.txt", "@data..", "@data../outside/canary.txt", "@data /file.txt", " @data/../outside",
        "@data\t/file.txt", "@@data/../outside", "@", "@/", "@/../outside", "@.", "@..", "@../outside/canary.txt",
        "@./../outside", "＠data/../outside", "@ｄata/canary.txt", "@d\u0430ta/canary.txt", "@data\u200b/../outside",
        "\u200b@data/../outside", "@data\u0301/canary.txt", "./@data/../../outside/canary.txt",
        "//@data//..//..//outside", "/@data", "/@data/", "@data//", "@data/./.", "@data\\..\\outside", "@outside",
        "@outside/canary.txt", "@allowed", "@home/../outside/canary.txt", "@-", "@*", "@?", "@data*", "@[data]",
        "@~", "@~root", "~/canary.txt", "@data/~", "@data/$HOME", "@data/${HOME}/..",
    ):  # fmt: skip
        yield plain("prefixes' look-alikes", text)
    for url in (
        "@data%2f", "@data%2f..%2foutside%2fcanary.txt", "%40data/../outside/canary.txt", "%2540data/..",
        "%40data%2f..", "@data%00/file.txt", "@dat%61/../outside", "@data%20/..", "@data%2f%2e%2e%2foutside",
    ):  # fmt: skip
        yield raw("prefixes' look-alikes", url)


def _absolute(estate: Estate) -> Iterator[Attack]:
    outside = str(estate.outside)
    for prefix in PREFIXES:
        yield plain("absolute", f"{prefix}{outside}/canary.txt")
        yield plain("absolute", f"{prefix}/{outside}/canary.txt")
    for text in (
        "/etc/passwd", "//etc/passwd", "@data//etc/passwd", "/proc/self/root/etc/passwd", "@data/proc/self/environ",
        "file:///etc/passwd", f"file://{outside}/canary.txt", f"@data/file:{outside}/canary.txt",
    ):  # fmt: skip
        yield plain("absolute", text)
    for text in (
        "C:\\outside\\canary.txt", "C:/outside/canary.txt", "C:canary.txt", "@data/C:/outside", "@data/C:\\outside",
        "\\\\server\\share", "//server/share", "\\\\?\\C:\\outside", "\\\\.\\PhysicalDrive0",
        "@data/\\\\server\\share", "@data/CON", "@data/NUL", "@data/file.txt::$DATA", "@data/folder:stream",
    ):  # fmt: skip
        yield plain("drives", text)


def _odd_characters(estate: Estate) -> Iterator[Attack]:
    for text in (
        "\0", "@data\0", "@data/\0", "@data/file.txt\0", "@data/file.txt\0.ipynb", "@data/\0/../outside",
        "@data/folder\0/../../outside/canary.txt", "../outside/canary.txt\0", "file.txt\0.png", "@data/\n",
        "@data/file.txt\n", "@data/\r\n..", "@data/\x1b[2J", "@data/\x7f", "@data/\u202efdp.txt", "@data/\ufeff..",
        "@data/\ud800", "@data/\udcff", "@data/../\udcffoutside", "@data/cafe\u0301", "@data/caf\u00e9",
        "@data/\u212b", "@data/\ufffd", "@data/\U0010ffff", "@data/'", '@data/"', "@data/`id`", "@data/$(id)",
        "@data/;id", "@data/|id", "@data/<x>", "@data/%s%n", "@data/{0}", "@data/-rf", "@data/*",
    ):  # fmt: skip
        yield plain("odd characters", text)
    for url in (
        "@data/%", "@data/%2", "@data/%zz", "@data/%ff%fe", "@data/%ed%a0%80", "@data/%80",
        "@data/file.txt%00.ipynb", "@data/file.txt;a=b", "%00", "%",
    ):  # fmt: skip
        yield raw("odd characters", url)


def _long(estate: Estate) -> Iterator[Attack]:
    for text in (
        "a" * 256, "a" * 4097, "a/" * 1500, "@data/" + "a" * 256, "@data/" + "a" * 5000, "@data/" + "é" * 200,
        "@data/" + "a/" * 1500 + "x", "@data/" + "./" * 1500 + "../outside/canary.txt",
        "@data/" + "folder/../" * 300 + "../outside/canary.txt", "@data/" + "../" * 1000 + "etc/passwd",
        "@data/" + "/" * 3000 + "../outside/canary.txt", "@" + "d" * 64 + "/canary.txt", "@" + "d" * 3000,
        "@data/" + "a" * 255 + "/../../outside",
    ):  # fmt: skip
        yield plain("long", text)


def _trailing(estate: Estate) -> Iterator[Attack]:
    for tail in (
        "file.txt.", "file.txt ", "file.txt/", "file.txt/.", "file.txt/..", "file.txt//", "folder ", "folder.",
        "folder/.", "folder/./", "folder/..", "folder/... /", ".", "./", "...", "....", ". .",
        ".. /outside/canary.txt", " ../outside/canary.txt", ". ./outside/canary.txt",
    ):  # fmt: skip
        yield plain("trailing", "@data/" + tail)


def _links(estate: Estate) -> Iterator[Attack]:
    for root in ("@data", "@strict"):
        for link in LINKS:
            if root == "@data":
                yield plain("links", f"{root}/{link}")
            yield plain("links", f"{root}/{link}/canary.txt")
    for text in (
        "@data/folder/up/outside/canary.txt", "@data/nest/outside/canary.txt", "@data/climb/outside/canary.txt",
        "@data/climb/data/../../outside", "@data/root-of-proc/etc/passwd", "@data/chain1/new.txt", "@data/out/..",
        "@data/out/../file.txt", "@data/loop/loop/loop", "@free/allowed/../outside/canary.txt",
        "@free/allowed/../../outside/canary.txt",
    ):  # fmt: skip
        yield plain("links", text)


def _hidden(estate: Estate) -> Iterator[Attack]:
    for prefix in ("@data/", "@strict/", ""):
        for tail in (
            ".hidden", ".hidden/secret.txt", ".secret.txt", "folder/.hidden/secret.txt", "./.hidden/secret.txt",
            ".ipynb_checkpoints/secret.txt", "folder/../.hidden/secret.txt",
        ):  # fmt: skip
            yield plain("hidden", prefix + tail)
    for url in (
        "@data/%2ehidden/secret.txt", "@data/%252ehidden/secret.txt", "@data/.hidden%2fsecret.txt",
        "@data/.hidden%00/secret.txt", "@data/%ef%bc%8ehidden/secret.txt", "%2ehidden/secret.txt",
    ):  # fmt: skip
        yield raw("hidden", url)
