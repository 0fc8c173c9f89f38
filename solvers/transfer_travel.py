"""How long the way is: given minutes first, else an estimate from where places lie."""

import numpy as np
from numpy.typing import NDArray

from solvers.transfer_problem import TransferProblem

UNKNOWN = -1
EARTH_KM = 6_371.0088  # mean radius, IUGG

Minutes = NDArray[np.int32]


def travel_minutes(problem: TransferProblem) -> Minutes:
    """Minutes [hospitals, then points × hospitals]; UNKNOWN where nothing says how long.

    The estimate is the great circle (haversine), lengthened by the rules' detour and driven at
    their speed, rounded up. It knows no river and no traffic: give minutes where they matter.
    """
    sites = (*problem.hospitals, *problem.points)
    degrees = np.array(
        [
            (np.nan,) * 2 if s.lat_e6 is None else (s.lat_e6 / 1e6, (s.lon_e6 or 0) / 1e6)
            for s in sites
        ]
    ).reshape(len(sites), 2)
    km = _great_circle_km(degrees, degrees[: len(problem.hospitals)])
    rules = problem.rules
    with np.errstate(invalid="ignore"):
        estimate = np.ceil(km * (rules.detour_pct / 100) / rules.speed_kmh * 60 - 1e-6)
    minutes = np.where(np.isnan(estimate), UNKNOWN, estimate).astype(np.int32)
    site_of = {site.key: index for index, site in enumerate(sites)}
    for each in problem.travel:
        minutes[site_of[each.origin], site_of[each.hospital]] = each.minutes
    here = np.arange(len(problem.hospitals))
    minutes[here, here] = 0
    return minutes


def _great_circle_km(
    origins: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    lat, lon = np.radians(origins[:, :1]), np.radians(origins[:, 1:])
    to_lat, to_lon = np.radians(targets[:, 0]), np.radians(targets[:, 1])
    half = (
        np.sin((to_lat - lat) / 2) ** 2
        + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    )
    km: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return km
