"""How people overrode plans: how often, who, why, and whether it went better or worse afterwards.

Afterwards is counted for items about a patient: from the decision to the patient's next bed, and
from there on. It shows what happened, not why: who overrides may see what the solver did not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.beds.model import BedStay, StayBegin
from domain.measures.decisions import NOBODYS, Decision, by_people, decisions
from domain.patients.model import Encounter
from domain.places.model import WardSpecialty
from domain.places.reach import hospital_in_reach
from domain.plans.kinds import kind_names
from domain.plans.model import Approval, Proposal, ProposalItem
from kit.errors import Invalid
from kit.work import Scope

LONGEST = timedelta(days=366)
FEW = 5  # cases below which two groups are not compared
MOVED = (StayBegin.MOVE, StayBegin.SWAP)


class Answer(StrEnum):
    """What people made of an item in the end."""

    ACCEPTED = "ACCEPTED"
    CHANGED = "CHANGED"
    REJECTED = "REJECTED"


class Verdict(StrEnum):
    """Of a group beside the accepted, by every figure of `Afterwards`."""

    BETTER = "BETTER"  # better in one, worse in none
    WORSE = "WORSE"
    ALIKE = "ALIKE"
    MIXED = "MIXED"
    TOO_FEW = "TOO_FEW"


@dataclass(frozen=True, slots=True)
class Person:
    """An account and how often it decided, and decided otherwise."""

    account_id: UUID
    decided: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What became of the patients of one group. `cases`: those who got a bed; `waiting`: those who
    have none yet, or left without. Of the cases: minutes until it on average, moved again within 24
    and 48 hours, in it by a waiver, in a ward that does not treat their specialty."""

    answer: Answer
    cases: int
    waiting: int
    waited_min: float | None
    moved_24h: int
    moved_48h: int
    on_waiver: int
    outliers: int
    verdict: Verdict | None = None  # None for the accepted themselves


@dataclass(frozen=True, slots=True)
class OverrideStatistics:
    since: datetime
    until: datetime
    decided: int  # items
    answers: dict[Answer, int]
    reasons: tuple[tuple[str, int], ...]
    people: tuple[Person, ...]
    afterwards: tuple[Afterwards, ...]


@dataclass(frozen=True, slots=True)
class _Stay:
    since: datetime
    begun_by: StayBegin
    on_waiver: bool
    outlier: bool


def override_statistics(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, since: datetime, until: datetime,
    kind: str,
) -> OverrideStatistics:  # fmt: skip
    """What was decided in [since, until) about a hospital's plans of a kind. Raises Invalid and
    NotFound."""
    hospital_in_reach(session, scopes, hospital_id)
    if not since < until <= since + LONGEST:
        raise Invalid("give a time after `since`, at most 366 days later", field="until")
    if kind not in kind_names():
        raise Invalid("no such kind of plan", field="planKind", allowed=kind_names())
    where = (
        col(Proposal.hospital_id) == hospital_id, col(Proposal.kind) == kind,
        col(Approval.at) >= since, col(Approval.at) < until,
    )  # fmt: skip
    made = decisions(session, *where)
    last = _last(made)
    answers = Counter(_answer(one) for one in last.values())
    return OverrideStatistics(
        since, until, len(last), {answer: answers[answer] for answer in Answer},
        _reasons(made), _people(made), _afterwards(last.values(), _stays(session, *where)),
    )  # fmt: skip


def _last(made: Iterable[Decision]) -> dict[UUID, Decision]:
    """Of each item the decision that counts: the first that differs, else the last."""
    found: dict[UUID, Decision] = {}
    for one in made:
        if one.item_id not in found or not found[one.item_id].otherwise:
            found[one.item_id] = one
    return found


def _answer(one: Decision) -> Answer:
    if not one.approved:
        return Answer.REJECTED
    return Answer.CHANGED if one.changed else Answer.ACCEPTED


def _reasons(made: Iterable[Decision]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(o.reason or NOBODYS for o in made if o.otherwise).items()))


def _people(made: Sequence[Decision]) -> tuple[Person, ...]:
    decided = Counter(one.account_id for one in made)
    otherwise = Counter(one.account_id for one in made if one.otherwise)
    return tuple(Person(key, decided[key], otherwise[key]) for key in sorted(decided))


def _stays(session: Session, *where: sa.ColumnElement[bool]) -> dict[UUID, list[_Stay]]:
    """The stays of everybody whom a decision was about, in order of time."""
    about = (
        sa.select(col(ProposalItem.encounter_id))
        .join(Approval, col(Approval.item_id) == col(ProposalItem.id))
        .join(Proposal, col(Proposal.id) == col(ProposalItem.proposal_id))
        .where(*by_people(), *where)
    )
    listed = sa.exists().where(
        col(WardSpecialty.ward_id) == col(BedStay.ward_id),
        col(WardSpecialty.specialty) == col(Encounter.specialty),
    )
    choosy = sa.exists().where(col(WardSpecialty.ward_id) == col(BedStay.ward_id))
    query = (
        sa.select(
            col(BedStay.encounter_id), col(BedStay.since), col(BedStay.begun_by),
            col(BedStay.state_waiver_id).is_not(None),
            sa.and_(choosy, ~listed, col(Encounter.specialty).is_not(None)),
        )
        .join(Encounter, col(Encounter.id) == col(BedStay.encounter_id))
        .where(col(BedStay.encounter_id).in_(about), col(BedStay.voided_at).is_(None))
        .order_by(col(BedStay.since))
    )  # fmt: skip
    found: dict[UUID, list[_Stay]] = defaultdict(list)
    for encounter, since, begun_by, waived, outlier in session.connection().execute(query):
        found[encounter].append(_Stay(since, begun_by, bool(waived), bool(outlier)))
    return found


def _afterwards(last: Iterable[Decision], stays: dict[UUID, list[_Stay]]) -> tuple[Afterwards, ...]:
    groups: dict[Answer, list[Decision]] = {answer: [] for answer in Answer}
    for one in last:
        if one.encounter_id is not None:
            groups[_answer(one)].append(one)
    found = [_became(answer, group, stays) for answer, group in groups.items()]
    return tuple(_judged(each, found[0]) for each in found)


def _became(answer: Answer, group: list[Decision], stays: dict[UUID, list[_Stay]]) -> Afterwards:
    waits: list[float] = []
    moved = Counter[int]()
    on_waiver = outliers = 0
    for one in group:
        after = [s for s in stays.get(one.encounter_id or one.item_id, ()) if s.since >= one.at]
        if not after:
            continue
        first = after[0]
        waits.append((first.since - one.at) / timedelta(minutes=1))
        for hours in (24, 48):
            ends = first.since + timedelta(hours=hours)
            moved[hours] += any(s.begun_by in MOVED and s.since <= ends for s in after[1:])
        on_waiver += first.on_waiver
        outliers += first.outlier
    mean = round(sum(waits) / len(waits), 1) if waits else None
    return Afterwards(answer, len(waits), len(group) - len(waits), mean, moved[24], moved[48],
                      on_waiver, outliers)  # fmt: skip


def _judged(group: Afterwards, accepted: Afterwards) -> Afterwards:
    if group.answer is Answer.ACCEPTED:
        return group
    verdict = Verdict.TOO_FEW
    if group.cases >= FEW and accepted.cases >= FEW:
        pairs = list(zip(_figures(group), _figures(accepted), strict=True))
        better, worse = any(a < b for a, b in pairs), any(a > b for a, b in pairs)
        verdict = {
            (True, True): Verdict.MIXED,
            (True, False): Verdict.BETTER,
            (False, True): Verdict.WORSE,
            (False, False): Verdict.ALIKE,
        }[better, worse]
    return Afterwards(group.answer, group.cases, group.waiting, group.waited_min, group.moved_24h,
                      group.moved_48h, group.on_waiver, group.outliers, verdict)  # fmt: skip


def _figures(group: Afterwards) -> list[float]:
    """Less is better in each."""
    rates = (group.moved_24h, group.moved_48h, group.on_waiver, group.outliers)
    everybody = group.cases + group.waiting
    return [
        group.waited_min or 0.0, group.waiting / everybody, *(n / group.cases for n in rates),
    ]  # fmt: skip
