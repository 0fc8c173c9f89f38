"""Access tokens: one kind, one algorithm, keys by name; nothing forged gets in."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from authz.tokens import AccessTokens, NotAuthentic
from kit.work import ActorKind

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW, STRANGE = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
TOKENS = AccessTokens("wardgrid.test", "wardgrid", {"token-1": OLD, "token-2": NEW})
ACCOUNT, SESSION = UUID(int=100), UUID(int=7)
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "token-2"}
CLAIMS: dict[str, Any] = {
    "iss": "wardgrid.test", "aud": "wardgrid", "sub": str(ACCOUNT), "sid": str(SESSION),
    "kind": "PERSON", "epoch": 3, "iat": int(NOON.timestamp()),
    "exp": int(NOON.timestamp()) + 600,
}  # fmt: skip
SPKI = NEW.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(
    header: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
    sign: Callable[[bytes], bytes] = NEW.sign,
) -> str:
    parts = [HEADER if header is None else header, CLAIMS if claims is None else claims]
    text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{encoded(sign(text.encode()))}"


def with_secret(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.digest(secret, text, hashlib.sha256)


def without(claim: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name != claim}


GOOD = made()
HEAD, BODY, SIGNATURE = GOOD.split(".")
FORGED = {
    "alg none, no signature": made({**HEADER, "alg": "none"}, sign=lambda _t: b""),
    "alg None with capitals": made({**HEADER, "alg": "nOnE"}, sign=lambda _t: b""),
    "HS256 with the raw public key": made(
        {**HEADER, "alg": "HS256"}, sign=with_secret(NEW.public_key().public_bytes_raw())
    ),
    "HS256 with the PEM public key": made({**HEADER, "alg": "HS256"}, sign=with_secret(SPKI)),
    "HS256 with an empty secret": made({**HEADER, "alg": "HS256"}, sign=with_secret(b"")),
    "HMAC under the right name": made(sign=with_secret(NEW.public_key().public_bytes_raw())),
    "another key under our name": made(sign=STRANGE.sign),
    "our other key under this name": made(sign=OLD.sign),
    "unknown kid": made({**HEADER, "kid": "token-9"}),
    "kid as a path": made({**HEADER, "kid": "../../dev/null"}),
    "kid as a list": made({**HEADER, "kid": ["token-2"]}),
    "no kid": made({"alg": "Ed25519", "typ": "at+jwt"}),
    "key in the header": made(
        {**HEADER, "jwk": {"kty": "OKP", "crv": "Ed25519",
                           "x": encoded(STRANGE.public_key().public_bytes_raw())}},
        sign=STRANGE.sign,
    ),
    "key by address": made({**HEADER, "jku": "https://evil.example/keys"}, sign=STRANGE.sign),
    "critical extension": made({**HEADER, "crit": ["exp"]}),
    "detached payload": made({**HEADER, "b64": False, "crit": ["b64"]}),
    "an id token": made({**HEADER, "typ": "JWT"}),
    "no type": made({"alg": "Ed25519", "kid": "token-2"}),
    "expired": made(claims={**CLAIMS, "iat": CLAIMS["iat"] - 601, "exp": CLAIMS["iat"]}),
    "from the future": made(claims={**CLAIMS, "iat": CLAIMS["iat"] + 60}),
    "an hour long": made(claims={**CLAIMS, "exp": CLAIMS["exp"] + 3000}),
    "endless": made(claims=without("exp")),
    "exp as text": made(claims={**CLAIMS, "exp": "9999999999"}),
    "exp as a truth value": made(claims={**CLAIMS, "epoch": True}),
    "exp not a number": made(claims={**CLAIMS, "exp": float("inf")}),
    "other issuer": made(claims={**CLAIMS, "iss": "elsewhere"}),
    "other audience": made(claims={**CLAIMS, "aud": "elsewhere"}),
    "many audiences": made(claims={**CLAIMS, "aud": ["wardgrid", "elsewhere"]}),
    "no session": made(claims=without("sid")),
    "subject that is no id": made(claims={**CLAIMS, "sub": "admin"}),
    "unknown kind": made(claims={**CLAIMS, "kind": "GOD"}),
    "a role on top": made(claims={**CLAIMS, "roles": ["system-administrator"]}),
    "changed body": f"{HEAD}.{encoded(json.dumps({**CLAIMS, 'sub': str(SESSION)}).encode())}.{SIGNATURE}",
    "cut signature": GOOD[:-4],
    "no signature": f"{HEAD}.{BODY}.",
    "empty": "",
    "two parts": f"{HEAD}.{BODY}",
    "five parts": f"{HEAD}.{BODY}.{SIGNATURE}.{BODY}.{SIGNATURE}",
    "claims that are a list": f"{HEAD}.{encoded(b'[]')}.{SIGNATURE}",
    "deep nesting": f"{HEAD}.{encoded(b'[' * 1200)}.{SIGNATURE}",
    "too long": GOOD + "A" * 2048,
    "letters from elsewhere": GOOD[:-1] + "Ａ",
}  # fmt: skip


def test_a_signed_token_says_who_and_for_how_long() -> None:
    text, ends = TOKENS.sign(ACCOUNT, SESSION, ActorKind.PERSON, 3, NOON)

    claims = TOKENS.check(text, NOON + timedelta(seconds=599))

    assert (claims.account, claims.session, claims.kind, claims.epoch) == (
        ACCOUNT, SESSION, ActorKind.PERSON, 3,
    )  # fmt: skip
    assert claims.expires_at == ends == NOON + timedelta(minutes=10)
    assert TOKENS.check(GOOD, NOON).account == ACCOUNT  # the forgeries below differ from this one
    with pytest.raises(NotAuthentic):
        TOKENS.check(text, NOON + timedelta(minutes=10))


def test_a_token_of_the_key_before_still_counts() -> None:
    before = AccessTokens("wardgrid.test", "wardgrid", {"token-1": OLD})
    text, _ = before.sign(ACCOUNT, SESSION, ActorKind.PERSON, 3, NOON)

    assert TOKENS.check(text, NOON).account == ACCOUNT


@pytest.mark.parametrize("name", FORGED)
def test_no_forged_token_is_authentic(name: str) -> None:
    with pytest.raises(NotAuthentic) as refused:
        TOKENS.check(FORGED[name], NOON)

    assert str(refused.value) == ""


def test_no_flipped_character_is_authentic() -> None:
    for position in range(len(GOOD) - 1):  # the last one carries two bits that mean nothing
        other = "A" if GOOD[position] != "A" else "B"
        with pytest.raises(NotAuthentic):
            TOKENS.check(GOOD[:position] + other + GOOD[position + 1 :], NOON)
