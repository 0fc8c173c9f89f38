"""What a measure is at this moment."""

import pytest
from sqlmodel import Session

from domain.beds.blocks import BlockBed
from domain.beds.cleaning import MarkDirty
from domain.beds.commands import AddBed, AdmitPatient, DepartPatient, HoldBed
from domain.beds.model import BlockReason
from domain.measures.now import LIVE, Measured, NowName, measure_now
from domain.patients.model import EncounterStatus
from domain.places.commands import AddRoom, OpenWard
from domain.places.model import CareLevel, Ward
from kit.errors import Invalid
from tests.domain_world import HOUR, MINUTE, World


def now(world: World, name: str, ward: Ward | None = None) -> Measured:
    with Session(world.engine) as session:
        return measure_now(session, name, world.hospital.id, ward.id if ward else None, world.now)


def test_a_figure_says_what_it_is_and_when_it_was(world: World) -> None:
    world.admit("A1")
    assert now(world, "Occupancy", world.ward_a) == Measured(
        NowName.OCCUPANCY, 20.0, "%", "occupied-beds/open-beds", world.now, LIVE
    )


def test_blocked_beds_and_those_that_do_not_count_are_not_open(world: World) -> None:
    world.admit("A1")
    world.run(BlockBed(bed_id=world.beds["A2"], reason=BlockReason.REPAIR,
                       expected_until=world.now + HOUR))  # fmt: skip
    world.run(AddBed(room_id=world.bay.id, code="X", censusable=False))
    assert now(world, "occupancy", world.ward_a).value == 25.0
    assert now(world, "occupancy").value == pytest.approx(100 / 6)
    assert now(world, "occupancy", world.ward_b).value == 0.0


def test_a_ward_without_beds_has_no_occupancy(world: World) -> None:
    ward = world.run(OpenWard(hospital_id=world.hospital.id, code="E", name_zh="急", name_en="E",
                              licensed_beds=0, staffed_beds=3))  # fmt: skip
    assert now(world, "occupancy", ward).value is None
    assert now(world, "staffed_headroom", ward).value == 3.0


def test_headroom_counts_a_bed_that_is_taken_and_held_once(world: World) -> None:
    world.admit("A1")
    request = world.request(world.arrive())
    world.run(HoldBed(request_id=request.id, bed_id=world.beds["A2"],
                      expires_at=world.now + HOUR))  # fmt: skip
    assert now(world, "staffed_headroom", world.ward_a).value == 3.0
    assert now(world, "staffed_headroom").value == 5.0
    world.tick(2 * HOUR)
    assert now(world, "staffed_headroom", world.ward_a).value == 4.0


def test_the_oldest_cleaning_task_counts_until_the_bed_is_clean(world: World) -> None:
    assert now(world, "cleaning_turnaround").value == 0.0
    world.run(MarkDirty(bed_id=world.beds["A1"], reason="SPILL"))
    world.tick(7 * MINUTE)
    world.run(MarkDirty(bed_id=world.beds["A2"], reason="SPILL"))
    world.tick()
    assert now(world, "cleaning_turnaround").value == 8.0
    assert now(world, "cleaning_turnaround", world.ward_b).value == 0.0


def test_time_to_bed_counts_from_when_the_patient_is_there(world: World) -> None:
    later = world.request(world.arrive(status=EncounterStatus.PLANNED))
    assert later.state == "REQUESTED"
    world.tick(HOUR)
    assert now(world, "time_to_bed").value == 0.0
    assert now(world, "waiting").value == 1.0
    encounter = world.arrive()
    world.request(encounter, target_ward_id=world.ward_b.id)
    world.tick(90 * MINUTE)
    assert now(world, "time_to_bed").value == 90.0
    assert now(world, "time_to_bed", world.ward_a).value == 0.0
    assert now(world, "time_to_bed", world.ward_b).value == 90.0
    world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["B1"]))
    assert now(world, "time_to_bed").value == 0.0
    world.tick()
    world.run(DepartPatient(encounter_id=encounter.id))
    assert now(world, "waiting").value == 1.0


def test_only_who_waits_in_an_emergency_department_boards(world: World) -> None:
    ed = world.run(OpenWard(
        hospital_id=world.hospital.id, code="ED", name_zh="急诊", name_en="ED",
        care_level=CareLevel.ED, licensed_beds=2, staffed_beds=2,
    ))  # fmt: skip
    world.run(AddRoom(ward_id=ed.id, code="E1"))
    world.request(world.arrive())
    world.tick(HOUR)
    world.request(world.arrive(ward=ed), target_ward_id=world.ward_a.id)
    world.tick(30 * MINUTE)
    assert now(world, "boarding_time").value == 30.0
    assert now(world, "boarding_time", ed).value == 30.0
    assert now(world, "boarding_time", world.ward_a).value == 0.0
    assert now(world, "time_to_bed").value == 90.0


def test_what_the_house_does_not_know_has_no_value(world: World) -> None:
    found = now(world, "ratio_compliance")
    assert (found.value, found.formula) == (None, "wards-within-nurse-ratio/wards-with-roster")


def test_an_unknown_measure_is_refused_with_the_known_ones(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        now(world, "happiness")
    assert refused.value.reason == "MEASURE_UNKNOWN"
    assert "occupancy" in refused.value.allowed
