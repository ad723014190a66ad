"""Sends attacks, and judges the answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode

from .corpus import PREFIXES, Attack
from .estate import FORBIDDEN, Estate


class Request(NamedTuple):
    """``path`` stands in the URL as it is, after the server's base URL."""

    method: str
    path: str
    query: dict[str, str] = {}  # noqa: RUF012 - of a NamedTuple, and never changed
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012
    #: An internal error is jupyter_server's own, whatever the root.
    may_fail: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is of our routes, or all paths in it begin as those of a root with a prefix do. Other paths in the
        default root are jupyter_server's own business, its internal errors included."""
        if self.path.startswith("cloudru/"):
            return True
        paths = [unquote(match[1])] if (match := _STOCK.match(self.path)) else []
        paths += [value for key, value in (self.body or {}).items() if key in ("path", "copy_from", "cwd")]
        return not self.may_fail and all(path.startswith(MARKS) for path in paths)


class Answer(NamedTuple):
    """``text`` holds the headers too."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text.partition("\n\n")[2])


Verb = Callable[[Attack], Iterable[Request]]
#: Requests under way at a time.
_TOGETHER = 16
#: How the paths of roots with a prefix begin.
MARKS = tuple(prefix for prefix in PREFIXES if prefix)
#: jupyter_server's routes that end in a path.
_STOCK = re.compile(r"(?:api/contents|files|view|nbconvert/html)/?(.*)")


class Prober:
    """Talks to the server under test.

    ``fetch`` takes a URL below the server as it is: `jp_fetch` would encode it.
    """

    def __init__(self, fetch: Callable[..., Any], base_url: str, headers: dict[str, str], estate: Estate) -> None:
        self._fetch, self._base, self._headers, self.estate = fetch, base_url, headers, estate

    async def send(self, request: Request) -> Answer:
        """The answer to a request, whatever it is; no redirect is followed."""
        query = "?" + urlencode(request.query, errors="surrogatepass") if request.query else ""
        answer = await self._fetch(
            self._base + request.path + query,
            method=request.method,
            headers={**self._headers, **request.headers},
            body=None if request.body is None else json.dumps(request.body),
            raise_error=False,
            follow_redirects=False,
            allow_nonstandard_methods=True,
            request_timeout=60,
        )
        if answer.code == 599:
            raise AssertionError(f"no answer to {request}: {answer.error}")
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.get_all())
        return Answer(answer.code, f"{headers}\n\n{(answer.body or b'').decode('utf-8', 'replace')}")

    async def ask(self, method: str, path: str, body: Any = None, /, **query: str) -> Answer:
        """`send`, in fewer words."""
        return await self.send(Request(method, path, query, body))

    async def attack(
        self, attacks: Sequence[Attack], verb: Verb, *, after: Callable[[Sequence[Attack]], Any] | None = None
    ) -> list[Answer]:
        """Send all attacks by one verb; fails where one reads or writes what it must not, or makes the server fail.

        ``after`` is called after some of them at a time, with these.
        """
        answers: list[Answer] = []
        before = self.estate.watched()
        for start in range(0, len(attacks), _TOGETHER):
            some = attacks[start : start + _TOGETHER]
            # what was renamed or deleted inside the roots, as it may, is there again for the next ones
            self.estate.build()
            lists = await asyncio.gather(*(self._one(attack, verb) for attack in some))
            answers += [answer for answers in lists for answer in answers]
            now = self.estate.watched()
            changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            assert not changed, f"one of these reached {sorted(changed)}: {some}"
            if after is not None:
                await after(some)
        return answers

    async def _one(self, attack: Attack, verb: Verb) -> list[Answer]:
        answers = []
        for request in verb(attack):
            answer = await self.send(request)
            assert not leaked(answer), f"{attack} got out by {request}: {answer}"
            assert answer.status < 500 or not request.ours, f"{attack} broke {request}: {answer}"
            answers.append(answer)
        return answers


def leaked(answer: Answer) -> list[str]:
    """What is in the answer that must not be."""
    return [text for text in FORBIDDEN if text in answer.text]
