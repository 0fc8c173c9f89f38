"""What a door hands over: values as they were sent, and messages that nobody could read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.inbound.model import Door


@dataclass(frozen=True, slots=True)
class Raw:
    """One value as sent. Without `at` the server's time is taken, and the reading says so."""

    metric: str
    value: float | str
    unit: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message of one device, which the door has authenticated."""

    device_id: UUID
    received_at: datetime
    raws: tuple[Raw, ...]
    battery_percent: int | None = None
    sequence: int | None = None  # counts the device's messages, where it has such a number


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message to keep as it is, and why: codes and a sentence without personal data."""

    door: Door
    source: str
    received_at: datetime
    body: bytes
    reason: str
    text: str
    field: str | None = None
    device_id: UUID | None = None


@dataclass(slots=True)
class Stored:
    """What became of the values: `received` is the sum of the others, always.

    A message that nobody could read counts as one value, parked.
    """

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    corrected: int = 0
    rejected: int = 0
    parked: int = 0
    reasons: dict[str, int] | None = None

    @property
    def adds_up(self) -> bool:
        return self.received == (
            self.stored + self.duplicate + self.corrected + self.rejected + self.parked
        )

    def because(self, reason: str, count: int = 1) -> None:
        """Count a reason of what was rejected or parked."""
        if self.reasons is None:
            self.reasons = {}
        self.reasons[reason] = self.reasons.get(reason, 0) + count
