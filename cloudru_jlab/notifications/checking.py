"""What no notification may hold, whoever sends it: text that pretends to be another, and links that lead astray."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from ..core.errors import BadParameter
from .models import Action, Change, Link, NewNotification, Text

S = TypeVar("S", bound=msgspec.Struct)

#: Control characters, and those that turn the direction of what follows them.
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_IN_TEXT = re.compile(f"[{_CONTROL}]")
_IN_NAME = re.compile(f"[{_CONTROL}\t\n]")
_IN_LINK = re.compile(rf"[{_CONTROL}\s\\]")
_LINES = re.compile(r"[\t\n]+")
_WITH_PATH = {"open", "open_folder"}


def checked(new: NewNotification) -> NewNotification:
    """``new`` as it is to be stored; raises `BadParameter` where it breaks a limit, wherever it was made."""
    new = _valid(new, NewNotification)
    for name in ("category", "recipient", "dedupe_key", "name"):
        _name(getattr(new, name), name)
    return msgspec.structs.replace(
        new,
        title=_title(new.title),
        body=_body(new.body),
        texts=_texts(new.texts),
        links=[_link(link) for link in new.links],
        action=_action(new.action),
        name=_title(new.name, "name"),
    )


def checked_change(change: Change) -> Change:
    """``change`` as it is to be made; raises `BadParameter`."""
    change = _valid(change, Change)
    fields = {}
    if change.title is not msgspec.UNSET:
        fields["title"] = _title(change.title)
    if change.body is not msgspec.UNSET:
        fields["body"] = _body(change.body)
    if change.texts is not msgspec.UNSET:
        return msgspec.structs.replace(change, texts=_texts(change.texts), **fields)
    return msgspec.structs.replace(change, **fields)


def _valid(value: S, shape: type[S]) -> S:
    """Structs that Python code makes have not been looked at."""
    try:
        # what is no UTF-8 (half of a surrogate pair) ends here too
        return msgspec.json.decode(msgspec.json.encode(value), type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError, TypeError) as error:
        raise BadParameter(f"The notification is wrong: {error}.") from None


def _refuse(where: str, what: str, found: str) -> BadParameter:
    return BadParameter(f"The {where} holds {what} (U+{ord(found):04X}). Take it out.")


def _name(value: str | None, where: str) -> None:
    if value is not None and (found := _IN_NAME.search(value)):
        raise _refuse(where, "a control character or one that turns the direction of text", found.group())


def _body(value: str, where: str = "body") -> str:
    value = value.replace("\r\n", "\n")
    if found := _IN_TEXT.search(value):
        raise _refuse(where, "a control character or one that turns the direction of text", found.group())
    return value


def _title(value: str, where: str = "title") -> str:
    value = _LINES.sub(" ", _body(value, where)).strip()
    if not value:
        raise BadParameter(f"The {where} is empty. Say in a few words what it is about.")
    return value


def _texts(texts: dict[str, Text]) -> dict[str, Text]:
    for language in texts:
        _name(language, "language of a text")
    return {language: Text(_title(text.title), _body(text.body)) for language, text in texts.items()}


def _link(link: Link) -> Link:
    if found := _IN_LINK.search(link.url):
        raise _refuse("address of a link", "a character that no address has", found.group())
    if not (_is_path(link.url) or _is_https(link.url)):
        raise BadParameter(
            "The address of a link is neither https://… nor a path of this server that begins with one slash."
        )
    return Link(_title(link.label, "label of a link"), link.url)


def _is_path(url: str) -> bool:
    return url.startswith("/") and not url.startswith("//")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    # a name and a password before the host only make it look like another
    return url[:8].lower() == "https://" and bool(parts.hostname) and "@" not in parts.netloc


def _action(action: Action | None) -> Action | None:
    if action is None:
        return None
    if (action.path is not None) != (action.kind in _WITH_PATH):
        needs = "needs" if action.kind in _WITH_PATH else "takes no"
        raise BadParameter(f"The action “{action.kind}” {needs} path.")
    if action.path is not None:
        _name(action.path, "path of the action")
        if ".." in action.path.split("/") or (action.kind == "open" and not action.path.strip("/")):
            raise BadParameter("The path of the action is no path below the server's root.")
    return action
