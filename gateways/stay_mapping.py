"""How the columns of a file of ward stays are to be read: a small TOML file.

[source]
name = "mimic3"              # the authority of its patient numbers
[columns]                    # ours = "theirs"; encounter, ward and since are needed
encounter = "hadm_id"
patient = "subject_id"       # default: the encounter
ward = "curr_wardid"
since = "intime"
until = "outtime"
kind = "eventtype"           # also: hospital, room, bed, sex, born, class
[kinds]                      # words of the kind column that are no stays
departure = ["discharge"]
ignore = []
[time]
format = "%Y-%m-%d %H:%M:%S"
zone = "America/New_York"
shift_days = 0               # added to every time: de-identified files lie in the future
[file]
delimiter = ","
encoding = "utf-8"
gaps = "park"                # or "bridge": keep the old bed until the next stay begins
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateways.tables import read_mapping, zone_named
from kit.errors import Invalid

NEEDED = ("encounter", "ward", "since")
COLUMNS = (*NEEDED, "patient", "hospital", "room", "bed", "until", "kind", "sex", "born", "class")
TABLES: dict[str, tuple[str, ...]] = {
    "source": ("name",),
    "columns": COLUMNS,
    "kinds": ("departure", "ignore"),
    "time": ("format", "zone", "shift_days"),
    "file": ("delimiter", "encoding", "gaps"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StayMapping:
    source: str
    columns: Mapping[str, str]
    departures: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    time_format: str = "%Y-%m-%d %H:%M:%S"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    shift: timedelta = timedelta()
    delimiter: str = ","
    encoding: str = "utf-8"
    bridge_gaps: bool = False

    def value(self, row: Mapping[str, str], ours: str) -> str:
        """Our column of a row; "" where the file has none."""
        theirs = self.columns.get(ours)
        return (row.get(theirs) or "").strip() if theirs else ""

    def moment(self, text: str, ours: str) -> datetime | None:
        """A time of the file as aware UTC. Raises Invalid that names the column."""
        if not text:
            return None
        try:
            local = datetime.strptime(text, self.time_format)  # noqa: DTZ007 - zone follows
            return (local if local.tzinfo else local.replace(tzinfo=self.zone)).astimezone(
                UTC
            ) + self.shift
        except (ValueError, OverflowError) as odd:
            raise Invalid(
                f"{ours} is no time of the form {self.time_format}", reason="BAD_TIME", field=ours
            ) from odd


def load_mapping(path: Path) -> StayMapping:
    """Read a mapping. Raises Invalid that names the faulty entry."""
    found = read_mapping(path, TABLES, {"departure": list, "ignore": list, "shift_days": int})
    _require_complete(found)
    columns = found.get("columns", {})
    times, file, kinds = found.get("time", {}), found.get("file", {}), found.get("kinds", {})
    return StayMapping(
        source=found.get("source", {}).get("name") or path.stem,
        columns=columns,
        departures=frozenset(kinds.get("departure", ())),
        ignored=frozenset(kinds.get("ignore", ())),
        time_format=times.get("format", "%Y-%m-%d %H:%M:%S"),
        zone=zone_named(times.get("zone", "UTC")),
        shift=timedelta(days=times.get("shift_days", 0)),
        delimiter=file.get("delimiter", ","),
        encoding=file.get("encoding", "utf-8"),
        bridge_gaps=file.get("gaps", "park") == "bridge",
    )


def _require_complete(found: dict[str, Any]) -> None:
    for entry in NEEDED:
        if not found.get("columns", {}).get(entry):
            raise Invalid(f"say which column is the {entry}", field=f"columns.{entry}")
    if found.get("file", {}).get("gaps", "park") not in ("park", "bridge"):
        raise Invalid("gaps are to park or to bridge", field="file.gaps",
                      allowed=("park", "bridge"))  # fmt: skip
