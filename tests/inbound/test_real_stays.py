"""Real ward stays (MIMIC-III demo): every stay is placed, and the census is that of the file."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateways.stay_import import import_stays
from kit.clock import parse_time
from kit.db import reading
from tests.gateways.public_data import public_data
from tests.inbound.world import World, counted, world_at

SHIFT = timedelta(days=-73050)  # the demo's dates lie in the years 2102 to 2202
MAPPING = """
[source]
name = "mimic3"
[columns]
encounter = "hadm_id"
patient = "subject_id"
ward = "curr_wardid"
since = "intime"
until = "outtime"
kind = "eventtype"
[kinds]
departure = ["discharge"]
[time]
format = "%Y-%m-%d %H:%M:%S"
zone = "UTC"
shift_days = -73050
"""
Census = Counter[tuple[str, date]]


@pytest.fixture
def transfers() -> Path:
    return public_data("mimic3_demo") / "transfers.csv.gz"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mimic3.toml"
    path.write_text(MAPPING)
    return path


def rows_of(transfers: Path) -> list[dict[str, str]]:
    with gzip.open(transfers, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def midnights(since: datetime, until: datetime) -> Iterator[date]:
    """The days at whose end, midnight, somebody was there."""
    day = since.date()
    while datetime.combine(day + timedelta(days=1), datetime.min.time()) < until:
        yield day
        day += timedelta(days=1)


def census_of_file(rows: list[dict[str, str]]) -> Census:
    """Straight from the file: plain Python, nothing shared with the program."""
    census: Census = Counter()
    for row in rows:
        if row["eventtype"] != "discharge":
            since, until = (datetime.fromisoformat(row[name]) for name in ("intime", "outtime"))
            census.update(
                (row["curr_wardid"], day) for day in midnights(since + SHIFT, until + SHIFT)
            )
    return census


def census_of_house(world: World) -> Census:
    """From the stays in the database, midnight by midnight."""
    stays = text(
        "SELECT ward.code, bed_stay.since, bed_stay.until FROM bed_stay"
        " JOIN ward ON ward.id = bed_stay.ward_id WHERE bed_stay.voided_at IS NULL"
    )
    census: Census = Counter()
    with reading(world.app.engine) as session:
        for code, *ends in session.execute(stays).all():
            since, until = (
                (parse_time(end) if isinstance(end, str) else end).replace(tzinfo=None)
                for end in ends
            )
            census.update((code, day) for day in midnights(since, until))
    return census


def overlaps(world: World) -> int:
    """Pairs of stays that share a bed or a patient at one time."""
    pairs = text(
        "SELECT count(*) FROM bed_stay a JOIN bed_stay b ON a.id < b.id"
        " AND (a.bed_id = b.bed_id OR a.encounter_id = b.encounter_id)"
        " AND a.since < b.until AND b.since < a.until"
    )
    with reading(world.app.engine) as session:
        return int(session.execute(pairs).scalar_one())


def test_every_stay_is_placed_and_the_census_is_that_of_the_file(
    sqlite_url: str, tmp_path: Path, transfers: Path, mapping: Path
) -> None:
    with world_at(sqlite_url, tmp_path) as world:
        summary = import_stays(
            world.app, transfers, mapping, "GH", actor=world.manager, create_places=True,
            grow_beds=True,
        )  # fmt: skip
        assert counted(summary) == {"applied": 524}
        census = census_of_house(world)
        assert census == census_of_file(rows_of(transfers))
        assert (sum(census.values()), len({ward for ward, _ in census})) == (1177, 26)
        assert (world.beds(), overlaps(world), set(world.status())) == ([], 0, {"DISCHARGED"})


def test_a_part_of_the_file_is_placed_alike_and_only_once(
    world: World, tmp_path: Path, transfers: Path, mapping: Path
) -> None:
    rows = rows_of(transfers)[:40]
    part = tmp_path / "part.csv"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    def take_in() -> dict[str, int]:
        return counted(import_stays(
            world.app, part, mapping, "GH", actor=world.manager, create_places=True,
            grow_beds=True,
        ))  # fmt: skip

    assert take_in() == {"applied": 40}
    assert census_of_house(world) == census_of_file(rows)
    before = world.facts()
    assert take_in() == {"duplicate": 40}
    assert world.facts() == before
