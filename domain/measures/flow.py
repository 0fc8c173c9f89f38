"""Measures of beds in use and of patients coming and going."""

from domain.measures.intervals import DAY_US
from domain.measures.period import Period, Sums


def occupancy(period: Period) -> Sums:
    return Sums(period.occupied_days, period.open_days, period.spells.occupied.since.size)


def occupancy_midnight(period: Period) -> Sums:
    spells, nights = period.spells, period.nights
    return Sums(
        float(spells.occupied.count_at(nights).sum()), float(spells.open_at(nights).sum()),
        spells.occupied.since.size,
    )  # fmt: skip


def bed_use_rate(period: Period) -> Sums:
    """By the Chinese national health statistics (国家卫生健康统计调查制度): 病床使用率."""
    spells, nights = period.spells, period.nights
    opened = spells.present.count_at(nights) - spells.closed.count_at(nights)
    return Sums(float(spells.lying.count_at(nights).sum()), float(opened.sum()),
                spells.lying.since.size)  # fmt: skip


def alos(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(period.left.in_bed_us / DAY_US, many, many)


def alos_calendar(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(period.calendar_days(), many, many)


def admissions(period: Period) -> Sums:
    return Sums(period.admitted.size, None, period.admitted.size)


def discharges(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(many, None, many)


def turnover(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(many, period.open_days / period.days, many)


def turnover_interval(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(period.open_days - period.occupied_days, many, many)


def moves_per_stay(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(period.left.moved_at.size, many, many)


def night_moves_per_stay(period: Period) -> Sums:
    many = period.left.departed.size
    return Sums(period.at_night(period.left.moved_at), many, many)
