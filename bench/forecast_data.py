"""The public series that forecasts are measured on, with the known traps of each source taken out.

NHS discharges: 0 means not reported (and so does an empty cell). RKI intensive care: only the
stable years 2021 and 2022. SWAST responses: as they are. Synthetic hospitals: stays per ward.
"""

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from domain.forecasts.los_survival import WardStay
from domain.forecasts.series import Series, Step

ROOT = Path(__file__).resolve().parents[1]
RKI_STABLE = (date(2021, 1, 1), date(2022, 12, 31))


def public_folder() -> Path:
    """Beside the project, or where WARDGRID_PUBLIC_DATA says."""
    return Path(os.environ.get("WARDGRID_PUBLIC_DATA") or ROOT.parent / "shared" / "data")


def nhs() -> dict[str, Series]:
    """Discharges a day by trust; only trusts that report on nine days of ten."""
    found = _daily("nhs_trust_discharges_daily/discharges.csv.gz", "trust", "date",
                   "discharged_total", zeros=False)  # fmt: skip
    return {name: one for name, one in found.items() if _reports(one)}


def _reports(trust: Series) -> bool:
    """Nearly two years, nine days of ten."""
    known = sum(value is not None for value in trust.values)
    return len(trust.values) > 700 and known >= 0.9 * len(trust.values)


def rki() -> dict[str, Series]:
    """Occupied intensive-care beds a day by state."""
    begin, end = RKI_STABLE
    found = _daily("rki_icu_beds_daily_state/icu_state.csv.gz", "bundesland_id", "datum",
                   "intensivbetten_belegt", zeros=True)  # fmt: skip
    return {
        name: Series(begin, one.step, one.values[(begin - one.start).days :
                                                 (end - one.start).days + 1])
        for name, one in found.items()
    }  # fmt: skip


def swast() -> dict[str, Series]:
    """Ambulance responses a day by area."""
    return _daily("swast_ambulance_daily/responses.csv.gz", "area", "date", "responses", zeros=True)


def wards() -> dict[str, list[WardStay]]:
    """Stays by hospital and ward; the file's times are taken as UTC."""
    found: dict[str, list[WardStay]] = defaultdict(list)
    for row in _rows("synthetic_hospitals/ward_stays_shared.csv.gz"):
        since, until = (datetime.fromisoformat(row[at]).replace(tzinfo=UTC) if row[at] else None
                        for at in ("ward_in", "ward_out"))  # fmt: skip
        if since is not None:
            found[f"{row['hospital']} {row['ward']}"].append(WardStay(since, until))
    return dict(sorted(found.items()))


def _daily(
    file: str, name: str, day: str, value: str, *, zeros: bool
) -> dict[str, Series]:  # fmt: skip
    known: dict[str, dict[date, float]] = defaultdict(dict)
    for row in _rows(file):
        if row[name] and row[value] and (zeros or float(row[value]) > 0):
            known[row[name]][date.fromisoformat(row[day])] = float(row[value])
    return {one: _dense(days) for one, days in sorted(known.items())}


def _dense(days: dict[date, float]) -> Series:
    begin, end = min(days), max(days)
    span = range((end - begin).days + 1)
    return Series(begin, Step.DAY, tuple(days.get(begin + place * Step.DAY.length)
                                         for place in span))  # fmt: skip


def _rows(file: str) -> Iterator[dict[str, str]]:
    with gzip.open(public_folder() / file, "rt", encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)
