"""Who may speak as the operator: what is signed by a configured key, and not older than what was said before."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from cloudru_jlab.notifications.feed.signing import Accepted, Refused, check_age, open_feed, public_key

from .feeding import Signer, envelope, feed, openssl

FEED = feed({"title": "A"}, updated="2026-05-04T10:00:00Z")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def keys(*signers: Signer) -> list[bytes]:
    return [public_key(signer.public_key) for signer in signers]


def test_a_signed_feed_is_believed(signer: Signer) -> None:
    assert open_feed(signer.sign(FEED), keys(signer)) == (FEED, True)
    # while keys are changed, any of them will do
    assert open_feed(signer.sign(FEED), keys(Signer(), signer)) == (FEED, True)


def test_without_keys_nothing_is_checked(signer: Signer) -> None:
    assert open_feed(signer.sign(FEED), []) == (FEED, False)
    assert open_feed(FEED, []) == (FEED, False)


def forged(signer: Signer) -> dict[str, bytes]:
    real = json.loads(signer.sign(FEED))
    other = base64.b64encode(FEED.replace(b"A", b"B")).decode()
    return {
        "unsigned": FEED,
        "empty": b"",
        "another key": Signer().sign(FEED),
        "another feed": json.dumps({**real, "signed": other}).encode(),
        "no signature": json.dumps({"signed": real["signed"]}).encode(),
        "empty signature": envelope(FEED, b""),
        "short signature": envelope(FEED, base64.b64decode(real["signature"])[:-1]),
        "zeros": envelope(FEED, bytes(64)),
        "signature beside the feed": json.dumps({**json.loads(FEED), "signature": real["signature"]}).encode(),
        "no base64": json.dumps({**real, "signature": "!" * 88}).encode(),
        "nested": b"[" * 100_000,
    }


@pytest.mark.parametrize("name", list(forged(Signer())))
def test_what_is_not_signed_by_the_key_is_refused(signer: Signer, name: str) -> None:
    with pytest.raises(Refused, match=r"it is not signed, and must be|its signature is by none of"):
        open_feed(forged(signer)[name], keys(signer))


def test_every_bit_of_a_feed_is_signed(signer: Signer) -> None:
    signature = base64.b64decode(json.loads(signer.sign(FEED))["signature"])
    for place in range(0, len(FEED), 7):
        changed = bytearray(FEED)
        changed[place] ^= 1
        with pytest.raises(Refused):
            open_feed(envelope(bytes(changed), signature), keys(signer))


NOW = datetime(2026, 5, 4, tzinfo=timezone.utc)


def test_an_older_feed_is_refused() -> None:
    last = check_age(b"now", NOW, None)
    assert check_age(b"now", NOW, last) == last
    newer = check_age(b"later", NOW + timedelta(seconds=1), last)
    assert newer != last
    with pytest.raises(Refused, match="older than the one that was taken last"):
        check_age(b"now", NOW, newer)
    with pytest.raises(Refused, match="it has changed"):
        check_age(b"never", NOW, last)
    with pytest.raises(Refused, match="must say when it was `updated`"):
        check_age(b"now", None, Accepted(NOW, ""))


def test_the_recipe_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_bytes(FEED)
    openssl("genpkey", "-algorithm", "ed25519", "-out", "private.pem", cwd=tmp_path)
    openssl("pkey", "-in", "private.pem", "-pubout", "-out", "public.pem", cwd=tmp_path)
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", "private.pem", "-in", "feed.json", "-out", "feed.sig", cwd=tmp_path)
    openssl("pkey", "-in", "private.pem", "-pubout", "-outform", "DER", "-out", "public.der", cwd=tmp_path)
    signed = envelope(FEED, (tmp_path / "feed.sig").read_bytes())
    der = (tmp_path / "public.der").read_bytes()
    for text in (
        (tmp_path / "public.pem").read_text(),
        base64.b64encode(der).decode(),
        base64.b64encode(der[-32:]).decode(),
    ):
        assert open_feed(signed, [public_key(text)]) == (FEED, True)


@pytest.mark.parametrize("text", ["", "zebra", "A" * 43 + "=" + "A", "!" * 44, "-----BEGIN PUBLIC KEY-----"])
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(ValueError, match="must be an Ed25519 public key") as error:
        public_key(text)
    assert not text or text not in str(error.value)


def test_a_private_key_is_no_public_key_and_is_not_repeated(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "ed25519", "-out", "private.pem", cwd=tmp_path)
    text = (tmp_path / "private.pem").read_text()
    with pytest.raises(ValueError, match="must be an Ed25519 public key") as error:
        public_key(text)
    assert text.splitlines()[1] not in str(error.value)
