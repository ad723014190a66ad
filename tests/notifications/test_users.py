"""Two users of one server: neither sees what is the other's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jupyter_server.auth.identity import IdentityProvider, LegacyIdentityProvider, PasswordIdentityProvider, User
from notifications.asking import Ask, asker

from cloudru_jlab.core.ports import Message, Notifier
from cloudru_jlab.core.users import tells_users_apart, user_key

TOKENS = {"token-of-anna": "anna", "token-of-boris": "boris", "token-of-all": "all", "token-of-me": "me"}
OPERATOR = "the-operators-own-token"


class TwoUsers(IdentityProvider):
    """Each user has a token, as with JupyterHub."""

    def get_user(self, handler: Any) -> User | None:
        name = TOKENS.get((self.get_token(handler) or "").strip())
        handler._token_authenticated = name is not None
        return None if name is None else User(name)


class NamedToken(IdentityProvider):
    token_name = "x"


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], tmp_path: Any) -> dict[str, Any]:
    file = tmp_path / "operator-token"
    file.write_text(OPERATOR)
    file.chmod(0o600)
    return {**jp_server_config, "Notifications": {"operator_token_file": str(file)}}


@pytest.fixture
def server(jp_configurable_serverapp: Any, jp_server_config: dict[str, Any]) -> Any:
    jp_server_config["ServerApp"]["identity_provider_class"] = TwoUsers
    return jp_configurable_serverapp(config=jp_server_config)


@pytest.fixture
def users(server: Any, jp_fetch: Any) -> dict[str, Ask]:
    asks = {name: asker(jp_fetch, Authorization=f"token {token}") for token, name in TOKENS.items()}
    return {**asks, "operator": asker(jp_fetch, Authorization=f"Bearer {OPERATOR}")}


@pytest.fixture
def jp_serverapp(server: Any) -> Any:
    return server


async def titles(ask: Ask) -> list[str]:
    return [row["title"] for row in (await ask())[1]["notifications"]]


async def test_each_reads_the_own_and_what_is_for_all(users: dict[str, Ask]) -> None:
    anna, boris = users["anna"], users["boris"]
    _, mine = await anna(method="POST", body={"title": "for anna"})
    assert mine["recipient"] == "anna"
    await anna(method="POST", body={"title": "for anna too", "recipient": "anna"})
    await boris(method="POST", body={"title": "for all", "recipient": "all"})
    assert await titles(anna) == ["for anna", "for anna too", "for all"]
    assert await titles(boris) == ["for all"]
    # a user may have any name
    assert await titles(users["all"]) == ["for all"]
    assert await titles(users["me"]) == ["for all"]
    assert (await anna(method="POST", body={"title": "x", "recipient": "boris"}))[0] == 403


async def test_nobody_touches_what_is_anothers(users: dict[str, Ask]) -> None:
    anna, boris = users["anna"], users["boris"]
    _, mine = await anna(method="POST", body={"title": "secret", "dedupe_key": "k"})
    for change in ({"read": True}, {"title": "changed"}, {"progress": 0.5}, {}):
        assert (await boris(mine["id"], method="PATCH", body=change))[0] == 404
    assert (await boris(mine["id"], method="DELETE"))[0] == 404
    assert (await boris("claims", method="POST", body={"ids": [mine["id"]]}))[1] == {"granted": []}
    _, other = await boris(method="POST", body={"title": "another", "dedupe_key": "k"})
    assert other["id"] != mine["id"]
    await boris(method="PATCH", body={"up_to": 10_000, "read": True})
    await boris(method="DELETE", up_to=10_000)
    assert (await anna())[1]["notifications"] == [mine]
    # not even that there is one
    page = (await boris(after=1))[1]
    assert mine["id"] not in str(page)
    await anna(mine["id"], method="DELETE")
    assert mine["id"] not in str((await boris(after=1))[1])


async def test_marks_are_each_users_own(users: dict[str, Ask]) -> None:
    anna, boris = users["anna"], users["boris"]
    _, row = await users["operator"](method="POST", body={"title": "for all"})
    await anna(row["id"], method="PATCH", body={"read": True})
    assert [row["read"] for row in (await boris())[1]["notifications"]] == [False]
    await anna(row["id"], method="DELETE")
    assert await titles(anna) == []
    assert await titles(boris) == ["for all"]


async def test_each_is_granted_once_to_each_user(users: dict[str, Ask]) -> None:
    ids = [(await users["operator"](method="POST", body={"title": str(number)}))[1]["id"] for number in range(10)]
    names = ["anna", "boris"] * 8
    answers = await asyncio.gather(*(users[name]("claims", method="POST", body={"ids": ids}) for name in names))
    for user in ("anna", "boris"):
        granted = [
            each for name, (_, got) in zip(names, answers, strict=True) if name == user for each in got["granted"]
        ]
        assert sorted(granted) == sorted(ids)


async def test_the_operator_speaks_to_one_user(users: dict[str, Ask]) -> None:
    operator = users["operator"]
    status, row = await operator(method="POST", body={"title": "quota", "recipient": "boris"})
    assert (status, row["recipient"]) == (201, "boris")
    assert await titles(users["boris"]) == ["quota"]
    assert await titles(users["anna"]) == []
    assert (await operator(row["id"], method="PATCH", body={"title": "quota raised"}))[0] == 200
    assert await titles(users["boris"]) == ["quota raised"]
    assert (await operator(row["id"], method="DELETE"))[0] == 204
    assert await titles(users["boris"]) == []


async def test_a_feature_tells_one_user_or_all(users: dict[str, Ask], jp_serverapp: Any) -> None:
    app = jp_serverapp.extension_manager.extension_points["cloudru_jlab"].app
    notifier = app.ports.get(Notifier)
    assert isinstance(notifier, Notifier)
    await notifier.notify(Message("for anna", user="anna", dedupe_key="a"), name="test")
    await notifier.notify(Message("for all", texts={"ru": ("для всех", "")}, action="reload"), name="test")
    (mine, shared) = (await users["anna"]())[1]["notifications"]
    assert mine["source"] == {"kind": "system", "name": "test"}
    assert (shared["recipient"], shared["texts"]["ru"]["title"]) == ("all", "для всех")
    assert await titles(users["boris"]) == ["for all"]
    assert (await users["anna"](mine["id"], method="PATCH", body={"title": "forged"}))[0] == 403
    await notifier.withdraw("a")
    assert await titles(users["anna"]) == ["for all"]


class Header(IdentityProvider):
    def get_user(self, handler: Any) -> User | None:
        return None


class Cookie(PasswordIdentityProvider):
    def process_login_form(self, handler: Any) -> User | None:
        return None


@pytest.mark.parametrize(
    ("provider", "apart"),
    [
        (IdentityProvider, False),
        (PasswordIdentityProvider, False),
        (LegacyIdentityProvider, False),
        (NamedToken, False),
        (Header, True),
        (Cookie, True),
    ],
)
def test_made_up_names_are_no_users(provider: type, apart: bool) -> None:
    made = provider()
    assert tells_users_apart(made) is apart
    assert user_key(made, User("somebody")) == ("somebody" if apart else "")
