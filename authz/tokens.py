"""Access tokens: signed with Ed25519, ten minutes long, checked against fixed keys by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey
from joserfc.jws import JWSRegistry

from kit.work import ActorKind

LIFETIME = timedelta(minutes=10)
TYPE = "at+jwt"  # RFC 9068: no other kind of token passes for an access token
ALGORITHM = "Ed25519"  # RFC 9864: the curve by name; EdDSA alone would leave it open
LONGEST = 2048  # characters
_CLAIMS = frozenset({"iss", "aud", "sub", "sid", "kind", "epoch", "iat", "exp"})


class NotAuthentic(Exception):
    """The token proves nothing. Says no more, whatever was wrong with it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a token speaks for. `epoch` counts the account's credentials."""

    account: UUID
    session: UUID
    kind: ActorKind
    epoch: int
    expires_at: datetime


class AccessTokens:
    """Signs with the newest key, accepts each key it was given; nothing in a token chooses more."""

    def __init__(self, issuer: str, audience: str, keys: Mapping[str, Ed25519PrivateKey]) -> None:
        """`keys` by key id, oldest first."""
        self._issuer, self._audience = issuer, audience
        self._signing = {kid: _private(key) for kid, key in keys.items()}
        self._checking = {kid: _public(key) for kid, key in keys.items()}
        self._newest = list(keys)[-1]
        self._registry = JWSRegistry(algorithms=[ALGORITHM])

    def sign(
        self, account: UUID, session: UUID, kind: ActorKind, epoch: int, at: datetime
    ) -> tuple[str, datetime]:
        """The token and when it ends."""
        issued = int(at.timestamp())
        ends = issued + int(LIFETIME.total_seconds())
        claims = {
            "iss": self._issuer, "aud": self._audience, "sub": str(account), "sid": str(session),
            "kind": kind.value, "epoch": epoch, "iat": issued, "exp": ends,
        }  # fmt: skip
        text = jwt.encode(
            self._header(self._newest), claims, self._signing[self._newest],
            registry=self._registry,
        )  # fmt: skip
        return text, datetime.fromtimestamp(ends, UTC)

    def check(self, text: str, at: datetime) -> Claims:
        """Who the token speaks for at this moment. Raises NotAuthentic."""
        if len(text) > LONGEST or not text.isascii():
            raise NotAuthentic
        try:
            token = jwt.decode(text, self._key_for, registry=self._registry)
            if token.header != self._header(token.header.get("kid", "")):
                raise NotAuthentic
            return self._claims(token.claims, at)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise NotAuthentic from None

    def _claims(self, claims: dict[str, Any], at: datetime) -> Claims:
        now = int(at.timestamp())
        numbers = [claims["epoch"], claims["iat"], claims["exp"]]
        if (
            claims.keys() != _CLAIMS
            or (claims["iss"], claims["aud"]) != (self._issuer, self._audience)
            or any(type(number) is not int for number in numbers)
            or not claims["iat"] <= now + 5  # seconds: servers' clocks differ a little
            or not now < claims["exp"] <= claims["iat"] + LIFETIME.total_seconds()
        ):
            raise NotAuthentic
        return Claims(
            UUID(claims["sub"]),
            UUID(claims["sid"]),
            ActorKind(claims["kind"]),
            claims["epoch"],
            datetime.fromtimestamp(claims["exp"], UTC),
        )

    def _key_for(self, guest: GuestProtocol) -> OKPKey:
        header = guest.headers()
        # Before any signature is looked at: no other algorithm, type or header is even tried.
        if header != self._header(header.get("kid", "")):
            raise NotAuthentic
        return self._checking[header["kid"]]

    @staticmethod
    def _header(kid: str) -> dict[str, str]:
        return {"alg": ALGORITHM, "typ": TYPE, "kid": kid}


def _private(key: Ed25519PrivateKey) -> OKPKey:
    return OKPKey.import_key(key)


def _public(key: Ed25519PrivateKey) -> OKPKey:
    return OKPKey.import_key(key.public_key())
