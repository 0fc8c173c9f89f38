"""Two hospitals on a real database, and the steps that bring a transfer to each of its states."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from domain.beds.commands import AddBed, HoldBed, RecordDeath
from domain.beds.model import BedHold
from domain.patients.model import Encounter, Patient
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import Hospital, RoomKind, Ward
from domain.transfers.commands import (
    AcceptTransfer,
    ArriveTransfer,
    AskAboutTransfer,
    CancelTransfer,
    CompleteTransfer,
    DeclineTransfer,
    DispatchTransfer,
    EscalateTransfer,
    RecordConsent,
    RequestTransfer,
)
from domain.transfers.model import Transfer, TransferStep
from domain.transfers.words import (
    CancelReason,
    DeclineReason,
    InfoTopic,
    TransferReason,
    TransferState,
    Urgency,
)
from tests.domain_world import DAY, HOUR, MINUTE, World

S = TransferState


@dataclass
class Network(World):
    """NORTH with its wards, and SOUTH with one ward C of two side rooms."""

    south: Hospital = field(init=False)
    ward_c: Ward = field(init=False)

    def furnish(self) -> None:
        super().furnish()
        self.south = self.run(OpenHospital(code="SOUTH", name_zh="南医院", name_en="South"))
        self.ward_c = self.run(OpenWard(
            hospital_id=self.south.id, code="C", name_zh="C", name_en="C", licensed_beds=4,
            staffed_beds=4,
        ))  # fmt: skip
        for code in ("C1", "C2"):
            room = self.run(AddRoom(ward_id=self.ward_c.id, code=code, kind=RoomKind.SIDE))
            self.beds[code] = self.run(AddBed(room_id=room.id, code=code)).id

    def ask(self, encounter: Encounter, **what: Any) -> Transfer:
        return self.run(RequestTransfer(**{
            "encounter_id": encounter.id, "to_hospital_id": self.south.id,
            "reason": TransferReason.CAPACITY, "urgency": Urgency.URGENT, **what,
        }))  # fmt: skip

    def consent(self, encounter_id: UUID) -> None:
        self.run(RecordConsent(encounter_id=encounter_id, given=True))

    def hold(self, transfer: Transfer, code: str = "C1", by: timedelta = HOUR) -> BedHold:
        request = self.get(Transfer, transfer.id).request_id
        assert request is not None
        return self.run(
            HoldBed(request_id=request, bed_id=self.beds[code], expires_at=self.now + by)
        )

    def at(self, state: TransferState, code: str = "A1") -> Transfer:
        """A new patient's transfer, brought to `state` by the ordinary commands."""
        encounter, _ = self.admit(code)
        self.consent(encounter.id)
        transfer = self.ask(encounter, urgency=Urgency.URGENT)
        for step in self._way_to(state, transfer.id):
            self.tick()
            step()
        self.tick()
        found = self.get(Transfer, transfer.id)
        assert found.state == state
        return found

    def steps(self, transfer: Transfer) -> list[tuple[str, str | None]]:
        """The history as it is told: states and reasons."""
        with Session(self.engine) as session:
            rows = session.exec(
                select(TransferStep)
                .where(TransferStep.transfer_id == transfer.id)
                .order_by(TransferStep.id)  # type: ignore[arg-type]  # SQLModel columns
            )
            return [(str(row.state), row.reason) for row in rows]

    def patient_of(self, encounter_id: UUID | None) -> Patient:
        assert encounter_id is not None
        return self.get(Patient, self.get(Encounter, encounter_id).patient_id)

    def _way_to(self, state: TransferState, key: UUID) -> list[Callable[[], object]]:
        ask = lambda: self.run(  # noqa: E731 - a table of steps reads better than eight functions
            AskAboutTransfer(transfer_id=key, topics=(InfoTopic.RESULTS,))
        )
        decline = lambda: self.run(  # noqa: E731
            DeclineTransfer(transfer_id=key, reason=DeclineReason.NO_BED)
        )
        cancel = lambda: self.run(  # noqa: E731
            CancelTransfer(transfer_id=key, reason=CancelReason.NOT_NEEDED)
        )
        way: list[Callable[[], object]] = [
            lambda: self.run(AcceptTransfer(transfer_id=key)),
            lambda: self.hold(self.get(Transfer, key)),
            lambda: self.run(DispatchTransfer(transfer_id=key)),
            lambda: self.run(ArriveTransfer(transfer_id=key)),
            lambda: self.run(CompleteTransfer(transfer_id=key)),
        ]
        order = [S.UNDER_REVIEW, S.ACCEPTED, S.BED_HELD, S.IN_TRANSIT, S.ARRIVED, S.COMPLETED]
        if state in order:
            return way[: order.index(state)]
        aside: dict[TransferState, list[Callable[[], object]]] = {
            S.INFO_NEEDED: [ask],
            S.DECLINED: [decline],
            S.CANCELLED: [cancel],
            S.ESCALATED: [lambda: self._escalated(key)],
            S.DIED: [lambda: self._died(key)],
        }
        return aside[state]

    def _escalated(self, key: UUID) -> None:
        self.tick(DAY)
        self.run(EscalateTransfer(transfer_id=key))

    def _died(self, key: UUID) -> None:
        self.run(RecordDeath(encounter_id=self.get(Transfer, key).encounter_id))


__all__ = ["DAY", "HOUR", "MINUTE", "Network"]
