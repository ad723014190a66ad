"""The routes, as a page and a hostile program use them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from tornado.httpclient import HTTPClientError

from cloudru_jlab.core.state import instance_folder

ID = "0123456789abcdef" * 2
HEAD = {
    "page": "p1",
    "path": "folder/x.py",
    "kind": "yjs",
    "type": "file",
    "format": "text",
    "base": {"last_modified": None, "size": None},
}

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    async def ask(
        *parts: str, method: str = "GET", body: Any = None, token: str | None = None, **query: str
    ) -> tuple[int, Any]:
        raw = body if isinstance(body, str | bytes | None) else json.dumps(body)
        headers = {} if token is None else {"headers": {"Authorization": f"token {token}"}}
        try:
            response = await jp_fetch(
                *("cloudru", "health", "drafts", *parts),
                method=method,
                params=query,
                body=raw,
                allow_nonstandard_methods=True,
                **headers,
            )
        except HTTPClientError as error:
            if error.response is None:
                return error.code, {}
            response = error.response
        # Of what is no route of ours, the server tells in HTML.
        is_json = "json" in response.headers.get("Content-Type", "") and response.body
        return response.code, json.loads(response.body) if is_json else None

    return ask


def records(first: int, *data: str) -> list[dict[str, Any]]:
    return [
        {"seq": first + number, "kind": "state" if text.startswith("S") else "update", "data": text}
        for number, text in enumerate(data)
    ]


def body(after: int, *data: str, head: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"after": after, "records": records(after + 1, *data), **({"head": head} if head else {})}


async def test_a_draft_is_kept_read_renamed_and_removed(ask: Ask, jp_root_dir: Path) -> None:
    assert (await ask())[1]["drafts"] == []
    status, answer = await ask(ID, method="POST", body=body(0, "S1", "u2", head=HEAD))
    assert (status, answer["last"]) == (200, 2)
    assert (await ask(ID, method="POST", body=body(2, "u3")))[1]["last"] == 3
    (jp_root_dir / "folder").mkdir()
    (jp_root_dir / "folder" / "x.py").write_text("x = 1")
    status, listed = await ask()
    assert status == 200
    [head] = listed["drafts"]
    assert {name: head[name] for name in HEAD} == HEAD
    assert (head["id"], head["last"], head["file"], head["on_disk"]["size"]) == (ID, 3, "unknown", 5)
    assert head["created"] <= head["updated"] <= listed["now"]
    status, draft = await ask(ID)
    assert draft["records"] == records(1, "S1", "u2", "u3")
    assert draft["head"] == head
    assert (await ask(ID, method="PATCH", body={"path": "folder/y.py"}))[0] == 204
    assert (await ask(path="folder/x.py"))[1]["drafts"] == []
    [head] = (await ask(path="folder/y.py"))[1]["drafts"]
    assert head["file"] == "missing"
    assert (await ask(ID, method="DELETE", up_to="2"))[0] == 204
    assert (await ask(ID))[0] == 200
    assert (await ask(ID, method="DELETE", up_to="3"))[0] == 204
    status, error = await ask(ID)
    assert (status, error["reason"]) == (404, "not_found")


async def test_what_the_contents_api_told_is_the_same_file(ask: Ask, jp_fetch: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "x.py").write_text("x = 1")
    model = json.loads((await jp_fetch("api", "contents", "x.py")).body)
    base = {"last_modified": model["last_modified"], "size": model["size"]}
    await ask(ID, method="POST", body=body(0, "S1", head={**HEAD, "path": "x.py", "base": base}))
    assert [row["file"] for row in (await ask())[1]["drafts"]] == ["same"]
    (jp_root_dir / "x.py").write_text("x = 11")
    assert [row["file"] for row in (await ask())[1]["drafts"]] == ["changed"]


async def test_out_of_step_tells_what_the_server_has(ask: Ask) -> None:
    status, error = await ask(ID, method="POST", body=body(5, "u6"))
    assert (status, error["reason"], error["details"]) == (409, "draft_out_of_step", {"last": 0})
    await ask(ID, method="POST", body=body(0, "S1", head=HEAD))
    status, error = await ask(ID, method="POST", body=body(5, "u6"))
    assert (status, error["details"]) == (409, {"last": 1})
    assert (await ask(ID, method="POST", body=body(6, "S7", head=HEAD)))[0] == 200
    assert (await ask(ID, method="POST", body={"after": 7}))[0] == 200


@pytest.mark.parametrize(
    "draft",
    [
        "x",
        ID[:-1],
        ID + "0",
        ID.upper(),
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        ID + ".jsonl",
        ID + "%00",
        ID + "%0a",
    ],
)
async def test_an_id_that_is_none_is_not_found(ask: Ask, draft: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        status, _ = await ask(draft, method=method, body=body(0, "S1", head=HEAD) if method == "POST" else None)
        assert status in (404, 405)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        "{",
        b"\xff",
        "[" * 100_000,
        {},
        {"after": -1},
        {"after": 2**60},
        {"after": 0, "records": [{"seq": 1, "kind": "else", "data": ""}]},
        {"after": 0, "records": [{"seq": 1, "kind": "state", "data": 5}]},
        {"after": 0, "records": records(5, "S1"), "head": HEAD},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "path": "../../etc/passwd"}},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "path": "a\0b"}},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "path": "x" * 5000}},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "page": "x" * 5000}},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "kind": "rm"}},
        {"after": 0, "records": records(1, "S1"), "head": {**HEAD, "base": {"size": -1}}},
        '{"after": 0, "records": [{"seq": 1, "kind": "state", "data": "\\ud800"}]}',
    ],
)
async def test_a_request_that_is_wrong_is_a_bad_request(ask: Ask, wrong: Any) -> None:
    status, error = await ask(ID, method="POST", body=wrong)
    assert (status, error["reason"]) == (400, "bad_parameter")
    assert (await ask())[1]["drafts"] == []


async def test_a_large_draft_passes_and_a_larger_is_refused(ask: Ask, jp_serverapp: Any) -> None:
    large = "S" + "x" * (5 << 20)
    assert (await ask(ID, method="POST", body=body(0, large, head=HEAD)))[0] == 200
    assert (await ask(ID))[1]["records"][0]["data"] == large
    for size in (63 << 20, 66 << 20):
        status, error = await ask(ID, method="POST", body=body(1, "u" * size))
        assert (status, error["reason"]) == (413, "draft_too_large")
    assert (await ask(ID))[1]["head"]["last"] == 1


async def test_drafts_are_found_after_a_restart(ask: Ask, jp_serverapp: Any) -> None:
    await ask(ID, method="POST", body=body(0, "S1", head=HEAD))
    folder = instance_folder(jp_serverapp.data_dir, jp_serverapp.base_url, jp_serverapp.root_dir) / "drafts"
    assert len(list(folder.glob(f"*/{ID}.jsonl"))) == 1


async def test_nothing_of_it_is_activity(ask: Ask, jp_serverapp: Any) -> None:
    before = jp_serverapp.web_app.last_activity()
    await ask(ID, method="POST", body=body(0, "S1", head=HEAD))
    await ask()
    await ask(ID)
    await ask(ID, method="PATCH", body={"path": "b"})
    await ask(ID, method="DELETE")
    assert jp_serverapp.web_app.last_activity() == before


class Users(IdentityProvider):
    """Each user has a token, as with JupyterHub."""

    def get_user(self, handler: Any) -> User | None:
        token = (self.get_token(handler) or "").strip()
        handler._token_authenticated = bool(token)
        return User(token.removeprefix("of-")) if token.startswith("of-") else None


class ReadersAlone(Authorizer):
    """Nobody may write."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        return action == "read" or resource != "healthcheck"


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    for name, value in getattr(request, "param", {}).items():
        jp_server_config["ServerApp"][name] = value
    return jp_server_config


@pytest.mark.parametrize("jp_server_config", [{"identity_provider_class": Users}], indirect=True)
async def test_a_user_reaches_the_own_alone(ask: Ask) -> None:
    for user in ("ann", "../bob", "Ann"):
        assert (await ask(ID, method="POST", body=body(0, f"S{user}", head=HEAD), token=f"of-{user}"))[0] == 200
    for user in ("ann", "../bob", "Ann"):
        assert (await ask(ID, token=f"of-{user}"))[1]["records"][0]["data"] == f"S{user}"
    assert (await ask(token="of-eve"))[1]["drafts"] == []
    assert (await ask(ID, method="DELETE", token="of-eve"))[0] == 204
    assert (await ask(ID, method="PATCH", body={"path": "x"}, token="of-eve"))[0] == 404
    assert (await ask(ID, token="of-ann"))[0] == 200
    assert (await ask(ID, token="nobody"))[0] == 403


@pytest.mark.parametrize("jp_server_config", [{"authorizer_class": ReadersAlone}], indirect=True)
async def test_writing_is_authorised(ask: Ask) -> None:
    assert (await ask())[0] == 200
    assert (await ask(ID))[0] == 404
    for method, sent in (("POST", body(0, "S1", head=HEAD)), ("PATCH", {"path": "x"}), ("DELETE", None)):
        assert (await ask(ID, method=method, body=sent))[0] == 403
