"""Every answer is typed, and every error is the one envelope without the server's inside."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from msgspec import Meta, Struct
from tornado import web
from tornado.httpclient import HTTPClientError

from cloudru_jlab.core.errors import NotAnswering, NotFound
from cloudru_jlab.core.handlers import ApiHandler, Operation, operation

Fetch = Callable[..., Awaitable[Any]]


class Question(Struct, kw_only=True):
    """A query."""

    word: str = "none"
    count: Annotated[int, Meta(ge=0)] = 0
    loud: bool = False


class Answer(Struct):
    """What the handler under test replies."""

    word: str
    count: int
    loud: bool


FAILURES: dict[str, Exception] = {
    "domain": NotFound("There is nothing.", path="a"),
    "silent": NotAnswering("It does not answer."),
    "http": web.HTTPError(418, "I am a teapot", reason="Short And Stout"),
    "bare": web.HTTPError(403),
    "crash": RuntimeError("/srv/secret/path"),
    "arguments": web.HTTPError(409, "%s is %d years old", "wine", 7),
}


class Echo(ApiHandler):
    """The handler under test."""

    @web.authenticated
    @authorized(action="read", resource="contents")
    @operation(query=Question, returns=Answer)
    async def get(self) -> None:
        asked = self.query(Question)
        if asked.word in FAILURES:
            raise FAILURES[asked.word]
        self.reply(Answer(asked.word, asked.count, asked.loud))

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(body=Answer, returns=Answer, status=202)
    async def post(self) -> None:
        self.reply(self.body(Answer), status=202)

    @web.authenticated
    @authorized(action="write", resource="contents")
    @operation(status=204)
    async def delete(self) -> None:
        self.reply()


@pytest.fixture
def fetch(jp_serverapp: Any, jp_fetch: Fetch) -> Fetch:
    """Fetches from the handler under test."""
    route = url_path_join(jp_serverapp.base_url, "cloudru/echo")
    jp_serverapp.web_app.add_handlers(".*$", [(route, Echo)])

    async def fetch(method: str = "GET", **arguments: Any) -> Any:
        return await jp_fetch("cloudru/echo", method=method, **arguments)

    return fetch


async def refused(fetch: Fetch, **arguments: Any) -> tuple[int, dict[str, Any]]:
    """Status and envelope of an error."""
    with pytest.raises(HTTPClientError) as failure:
        await fetch(**arguments)
    response = failure.value.response
    assert response is not None
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    envelope = json.loads(response.body)
    assert {"message", "reason"} <= set(envelope) <= {"message", "reason", "details"}
    return failure.value.code, envelope


async def test_query_is_typed(fetch: Fetch) -> None:
    response = await fetch(params={"word": "Файл & co", "count": "7", "loud": "1", "token_of_a_proxy": "x"})
    assert json.loads(response.body) == {"word": "Файл & co", "count": 7, "loud": True}
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads((await fetch()).body) == {"word": "none", "count": 0, "loud": False}


@pytest.mark.parametrize("query", [{"count": "many"}, {"count": "-1"}, {"loud": "yes please"}, {"count": ""}])
async def test_query_refuses_wrong_values(fetch: Fetch, query: dict[str, str]) -> None:
    status, envelope = await refused(fetch, params=query)
    assert (status, envelope["reason"]) == (400, "bad_parameter")
    assert next(iter(query)) in envelope["message"]


async def test_query_refuses_repeated_parameters(fetch: Fetch) -> None:
    status, envelope = await refused(fetch, params=[("word", "a"), ("word", "b")])
    assert (status, envelope["reason"]) == (400, "bad_parameter")
    assert "word" in envelope["message"]


async def test_body_is_typed(fetch: Fetch) -> None:
    answer = {"word": "a", "count": 1, "loud": False}
    response = await fetch(method="POST", body=json.dumps(answer))
    assert (response.code, json.loads(response.body)) == (202, answer)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"word": 1}', '{"word": "a"}', b'"\xff"'])
async def test_body_refuses_what_is_not_asked_for(fetch: Fetch, body: str | bytes) -> None:
    status, envelope = await refused(fetch, method="POST", body=body)
    assert (status, envelope["reason"]) == (400, "bad_parameter")


async def test_reply_of_nothing_has_no_content(fetch: Fetch) -> None:
    response = await fetch(method="DELETE")
    assert (response.code, response.body) == (204, b"")


@pytest.mark.parametrize(
    ("word", "status", "envelope"),
    [
        ("domain", 404, {"message": "There is nothing.", "reason": "not_found", "details": {"path": "a"}}),
        ("silent", 504, {"message": "It does not answer.", "reason": "not_answering"}),
        ("http", 418, {"message": "I am a teapot", "reason": "short_and_stout"}),
        ("bare", 403, {"message": "Forbidden", "reason": "forbidden"}),
        ("crash", 500, {"message": "The server failed on this request; its log says why.", "reason": "internal_error"}),
    ],
)
async def test_errors_are_one_envelope(fetch: Fetch, word: str, status: int, envelope: dict[str, Any]) -> None:
    assert await refused(fetch, params={"word": word}) == (status, envelope)


async def test_domain_error_is_no_traceback_in_the_log(fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    await refused(fetch, params={"word": "domain"})
    await refused(fetch, params={"word": "silent"})
    assert "Traceback" not in caplog.text
    assert "GET not_answering: It does not answer." in caplog.text
    await refused(fetch, params={"word": "crash"})
    assert "RuntimeError: /srv/secret/path" in caplog.text


async def test_strangers_are_refused_in_the_envelope(fetch: Fetch, jp_serverapp: Any) -> None:
    status, envelope = await refused(fetch, headers={"Authorization": "token wrong"})
    assert (status, envelope["reason"]) == (403, "forbidden")


def test_operation_marks_a_verb() -> None:
    assert Echo.get.operation == Operation(Question, None, Answer, 200)  # type: ignore[attr-defined]
    assert Echo.delete.operation.status == 204  # type: ignore[attr-defined]


async def test_body_refuses_what_is_nested_without_end(fetch: Fetch) -> None:
    status, envelope = await refused(fetch, method="POST", body="[" * 100_000)
    assert (status, envelope["reason"]) == (400, "bad_parameter")


async def test_http_errors_are_told_with_their_arguments(fetch: Fetch) -> None:
    status, envelope = await refused(fetch, params={"word": "arguments"})
    assert (status, envelope["message"]) == (409, "wine is 7 years old")


async def test_http_errors_keep_the_root_to_themselves(
    fetch: Fetch, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = jp_serverapp.contents_manager.root_dir
    monkeypatch.setitem(FAILURES, "leak", web.HTTPError(400, f"Directory {root}/a not empty"))
    status, envelope = await refused(fetch, params={"word": "leak"})
    assert (status, envelope["message"]) == (400, "Bad Request")
