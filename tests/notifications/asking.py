"""Requests to the routes of the notifications."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpclient import HTTPClientError, HTTPResponse

Ask = Callable[..., Awaitable[tuple[int, Any]]]


def asker(fetch: Any, **always: str) -> Ask:
    """Asks with ``fetch`` (of pytest-jupyter) and the headers ``always``; gives status and JSON."""

    async def ask(
        *parts: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, Any]:
        raw = body if isinstance(body, str | bytes | None) else json.dumps(body)
        response: HTTPResponse | None
        try:
            response = await fetch(
                *("cloudru", "notifications", *parts),
                method=method,
                params={name: str(value) for name, value in query.items()},
                body=raw,
                headers={**always, **(headers or {})} or None,
                allow_nonstandard_methods=True,
            )
        except HTTPClientError as error:
            response = error.response
            if response is None:
                return error.code, {}
        assert response is not None
        return response.code, json.loads(response.body) if response.body else None

    return ask
