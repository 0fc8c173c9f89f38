"""One encryption key per person, wrapped by the KEK: destroying it erases the person's fields."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from audit.kek import Wrapped
from audit.keys import KeyKind, Keys
from kit.ids import new_id
from kit.rows import UtcTime
from kit.sealed import SealBroken

_CHECK = 8  # bytes


class SubjectKey(SQLModel, table=True):
    """A wrapped data key. The highest generation of a subject seals, all of them open."""

    __tablename__ = "subject_key"
    __table_args__: Any = (UniqueConstraint("subject", "generation", name="one_key_per_turn"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: UUID = Field(nullable=False)
    generation: int = Field(default=1, nullable=False)
    kek_version: int = Field(nullable=False)
    wrapped: bytes = Field(nullable=False)
    blind_version: int = Field(nullable=False)
    blind_check: bytes = Field(nullable=False)  # tells a wrong blind-index key at once
    made_at: datetime = Field(sa_type=UtcTime, nullable=False)


class ErasedSubject(SQLModel, table=True):
    """Somebody whose keys are, or are about to be, destroyed. The row stays for ever."""

    __tablename__ = "erased_subject"

    subject: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime, nullable=False, index=True)


def make_subject_key(
    keys: Keys, subject: UUID, at: datetime, generation: int = 1, *, blind: int
) -> SubjectKey:
    """A fresh key for the subject, not yet in the database. `blind` is the version of the blind
    key that its check shows. Raises KekAway, KeyTrouble."""
    key_id = new_id()
    wrapped = keys.kek.wrap(AESGCM.generate_key(256), _bound(key_id, subject))
    return SubjectKey(
        id=key_id,
        subject=subject,
        generation=generation,
        kek_version=wrapped.version,
        wrapped=wrapped.blob,
        blind_version=blind,
        blind_check=blind_check(keys, key_id, blind),
        made_at=at,
    )


def wrapped_key(row: SubjectKey) -> Wrapped:
    """The row's key as its provider knows it."""
    return Wrapped(row.kek_version, row.wrapped, _bound(row.id, row.subject))


def unwrap(keys: Keys, row: SubjectKey) -> AESGCM:
    """The cipher of the row's key. Raises SealBroken if it is not this subject's, KekAway."""
    return unwrap_all(keys, [row])[0]


def unwrap_all(keys: Keys, rows: Sequence[SubjectKey]) -> list[AESGCM]:
    """The ciphers of many rows, the provider asked once. Raises SealBroken, KekAway."""
    secrets = keys.kek.unwrap([wrapped_key(row) for row in rows])
    ciphers = []
    for row, secret in zip(rows, secrets, strict=True):
        if secret is None:
            raise SealBroken(f"the key {row.id} does not open")
        ciphers.append(AESGCM(secret))
    return ciphers


def blind_key_fits(keys: Keys, row: SubjectKey) -> bool:
    """False where the blind-index key is not the one that was in use when the row was made."""
    expected = blind_check(keys, row.id, row.blind_version)
    return hmac.compare_digest(expected, row.blind_check)


def blind_check(keys: Keys, key_id: UUID, version: int) -> bytes:
    """Shows later which blind-index key was in use for this subject key."""
    secret = keys.secret(KeyKind.BLIND, version)
    return hmac.digest(secret, b"check\x00" + key_id.bytes, hashlib.sha256)[:_CHECK]


def _bound(key_id: UUID, subject: UUID) -> bytes:
    return b"wardgrid subject key" + key_id.bytes + subject.bytes
