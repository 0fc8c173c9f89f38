"""The calendars against what is known of them from elsewhere."""

from datetime import date, timedelta

import pytest

from domain.forecasts.holidays import NO_HOLIDAYS, DayKind, holidays_of
from kit.errors import Invalid


def easter(year: int) -> date:
    """Gauss's rule, good for 1900 to 2099."""
    a, b, c = year % 19, year % 4, year % 7
    d = (19 * a + 24) % 30
    e = (2 * b + 4 * c + 6 * d + 5) % 7
    day = 22 + d + e - (7 if (d == 29 and e == 6) or (d == 28 and e == 6 and a > 10) else 0)
    return date(year, 3, 1) + timedelta(days=day - 1)


@pytest.mark.parametrize("year", range(2013, 2029))
def test_easter_is_kept_everywhere_by_its_rule(year: int) -> None:
    friday, monday = easter(year) - timedelta(days=2), easter(year) + timedelta(days=1)
    for calendar in ("GB-ENG", "DE", "GB-SCT"):
        assert holidays_of(calendar).kind(friday) is DayKind.HOLIDAY
    assert holidays_of("GB-ENG").kind(monday) is DayKind.HOLIDAY
    assert holidays_of("GB-SCT").kind(monday) is None
    assert holidays_of("DE-NW").kind(easter(year) + timedelta(days=60)) is DayKind.HOLIDAY
    assert holidays_of("US").kind(friday) is None


@pytest.mark.parametrize(
    ("calendar", "day"),
    [
        ("GB-ENG", date(2022, 9, 19)), ("GB-ENG", date(2023, 5, 8)), ("GB-ENG", date(2020, 5, 8)),
        ("GB-ENG", date(2021, 12, 28)), ("GB-SCT", date(2022, 1, 4)), ("GB-SCT", date(2024, 8, 5)),
        ("DE-BY", date(2026, 1, 6)), ("DE-SN", date(2026, 11, 18)), ("DE-BE", date(2025, 5, 8)),
        ("DE", date(2017, 10, 31)), ("US", date(2026, 11, 26)), ("US", date(2026, 7, 3)),
        ("US", date(2021, 12, 31)), ("CN", date(2026, 2, 17)), ("CN", date(2025, 10, 6)),
        ("CN", date(2027, 2, 6)),
    ],
)  # fmt: skip
def test_a_known_holiday_is_there(calendar: str, day: date) -> None:
    assert holidays_of(calendar).kind(day) is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("calendar", "day"),
    [
        ("GB-ENG", date(2020, 5, 4)), ("GB-ENG", date(2022, 5, 30)), ("DE-NI", date(2016, 10, 31)),
        ("DE-BE", date(2018, 3, 8)), ("US", date(2020, 6, 19)), ("CN", date(2026, 2, 24)),
    ],
)  # fmt: skip
def test_an_ordinary_day_is_not(calendar: str, day: date) -> None:
    assert holidays_of(calendar).kind(day) is None


def test_each_worked_week_end_in_china_is_one() -> None:
    days = holidays_of("CN").days
    worked = [day for day, kind in days.items() if kind is DayKind.WORKDAY]
    assert {day.weekday() for day in worked} == {5, 6}
    by_year = [sum(day.year == year for day in worked) for year in range(2020, 2027)]
    assert by_year == [6, 7, 7, 7, 8, 5, 6]


def test_each_year_of_spring_festival_starts_around_the_lunar_new_year() -> None:
    new_years = (date(2020, 1, 25), date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22),
                 date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6))  # fmt: skip
    for day in new_years:
        for later in range(3):
            assert holidays_of("CN").kind(day + timedelta(days=later)) is DayKind.HOLIDAY


def test_a_part_adds_to_its_country_and_an_unknown_one_is_refused() -> None:
    assert set(holidays_of("DE").days) < set(holidays_of("DE-BY").days)
    assert holidays_of("none") is NO_HOLIDAYS
    with pytest.raises(Invalid) as refused:
        holidays_of("XX")
    assert refused.value.reason == "NO_HOLIDAY_CALENDAR"
    assert {"CN", "DE-BY", "GB-ENG", "US", "none"} <= set(refused.value.allowed)
