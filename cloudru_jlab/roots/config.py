"""What operators say about roots: read, expanded, and checked before anything is touched.

Two roots may lie inside each other: the inner one is then reached by both paths, each with its own rules, so that a
read-only root inside a writable one protects nothing (`shadows` tells). Two roots of the very same folder are refused.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast, get_args

from ..core.access import Symlinks

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_ICON = re.compile(r"[\w@/:.-]{0,100}", re.ASCII)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_POLICIES: tuple[str, ...] = get_args(Symlinks)


class RootsMisconfigured(ValueError):
    """The configuration of the roots cannot be used; the message says where it is wrong and what to write instead."""


class RootConfig(NamedTuple):
    """One configured root. ``path`` is absolute and normal; ``hidden`` is None where nothing is said about it."""

    name: str
    title: str
    path: bytes
    read_only: bool = False
    hidden: bool | None = None
    symlinks: Symlinks = "inside"
    icon: str = ""
    order: int = 0
    default: bool = False
    mount_required: bool = False


def read_roots(
    roots: Sequence[Any], file: str, environment: Mapping[str, str], *, trait: str = "c.Roots"
) -> list[RootConfig]:
    """The roots of the configuration, those of ``file`` last; ``environment`` holds the variables that may be named.

    Raises
    ------
    RootsMisconfigured
        For anything that is not as it should be.
    """
    found = [_read_root(root, f"{trait}.roots[{index}]", environment) for index, root in enumerate(roots)]
    if file:
        path = expand(file, f"{trait}.file", environment)
        where = os.fsdecode(path)
        found += [_read_root(root, f"{where}[{index}]", environment) for index, root in enumerate(_read_file(path))]
    _check_together(found)
    return found


def expand(text: str, where: str, environment: Mapping[str, str]) -> bytes:
    """``text`` as an absolute, normal path, with ``~`` and ``${VARIABLES}`` replaced; raises `RootsMisconfigured`."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            raise RootsMisconfigured(
                f"{where}: the environment variable {name!r} in {text!r} is not set. Set it where the server is "
                "started, or write the path out."
            )
        return environment[name]

    # first the variables: one of them may be the home directory
    path = os.path.expanduser(_VARIABLE.sub(value, text))
    shown = repr(path) if path == text else f"{path!r} (from {text!r})"
    if "\0" in path:
        raise RootsMisconfigured(f"{where}: the path {shown} holds a NUL character. Take it out.")
    if not os.path.isabs(path):
        raise RootsMisconfigured(f"{where}: the path {shown} is not absolute. Start it with /, ~ or a variable.")
    if ".." in path.split(os.sep):
        raise RootsMisconfigured(f"{where}: the path {shown} holds '..'. Write where it leads instead.")
    # "//x" is kept by normpath, as POSIX wants it
    return os.fsencode(os.path.normpath(path).replace("//", "/"))


def shadows(roots: Sequence[RootConfig]) -> list[tuple[RootConfig, RootConfig]]:
    """Each read-only root with a writable one that it lies in, by their paths."""
    return [
        (inner, outer)
        for inner in roots
        for outer in roots
        if inner.read_only and not outer.read_only and is_below(inner.path, outer.path)
    ]


def is_below(path: bytes, folder: bytes) -> bool:
    """Whether ``path`` is ``folder`` or lies in it; both absolute and normal."""
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _read_file(path: bytes) -> list[Any]:
    where = os.fsdecode(path)
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except OSError as error:
        raise RootsMisconfigured(
            f"{where}: the file of roots cannot be read ({error.strerror}). Correct c.Roots.file or the file's "
            "permissions."
        ) from None
    except ValueError as error:
        raise RootsMisconfigured(f"{where}: the file of roots is not JSON in UTF-8 ({error}).") from None
    if not isinstance(content, list):
        raise RootsMisconfigured(f'{where}: the file of roots must hold a list: [{{"name": …, "path": …}}, …].')
    return content


def _read_root(root: Any, where: str, environment: Mapping[str, str]) -> RootConfig:
    if not isinstance(root, Mapping):
        raise RootsMisconfigured(f'{where}: a root is written as {{"name": …, "path": …}}, not as {root!r}.')
    for key in root:
        if key not in RootConfig._fields:
            near = difflib.get_close_matches(str(key), RootConfig._fields, 1)
            advice = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(RootConfig._fields)}."
            raise RootsMisconfigured(f"{where}: there is no key {key!r}. {advice}")
    name = _text(root, "name", where)
    if not NAME.fullmatch(name):
        raise RootsMisconfigured(
            f"{where}: the name {name!r} cannot stand in paths. Use up to 63 lowercase Latin letters, digits, '.', '_' "
            "and '-', a letter or digit first; the title may be anything."
        )
    where = f"{where} ({name})"
    title = _text(root, "title", where, name)
    if not title.strip() or _CONTROL.search(title):
        raise RootsMisconfigured(f"{where}: the title {title!r} cannot be shown. Write a line of text.")
    symlinks = _text(root, "symlinks", where, "inside")
    if symlinks not in _POLICIES:
        raise RootsMisconfigured(f"{where}: symlinks is {symlinks!r}. Write one of {', '.join(map(repr, _POLICIES))}.")
    icon = _text(root, "icon", where, "")
    if not _ICON.fullmatch(icon):
        raise RootsMisconfigured(f"{where}: the icon {icon!r} is no name of an icon, such as 'ui-components:folder'.")
    order = root.get("order", 0)
    if not isinstance(order, int) or isinstance(order, bool) or abs(order) > 2**31:
        raise RootsMisconfigured(f"{where}: order is {order!r}. Write a whole number; smaller ones come first.")
    return RootConfig(
        name=name,
        title=title.strip(),
        path=expand(_text(root, "path", where), where, environment),
        read_only=_flag(root, "read_only", where),
        hidden=_flag(root, "hidden", where) if "hidden" in root else None,
        symlinks=cast(Symlinks, symlinks),
        icon=icon,
        order=order,
        default=_flag(root, "default", where),
        mount_required=_flag(root, "mount_required", where),
    )


def _text(root: Mapping[Any, Any], key: str, where: str, default: str | None = None) -> str:
    value = root.get(key, default)
    if value is None:
        raise RootsMisconfigured(f"{where}: {key!r} is missing. Every root has a name and a path.")
    if not isinstance(value, str):
        raise RootsMisconfigured(f"{where}: {key} is {value!r}. Write it as text, in quotes.")
    return value


def _flag(root: Mapping[Any, Any], key: str, where: str) -> bool:
    value = root.get(key, False)
    if not isinstance(value, bool):
        raise RootsMisconfigured(f"{where}: {key} is {value!r}. Write true or false, without quotes.")
    return value


def _check_together(roots: Sequence[RootConfig]) -> None:
    def refuse_doubled(what: str, of: Callable[[RootConfig], object], advice: str) -> None:
        seen: dict[object, RootConfig] = {}
        for root in roots:
            other = seen.setdefault(of(root), root)
            if other is not root:
                raise RootsMisconfigured(f"The roots {other.name!r} and {root.name!r} have the same {what}. {advice}")

    seen = [root.name for root in roots]
    for name in seen:
        if seen.count(name) > 1:
            raise RootsMisconfigured(f"Two roots have the name {name!r}. Names stand in paths: give each its own.")
    refuse_doubled("path", lambda root: root.path, "Take one of them out.")
    defaults = [root.name for root in roots if root.default]
    if len(defaults) > 1:
        raise RootsMisconfigured(f"The roots {', '.join(map(repr, defaults))} are all marked as default. Mark one.")
