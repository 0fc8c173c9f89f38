"""Transfers between hospitals in GraphQL: asked for, and live."""

from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.query import Reader, query
from api.subscription import Topic, subscription
from api.transfer_views import (
    ConsentView,
    ModeSwitchView,
    OtherHospitalView,
    TransfersEvent,
    TransferStepView,
    TransferView,
)
from domain.places.reach import hospital_in_reach
from domain.transfers import queries
from domain.transfers.model import Transfer
from domain.transfers.queries import Direction
from domain.transfers.words import TransferState
from kit.errors import NotFound
from kit.work import NETWORK, Scope

MOST_LIVE = 100
TRANSFER_EVENTS = frozenset({"TransferChanged"})


@strawberry.type
class TransferQueries:
    @query("transfer.read")
    def transfer(self, reader: Reader, id: UUID) -> TransferView:
        """One transfer, as the viewer's side sees it."""
        return _shown(reader, queries.transfer(reader.session, reader.scopes, id))

    @query("transfer.read")
    def transfers(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        direction: Direction | None = None,
        states: list[TransferState] | None = None,
    ) -> Connection[TransferView]:
        """A hospital's transfers by time of request, out, in or both; the open ones by default."""
        wanted = {} if states is None else {"states": states}
        rows = queries.transfers(
            reader.session, reader.scopes, hospital_id, direction=direction,
            after=after_key(after), limit=page_size(first) + 1, **wanted,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: _shown(reader, row))

    @query("transfer.read")
    def transfer_history(self, reader: Reader, transfer_id: UUID) -> list[TransferStepView]:
        """Every step of a transfer; the receiving side's begins when it was asked."""
        found = queries.transfer(reader.session, reader.scopes, transfer_id)
        scope = _side(reader, found)
        as_receiver = scope.hospital not in (None, found.from_hospital_id)
        rows = queries.steps(reader.session, found, as_receiver=as_receiver)
        return [TransferStepView.of(row, reader.sight(scope)) for row in rows]

    @query("transfer.read")
    def transfer_consents(self, reader: Reader, encounter_id: UUID) -> list[ConsentView]:
        """What the patient, or who speaks for them, said to a transfer, first to last."""
        rows = queries.consents(reader.session, reader.scopes, encounter_id)
        return [ConsentView.of(row, reader.sight(row.scope, row.subject)) for row in rows]

    @query("transfer.read")
    def other_hospitals(self, reader: Reader, hospital_id: UUID) -> list[OtherHospitalView]:
        """The hospitals that this one may ask to take a patient, nearest first."""
        found = queries.other_hospitals(reader.session, reader.scopes, hospital_id)
        return [OtherHospitalView.of(one) for one in found]

    @query("transfer.read")
    def approval_mode_switches(self, reader: Reader, hospital_id: UUID) -> list[ModeSwitchView]:
        """When a hospital changed between PEACETIME and SURGE, the latest first; at most 100."""
        rows = queries.mode_switches(reader.session, reader.scopes, hospital_id, MOST_LIVE)
        return [ModeSwitchView.of(row, reader.sight(row.scope)) for row in rows]


def _topics(reader: Reader, hospital_id: UUID, after: str | None = None) -> tuple[Topic, ...]:
    hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
    return (Topic(hospital.scope, TRANSFER_EVENTS),)


@strawberry.type
class TransferSubscriptions:
    @subscription("transfer.read", topics=_topics)
    def transfers_changed(
        self, reader: Reader, hospital_id: UUID, after: str | None = None
    ) -> TransfersEvent:
        """A hospital's open transfers, now and after every change; slow screens get the latest."""
        hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
        rows = queries.transfers(reader.session, reader.scopes, hospital_id, limit=MOST_LIVE + 1)
        return TransfersEvent(
            sight=reader.sight(hospital.scope),
            cursor=reader.context.app.feed.cursor(reader.session, hospital_id),
            transfers=[_shown(reader, row) for row in rows[:MOST_LIVE]],
            more=len(rows) > MOST_LIVE,
        )


def _shown(reader: Reader, row: Transfer) -> TransferView:
    return TransferView.of(row, reader.sight(_side(reader, row)))


def _side(reader: Reader, row: Transfer) -> Scope:
    """The place from which the viewer sees it; of both sides the sending one."""
    if NETWORK in reader.scopes:
        return NETWORK
    for hospital in (row.from_hospital_id, row.to_hospital_id):
        for scope in reader.scopes:
            if scope.hospital == hospital:
                return scope
    raise NotFound.of("transfer", row.id)
