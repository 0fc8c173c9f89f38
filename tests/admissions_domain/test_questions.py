"""Questions about a plan of admissions through GraphQL, answered by real solver processes."""

from datetime import date, timedelta

import pytest

from app.questions import Questions
from domain.admissions.asking import RequestAdmissionPlan
from domain.plans.model import PlanState
from domain.staff.days import today
from kit.db import reading
from kit.ids import new_id
from tests.measures.test_api import ask
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]

OTHERS = """query ($i: UUID!) { explainAdmission(itemId: $i) { key day roomId cost complete
    terms { rule { code } penalty } kept { code }
    others { day roomId priceFrom priceTo exact terms { rule { code } penalty } } } }"""
WHY_NOT = """query ($i: UUID!, $d: Date!, $r: UUID!) {
    whyNotAdmission(itemId: $i, day: $d, roomId: $r) {
    day roomId exact priceFrom priceTo forbidden { code en } } }"""


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_people_ask_for_other_dates_and_why_not_those(planning: Planning) -> None:
    city, hospital = planning.city, planning.corner.ids["hospital"]
    city.app.questions = Questions()  # real processes
    with reading(city.app.engine) as session:
        first = today(session, hospital, planning.now)
    plan = city.do(
        RequestAdmissionPlan(hospital_id=hospital, from_day=first, nights=10), planning.chief
    ).id
    planning.until(plan, PlanState.READY)
    item = next(each for each in planning.items(plan) if "day" in each.detail)
    told = ask(city, planning.chief, OTHERS, i=str(item.id))["explainAdmission"]
    assert (told["day"], told["roomId"]) == (item.detail["day"], item.detail["room"])
    assert (told["cost"], told["complete"]) == (item.penalty, True)
    assert [each["code"] for each in told["kept"]] == item.kept
    prices = [each["priceTo"] for each in told["others"]]
    assert prices == sorted(prices)
    assert prices[0] >= 0
    assert all(each["exact"] for each in told["others"])
    best = told["others"][0]
    again = ask(city, planning.chief, WHY_NOT, i=str(item.id), d=best["day"], r=best["roomId"])
    answer = again["whyNotAdmission"]
    assert (answer["forbidden"], answer["exact"]) == ([], True)
    assert answer["priceFrom"] == answer["priceTo"] == best["priceTo"]
    late = str(date.fromisoformat(item.detail["day"]) + timedelta(days=60))
    outside = ask(city, planning.chief, WHY_NOT, i=str(item.id), d=late, r=best["roomId"])
    assert [each["code"] for each in outside["whyNotAdmission"]["forbidden"]] == ["DATES"]
    unknown = ask(city, planning.chief, WHY_NOT, i=str(item.id), d=late, r=str(new_id()))
    assert unknown["code"] == "NotFound"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_item_of_another_plan_has_no_other_dates(planning: Planning) -> None:
    item = planning.items(planning.solved())[0]
    told = ask(planning.city, planning.chief, OTHERS, i=str(item.id))
    assert told["code"] == "Invalid"
