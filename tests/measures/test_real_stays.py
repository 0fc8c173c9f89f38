"""Real ward stays (MIMIC-III demo): measures of a whole hospital beside plain sums of the file."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.measures.formulas import MeasureName
from domain.measures.history import occupancy_history
from domain.measures.interval import figures
from gateways.stay_import import import_stays
from kit.db import reading
from kit.work import NETWORK
from tests.gateways.public_data import public_data
from tests.inbound.test_real_stays import MAPPING, SHIFT
from tests.inbound.world import World, world_at

N = MeasureName
UTC = ZoneInfo("UTC")
Stay = tuple[str, str, datetime, datetime, bool]  # encounter, ward, since, until, a move


EPISODES = 40  # of the 129, to be quick


@pytest.fixture
def transfers(tmp_path: Path) -> Path:
    """The first episodes of the file, each whole."""
    packed = public_data("mimic3_demo") / "transfers.csv.gz"
    with gzip.open(packed, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = list(dict.fromkeys(row["hadm_id"] for row in rows))[:EPISODES]
    part = tmp_path / "transfers.csv"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["hadm_id"] in chosen)
    return part


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, transfers: Path) -> Iterator[World]:
    mapping = tmp_path / "mimic3.toml"
    mapping.write_text(MAPPING)
    with world_at(sqlite_url, tmp_path) as made:
        import_stays(made.app, transfers, mapping, "GH", actor=made.manager, create_places=True,
                     grow_beds=True)  # fmt: skip
        yield made


def stays_of_file(transfers: Path) -> list[Stay]:
    """Each row that is a stay, by patient and time; a later row of an episode is a move."""
    with transfers.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["eventtype"] != "discharge"]
    by_episode: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for row in rows:
        since, until = (
            datetime.fromisoformat(row[name]).replace(tzinfo=UTC) + SHIFT
            for name in ("intime", "outtime")
        )
        by_episode[row["hadm_id"]].append((since, until, row["curr_wardid"]))
    return [
        (episode, ward, since, until, number > 0)
        for episode, parts in by_episode.items()
        for number, (since, until, ward) in enumerate(sorted(parts))
    ]


def test_a_century_of_a_hospital_adds_up_to_the_file(world: World, transfers: Path) -> None:
    stays = stays_of_file(transfers)
    since = min(stay[2] for stay in stays) - timedelta(days=1)
    year = timedelta(days=365)
    found: dict[MeasureName, float] = defaultdict(float)
    occupied_days = 0.0
    with reading(world.app.engine) as session:
        while since < world.now:
            until = min(since + 19 * year, world.now)
            for figure in figures(session, [NETWORK], world.hospital.id, None, since, until,
                                  world.now, (N.OCCUPANCY, N.ALOS, N.ADMISSIONS,
                                              N.MOVES_PER_STAY)):  # fmt: skip
                found[figure.formula.name] += figure.numerator or 0.0
            history = occupancy_history(session, [NETWORK], world.hospital.id, None, since, until,
                                        world.now)  # fmt: skip
            occupied_days += sum(
                point.occupied * (point.until - point.since).total_seconds() / 86_400
                for point in history.points
            )
            since = until
    in_bed = sum(((until - since) for _, _, since, until, _ in stays), timedelta())
    days = in_bed.total_seconds() / 86_400
    assert found[N.ALOS] == pytest.approx(days)
    assert found[N.OCCUPANCY] == pytest.approx(days)
    assert occupied_days == pytest.approx(days)
    assert found[N.ADMISSIONS] == len({stay[0] for stay in stays})
    assert found[N.MOVES_PER_STAY] == sum(stay[4] for stay in stays)
