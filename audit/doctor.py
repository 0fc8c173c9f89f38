"""`wardgrid keys doctor`: every key opens what it must, told before somebody needs it."""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from sqlalchemy import select as rows_of
from sqlmodel import Session, select

from audit.keys import KeyKind, Keys, KeyTrouble
from audit.stream import mac_of, stream_key
from audit.subjects import SubjectKey, blind_key_fits, wrapped_key
from audit.tables import LEDGER_ENTRY

_PROBE = b"wardgrid keys doctor"
_NO_KEK = "bring back this KEK; where it is here, the row was changed: restore it"
_NO_BLIND = "bring back this key: without it nobody is found by name or number"
_NO_MAC = "bring back the MAC key; where it is here, run `wardgrid ledger verify`"
NAMED = 20  # of what is broken; the count says how many there are
SAMPLE = 1000  # entries of the ledger, the newest, where not all are looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how many were sound, how many not, and what to do."""

    what: str
    sound: int
    broken: int
    ids: tuple[str, ...] = field(default=(), compare=False)
    remedy: str = field(default="", compare=False)

    @property
    def healthy(self) -> bool:
        return self.broken == 0


class Tally:
    """Counts by what was looked at, and remembers the first that were broken."""

    def __init__(self) -> None:
        self._sound: dict[str, int] = defaultdict(int)
        self._broken: dict[str, list[str]] = defaultdict(list)
        self._remedies: dict[str, str] = {}

    def count(self, what: str, sound: bool, key: object, remedy: str) -> None:
        if sound:
            self._sound[what] += 1
        else:
            self._broken[what].append(str(key))
            self._remedies[what] = remedy

    def findings(self) -> tuple[Finding, ...]:
        """By name."""
        return tuple(
            Finding(what, self._sound[what], len(self._broken[what]),
                    tuple(self._broken[what][:NAMED]), self._remedies.get(what, ""))
            for what in sorted({*self._sound, *self._broken})
        )  # fmt: skip


def examine(keys: Keys, session: Session) -> tuple[Finding, ...]:
    """Try every key on everything of it that is stored. Changes nothing. Raises KekAway."""
    tally = Tally()
    stored = session.exec(select(SubjectKey).execution_options(yield_per=250))
    for rows in stored.partitions():
        for row, opens in zip(rows, _open(keys, rows), strict=True):
            tally.count(f"{KeyKind.KEK.value}-{row.kek_version}", opens, row.id, _NO_KEK)
            blind = f"{KeyKind.BLIND.value}-{row.blind_version}"
            tally.count(blind, _fits(keys, row), row.id, _NO_BLIND)
    for kind in (KeyKind.LEDGER, KeyKind.TOKEN):
        for version in keys.versions(kind):
            name = f"{kind.value}-{version}"
            tally.count(name, _signs(keys, kind, version), name, "bring back this key")
    return tally.findings()


def examine_ledger(keys: Keys, session: Session, log: str, *, full: bool) -> tuple[Finding, ...]:
    """Whether a MAC key that is held wrote the newest entries, or all of them."""
    tally = Tally()
    entry = LEDGER_ENTRY.c
    asked = rows_of(entry.id, entry.stream, entry.body, entry.mac).order_by(entry.id.desc())
    asked = asked if full else asked.limit(SAMPLE)
    versions = tuple(reversed(keys.versions(KeyKind.MAC)))

    @lru_cache(maxsize=4096)
    def key_of(version: int, stream: str) -> bytes:
        return stream_key(keys.secret(KeyKind.MAC, version), log, stream)

    for row in session.connection().execute(asked.execution_options(yield_per=1000)):
        body, mac = bytes(row.body), bytes(row.mac)
        macs = ((v, mac_of(key_of(v, row.stream), body)) for v in versions)
        made = next((v for v, one in macs if hmac.compare_digest(one, mac)), None)
        name = f"{KeyKind.MAC.value}-{made}" if made else "mac of the ledger"
        tally.count(name, made is not None, row.id, _NO_MAC)
    return tally.findings()


def not_needed(keys: Keys, findings: Iterable[Finding]) -> Iterator[str]:
    """Older KEKs that no key of a person stands under any more, and blind keys that nobody is
    found by."""
    needed = {word for finding in findings for word in finding.what.split()}
    for kind in (KeyKind.KEK, KeyKind.BLIND):
        for version in keys.versions(kind)[:-1]:
            if (name := f"{kind.value}-{version}") not in needed:
                yield name


def _open(keys: Keys, rows: Sequence[SubjectKey]) -> list[bool]:
    try:
        return [secret is not None for secret in keys.kek.unwrap([wrapped_key(r) for r in rows])]
    except KeyTrouble:  # one version is missing: ask row by row which one
        return [_opens(keys, row) for row in rows]


def _opens(keys: Keys, row: SubjectKey) -> bool:
    try:
        return keys.kek.unwrap([wrapped_key(row)])[0] is not None
    except KeyTrouble:
        return False


def _fits(keys: Keys, row: SubjectKey) -> bool:
    try:
        return blind_key_fits(keys, row)
    except KeyTrouble:
        return False


def _signs(keys: Keys, kind: KeyKind, version: int) -> bool:
    signer = keys.signer(kind, version)
    try:
        signer.public_key().verify(signer.sign(_PROBE), _PROBE)
    except InvalidSignature:
        return False
    return True
