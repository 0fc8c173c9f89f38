"""NEWS2 against the chart of the Royal College of Physicians, band by band."""

import pytest

from domain.alarms.news2 import PARAMETERS, Score, as_parameter, news2, points_of
from kit.errors import Invalid

WELL = {"rr": 16, "spo2": 97, "oxygen": 0, "systolic": 120, "hr": 70, "consciousness": 0,
        "temp": 37.0}  # fmt: skip
CHART = {
    "rr": "8:3 9:1 11:1 12:0 20:0 21:2 24:2 25:3",
    "spo2": "91:3 92:2 93:2 94:1 95:1 96:0 100:0",
    "systolic": "90:3 91:2 100:2 101:1 110:1 111:0 219:0 220:3",
    "hr": "40:3 41:1 50:1 51:0 90:0 91:1 110:1 111:2 130:2 131:3",
    "temp": "35.0:3 35.1:1 36.0:1 36.1:0 38.0:0 38.1:1 39.0:1 39.1:2",
    "oxygen": "0:0 1:2",
    "consciousness": "0:0 1:3 4:3",
}
CELLS = [(name, *cell.split(":")) for name, row in CHART.items() for cell in row.split()]


@pytest.mark.parametrize(("name", "value", "points"), CELLS)
def test_each_band_of_the_chart(name: str, value: str, points: str) -> None:
    assert points_of(name, float(value)) == int(points)


def test_the_total_and_the_worst_single_parameter() -> None:
    assert news2(WELL) == Score(0, 0)
    assert news2({**WELL, "rr": 25, "hr": 95}) == Score(4, 3)
    worst = {"rr": 30, "spo2": 80, "oxygen": 1, "systolic": 80, "hr": 140, "consciousness": 1,
             "temp": 34.0}  # fmt: skip
    assert news2(worst) == Score(20, 3)


@pytest.mark.parametrize(
    ("saturation", "oxygen", "points"),
    [(83, 0, 3), (84, 1, 2), (85, 0, 2), (86, 1, 1), (87, 0, 1), (88, 1, 0), (92, 1, 0),
     (93, 0, 0), (99, 0, 0), (93, 1, 1), (94, 1, 1), (95, 1, 2), (96, 1, 2), (97, 1, 3)],
)  # fmt: skip
def test_the_second_scale_of_the_saturation(saturation: int, oxygen: int, points: int) -> None:
    found = news2({**WELL, "spo2": saturation, "oxygen": oxygen}, scale=2)
    assert found.total == points + (2 if oxygen else 0)


@pytest.mark.parametrize("missing", PARAMETERS)
def test_a_missing_parameter_gives_no_score(missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        news2({name: value for name, value in WELL.items() if name != missing})
    assert (refused.value.reason, refused.value.field) == ("SCORE_INCOMPLETE", missing)


def test_values_between_the_bands_count_as_they_are_charted() -> None:
    assert points_of("rr", 8.4) == 3
    assert points_of("rr", 8.5) == 1
    assert points_of("temp", 38.04) == 0
    assert points_of("temp", 38.06) == 1


def test_a_share_of_oxygen_above_air_is_given_oxygen() -> None:
    assert [as_parameter("fio2", share) for share in (21, 21.5, 24)] == [0.0, 0.0, 1.0]
    assert as_parameter("hr", 70) == 70
