"""The facts of a hospital's month, by dataset: whose, in which cell, how long. Generalised as they
are read: no date, no age of a single year, nothing exact leaves this module."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain.analysis.months import Month
from domain.analysis.words import Dataset, Dimension, rules
from domain.beds.model import BedRequest, BedStay, RequestState, StayEnd
from domain.patients.model import Encounter, EncounterStatus, Patient
from domain.places.model import Hospital, Ward
from domain.transfers.model import Transfer
from domain.transfers.words import TransferState

UNKNOWN = "UNKNOWN"
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
GONE = (EncounterStatus.DISCHARGED, EncounterStatus.DIED)
Traits = dict[Dimension, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing of one person, in every dimension that its dataset has."""

    person: UUID
    traits: Traits
    amount: float


def happened_in(
    session: Session, dataset: Dataset, hospital_id: UUID, month: Month
) -> list[Happened]:
    """Everything of a dataset in a hospital's month."""
    return list(_READ[dataset](session, hospital_id, month))


def _stays(session: Session, hospital_id: UUID, month: Month) -> Iterator[Happened]:
    later: Any = aliased(BedStay)
    again = sa.exists().where(
        later.encounter_id == col(BedStay.encounter_id), later.voided_at.is_(None),
        later.since >= col(BedStay.until),
    )  # fmt: skip
    first: Any = aliased(BedStay)
    since = (
        sa.select(sa.func.min(first.since))
        .where(first.encounter_id == col(BedStay.encounter_id), first.voided_at.is_(None))
        .scalar_subquery()
    )
    query = _of_people(
        sa.select(*_PERSON, col(Ward.code), col(Encounter.specialty), since, col(BedStay.until)),
        BedStay, hospital_id,
    ).where(
        col(BedStay.voided_at).is_(None), col(BedStay.ended_by) == StayEnd.DEPARTURE,
        month.has(col(BedStay.until)), col(Encounter.status).in_(GONE), ~again,
    )  # fmt: skip
    for person, born, sex, ward, specialty, begun, left in session.execute(query):
        traits = {**_who(born, sex, month.day(left)), Dimension.WARD: ward,
                  Dimension.SPECIALTY: specialty or UNKNOWN,
                  Dimension.WEEKDAY: WEEKDAYS[month.day(left).weekday()]}  # fmt: skip
        yield Happened(person, traits, _days(begun, left))


def _bed_days(session: Session, hospital_id: UUID, month: Month) -> Iterator[Happened]:
    query = _of_people(
        sa.select(*_PERSON, col(Ward.code), col(BedStay.since), col(BedStay.until)),
        BedStay, hospital_id,
    ).where(
        col(BedStay.voided_at).is_(None), col(BedStay.since) < month.ends,
        sa.or_(col(BedStay.until).is_(None), col(BedStay.until) > month.begins),
    )  # fmt: skip
    total: dict[tuple[UUID, str], float] = {}
    who: dict[UUID, Traits] = {}
    for person, born, sex, ward, since, until in session.execute(query):
        lying = _days(max(since, month.begins), min(until or month.ends, month.ends))
        total[person, ward] = total.get((person, ward), 0.0) + lying
        who[person] = _who(born, sex, month.day(month.begins))
    for (person, ward), lying in total.items():
        yield Happened(person, {**who[person], Dimension.WARD: ward}, lying)


def _waiting(session: Session, hospital_id: UUID, month: Month) -> Iterator[Happened]:
    query = (
        sa.select(*_PERSON, col(Ward.code), col(BedRequest.since), col(BedRequest.until))
        .join_from(BedRequest, Encounter, col(Encounter.id) == col(BedRequest.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Ward, col(Ward.id) == col(BedRequest.target_ward_id), isouter=True)
        .where(
            col(BedRequest.hospital_id) == hospital_id, month.has(col(BedRequest.until)),
            col(BedRequest.state) == RequestState.FULFILLED,
        )
    )  # fmt: skip
    for person, born, sex, ward, since, until in session.execute(query):
        traits = {**_who(born, sex, month.day(since)), Dimension.WARD: ward or UNKNOWN,
                  Dimension.WEEKDAY: WEEKDAYS[month.day(since).weekday()]}  # fmt: skip
        yield Happened(person, traits, _minutes(since, until))


def _transfers(session: Session, hospital_id: UUID, month: Month) -> Iterator[Happened]:
    query = (
        sa.select(*_PERSON, col(Hospital.code), col(Transfer.urgency), col(Transfer.since),
                  col(Transfer.until))
        .join_from(Transfer, Encounter, col(Encounter.id) == col(Transfer.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Hospital, col(Hospital.id) == col(Transfer.to_hospital_id))
        .where(
            col(Transfer.from_hospital_id) == hospital_id, month.has(col(Transfer.until)),
            col(Transfer.state) == TransferState.COMPLETED,
        )
    )  # fmt: skip
    for person, born, sex, to, urgency, since, until in session.execute(query):
        traits = {**_who(born, sex, month.day(since)), Dimension.TO: to,
                  Dimension.URGENCY: urgency.value}  # fmt: skip
        yield Happened(person, traits, _minutes(since, until))


_PERSON = (col(Patient.id), col(Patient.birth_date), col(Patient.sex))
_READ: dict[Dataset, Callable[[Session, UUID, Month], Iterator[Happened]]] = {
    Dataset.STAYS: _stays, Dataset.BED_DAYS: _bed_days, Dataset.WAITING: _waiting,
    Dataset.TRANSFERS: _transfers,
}  # fmt: skip


def _of_people(query: Any, stays: type[BedStay], hospital_id: UUID) -> Any:
    """Stays of a hospital, each with its person and ward."""
    return (
        query.join_from(stays, Encounter, col(Encounter.id) == col(stays.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Ward, col(Ward.id) == col(stays.ward_id))
        .where(col(stays.hospital_id) == hospital_id)
    )


def _who(born: date | None, sex: Any, on: date) -> Traits:
    return {Dimension.AGE: age_band(born, on), Dimension.SEX: sex.value}


def age_band(born: date | None, on: date) -> str:
    """Ten years, as 60-69; whoever is older than the top age is in one band."""
    if born is None:
        return UNKNOWN
    years = max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
    top = rules()["top_age"]
    return f"{top}+" if years >= top else f"{years // 10 * 10:02}-{years // 10 * 10 + 9:02}"


def _days(since: datetime, until: datetime) -> float:
    """To a tenth; a very long stay would stand out, so it counts as the longest."""
    days = (until - since).total_seconds() / 86_400
    return min(round(days, 1), float(rules()["most_days"]))


def _minutes(since: datetime, until: datetime) -> float:
    """To five minutes, up to the longest."""
    minutes = (until - since).total_seconds() / 60
    return min(round(minutes / 5) * 5.0, float(rules()["most_minutes"]))


def cells(happened: Sequence[Happened], dimensions: Sequence[Dimension]) -> list[tuple[str, ...]]:
    """Where each of them is in a cube."""
    return [tuple(one.traits[dimension] for dimension in dimensions) for one in happened]
