"""The one write of every door: clean the values of many messages and store them in bulk."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.inbound.handling import waiting
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import settle
from domain.places.model import Hospital
from domain.telemetry.messages import DeviceMessage, Raw, Stored, Unreadable
from domain.telemetry.storing import store_messages
from kit.command import Command
from kit.work import Scope, Work

__all__ = ["DeviceMessage", "Raw", "RetryReadings", "StoreReadings", "Stored", "Unreadable"]


@dataclass(frozen=True, kw_only=True)
class StoreReadings(Command[Stored]):
    """Store what devices of one hospital measured, however often and in whatever order it comes.

    Values that cannot be used are parked or refused with a reason; the good ones around
    them are stored. In = stored + duplicate + corrected + rejected + parked.
    """

    action = "reading.store"
    serializable: ClassVar[bool] = False  # no rule over several rows depends on what it reads

    hospital_id: UUID
    messages: tuple[DeviceMessage, ...]
    unreadable: tuple[Unreadable, ...] = ()
    door: Door = Door.MQTT

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Stored:
        return store_messages(work, self.hospital_id, self.messages, self.unreadable, self.door)


@dataclass(frozen=True, kw_only=True)
class RetryReadings(Command[Stored]):
    """Store what a parked message says, as it reads now, and settle the message.

    Refused, and the message goes on waiting, if one of its values still cannot be used.
    """

    action = "inbound.retry"
    serializable: ClassVar[bool] = False

    message_id: UUID
    messages: tuple[DeviceMessage, ...]

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> Stored:
        receipt = waiting(work, self.message_id)
        receipt.attempts += 1
        settle(work, receipt, InboundState.APPLIED, ["StoreReadings"])
        return store_messages(
            work, receipt.hospital_id, self.messages, (), receipt.door, may_park=False
        )
