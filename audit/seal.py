"""Field encryption: each field sealed under its subject's key and bound to its place.

Layout: `version | algorithm | kek version (2) | key id (16) | nonce (12) | ciphertext | tag (16)`.
The first 20 bytes and the place (tenant, table, column, row) are authenticated, so a
ciphertext that was moved or relabelled does not open.
"""

import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, select

from audit.blind_turn import ONLY, BlindTurn
from audit.erased import ErasedPeople
from audit.kek import NONCE, KekAway
from audit.keys import KeyKind, Keys, KeyTrouble
from audit.subjects import ErasedSubject, SubjectKey, make_subject_key, unwrap, unwrap_all
from kit.blind import Blinds, folded
from kit.clock import Clock, utc_now
from kit.sealed import Erased, SealBroken, Sealed, SealedPlace

FORMAT, AES_256_GCM = 1, 1
_LABEL = 20  # bytes: version, algorithm, kek version, key id
_HEADER = _LABEL + NONCE
_SHORTEST = _HEADER + 16
BLIND_LENGTH = 16  # bytes
_AT_ONCE = 500  # keys of one statement

_Opener = tuple[AESGCM, bytes]  # the cipher and the subject it belongs to


class FieldVault:
    """The keys and the ciphers in use, for the whole process; `bind` it to a transaction.

    A destroyed key leaves the cache within `keep_s` seconds, and at once where `forget` is called.
    """

    def __init__(
        self,
        keys: Keys,
        clock: Clock = utc_now,
        *,
        keep_s: float = 60.0,
        ticks: Callable[[], float] = time.monotonic,
        most: int = 100_000,
    ) -> None:
        self._keys, self._clock, self._ticks = keys, clock, ticks
        self._keep_s, self._most = keep_s, most
        self._openers: OrderedDict[bytes, tuple[_Opener, float]] = OrderedDict()
        self._loaded: dict[UUID, float] = {}  # whose keys were all fetched, and until when
        self._lock = threading.Lock()
        self.erased = ErasedPeople(self.forget)

    def bind(self, session: Session) -> "BoundVault":
        """A vault that reads and makes subject keys in the session's transaction."""
        return BoundVault(self, session, self._keys, self._clock)

    def load(self, session: Session, subjects: Iterable[UUID]) -> None:
        """Fetch the keys of many people with one statement, before their fields are opened."""
        now = self._ticks()
        wanted = [s for s in set(subjects) if self._loaded.get(s, 0.0) <= now]
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            with session.no_autoflush:
                asked = select(SubjectKey).where(col(SubjectKey.subject).in_(some))
                rows = session.exec(asked).all()
            try:
                ciphers = unwrap_all(self._keys, rows)
            except KekAway:
                return  # what is in memory still opens; the rest says so field by field
            for row, cipher in zip(rows, ciphers, strict=True):
                self.cache(row.id.bytes, (cipher, row.subject.bytes))
        if len(self._loaded) > self._most:
            self._loaded.clear()
        self._loaded.update(dict.fromkeys(wanted, now + self._keep_s))

    def forget(self, subject: UUID) -> None:
        """Drop the subject's ciphers from memory; their destroyed key is gone from here then."""
        with self._lock:
            self._loaded.pop(subject, None)
            gone = [k for k, (opener, _) in self._openers.items() if opener[1] == subject.bytes]
            for key in gone:
                del self._openers[key]

    def cached(self, key_id: bytes) -> _Opener | None:
        known = self._openers.get(key_id)
        if known is None or self._ticks() >= known[1]:
            return None
        return known[0]

    def cache(self, key_id: bytes, opener: _Opener) -> None:
        """For opening only: sealing asks the database, so no field rests on a lost key."""
        with self._lock:
            self._openers[key_id] = (opener, self._ticks() + self._keep_s)
            self._openers.move_to_end(key_id)
            while len(self._openers) > self._most:
                self._openers.popitem(last=False)

    def __repr__(self) -> str:
        return "FieldVault(***)"

    def __reduce__(self) -> str:
        raise TypeError("a vault is not copied")


class BoundVault:
    """A `kit.sealed.Vault` within one transaction."""

    __slots__ = ("_clock", "_keys", "_mine", "_sealers", "_session", "_shared", "_turn")

    def __init__(self, shared: FieldVault, session: Session, keys: Keys, clock: Clock) -> None:
        self._shared, self._session, self._keys, self._clock = shared, session, keys, clock
        self._sealers: dict[UUID, tuple[AESGCM, bytes]] = {}
        self._mine: dict[bytes, _Opener] = {}
        self._turn: BlindTurn | None = None

    @property
    def keys(self) -> Keys:
        """For those who turn the keys themselves (app/rotation)."""
        return self._keys

    def seals_with(self, subject: UUID) -> UUID | None:
        """The key that seals now; None where the subject has none, or none any more."""
        row = self._newest(subject)
        return None if row is None else row.id

    def forget(self, subject: UUID) -> None:
        """Drop the subject's ciphers from memory."""
        self._shared.forget(subject)

    def seal(self, text: str, place: SealedPlace) -> Sealed:
        """Encrypt; makes the subject's key in this transaction if there is none. Raises Erased."""
        cipher, label = self._sealers.get(place.subject) or self._sealer(place.subject)
        nonce = os.urandom(NONCE)
        sealed = cipher.encrypt(nonce, text.encode(), label + _bound(place))
        return Sealed(label + nonce + sealed)

    def open(self, sealed: Sealed, place: SealedPlace) -> str:
        """Decrypt. Raises SealBroken, or Erased where the subject was."""
        if place.subject in self._shared.erased:
            raise Erased("this person was erased")
        raw = sealed.ciphertext
        label = raw[:_LABEL]
        if len(raw) < _SHORTEST or label[0] != FORMAT or label[1] != AES_256_GCM:
            raise SealBroken("not a sealed field of this format")
        key_id = label[4:]
        opener = self._shared.cached(key_id) or self._mine.get(key_id)
        if opener is None:
            opener = self._opener(key_id, place.subject)
        if opener[1] != place.subject.bytes:
            raise SealBroken("the field belongs to somebody else")
        try:
            plain = opener[0].decrypt(raw[_LABEL:_HEADER], raw[_HEADER:], label + _bound(place))
        except InvalidTag:
            raise SealBroken("the field was altered or moved") from None
        return plain.decode()

    def erase(self, subject: UUID) -> None:
        """From this transaction on nothing of the subject opens and nothing more is sealed."""
        if self._session.get(ErasedSubject, subject) is None:
            self._session.add(ErasedSubject(subject=subject, at=self._clock()))

    def destroy(self, subject: UUID) -> int:
        """Delete every generation of the subject's key; how many there were."""
        asked = select(SubjectKey).where(SubjectKey.subject == subject)
        rows = self._session.exec(asked).all()
        for row in rows:
            self._session.delete(row)
        return len(rows)

    def blind(self, text: str, purpose: str) -> Blinds:
        """16 bytes each, equal for texts that NFKC casefolding makes equal. Raises KeyTrouble."""
        turn, plain = self.blind_turn(), folded(text).encode()
        first, other = (
            None if version is None else self._index(version, purpose, plain)
            for version in turn.versions
        )
        return Blinds(first, other, turn.place)

    def blind_turn(self) -> BlindTurn:
        """The blind keys in force in this transaction. Raises KeyTrouble."""
        with self._session.no_autoflush:
            # kept, because the session keeps rows weakly: one statement for a transaction
            self._turn = self._session.get(BlindTurn, ONLY)
        if self._turn is None:
            raise KeyTrouble("blind_turn has lost its row: restore it from a backup")
        return self._turn

    def _index(self, version: int, purpose: str, plain: bytes) -> bytes:
        key = _purpose_key(self._keys.secret(KeyKind.BLIND, version), purpose)
        return hmac.digest(key, plain, hashlib.sha256)[:BLIND_LENGTH]

    def __repr__(self) -> str:
        return "BoundVault(***)"

    def __reduce__(self) -> str:
        raise TypeError("a vault is not copied")

    def _sealer(self, subject: UUID) -> tuple[AESGCM, bytes]:
        row = self._newest(subject)
        with self._session.no_autoflush:
            erased = self._session.get(ErasedSubject, subject) if row is None else None
        if erased is not None or subject in self._shared.erased:
            raise Erased("this person was erased")
        if row is None:
            blind = self.blind_turn().newest
            row = make_subject_key(self._keys, subject, self._clock(), blind=blind)
            self._session.add(row)
        cipher = unwrap(self._keys, row)
        label = bytes((FORMAT, AES_256_GCM)) + row.kek_version.to_bytes(2, "big") + row.id.bytes
        self._mine[row.id.bytes] = (cipher, subject.bytes)
        self._sealers[subject] = (cipher, label)
        return cipher, label

    def _newest(self, subject: UUID) -> SubjectKey | None:
        newest = col(SubjectKey.generation).desc()
        asked = select(SubjectKey).where(SubjectKey.subject == subject).order_by(newest).limit(1)
        with self._session.no_autoflush:  # the caller's half-made rows stay where they are
            return self._session.exec(asked).one_or_none()

    def _opener(self, key_id: bytes, subject: UUID) -> _Opener:
        with self._session.no_autoflush:
            row = self._session.get(SubjectKey, UUID(bytes=key_id))
            erased = self._session.get(ErasedSubject, subject) if row is None else None
        if erased is not None:
            raise Erased("this person was erased")
        if row is None:
            raise SealBroken("the key of this field is gone")
        opener = (unwrap(self._keys, row), row.subject.bytes)
        self._shared.cache(key_id, opener)
        return opener


def key_of(sealed: Sealed) -> UUID:
    """The id of the key that sealed the field."""
    return UUID(bytes=sealed.ciphertext[4:_LABEL])


def _bound(place: SealedPlace) -> bytes:
    return b"\x10%b%b\x10%b" % (
        place.tenant.bytes,
        _named(place.table, place.column),
        place.row.bytes,
    )


@lru_cache(maxsize=1024)
def _named(table: str, column: str) -> bytes:
    return b"".join(len(n.encode()).to_bytes(2, "big") + n.encode() for n in (table, column))


@lru_cache(maxsize=256)
def _purpose_key(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"purpose\x00" + purpose.encode(), hashlib.sha256)
