"""79 published HL7 v2 samples: what must become of each, judged by reading it.

Nearly all tell of one moment (EVN-6) of one visit and carry one control id, so what an earlier
file did decides about a later one. In order: ADMIT at 2021-08-17 13:19:43.4 UTC; the same
moment cannot end the stay (A03); A11 puts the patient into the queue, its second copy ends the
visit as an error; A13 then finds no visit; A14 plans it anew; moves and orders of a planned
patient wait; A27 calls it off. The ADT1 files tell of a second patient in 2021-01.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateways.hl7_adt import import_hl7, places_named, take_hl7
from gateways.hl7_files import found, pieces
from gateways.new_places import make_places
from tests.gateways.public_data import public_data
from tests.inbound.world import World, counted

DONE, THERE = "APPLIED", "APPLIED, nothing new"

EXPECTED = {
    "ADT-A01-01": DONE,
    "ADT-A01-02": THERE,
    "ADT-A02-01": THERE,  # to the bed of the A01
    "ADT-A02-02": THERE,
    "ADT-A03-01": "BEFORE_LAST_CHANGE",  # EVN-6 is the moment of the admission
    "ADT-A03-02": "BEFORE_LAST_CHANGE",
    "ADT-A04-01": DONE,  # its PV2-9 is new
    "ADT-A04-02": THERE,
    "ADT-A05-01": THERE,  # planned, of a patient who lies in a bed
    "ADT-A05-02": THERE,
    "ADT-A06-01": DONE,
    "ADT-A06-02": THERE,
    "ADT-A07-01": "LATER_PLACE_KNOWN",  # another bed at the very moment of the A06
    "ADT-A07-02": "LATER_PLACE_KNOWN",
    "ADT-A08-01": DONE,
    "ADT-A08-02": DONE,
    "ADT-A09-01": DONE,
    "ADT-A09-02": THERE,  # away already
    "ADT-A10-01": "LATER_PLACE_KNOWN",  # its zone puts it before the A06
    "ADT-A10-02": "LATER_PLACE_KNOWN",
    "ADT-A11-01": DONE,
    "ADT-A11-02": DONE,
    "ADT-A13-01": "VISIT_UNKNOWN",
    "ADT-A13-02": "VISIT_UNKNOWN",
    "ADT-A14-01": DONE,
    "ADT-A14-02": DONE,  # the request is stated again
    "ADT-A15-01": "NOT_IN_HOUSE",
    "ADT-A15-02": "NOT_IN_HOUSE",
    "ADT-A16-01": "ENCOUNTER_STATE",  # no discharge of a planned patient
    "ADT-A16-02": "ENCOUNTER_STATE",
    "ADT-A25-01": THERE,
    "ADT-A25-02": THERE,
    "ADT-A26-01": "NOT_IN_HOUSE",
    "ADT-A26-02": "NOT_IN_HOUSE",
    "ADT-A27-01": DONE,
    "ADT-A27-02": "VISIT_UNKNOWN",
    "ADT-A40-01": DONE,
    "ADT-A40-02": DONE,
    "ADT01-23": DONE,
    "ADT01-28": "IDENTIFIERS_DISAGREE",  # the numbers of both patients above
    "ADT04-23": DONE,  # ward and room, no bed
    "ADT04-251": "NO_LOCATION",  # no PV1-3
    "ADT04-28": DONE,
}
UNSUPPORTED = ("A28", "A29", "A31", "A41", "A45", "A47", "A60")


def expected(file: Path) -> str:
    if file.stem in EXPECTED:
        return EXPECTED[file.stem]
    if file.stem.startswith(("ADT", "SIU_12")):  # SIU_12 is an ADT^A60 by its MSH-9
        assert file.stem == "SIU_12" or file.stem[4:7] in UNSUPPORTED
        return "UNSUPPORTED_TRIGGER"
    return "UNSUPPORTED_MESSAGE"


@pytest.fixture
def samples() -> Path:
    return public_data("hl7v2_adt")


def test_every_sample_has_the_outcome_that_its_text_deserves(world: World, samples: Path) -> None:
    files = found([samples])
    zone = ZoneInfo(world.hospital.time_zone)
    make_places(world.app, world.manager, world.hospital, places_named(files, zone))
    intake = world.intake()
    became = {}
    for file in files:
        (piece,) = pieces(file)
        taken = take_hl7(intake, world.hospital, piece.body)
        new = DONE if taken.effects else THERE
        became[file.stem] = taken.reason or new
    assert became == {file.stem: expected(file) for file in files}
    assert counted(intake.summary) == {"applied": 26, "parked": 53}
    assert world.beds() == ["3N/136-B", "PREOP/101-1", "SPROOM/ROOM2-BED-1"]
    before = world.facts()
    twice = import_hl7(world.app, [samples], "GH", actor=world.sender)
    assert counted(twice) == {"duplicate": 79}
    assert world.facts() == before


def test_without_its_places_every_sample_waits_for_them(world: World, samples: Path) -> None:
    summary = import_hl7(world.app, [samples], "GH", actor=world.sender)
    assert counted(summary) == {"applied": 4, "parked": 75}
    assert summary.reasons == {
        "UNSUPPORTED_MESSAGE": 21,
        "UNSUPPORTED_TRIGGER": 15,
        "WARD_UNKNOWN": 18,
        "VISIT_UNKNOWN": 20,  # what follows an admission that waits
        "NO_LOCATION": 1,
    }
    assert world.beds() == []
