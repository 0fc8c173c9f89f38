"""A waiting message tried again by a person who waits for the outcome."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.inbound.model import InboundMessage
from kit.command import Command
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class RetryParked(Command[InboundMessage]):
    """Apply a waiting message as it reads now. If it is refused again, it goes on waiting."""

    action = "inbound.retry"

    message_id: UUID
    attempt: Command[Any]  # what its text says, read by the gateway of its door

    def scope(self, work: Work) -> Scope:
        return work.get(InboundMessage, self.message_id).scope

    def apply(self, work: Work) -> InboundMessage:
        work.perform(self.attempt)
        return work.get(InboundMessage, self.message_id)
