"""Questions about a plan through GraphQL, answered by real solver processes."""

from threading import current_thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event

from app.questions import Questions
from app.solver_process import SolverLimits
from domain.beds.blocks import CloseBed
from domain.beds.model import BlockReason
from domain.patients.preferring import StatePreferences
from domain.plans.model import ProposalItem
from kit.errors import Conflict, Retry
from kit.ids import new_id
from kit.work import Scope
from tests.measures.test_api import ask
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]

EXPLAIN = """query ($i: UUID!) { explain(itemId: $i) { requestId bedId cost
    terms { rule { code } penalty } kept { code zh } reasons { rule { code } }
    alternatives { bedId price exact } rivals { requestId price } } }"""
WHY_NOT = """query ($r: UUID!, $b: UUID!, $p: UUID) {
    whyNot(requestId: $r, bedId: $b, planId: $p) {
    forbidden { rule { code en } waivers { scope key } } priceFrom priceTo exact
    changes { requestId beforeBedId afterBedId } } }"""
CONFLICT = """query ($p: UUID!, $r: [UUID!]!) { planConflict(planId: $p, requestIds: $r) {
    rules { code } proven requestIds shortBy waysOut { rule { code zh } key nth } } }"""


WISHES = """query ($p: UUID!) { preferenceEffect(planId: $p) {
    missed missedWithout price exact otherwiseRequestIds } }"""


def _wish_for_silence(asked: Planning) -> None:
    """One patient wishes for a language that no ward speaks: 3 points wherever the bed is."""
    item = asked.items(asked.solved())[0]
    assert item.encounter_id is not None
    asked.city.do(StatePreferences(encounter_id=item.encounter_id, languages=("eo",)))


@pytest.fixture
def asked(planning: Planning) -> Planning:
    planning.city.app.questions = Questions()  # real processes
    return planning


def test_people_ask_why_and_why_not_and_hear_exact_prices(asked: Planning) -> None:
    _wish_for_silence(asked)
    plan = asked.solved()
    first, second, _ = asked.items(plan)
    told = ask(asked.city, asked.chief, EXPLAIN, i=str(first.id))["explain"]
    assert (told["requestId"], told["bedId"]) == (str(first.request_id), str(first.to_bed_id))
    assert told["cost"] == first.penalty
    assert [term["penalty"] for term in told["terms"]] == [t["penalty"] for t in first.terms]
    assert [each["code"] for each in told["kept"]] == first.kept
    given: dict[str, Any] = {"r": str(first.request_id), "b": str(second.to_bed_id)}
    by_plan = ask(asked.city, asked.chief, WHY_NOT, **given, p=str(plan))["whyNot"]
    assert (by_plan["forbidden"], by_plan["exact"]) == ([], True)
    assert by_plan["priceFrom"] == by_plan["priceTo"] >= 0
    assert str(first.request_id) in {change["requestId"] for change in by_plan["changes"]}
    now = ask(asked.city, asked.chief, WHY_NOT, **given)["whyNot"]
    assert (now["forbidden"], now["exact"]) == ([], True)
    wishes = ask(asked.city, asked.chief, WISHES, p=str(plan))["preferenceEffect"]
    assert wishes == {"missed": 3, "missedWithout": 3, "price": 0, "exact": True,
                      "otherwiseRequestIds": []}  # fmt: skip


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_closed_beds_forbid_and_conflict_and_the_stored_plan_still_answers(
    asked: Planning,
) -> None:
    plan = asked.solved()
    items = asked.items(plan)
    for item in items:
        assert item.to_bed_id is not None
        asked.city.do(CloseBed(bed_id=item.to_bed_id, reason=BlockReason.BUILDING))
    first, second, _ = items
    given: dict[str, Any] = {"r": str(first.request_id), "b": str(second.to_bed_id)}
    now = ask(asked.city, asked.chief, WHY_NOT, **given)["whyNot"]
    [rule] = now["forbidden"]
    assert rule["rule"]["code"] == "BED_READY:CLOSED"
    assert [each["scope"] for each in rule["waivers"]] == ["REQUEST", "BED", "ROOM", "WARD"]
    assert (now["priceTo"], now["exact"]) == (None, True)
    then = ask(asked.city, asked.chief, WHY_NOT, **given, p=str(plan))["whyNot"]
    assert then["forbidden"] == []
    _in_conflict(asked, plan, asked.solved(), [str(item.request_id) for item in items])
    _refused(asked, str(plan), first)


def _in_conflict(asked: Planning, before: UUID, after: UUID, requests: list[str]) -> None:
    told = ask(asked.city, asked.chief, CONFLICT, p=str(before), r=requests)["planConflict"]
    assert told == {"rules": [], "proven": True, "requestIds": [], "shortBy": 0, "waysOut": []}
    told = ask(asked.city, asked.chief, CONFLICT, p=str(after), r=requests)["planConflict"]
    assert told["rules"][0]["code"] == "BED_READY"
    assert told["proven"]
    assert set(told["requestIds"]) <= set(requests)
    ways = [[step["rule"]["code"] for step in way] for way in told["waysOut"]]
    assert ["BED_READY:CLOSED"] * 3 in ways


def _refused(asked: Planning, plan: str, item: ProposalItem) -> None:
    """Unknown, foreign, not part of the problem, not computed yet."""
    unknown = ask(asked.city, asked.chief, EXPLAIN, i=str(new_id()))
    stranger = asked.city.enrol("bed-manager", scope=Scope(new_id()))
    foreign = ask(asked.city, stranger, EXPLAIN, i=str(item.id))
    assert unknown["code"] == foreign["code"] == "NotFound"
    bed: dict[str, Any] = {"r": str(item.request_id), "b": str(new_id())}
    assert ask(asked.city, asked.chief, WHY_NOT, **bed, p=plan)["code"] == "NotFound"
    early = ask(asked.city, asked.chief, WHY_NOT, **bed, p=str(asked.request()))
    assert early["reason"] == "NOT_READY"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_transaction_is_open_while_a_solver_thinks(
    planning: Planning, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = planning.city.app
    plan = planning.solved()
    held: set[int] = set()
    open_now: list[int] = []

    def begun(connection: Connection) -> None:
        if current_thread().name.startswith("AnyIO"):  # not the looks that jobs take meanwhile
            held.add(id(connection))

    event.listen(app.engine, "begin", begun)
    for ended in ("rollback", "commit"):
        event.listen(app.engine, ended, lambda connection: held.discard(id(connection)))
    answer = app.questions.answer

    def watched(*asked: Any) -> dict[str, Any]:
        open_now.append(len(held))
        return answer(*asked)

    monkeypatch.setattr(app.questions, "answer", watched)
    item = planning.items(plan)[0]
    assert ask(planning.city, planning.chief, EXPLAIN, i=str(item.id))["explain"]["bedId"]
    assert open_now == [0]


def test_a_question_without_an_answer_or_a_place_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.questions.WAIT_S", 0.01)
    busy = Questions(SolverLimits(time_limit_s=1.0))
    with pytest.raises(Conflict) as refused:
        busy.answer("beds", b"{}", {"ask": "EXPLAIN"})
    assert refused.value.reason == "NO_ANSWER"
    busy._places.acquire()
    busy._places.acquire()
    with pytest.raises(Retry) as full:
        busy.answer("beds", b"{}", {"ask": "EXPLAIN"})
    assert (full.value.reason, full.value.retryable) == ("SOLVERS_BUSY", True)
