"""What goes over the wire. Times are UTC, as RFC 3339 text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Severity = Literal["info", "success", "warning", "error", "critical"]
SourceKind = Literal["operator", "program", "system"]

MAX_TITLE = 120
MAX_BODY = 4_000
MAX_LINKS = 5

Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE)]
Body = Annotated[str, Meta(max_length=MAX_BODY)]
Category = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Key = Annotated[str, Meta(min_length=1, max_length=200)]
Progress = Annotated[float, Meta(ge=0, le=1)]
#: A language as in `en`, `ru`, `pt-BR`.
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")]


class Source(Struct, frozen=True):
    """Who says it. Stamped by the server: `operator` by a configured feed or the operator's token, `system` by this
    extension, `program` by all others."""

    kind: SourceKind
    name: str


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """An address to open: https, or a path of this server that begins with one slash."""

    label: Annotated[str, Meta(min_length=1, max_length=80)]
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """Title and body in one language."""

    title: Title
    body: Body = ""


class Action(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the reader may do about it; the page knows the words and the command of each kind.

    `open` opens the document at `path` (an API path), `open_folder` shows it in the file browser, `reload` loads the
    page again, `save_all` saves every document, `show_notifications` opens the history.
    """

    kind: Literal["open", "open_folder", "reload", "save_all", "show_notifications"]
    path: Annotated[str, Meta(max_length=4_096)] | None = None


class NewNotification(Struct, forbid_unknown_fields=True):
    """What a sender gives; only `title` is required.

    `recipient`: `me` is the user who sends it, `all` everybody on this server; anybody else only from an operator.
    `expires_seconds`: how long it is worth showing, from now. `dedupe_key`: a later one of the same source kind, the
    same recipient and the same key replaces this one in place.
    `name`: what the sender calls itself.
    """

    title: Title
    body: Body = ""
    severity: Severity = "info"
    category: Category = "general"
    recipient: Annotated[str, Meta(min_length=1, max_length=200)] = "me"
    texts: dict[Language, Text] = {}
    links: Annotated[list[Link], Meta(max_length=MAX_LINKS)] = []
    action: Action | None = None
    progress: Progress | None = None
    dedupe_key: Key | None = None
    expires_seconds: Annotated[int, Meta(ge=1, le=31_622_400)] | None = None
    name: Annotated[str, Meta(min_length=1, max_length=80)] = "program"


class Notification(Struct, kw_only=True):
    """A stored notification, as one user sees it.

    `seq` grows with every change of the row, the user's own marks included; `id` (a ULID) stays. `shown`: some page
    of this user has shown it as a toast, or asked for the right to. `recipient` is `all` or the user's name.
    """

    id: str
    seq: int
    recipient: str
    source: Source
    severity: Severity
    title: str
    body: str
    category: str
    texts: dict[str, Text]
    links: list[Link]
    action: Action | None
    progress: float | None
    dedupe_key: str | None
    created: datetime
    updated: datetime
    expires: datetime | None
    read: bool
    dismissed: bool
    shown: bool


class NotificationsQuery(Struct):
    """Rows that changed after `after`, in the order of `seq`."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200


class Notifications(Struct):
    """`removed`: ids of rows that the user no longer has. `last`: what to ask `after` next. `more`: ask at once.

    `store` names the store: where it differs from the one of the last answer, all that was known is void and `after`
    begins at 0 again. `lasting` is False while the store is in memory only (disk full, read-only), with `problem` in
    words.
    """

    notifications: list[Notification]
    removed: list[str]
    last: int
    more: bool
    store: str
    lasting: bool
    problem: str | None


class Change(Struct, forbid_unknown_fields=True):
    """What `PATCH` of one notification may change: `read` and `dismissed` for the user who asks, all else for
    everybody, by the same kind of source alone."""

    read: bool | UnsetType = UNSET
    dismissed: bool | UnsetType = UNSET
    progress: Progress | UnsetType | None = UNSET
    severity: Severity | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    body: Body | UnsetType = UNSET
    texts: dict[Language, Text] | UnsetType = UNSET


class ChangeAll(Struct, forbid_unknown_fields=True):
    """Mark everything of the asking user up to the sequence number `up_to`; what arrived since stays as it is."""

    up_to: Annotated[int, Meta(ge=0)]
    read: bool | UnsetType = UNSET
    dismissed: bool | UnsetType = UNSET


class ClearQuery(Struct):
    """Remove everything up to the sequence number `up_to` from the asking user's history."""

    up_to: Annotated[int, Meta(ge=0)]


class Claim(Struct, forbid_unknown_fields=True):
    """A page asks for the right to show these as toasts.

    `attempt`: a random text, new for each claim; one that got no answer is asked again with the same, and what it had
    been granted is granted again.
    """

    ids: Annotated[list[str], Meta(max_length=1_000)]
    attempt: Annotated[str, Meta(max_length=64)] = ""


class Claimed(Struct):
    """Those that this page shall show: each is granted once to each user."""

    granted: list[str]


class NewWatch(Struct, forbid_unknown_fields=True):
    """Tell the user when an execution ends.

    With `msg_id` that one execution (the id of its `execute_request`), whenever it ends; without, every execution of
    the kernel that took at least `min_seconds`. `path`: the document's API path. `label`: what the user knows the cell
    by, for one execution.
    """

    kernel_id: Annotated[str, Meta(min_length=1, max_length=100)]
    msg_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    min_seconds: Annotated[float, Meta(ge=0, le=604_800)] = 0
    path: Annotated[str, Meta(max_length=4_096)] = ""
    label: Annotated[str, Meta(max_length=200)] = ""


class Watch(Struct):
    """A watch that is set, with its id."""

    id: str
    kernel_id: str
    msg_id: str | None
    min_seconds: float
    path: str
    label: str


class Watches(Struct):
    """The asking user's watches."""

    watches: list[Watch]


class Alert(Struct):
    """One alert of Alertmanager's webhook (version 4): https://prometheus.io/docs/alerting/latest/configuration/."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    startsAt: str = ""
    endsAt: str = ""
    generatorURL: str = ""
    fingerprint: str = ""


class Alerts(Struct):
    """What Alertmanager posts."""

    alerts: Annotated[list[Alert], Meta(max_length=1_000)]
    status: str = ""
    receiver: str = ""
    externalURL: str = ""
    version: str = "4"
