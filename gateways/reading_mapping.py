"""How the columns of a file of readings are to be read: a small TOML file.

[source]
name = "monitor-export"
[columns]                    # ours = "theirs"; metric, value and time are needed
device = "bed_monitor"       # the device's code here; or [fixed] device
metric = "label"
value = "valuenum"
unit = "valueuom"            # default: the one registered for the device, or the metric's own
time = "charttime"
[fixed]                      # the same in every row
device = "mon-1"             # also: metric, unit
[time]
format = "%Y-%m-%d %H:%M:%S"
zone = "Asia/Shanghai"
[file]
delimiter = ","
encoding = "utf-8"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateways.tables import read_mapping, zone_named
from kit.errors import Invalid

NEEDED = ("device", "metric", "value", "time")
TABLES: dict[str, tuple[str, ...]] = {
    "source": ("name",),
    "columns": (*NEEDED, "unit"),
    "fixed": ("device", "metric", "unit"),
    "time": ("format", "zone"),
    "file": ("delimiter", "encoding"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMapping:
    """Our names for the columns of a file, and what is the same in all rows."""

    source: str
    columns: Mapping[str, str]
    fixed: Mapping[str, str]
    time_format: str = "%Y-%m-%d %H:%M:%S"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    delimiter: str = ","
    encoding: str = "utf-8"

    def value(self, row: Mapping[str, str], ours: str) -> str:
        """What a row says; "" where it says nothing."""
        theirs = self.columns.get(ours)
        said = (row.get(theirs) or "").strip() if theirs else ""
        return said or self.fixed.get(ours, "")

    def moment(self, text: str) -> datetime:
        """A time of the file as aware UTC. Raises Invalid BAD_TIME."""
        try:
            local = datetime.strptime(text, self.time_format)  # noqa: DTZ007 - zone follows
            return (local if local.tzinfo else local.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError) as odd:
            raise Invalid(f"the time is not of the form {self.time_format}",
                          reason="BAD_TIME", field="time") from odd  # fmt: skip


def load_reading_mapping(path: Path) -> ReadingMapping:
    """Read a mapping. Raises Invalid that names the faulty entry."""
    found = read_mapping(path, TABLES)
    columns, fixed = found.get("columns", {}), found.get("fixed", {})
    for entry in NEEDED:
        if not columns.get(entry) and not fixed.get(entry):
            raise Invalid(f"say which column is the {entry}", field=f"columns.{entry}")
    times, file = found.get("time", {}), found.get("file", {})
    return ReadingMapping(
        source=found.get("source", {}).get("name") or path.stem, columns=columns, fixed=fixed,
        time_format=times.get("format", "%Y-%m-%d %H:%M:%S"),
        zone=zone_named(times.get("zone", "UTC")),
        delimiter=file.get("delimiter", ","), encoding=file.get("encoding", "utf-8"),
    )  # fmt: skip
