"""One encryption key per person, wrapped by the KEK: destroying it erases the person's fields."""

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from audit.keys import KeyKind, Keys
from kit.ids import new_id
from kit.rows import UtcTime
from kit.sealed import SealBroken

NONCE = 12  # bytes
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


def make_subject_key(
    keys: Keys, subject: UUID, at: datetime, nonce: bytes, generation: int = 1
) -> SubjectKey:
    """A fresh key for the subject, not yet in the database."""
    version, blind = keys.newest(KeyKind.KEK), keys.newest(KeyKind.BLIND)
    key_id = new_id()
    wrapped = AESGCM(keys.secret(KeyKind.KEK, version)).encrypt(
        nonce, AESGCM.generate_key(256), _bound(key_id, subject, version)
    )
    return SubjectKey(
        id=key_id,
        subject=subject,
        generation=generation,
        kek_version=version,
        wrapped=nonce + wrapped,
        blind_version=blind,
        blind_check=_blind_check(keys, key_id, blind),
        made_at=at,
    )


def unwrap(keys: Keys, row: SubjectKey) -> AESGCM:
    """The cipher of the row's key. Raises SealBroken if it is not this subject's."""
    kek = AESGCM(keys.secret(KeyKind.KEK, row.kek_version))
    bound = _bound(row.id, row.subject, row.kek_version)
    try:
        return AESGCM(kek.decrypt(row.wrapped[:NONCE], row.wrapped[NONCE:], bound))
    except InvalidTag:
        raise SealBroken(f"the key {row.id} does not open") from None


def blind_key_fits(keys: Keys, row: SubjectKey) -> bool:
    """False where the blind-index key is not the one that was in use when the row was made."""
    expected = _blind_check(keys, row.id, row.blind_version)
    return hmac.compare_digest(expected, row.blind_check)


def _blind_check(keys: Keys, key_id: UUID, version: int) -> bytes:
    secret = keys.secret(KeyKind.BLIND, version)
    return hmac.digest(secret, b"check\x00" + key_id.bytes, hashlib.sha256)[:_CHECK]


def _bound(key_id: UUID, subject: UUID, version: int) -> bytes:
    return b"wardgrid subject key" + key_id.bytes + subject.bytes + version.to_bytes(2, "big")
