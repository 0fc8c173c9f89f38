"""How people overrode plans, counted by hand on small stories."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.beds.admission import AdmitPatient
from domain.beds.model import StayBegin
from domain.measures.decisions import Decision
from domain.measures.overrides import (
    Answer,
    Verdict,
    _afterwards,
    _last,
    _Stay,
    override_statistics,
)
from domain.plans.commands import ApprovePlan, ItemDecision, OverrideReason
from domain.plans.model import PlanState
from kit.db import reading
from kit.errors import Invalid, NotFound
from kit.ids import new_id
from kit.work import Scope
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def decided(answer: Answer, encounter: UUID | None = None) -> Decision:
    return Decision(new_id(), new_id(), NOON, answer is not Answer.REJECTED,
                    answer is Answer.CHANGED, None, encounter or new_id())  # fmt: skip


def stay(after: timedelta, begun: StayBegin = StayBegin.ADMIT, *, waiver: bool = False,
         outlier: bool = False) -> _Stay:  # fmt: skip
    return _Stay(NOON + after, begun, waiver, outlier)


def test_what_became_of_a_group_is_counted_from_the_decision_on() -> None:
    one, two, three = (decided(Answer.CHANGED) for _ in range(3))
    stays = {
        one.encounter_id: [
            stay(-HOUR), stay(10 * MINUTE, waiver=True), stay(20 * HOUR, StayBegin.MOVE),
        ],
        two.encounter_id: [stay(50 * MINUTE, outlier=True), stay(47 * HOUR, StayBegin.SWAP),
                           stay(60 * HOUR, StayBegin.MOVE)],
        three.encounter_id: [stay(-HOUR)],
    }  # fmt: skip
    known = {key: found for key, found in stays.items() if key is not None}
    changed = _afterwards([one, two, three], known)[1]
    assert (changed.answer, changed.cases, changed.waiting) == (Answer.CHANGED, 2, 1)
    assert changed.waited_min == 30.0
    assert (changed.moved_24h, changed.moved_48h) == (1, 2)
    assert (changed.on_waiver, changed.outliers) == (1, 1)
    assert changed.verdict is Verdict.TOO_FEW


@pytest.mark.parametrize(
    ("accepted", "rejected", "verdict"),
    [
        (10, 5, Verdict.BETTER),
        (5, 10, Verdict.WORSE),
        (5, 5, Verdict.ALIKE),
    ],
)
def test_a_group_of_enough_cases_is_compared_with_the_accepted(
    accepted: int, rejected: int, verdict: Verdict
) -> None:
    made, stays = [], {}
    for answer, minutes in ((Answer.ACCEPTED, accepted), (Answer.REJECTED, rejected)):
        for _ in range(5):
            one = decided(answer)
            made.append(one)
            assert one.encounter_id is not None
            stays[one.encounter_id] = [stay(minutes * MINUTE)]
    groups = _afterwards(made, stays)
    assert [group.verdict for group in groups] == [None, Verdict.TOO_FEW, verdict]
    for one in made:
        if not one.approved and one.encounter_id is not None:
            stays[one.encounter_id] = [stay(MINUTE, outlier=True)]
    assert _afterwards(made, stays)[2].verdict is Verdict.MIXED


def test_of_two_decisions_about_an_item_the_one_that_differs_counts() -> None:
    first = decided(Answer.ACCEPTED)
    second = Decision(first.item_id, new_id(), NOON + HOUR, False, False, "CLINICAL", None)
    assert list(_last([first, second]).values()) == [second]
    assert list(_last([second, first]).values()) == [second]


def test_decisions_reasons_people_and_outcomes_of_a_plan(planning: Planning) -> None:
    plan = planning.solved()
    kept, changed, refused = planning.items(plan)
    decisions = (
        ItemDecision(item_id=kept.id),
        ItemDecision(item_id=changed.id, bed_id=refused.to_bed_id, reason=OverrideReason.CLINICAL),
        ItemDecision(item_id=refused.id, approve=False, reason=OverrideReason.PATIENT_WISH),
    )
    planning.city.do(ApprovePlan(proposal_id=plan, items=decisions), planning.chief)
    planning.until(plan, PlanState.PARTLY_EXECUTED)
    planning.now += 30 * MINUTE
    assert kept.to_bed_id is not None
    assert kept.encounter_id is not None
    planning.city.do(AdmitPatient(bed_id=kept.to_bed_id, encounter_id=kept.encounter_id))
    hospital = planning.corner.ids["hospital"]
    with reading(planning.city.app.engine) as session:
        asked = (session, [Scope(hospital)], hospital, planning.now - HOUR, planning.now + HOUR)
        found = override_statistics(*asked, "beds")
        with pytest.raises(Invalid):
            override_statistics(*asked, "nothing")
        with pytest.raises(NotFound):
            override_statistics(session, [Scope(new_id())], *asked[2:], "beds")
    assert found.decided == 3
    assert found.answers == {Answer.ACCEPTED: 1, Answer.CHANGED: 1, Answer.REJECTED: 1}
    assert found.reasons == (("CLINICAL", 1), ("PATIENT_WISH", 1))
    assert [(p.account_id, p.decided, p.otherwise) for p in found.people] == [
        (planning.chief.id, 3, 2)
    ]
    cases = [(group.cases, group.waiting, group.waited_min) for group in found.afterwards]
    assert cases == [(1, 0, 30.0), (0, 1, None), (0, 1, None)]
