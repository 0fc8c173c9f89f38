"""Encrypted fields as the rest of the house sees them: bytes that never print.

Only the vault (audit/seal.py) opens one, inside a command or a recorded read.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from kit.blind import Blinds


class Sealed:
    """Ciphertext of one field. Prints as *** and compares by its bytes."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: bytes) -> None:
        self.ciphertext = ciphertext

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.ciphertext == other.ciphertext

    def __hash__(self) -> int:
        return hash(self.ciphertext)


class SealedColumn(TypeDecorator[Sealed]):
    """The column type of a sealed field."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.ciphertext

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """Where a sealed field lives; a ciphertext moved to any other place does not open."""

    tenant: UUID  # the hospital
    table: str
    column: str
    row: UUID
    subject: UUID  # whose key; destroying it erases the field


class Vault(Protocol):
    """Seals and opens fields. Implemented by audit/seal.py."""

    def seal(self, text: str, place: SealedPlace) -> Sealed: ...

    def open(self, sealed: Sealed, place: SealedPlace) -> str:
        """Raises SealBroken if the ciphertext does not belong to the place."""

    def blind(self, text: str, purpose: str) -> Blinds:
        """Equality index over NFKC-casefolded text: 16 bytes, keyed per purpose."""

    def erase(self, subject: UUID) -> None:
        """From this transaction on nothing of the subject opens and nothing more is sealed."""

    def destroy(self, subject: UUID) -> int:
        """Delete every generation of the subject's key; how many there were."""


class SealBroken(RuntimeError):
    """A ciphertext was altered, moved, or its key is gone."""


class Erased(SealBroken):
    """The person was erased, on record: there is nothing to open and nothing is sealed."""
