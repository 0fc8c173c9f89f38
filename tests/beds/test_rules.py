"""How a bed is shown, whether it may be used, and whom it lets share a room."""

from itertools import product
from uuid import uuid4

import pytest

from domain.beds.model import Hygiene, Service, WaivedRule
from domain.beds.rules import (
    NEXT_CLEANING,
    NEXT_HYGIENE,
    NEXT_REQUEST,
    BedFacts,
    Lying,
    broken_rules,
    co_blocked,
    hl7_bed_status,
    shown_state,
    why_not_ready,
)
from domain.patients.model import Isolation, Sex
from domain.patients.states import BACK, NEXT
from domain.places.model import RoomSex

CLEAN = BedFacts(Service.OPEN, Hygiene.CLEAN, occupied=False, held=False)


def facts(**change: object) -> BedFacts:
    values = {name: getattr(CLEAN, name) for name in BedFacts.__slots__}
    return BedFacts(**{**values, **change})


@pytest.mark.parametrize(
    ("change", "state", "hl7"),
    [
        ({}, "READY", "U"),
        ({"co_blocked": True}, "READY", "I"),
        ({"held": True}, "HELD", "U"),
        ({"hygiene": Hygiene.DIRTY, "held": True}, "DIRTY", "H"),
        ({"hygiene": Hygiene.CLEANING}, "CLEANING", "H"),
        ({"hygiene": Hygiene.SUSPENDED}, "CLEANING", "H"),
        ({"hygiene": Hygiene.CONTAMINATED}, "CONTAMINATED", "K"),
        ({"hygiene": Hygiene.CONTAMINATED, "service": Service.BLOCKED}, "BLOCKED", "C"),
        ({"service": Service.CLOSED}, "CLOSED", "C"),
        ({"occupied": True, "service": Service.BLOCKED}, "OCCUPIED", "O"),
    ],
)
def test_the_first_word_that_fits_is_shown(change: dict[str, object], state: str, hl7: str) -> None:
    assert (shown_state(facts(**change)), hl7_bed_status(facts(**change))) == (state, hl7)


def test_a_held_bed_is_never_told_as_occupied() -> None:
    for service, hygiene, near in product(Service, Hygiene, (False, True)):
        bed = BedFacts(service, hygiene, occupied=False, held=True, co_blocked=near)
        assert hl7_bed_status(bed) != "O"


def test_empty_is_not_available() -> None:
    bed = facts(service=Service.BLOCKED, hygiene=Hygiene.DIRTY, held=True, co_blocked=True,
                headroom=False)  # fmt: skip
    assert why_not_ready(bed) == ("BLOCKED", "HELD", "DIRTY", "CO_BLOCKED", "NO_STAFFED_HEADROOM")
    assert why_not_ready(CLEAN) == ()


def lying(
    sex: Sex = Sex.FEMALE, isolation: Isolation = Isolation.NONE, organism: str | None = None
) -> Lying:
    return Lying(uuid4(), uuid4(), sex, isolation, organism)


def rules_broken(newcomer: Lying, *others: Lying, policy: RoomSex = RoomSex.DYNAMIC) -> list[str]:
    return [str(rule) for rule, _ in broken_rules(newcomer, others, policy)]


def test_whoever_is_in_a_dynamic_room_decides_its_sex() -> None:
    assert rules_broken(lying(Sex.MALE)) == []
    assert rules_broken(lying(Sex.MALE), lying(Sex.MALE)) == []
    assert rules_broken(lying(Sex.MALE), lying(Sex.FEMALE)) == [WaivedRule.ROOM_SEX]
    assert rules_broken(lying(Sex.UNKNOWN), lying(Sex.UNKNOWN)) == [WaivedRule.ROOM_SEX]
    assert rules_broken(lying(Sex.MALE), lying(Sex.FEMALE), policy=RoomSex.MIXED) == []


def test_a_room_for_women_takes_no_man_even_when_empty() -> None:
    assert rules_broken(lying(Sex.MALE), policy=RoomSex.FIXED_FEMALE) == [WaivedRule.ROOM_SEX]
    assert rules_broken(lying(Sex.FEMALE), policy=RoomSex.FIXED_FEMALE) == []
    assert rules_broken(lying(Sex.FEMALE), policy=RoomSex.FIXED_MALE) == [WaivedRule.ROOM_SEX]


def test_isolation_shares_only_within_its_cohort() -> None:
    mrsa = lying(isolation=Isolation.CONTACT, organism="MRSA")
    assert rules_broken(lying(), mrsa) == [WaivedRule.ROOM_ISOLATION]
    assert rules_broken(mrsa, lying()) == [WaivedRule.ROOM_ISOLATION]
    assert rules_broken(lying(isolation=Isolation.CONTACT, organism="MRSA"), mrsa) == []
    for other in (
        lying(isolation=Isolation.CONTACT, organism="VRE"),
        lying(isolation=Isolation.DROPLET, organism="MRSA"),
        lying(isolation=Isolation.CONTACT),
    ):
        assert rules_broken(other, mrsa) == [WaivedRule.ROOM_ISOLATION]
    unknown = lying(isolation=Isolation.CONTACT)
    assert rules_broken(lying(isolation=Isolation.CONTACT), unknown) == [WaivedRule.ROOM_ISOLATION]
    protected = lying(isolation=Isolation.PROTECTIVE, organism="MRSA")
    assert rules_broken(lying(isolation=Isolation.PROTECTIVE, organism="MRSA"), protected)


def test_the_one_about_to_leave_the_same_bed_does_not_count() -> None:
    leaving = lying(Sex.FEMALE)
    coming = Lying(uuid4(), leaving.bed_id, Sex.MALE, Isolation.NONE, None)
    assert rules_broken(coming, leaving) == []


def test_isolation_blocks_the_other_beds_of_the_room_not_its_own() -> None:
    isolated = lying(isolation=Isolation.DROPLET)
    assert co_blocked(uuid4(), [isolated])
    assert not co_blocked(isolated.bed_id, [isolated])
    assert not co_blocked(uuid4(), [lying()])


@pytest.mark.parametrize("table", [NEXT, NEXT_HYGIENE, NEXT_REQUEST, NEXT_CLEANING])
def test_every_state_has_its_row_and_leads_only_to_states(
    table: dict[object, tuple[object]],
) -> None:
    kind = type(next(iter(table)))
    assert set(table) == set(kind)  # type: ignore[call-overload]
    assert {after for row in table.values() for after in row} <= set(table)


def test_what_a_cancel_walks_back_is_forbidden_to_everything_else() -> None:
    for state, back in BACK.items():
        assert not set(back) & set(NEXT[state]) - {"ADMITTED"}
