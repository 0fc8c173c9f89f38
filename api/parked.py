"""Messages that wait, from every door, and messages that other systems refused, in GraphQL."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.context import Context
from api.mutation import mutation
from api.parked_views import InboundText, InboundView, OutboundView
from api.query import Reader, query
from app.parked import attempt
from domain.inbound.handling import CorrectInbound, DiscardInbound, OpenInbound
from domain.inbound.model import Door, InboundState
from domain.inbound.queries import messages
from domain.inbound.retrying import RetryParked
from domain.outbound.model import OutboundState
from domain.outbound.queries import outbound_messages
from domain.outbound.sending import DiscardOutbound, ResendOutbound
from kit.command import Command

WAITING = (InboundState.PARKED, InboundState.REJECTED)


@dataclass(frozen=True)
class Again:
    """What a waiting message asks for, as it reads now."""

    attempt: Command[Any]


async def read_again(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """The gateway of the message's door reads its text; that is recorded."""
    read = partial(attempt, context.app, arguments["message_id"], context.viewer())
    return {**arguments, "again": Again(await anyio.to_thread.run_sync(read))}


@strawberry.type
class ParkedQueries:
    @query("inbound.read")
    def parked_messages(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        door: Door | None = None,
        reason: str | None = None,
    ) -> Connection[InboundView]:
        """Messages that could not be applied, oldest first. Their texts stay sealed."""
        rows = messages(
            reader.session, reader.scopes, hospital_id=hospital_id, state=WAITING, reason=reason,
            door=door, after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: InboundView.of(row, reader.sight(row.scope)))

    @query("outbound.read")
    def outbound_messages(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        state: OutboundState | None = OutboundState.PARKED,
    ) -> Connection[OutboundView]:
        """Messages to other systems, oldest first; those that were refused if not said else."""
        rows = outbound_messages(
            reader.session, reader.scopes, hospital_id, state=state, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: OutboundView.of(row, reader.sight(row.scope))
        )


@strawberry.type
class ParkedMutations:
    @mutation(returns=InboundText)
    def open_parked(self, message_id: UUID) -> OpenInbound:
        return OpenInbound(message_id=message_id)

    @mutation(returns=InboundView)
    def correct_parked(
        self, message_id: UUID, body: str, version: int | None = None
    ) -> CorrectInbound:
        return CorrectInbound(message_id=message_id, body=body, version=version)

    @mutation(returns=InboundView, prepare=read_again, prepared="again")
    def retry_parked(self, message_id: UUID, again: Again) -> RetryParked:
        return RetryParked(message_id=message_id, attempt=again.attempt)

    @mutation(returns=InboundView)
    def discard_parked(self, message_id: UUID, version: int | None = None) -> DiscardInbound:
        return DiscardInbound(message_id=message_id, version=version)

    @mutation(returns=OutboundView)
    def resend_outbound(self, outbound_id: UUID, version: int | None = None) -> ResendOutbound:
        return ResendOutbound(outbound_id=outbound_id, version=version)

    @mutation(returns=OutboundView)
    def discard_outbound(self, outbound_id: UUID, version: int | None = None) -> DiscardOutbound:
        return DiscardOutbound(outbound_id=outbound_id, version=version)
