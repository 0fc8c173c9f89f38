"""What patients wish and wards offer: stated, replaced, refused, and told to the bed plan."""

from typing import Any

import pytest
from sqlmodel import Session, col, select

from domain.beds.commands import RequestBed
from domain.beds.facts import placement_facts
from domain.beds.wishes import OfferFacts, WishFacts
from domain.patients.describing import DescribeWard
from domain.patients.preference_model import PlacementPreference, RoomWish
from domain.patients.preferring import StatePreferences
from domain.plans.bed_problem import problem_of
from kit.errors import Invalid
from kit.ids import new_id
from solvers.beds import solve
from tests.domain_world import HOUR, World


def test_the_last_statement_counts_and_reaches_the_problem(world: World) -> None:
    lying, _ = world.admit("B1")
    world.run(RequestBed(encounter_id=lying.id, target_ward_id=world.ward_a.id))
    world.run(StatePreferences(encounter_id=lying.id, room_wish=RoomWish.SINGLE))
    world.tick(HOUR)
    world.run(StatePreferences(
        encounter_id=lying.id, languages=("zh", "en", "zh"), nurse_sex="F",
        family_district="north", family_minutes=30,
    ))  # fmt: skip
    offer = DescribeWard(ward_id=world.ward_a.id, languages=("en",), travel=(("north", 45),))
    world.run(DescribeWard(ward_id=world.ward_a.id, languages=("de",)))
    world.run(offer)
    with Session(world.engine) as session:
        facts = placement_facts(session, world.hospital.id, world.now)
        rooms = session.exec(
            select(PlacementPreference.room).order_by(col(PlacementPreference.since))
        ).all()
    assert rooms == [RoomWish.SINGLE, RoomWish.NONE]
    [request] = facts.requests
    assert request.wish == WishFacts(RoomWish.NONE, ("en", "zh"), "F", "north", 30)
    offers = {ward.id: ward.offer for ward in facts.wards}
    assert offers[world.ward_a.id] == OfferFacts(("en",), (), (("north", 45),))
    assert offers[world.ward_b.id] == OfferFacts()
    [item] = solve(problem_of(facts)).items
    wishes = {code: points for code, points in item.terms if code.startswith("PREFERS_")}
    assert wishes == {"PREFERS_NURSE_SEX": 2, "PREFERS_NEAR_FAMILY": 2}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("languages", {"languages": ("Mandarin, please",)}),
        ("nurseSex", {"nurse_sex": "U"}),
        ("familyMinutes", {"family_district": "north"}),
        ("familyMinutes", {"family_district": "north", "family_minutes": 0}),
        ("familyDistrict", {"family_district": "12 Long Street, flat 3", "family_minutes": 9}),
    ],
)
def test_a_wish_in_free_text_or_out_of_range_is_refused(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        StatePreferences(encounter_id=new_id(), **given)._check()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("languages", {"languages": ("?",)}),
        ("nurseSexes", {"nurse_sexes": ("F", "X")}),
        ("travel", {"travel": (("north", 5), ("north", 6))}),
        ("travel.minutes", {"travel": (("north", 1_441),)}),
        ("travel.district", {"travel": (("a street", 5),)}),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        DescribeWard(ward_id=new_id(), **given)._check()
    assert refused.value.field == field
