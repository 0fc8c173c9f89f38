"""Rules about forecasts: a quantile of the days to come crosses a limit, or the beds there are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.rule_book import Rule, RuleBook, winners
from domain.alarms.rule_forecasts import FORESEEN, LICENSED, NUMBER, QUANTILES
from domain.alarms.rule_model import RuleKind
from domain.alarms.timing_turns import Asked
from domain.forecasts.queries import ForecastFound, newest_of_wards
from domain.forecasts.series import Step
from domain.measures.place import Place
from domain.places.model import Ward, WardStaffing

_BEDS: Any = (
    sa.select(col(Ward.id), col(Ward.licensed_beds),
              sa.func.coalesce(col(WardStaffing.staffed_beds), 0))
    .outerjoin(
        WardStaffing,
        sa.and_(col(WardStaffing.ward_id) == col(Ward.id), col(WardStaffing.until).is_(None)),
    )
    .where(col(Ward.hospital_id) == sa.bindparam("hospital"), col(Ward.closed_at).is_(None))
    .order_by(col(Ward.id))
)  # fmt: skip
Beds = dict[UUID | None, tuple[int, int]]  # licensed and staffed, by ward; of all under None


def foreseen(session: Session, hospital_id: UUID, book: RuleBook, now: datetime) -> Iterator[Asked]:
    """What the newest daily forecasts say to the rules; none where a forecast is stale."""
    rules = book.of_kind(RuleKind.FORECAST)
    if not rules:
        return
    beds = _beds(session, hospital_id)
    for metric in sorted({rule.body.metric for rule in rules}):
        found = newest_of_wards(session, [hospital_id], FORESEEN[metric].measure, Step.DAY, now,
                                now)  # fmt: skip
        for ward in beds:
            for rule in _asked(rules, metric, ward):
                value = _value(rule, found.get(Place(hospital_id, ward)), beds[ward], now)
                entity = f"hospital:{hospital_id}" if ward is None else f"ward:{ward}"
                yield rule, entity, ward, None, value


def _asked(rules: tuple[Rule, ...], metric: str, ward: UUID | None) -> tuple[Rule, ...]:
    """The rules that hold for a ward, or for the hospital as a whole."""
    by_ward = ward is not None
    return winners(
        (rule for rule in rules if rule.body.metric == metric
         and by_ward == (rule.ward_id is not None or rule.body.per == "ward")),
        ward, None,
    )  # fmt: skip


def _value(
    rule: Rule, found: ForecastFound | None, beds: tuple[int, int], now: datetime
) -> float | None:
    """The worst of the steps within the horizon: the highest, or for a lower limit the lowest."""
    if found is None or found.stale:
        return None
    body, edges = rule.body, found.edges
    until = now + timedelta(microseconds=body.horizon)
    level = found.level(QUANTILES[body.quantile])
    steps = [level[at] for at in range(len(level)) if now < edges[at + 1] and edges[at] < until]
    if not steps:
        return None
    worst = min(steps) if body.op[0] == "<" else max(steps)
    if body.against == NUMBER:
        return worst
    return worst - (beds[0] if body.against == LICENSED else beds[1])


def _beds(session: Session, hospital_id: UUID) -> Beds:
    rows = session.connection().execute(_BEDS, {"hospital": hospital_id}).all()
    found: Beds = {None: (sum(row[1] for row in rows), sum(row[2] for row in rows))}
    return found | {ward: (licensed, staffed) for ward, licensed, staffed in rows}
