"""The state of wards, hospitals and the network, as plain counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.devices.model import DeviceState
from domain.places.model import CareLevel

SHOWN_STATES = ("READY", "HELD", "OCCUPIED", "DIRTY", "CLEANING", "CONTAMINATED", "BLOCKED",
                "CLOSED")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """How full a place is.

    `by_state` counts every bed by the word on its screen. `open` are the beds that count and are
    in service or occupied; `in_use` those that count and are occupied or held; `ready_now` never
    exceeds the staff there is.
    """

    by_state: Mapping[str, int]
    licensed_beds: int
    staffed_beds: int
    open: int
    occupied: int
    in_use: int
    held: int
    ready_now: int
    waiting: int
    longest_wait_since: datetime | None
    oldest_cleaning_since: datetime | None
    carers: int
    on_duty: int
    devices: Mapping[DeviceState, int]

    @property
    def occupancy_percent(self) -> float | None:
        """Occupied ÷ open beds at this moment."""
        return 100 * self.occupied / self.open if self.open else None

    @property
    def headroom(self) -> int:
        """Staffed beds less those in use; below 0 a ward has more patients than staff for them."""
        return self.staffed_beds - self.in_use


@dataclass(frozen=True, slots=True)
class Freshness:
    """`stale`: the hospital recorded nothing for a day, so the counts may be of yesterday."""

    as_of: datetime
    source: str
    last_recorded_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True)
class WardStatus:
    id: UUID
    hospital_id: UUID
    code: str
    name_zh: str
    name_en: str
    care_level: CareLevel
    fresh: Freshness
    load: Load


@dataclass(frozen=True, slots=True)
class HospitalStatus:
    """`load` is of the wards together, and of devices and patients in none of them."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    time_zone: str
    latitude: float | None
    longitude: float | None
    fresh: Freshness
    load: Load
    wards: tuple[WardStatus, ...]
