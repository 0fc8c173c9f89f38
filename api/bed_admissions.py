"""Mutations that bring patients into beds, move them, and let them go."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.bed_views import LeaveView, RestoredView, StayView, SwapView
from api.mutation import mutation
from api.patient_views import EncounterView
from domain.beds import commands


@strawberry.type
class AdmissionMutations:
    @mutation(returns=EncounterView)
    def arrive_patient(
        self, encounter_id: UUID, ward_id: UUID, at: datetime | None = None
    ) -> commands.ArrivePatient:
        return commands.ArrivePatient(encounter_id=encounter_id, ward_id=ward_id, at=at)

    @mutation(returns=StayView)
    def admit_patient(
        self,
        encounter_id: UUID,
        bed_id: UUID,
        waivers: list[UUID] | None = None,
        at: datetime | None = None,
    ) -> commands.AdmitPatient:
        return commands.AdmitPatient(
            encounter_id=encounter_id, bed_id=bed_id, waivers=tuple(waivers or ()), at=at
        )

    @mutation(returns=StayView)
    def move_patient(
        self,
        encounter_id: UUID,
        bed_id: UUID,
        waivers: list[UUID] | None = None,
        at: datetime | None = None,
    ) -> commands.MovePatient:
        return commands.MovePatient(
            encounter_id=encounter_id, bed_id=bed_id, waivers=tuple(waivers or ()), at=at
        )

    @mutation(returns=SwapView)
    def swap_patients(
        self,
        encounter_id: UUID,
        other_id: UUID,
        waivers: list[UUID] | None = None,
        at: datetime | None = None,
    ) -> commands.SwapPatients:
        return commands.SwapPatients(
            encounter_id=encounter_id, other_id=other_id, waivers=tuple(waivers or ()), at=at
        )

    @mutation(returns=EncounterView)
    def order_discharge(
        self, encounter_id: UUID, at: datetime | None = None
    ) -> commands.OrderDischarge:
        return commands.OrderDischarge(encounter_id=encounter_id, at=at)

    @mutation(returns=EncounterView)
    def cancel_discharge_order(
        self, encounter_id: UUID, at: datetime | None = None
    ) -> commands.CancelDischargeOrder:
        return commands.CancelDischargeOrder(encounter_id=encounter_id, at=at)

    @mutation(returns=EncounterView)
    def depart_patient(
        self, encounter_id: UUID, disposition: str | None = None, at: datetime | None = None
    ) -> commands.DepartPatient:
        return commands.DepartPatient(encounter_id=encounter_id, disposition=disposition, at=at)

    @mutation(returns=EncounterView)
    def record_death(self, encounter_id: UUID, at: datetime | None = None) -> commands.RecordDeath:
        return commands.RecordDeath(encounter_id=encounter_id, at=at)

    @mutation(returns=EncounterView)
    def leave_unseen(self, encounter_id: UUID, at: datetime | None = None) -> commands.LeaveUnseen:
        return commands.LeaveUnseen(encounter_id=encounter_id, at=at)

    @mutation(returns=EncounterView)
    def cancel_encounter(
        self, encounter_id: UUID, at: datetime | None = None
    ) -> commands.CancelEncounter:
        return commands.CancelEncounter(encounter_id=encounter_id, at=at)

    @mutation(returns=RestoredView)
    def cancel_admission(
        self, encounter_id: UUID, bed_untouched: bool = False, at: datetime | None = None
    ) -> commands.CancelAdmission:
        return commands.CancelAdmission(
            encounter_id=encounter_id, bed_untouched=bed_untouched, at=at
        )

    @mutation(returns=RestoredView)
    def cancel_move(
        self, encounter_id: UUID, bed_untouched: bool = False, at: datetime | None = None
    ) -> commands.CancelMove:
        return commands.CancelMove(encounter_id=encounter_id, bed_untouched=bed_untouched, at=at)

    @mutation(returns=RestoredView)
    def cancel_departure(
        self, encounter_id: UUID, at: datetime | None = None
    ) -> commands.CancelDeparture:
        return commands.CancelDeparture(encounter_id=encounter_id, at=at)

    @mutation(returns=LeaveView)
    def start_leave(
        self,
        encounter_id: UUID,
        expected_back: datetime | None = None,
        at: datetime | None = None,
    ) -> commands.StartLeave:
        return commands.StartLeave(encounter_id=encounter_id, expected_back=expected_back, at=at)

    @mutation(returns=LeaveView)
    def end_leave(self, encounter_id: UUID, at: datetime | None = None) -> commands.EndLeave:
        return commands.EndLeave(encounter_id=encounter_id, at=at)

    @mutation(returns=StayView)
    def correct_stay(
        self,
        stay_id: UUID,
        reason: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version: int | None = None,
    ) -> commands.CorrectStay:
        return commands.CorrectStay(
            stay_id=stay_id, reason=reason, since=since, until=until, version=version
        )
