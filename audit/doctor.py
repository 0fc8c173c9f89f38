"""`wardgrid keys doctor`: every key opens what it must, told before somebody needs it."""

from collections import Counter
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from sqlmodel import Session, select

from audit.keys import KeyKind, Keys, KeyTrouble
from audit.subjects import SubjectKey, blind_key_fits, unwrap
from kit.sealed import SealBroken

_PROBE = b"wardgrid keys doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how many were sound, how many not."""

    what: str
    sound: int
    broken: int

    @property
    def healthy(self) -> bool:
        return self.broken == 0


def examine(keys: Keys, session: Session) -> tuple[Finding, ...]:
    """Try every key on everything of it that is stored. Changes nothing."""
    tally: Counter[tuple[str, bool]] = Counter()
    for row in session.exec(select(SubjectKey).execution_options(yield_per=1000)):
        tally[f"{KeyKind.KEK.value}-{row.kek_version}", _opens(keys, row)] += 1
        tally[f"{KeyKind.BLIND.value}-{row.blind_version}", _fits(keys, row)] += 1
    for kind in (KeyKind.LEDGER, KeyKind.TOKEN):
        for version in keys.versions(kind):
            tally[f"{kind.value}-{version}", _signs(keys, kind, version)] += 1
    names = sorted({name for name, _ in tally})
    return tuple(Finding(name, tally[name, True], tally[name, False]) for name in names)


def _opens(keys: Keys, row: SubjectKey) -> bool:
    try:
        unwrap(keys, row)
    except (KeyTrouble, SealBroken):
        return False
    return True


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
