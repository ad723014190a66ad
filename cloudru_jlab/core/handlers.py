"""The base of every handler: decode, call the service, reply, and one error envelope."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http.client import responses
from typing import Any, NamedTuple, TypeVar

import msgspec
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from .errors import BadParameter, DomainError

S = TypeVar("S", bound=msgspec.Struct)
Verb = TypeVar("Verb", bound=Callable[..., Any])

ROUTE_PREFIX = "/cloudru/"


class Operation(NamedTuple):
    """What a verb takes and gives: the source of `docs/openapi.json`."""

    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    returns: type[msgspec.Struct] | None
    status: int


def operation(
    *,
    query: type[msgspec.Struct] | None = None,
    body: type[msgspec.Struct] | None = None,
    returns: type[msgspec.Struct] | None = None,
    status: int = 200,
) -> Callable[[Verb], Verb]:
    """Say what a verb takes and gives. Stands innermost, below ``@web.authenticated`` and ``@authorized``."""

    def mark(verb: Verb) -> Verb:
        verb.operation = Operation(query, body, returns, status)  # type: ignore[attr-defined]
        return verb

    return mark


class ErrorEnvelope(msgspec.Struct, omit_defaults=True):
    """The one shape of every error."""

    message: str
    reason: str
    details: dict[str, Any] = {}


@lru_cache
def _parameters(shape: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(shape))


class ApiHandler(APIHandler):
    """Decodes queries and bodies to structs, encodes structs, and maps domain errors to the envelope."""

    def query(self, shape: type[S]) -> S:
        """The query string as ``shape``; raises `BadParameter` for an unknown, repeated or malformed parameter."""
        known = _parameters(shape)
        raw: dict[str, str] = {}
        for name, values in self.request.query_arguments.items():
            if name not in known:
                # token and cache busters belong to the server and the proxies, not to us
                continue
            if len(values) > 1:
                raise BadParameter(f"The parameter “{name}” is given more than once. Give it once.")
            raw[name] = self.decode_argument(values[0], name)
        try:
            return msgspec.convert(raw, shape, strict=False)
        except msgspec.ValidationError as error:
            raise BadParameter(f"A parameter of the request is wrong: {error}.") from None

    def body(self, shape: type[S]) -> S:
        """The JSON body as ``shape``; raises `BadParameter`."""
        try:
            return msgspec.json.decode(self.request.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadParameter(f"The body of the request is wrong: {error}.") from None

    def reply(self, answer: msgspec.Struct | None = None, status: int = 200) -> None:
        """Send ``answer`` as JSON."""
        self.set_status(status if answer is not None or status != 200 else 204)
        self.set_header("Cache-Control", "no-store")
        if answer is None:
            self.finish()
        else:
            self.finish(msgspec.json.encode(answer))

    def compute_etag(self) -> None:
        """None: the answers are not to be stored, so hashing them would buy nothing."""

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """A domain error carries its own status."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        super().send_error(error.status if isinstance(error, DomainError) else status_code, **kwargs)

    def _message(self, error: HTTPError) -> str | None:
        """The message of an error of the web layer, unless it tells where the server keeps its files."""
        message = error.log_message
        if message and error.args:
            message = message % error.args
        root = getattr(self.contents_manager, "root_dir", None)
        return None if message and root and root != "/" and root in message else message

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """A domain error is an answer, not an accident: no traceback in the log."""
        if not isinstance(value, DomainError):
            super().log_exception(typ, value, tb)
        elif value.status >= 500:
            self.log.warning("%s %s: %s", self.request.method, value.reason, value.message)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The envelope, without traceback or anything else of the server's inside."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        standard = responses.get(status_code, "Unknown error")
        if isinstance(error, DomainError):
            envelope = ErrorEnvelope(error.message, error.reason, error.details)
        elif isinstance(error, HTTPError):
            code = (error.reason or standard).lower().replace(" ", "_")
            envelope = ErrorEnvelope(self._message(error) or standard, code)
        else:
            envelope = ErrorEnvelope("The server failed on this request; its log says why.", "internal_error")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(envelope))
