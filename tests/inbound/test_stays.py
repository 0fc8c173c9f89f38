"""Files of ward stays: beds are chosen, wards grow only when told, nothing is counted twice."""

from pathlib import Path

import pytest

from domain.beds.model import BedStay
from domain.inbound.handling import CorrectInbound, OpenInbound
from gateways.intake import Summary
from gateways.stay_import import import_stays
from kit.errors import Invalid, NotFound
from tests.inbound.world import World, counted

MAPPING = '[columns]\nencounter = "enc"\nward = "ward"\nsince = "since"\nuntil = "until"\n'
HEADER = "enc,ward,since,until\n"


def stays(world: World, folder: Path, rows: str, *, grow: bool = False) -> Summary:
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "stays.csv").write_text(HEADER + rows)
    return import_stays(
        world.app, folder / "stays.csv", folder / "mapping.toml", "GH", actor=world.manager,
        grow_beds=grow,
    )  # fmt: skip


def test_a_stay_gets_the_first_bed_that_was_free_then(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1", "B2"])
    summary = stays(
        world, tmp_path,
        "E1,W1,2026-03-01 08:00:00,2026-03-03 08:00:00\n"
        "E2,W1,2026-03-02 08:00:00,\n"
        "E3,W1,2026-03-03 08:00:00,2026-03-04 08:00:00\n",
    )  # fmt: skip
    assert counted(summary) == {"applied": 3}
    assert len(world.all(BedStay)) == 3
    assert (world.beds(), world.status()) == (
        ["W1/B2"], ["DISCHARGED", "ADMITTED", "DISCHARGED"],
    )  # fmt: skip


def test_a_stay_in_a_full_ward_waits_unless_the_ward_may_grow(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1"])
    rows = "E1,W1,2026-03-01 08:00:00,\nE2,W1,2026-03-02 08:00:00,\n"
    summary = stays(world, tmp_path, rows)
    assert (counted(summary), dict(summary.reasons)) == (
        {"applied": 1, "parked": 1}, {"NO_BED": 1},
    )  # fmt: skip
    more = "E3,W1,2026-03-02 09:00:00,\n"
    assert counted(stays(world, tmp_path, more, grow=True)) == {"applied": 1}
    assert len(world.beds()) == 2


def test_rows_that_cannot_be_used_are_kept_with_their_reason(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1"])
    summary = stays(
        world, tmp_path,
        "E1,W1,someday,\n"
        "E2,W9,2026-03-01 08:00:00,\n"
        "E3,W1,2026-03-01 08:00:00,2026-03-02 08:00:00\n"
        "E3,W1,2026-03-05 08:00:00,2026-03-06 08:00:00\n",
    )  # fmt: skip
    assert counted(summary) == {"applied": 1, "parked": 2, "rejected": 1}
    assert dict(summary.reasons) == {"BAD_TIME": 1, "WARD_UNKNOWN": 1, "STAY_GAP": 1}
    assert [one.number for one in world.messages() if one.reason == "STAY_GAP"] == [4]


def test_a_corrected_stay_is_applied(world: World, tmp_path: Path) -> None:
    world.ward("W1", ["B1"])
    stays(world, tmp_path, "E2,W9,2026-03-01 08:00:00,\n")
    (waiting,) = world.messages()
    text = world.do(OpenInbound(message_id=waiting.id))
    world.do(CorrectInbound(message_id=waiting.id, body=text.replace("W9", "W1")))
    assert world.intake().retry(waiting.id).state == "APPLIED"
    assert world.beds() == ["W1/B1"]


def test_a_spoilt_correction_waits(world: World, tmp_path: Path) -> None:
    stays(world, tmp_path, "E2,W9,2026-03-01 08:00:00,\n")
    (waiting,) = world.messages()
    world.do(CorrectInbound(message_id=waiting.id, body="{}"))
    kept = world.intake().retry(waiting.id)
    assert (kept.state, kept.reason, kept.attempts) == ("PARKED", "NOT_A_STAY", 2)


def test_an_unknown_hospital_stops_the_import_before_it_begins(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "m.toml").write_text(MAPPING)
    (tmp_path / "s.csv").write_text(HEADER + "E1,W1,2026-03-01 08:00:00,\n")
    for code, refusal in (("XX", NotFound), (None, Invalid)):
        with pytest.raises(refusal):
            import_stays(world.app, tmp_path / "s.csv", tmp_path / "m.toml", code,
                         actor=world.manager)  # fmt: skip
    assert world.messages() == []
