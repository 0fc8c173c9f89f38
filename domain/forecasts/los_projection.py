"""How many will be in bed: who is there and stays, and who comes and stays, hour by hour."""

import numpy as np

from domain.forecasts.arrays import Flags, Floats, Ints
from domain.forecasts.los_hazard import HOURS, Hazard
from domain.forecasts.los_ward import Ward

ARRIVAL_HALF_LIFE_WEEKS = 6.0
PSEUDO_ERRORS_H = np.array([-24.0, -6.0, 0.0, 0.0, 6.0, 12.0, 24.0, 48.0, 72.0, 120.0])
TRUST_AFTER = 30.0  # expected discharges seen to end, for half the weight


def arrivals_by_hour(ward: Ward, origins: Ints, hours: int) -> Floats:
    """Expected arrivals [origin, hour ahead], still there at the end of their first hour.

    Exponentially weighted means of the same hour of the week before each origin.
    """
    came = np.bincount(ward.came[ward.came > ward.begin] - ward.begin, minlength=1 - ward.begin)
    weeks = max(1, (int(origins.min()) - ward.begin) // HOURS)
    fade = 0.5 ** (np.arange(weeks) / ARRIVAL_HALF_LIFE_WEEKS)
    back = np.arange(weeks)[:, None] * HOURS + np.arange(HOURS)[None, :]
    place = np.maximum(origins[:, None, None] - back[None] - ward.begin, 0)
    means = np.einsum("w,owh->oh", fade / fade.sum(), came[place])
    row = np.arange(len(origins))[:, None]
    by_phase = np.empty((len(origins), HOURS))
    phase = (ward.hour_of_week_now + origins[:, None] - np.arange(HOURS)[None, :]) % HOURS
    by_phase[row, phase] = means
    ahead = origins[:, None] + np.arange(1, hours + 1)[None, :]
    found: Floats = by_phase[row, ward.clock_at(ahead)]
    return found


def expected_census(
    ward: Ward, hazard: Hazard, origins: Ints, arrivals: Floats, every_h: int
) -> Floats:
    """Expected patients [origin, step], a step being every `every_h` hours after the origin."""
    came, expected, there = _in_bed(ward, origins)
    told = ~np.isnan(expected) & there
    errors, trust = _expected_errors(ward)
    stays = there.astype(np.float64)
    hours = arrivals.shape[1]
    new = np.zeros((len(origins), hours + 1))  # new[o, e]: came e hours ago, still expected there
    found = np.empty((len(origins), hours // every_h))
    elapsed_new = np.arange(hours)
    for hour in range(hours):
        clock = ward.clock_at(origins + hour)
        stays *= 1 - hazard.at(origins[:, None] + hour - came, clock[:, None])
        if hour:
            new[:, :hour] *= 1 - hazard.at(elapsed_new[None, :hour], clock[:, None])
        new[:, 1 : hour + 1] = new[:, :hour].copy()
        new[:, 0] = arrivals[:, hour]
        if (hour + 1) % every_h == 0:
            by_date = _by_expected_date(expected, origins, hour + 1, errors, stays)
            here = np.where(told, trust * by_date + (1 - trust) * stays, stays)
            found[:, (hour + 1) // every_h - 1] = here.sum(axis=1) + new.sum(axis=1)
    return found


def _in_bed(ward: Ward, origins: Ints) -> tuple[Ints, Floats, Flags]:
    """Per origin who was in bed, padded to the fullest: came, expected, whether there at all."""
    lists = [np.flatnonzero((ward.came <= at) & (ward.left >= at)) for at in origins]
    most = max(1, *(len(one) for one in lists)) if lists else 1
    there = np.arange(most)[None, :] < np.array([len(one) for one in lists])[:, None]
    index = np.zeros((len(origins), most), dtype=np.int64)
    index[there] = np.concatenate(lists)
    came = np.where(there, ward.came[index], origins[:, None])
    return came, np.where(there, ward.expected[index], np.nan), there


def _expected_errors(ward: Ward) -> tuple[Floats, float]:
    """By how many hours people left later than expected, sorted; and how far that is to be trusted.

    Until many were seen, a few made-up errors stand beside them: one day early to five days late.
    """
    over = (ward.left < 0) & ~np.isnan(ward.expected)
    seen = (ward.left + 1)[over] - ward.expected[over]
    trust = (len(seen) + 10) / (len(seen) + 10 + TRUST_AFTER)
    return np.sort(np.concatenate([seen, PSEUDO_ERRORS_H])), trust


def _by_expected_date(
    expected: Floats, origins: Ints, hours: int, errors: Floats, otherwise: Floats
) -> Floats:
    """The probability to be still there `hours` after the origin, given one is there at it."""
    late_now = np.nan_to_num(origins[:, None] - expected)
    later = len(errors) - np.searchsorted(errors, late_now + hours, "right")
    still = len(errors) - np.searchsorted(errors, late_now, "right")
    found: Floats = np.where(still > 0, later / np.maximum(still, 1), otherwise)
    return found
