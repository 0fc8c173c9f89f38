"""A stored reading on its way to the alarm rules."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sample:
    """`at`: microseconds since 1970, by the device; `value` in the metric's canonical unit."""

    channel: int
    device_id: UUID
    metric: str
    at: int
    value: float
    quality: int
