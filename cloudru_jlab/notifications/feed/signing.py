"""Signed feeds: an envelope of JSON around the bytes of a feed, with an Ed25519 signature (RFC 8032) of just these
bytes.

    {"signed": "<base64 of the feed>", "signature": "<base64 of 64 bytes>"}

One document, so that feed and signature are always of each other, whatever lies between the operator and the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib.util
from collections.abc import Sequence
from datetime import datetime

import msgspec

_BEGIN, _END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
#: What DER puts before the 32 bytes of an Ed25519 key (RFC 8410).
_DER_PREFIX = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    """A feed is not taken. The text says why to the operator, and holds nothing of the feed."""


class Envelope(msgspec.Struct):
    """A signed feed as it travels."""

    signed: bytes
    signature: bytes


class Accepted(msgspec.Struct):
    """The signed feed that was taken last; an older one is refused."""

    updated: datetime
    digest: str


def available() -> bool:
    """Whether signatures can be checked: the extra `signed` is installed."""
    return importlib.util.find_spec("cryptography") is not None


def public_key(text: str) -> bytes:
    """The 32 bytes of the Ed25519 public key ``text``: PEM, or base64 of the key or of its DER form.

    Raises `ValueError` for anything else, without repeating it: somebody may have given the private key.
    """
    text = text.strip()
    if text.startswith(_BEGIN) and text.endswith(_END):
        text = text[len(_BEGIN) : -len(_END)]
    try:
        key = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    key = key.removeprefix(_DER_PREFIX)
    if len(key) != 32:
        raise ValueError("A public key must be an Ed25519 public key, as PEM or as base64 of its 32 bytes.")
    return key


def open_feed(data: bytes, keys: Sequence[bytes]) -> tuple[bytes, bool]:
    """The feed in ``data``, and whether its signature was checked.

    Without ``keys`` nothing is checked: a feed may be signed before its readers know the key.

    Raises
    ------
    Refused
        With ``keys``, where ``data`` is not signed by one of them.
    """
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if keys:
            raise Refused("it is not signed, and must be") from None
        return data, False
    if not keys:
        return envelope.signed, False
    if not any(_signed_by(key, envelope) for key in keys):
        raise Refused("its signature is by none of the configured keys")
    return envelope.signed, True


def check_age(feed: bytes, updated: datetime | None, last: Accepted | None) -> Accepted:
    """What to remember of the signed ``feed``, which says of itself that it was ``updated``.

    Raises
    ------
    Refused
        When it is older than the last that was taken: somebody plays back what was true once.
    """
    if updated is None:
        raise Refused("a signed feed must say when it was `updated`")
    digest = hashlib.sha256(feed).hexdigest()
    if last is not None and updated < last.updated:
        raise Refused("it is older than the one that was taken last")
    if last is not None and updated == last.updated and digest != last.digest:
        raise Refused("it has changed, and says that it was `updated` when the last one was")
    return Accepted(updated, digest)


def _signed_by(key: bytes, envelope: Envelope) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(envelope.signature, envelope.signed)
    except InvalidSignature:
        return False
    return True
