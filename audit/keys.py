"""The house's keys: kept outside the database, readable by their owner alone, versioned.

The newest version of a kind writes; older ones stay to read what they wrote.
"""

import os
import re
import secrets
import stat
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.kek import HeldKek, KekProvider

SECRET = 32  # bytes, every kind: an AES-256 key, an HMAC key or an Ed25519 seed
_NAME = re.compile(r"([a-z]+)-([1-9][0-9]{0,3})\.key")
_TEXT = re.compile(r"wardgrid-key/1 ([a-z]+) ([0-9]+) ([A-Za-z0-9+/]{43}=)\n")


class KeyTrouble(RuntimeError):
    """A key is missing, open to others, or not what its name says. Never shows the key."""


class KeyKind(StrEnum):
    KEK = "kek"  # wraps the keys of subjects
    BLIND = "blind"  # equality indexes
    MAC = "mac"  # streams of the ledger
    LEDGER = "ledger"  # Ed25519: signs checkpoints
    TOKEN = "token"  # noqa: S105 - Ed25519: signs access tokens
    ANSWER = "answer"  # first answers of repeated requests
    BACKUP = "backup"  # seals backups; kept where no backup is


OPTIONAL = frozenset({KeyKind.BACKUP})  # a house from before it runs on, without backups
NEEDED = frozenset(KeyKind) - OPTIONAL
LOOK_S = 2.0  # less than a rotation waits before its first batch
Held = Mapping[tuple[KeyKind, int], bytes]


class Keys:
    """Secrets by kind and version, and who wraps the keys of subjects. Prints and pickles nothing.

    `again` reads the place where they are kept once more: a version that was added while the
    program runs is found when it is first asked for, or by `look_again`.
    """

    __slots__ = ("_again", "_looked_at", "_secrets", "kek")

    def __init__(
        self, held: Held, *, kek: KekProvider | None = None,
        again: Callable[[], Held] | None = None, needed: frozenset[KeyKind] = NEEDED,
    ) -> None:  # fmt: skip
        """Raises KeyTrouble unless every kind has a version and every secret its length."""
        outside = frozenset() if kek is None else frozenset({KeyKind.KEK})
        for kind in KeyKind:
            if kind in needed - outside and not any(known is kind for known, _ in held):
                raise KeyTrouble(f"there is no {kind.value} key")
        for (kind, version), secret in held.items():
            if len(secret) != SECRET or not 1 <= version <= 9999:
                raise KeyTrouble(f"{kind.value}-{version} is not a key of {SECRET} bytes")
        self._secrets, self._again = dict(held), again
        self._looked_at = time.monotonic()
        self.kek: KekProvider = kek or self.held_kek()

    def held_kek(self) -> HeldKek:
        """Wraps with the KEKs that are held here."""
        return HeldKek(self._newest_kek, partial(self.secret, KeyKind.KEK))

    def _newest_kek(self) -> int:
        """Looked for again now and then: during a rotation every process wraps with the new one."""
        now = time.monotonic()
        if now - self._looked_at > LOOK_S:
            self._looked_at = now
            with suppress(KeyTrouble):  # what is held still serves; the next start says it
                self.look_again()
        return self.newest(KeyKind.KEK)

    def served_by(self, kek: KekProvider) -> "Keys":
        """The same secrets, the keys of subjects wrapped elsewhere."""
        return Keys(self._secrets, kek=kek, again=self._again)

    def look_again(self) -> None:
        """Take up versions that were added since. Raises KeyTrouble."""
        if self._again is not None:
            self._secrets = {**self._again(), **self._secrets}

    def versions(self, kind: KeyKind) -> tuple[int, ...]:
        """Oldest first."""
        return tuple(sorted(version for known, version in self._secrets if known is kind))

    def newest(self, kind: KeyKind) -> int:
        """Raises KeyTrouble where there is none of an optional kind."""
        if not (known := self.versions(kind)):
            raise KeyTrouble(
                f"there is no {kind.value} key; make one: wardgrid keys add {kind.value}"
            )
        return known[-1]

    def secret(self, kind: KeyKind, version: int | None = None) -> bytes:
        """The newest, or the given version. Raises KeyTrouble."""
        version = self.newest(kind) if version is None else version
        if (kind, version) not in self._secrets:
            self.look_again()
        try:
            return self._secrets[kind, version]
        except KeyError:
            raise KeyTrouble(f"the key {kind.value}-{version} is missing") from None

    def signer(self, kind: KeyKind, version: int | None = None) -> Ed25519PrivateKey:
        """The signing key of LEDGER or TOKEN."""
        return Ed25519PrivateKey.from_private_bytes(self.secret(kind, version))

    def __repr__(self) -> str:
        return "Keys(***)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not copied")


def init_keys(directory: Path) -> None:
    """Make version 1 of every kind in a folder of its own. Raises KeyTrouble over existing ones."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    for kind in KeyKind:
        add_key(directory, kind, 1)
    _flush_folder(directory)


def add_key(directory: Path, kind: KeyKind, version: int) -> Path:
    """Write one fresh key, never over another."""
    path = directory / f"{kind.value}-{version}.key"
    text = (
        f"wardgrid-key/1 {kind.value} {version} {b64encode(secrets.token_bytes(SECRET)).decode()}\n"
    )
    try:
        # 0600 before the first byte is in it, and only if nobody was here before us
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise KeyTrouble(f"{path.name} exists; a key is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return path


def load_keys(directory: Path, *, kek: KekProvider | None = None) -> Keys:
    """Read every key file. Raises KeyTrouble for one that others may read."""
    return Keys(_held_in(directory), kek=kek, again=partial(_held_in, directory))


def load_backup_keys(directory: Path) -> Keys:
    """Backup keys and no other: the database's own machine need not know more to seal its WAL.
    Raises KeyTrouble, also where there is none."""
    only = frozenset({KeyKind.BACKUP})
    return Keys(_held_in(directory, only), needed=only)


def _held_in(directory: Path, kinds: frozenset[KeyKind] = frozenset(KeyKind)) -> Held:
    if not directory.is_dir():
        raise KeyTrouble(f"there is no key folder {directory}; `wardgrid init` makes one")
    found = (_NAME.fullmatch(path.name) for path in sorted(directory.iterdir()))
    held = {}
    for name in filter(None, found):
        if name[1] not in set(KeyKind):
            raise KeyTrouble(f"{name[0]} is no kind of key")
        kind, version = KeyKind(name[1]), int(name[2])
        if kind in kinds:
            held[kind, version] = _read_key(directory / name[0], kind, version)
    return held


def development_keys(passphrase: str) -> Keys:
    """Keys made from one text, for development and tests: whoever knows it knows them all."""
    root = passphrase.encode()
    if len(root) < SECRET:
        raise KeyTrouble(f"the development secret needs at least {SECRET} bytes")
    return Keys({(kind, 1): _derived(root, kind) for kind in KeyKind})


def _derived(root: bytes, kind: KeyKind) -> bytes:
    info = b"wardgrid development " + kind.value.encode()
    return HKDF(algorithm=SHA256(), length=SECRET, salt=None, info=info).derive(root)


def _read_key(path: Path, kind: KeyKind, version: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as failure:
        raise KeyTrouble(f"{path.name} cannot be opened ({failure.strerror})") from None
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise KeyTrouble(f"{path.name} is open to others; chmod 600 it and replace the key")
        if state.st_uid not in (os.geteuid(), 0):
            raise KeyTrouble(f"{path.name} belongs to somebody else")
        text = _TEXT.fullmatch(file.read(200))
    if text is None or (text[1], int(text[2])) != (kind.value, version):
        raise KeyTrouble(f"{path.name} does not hold the key of its name")
    return b64decode(text[3])


def _flush_folder(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # else a power cut could take the names of the files
    finally:
        os.close(descriptor)
