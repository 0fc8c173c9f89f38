"""Commands on cleaning: the only way a bed becomes clean."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.hygiene import drop_task, ensure_task, turn_hygiene
from domain.beds.model import (
    Bed,
    BedHygiene,
    CleaningKind,
    CleaningPriority,
    CleaningState,
    CleaningTask,
    Hygiene,
)
from domain.beds.presence import hygiene_of, require_bed, stay_in, stay_that_counts_after
from domain.beds.rules import NEXT_CLEANING, NEXT_HYGIENE
from domain.patients.model import Encounter
from domain.patients.states import NEXT
from domain.places.times import expect_version, happened
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work


class OfTask:
    """Lands in the ward of the task's bed."""

    task_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(CleaningTask, self.task_id).scope


@dataclass(frozen=True, kw_only=True)
class AssignCleaning(OfTask, Command[CleaningTask]):
    """Give a cleaning task to somebody, or to somebody else, while nobody has begun."""

    action = "cleaning.assign"

    task_id: UUID
    account_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> CleaningTask:
        task = work.get(CleaningTask, self.task_id)
        expect_version(task, self.version)
        _turn(work, task, CleaningState.ASSIGNED)
        task.assigned_to, task.assigned_at = self.account_id, work.now
        return task


@dataclass(frozen=True, kw_only=True)
class PrioritiseCleaning(OfTask, Command[CleaningTask]):
    """Say how urgent an open cleaning task is."""

    action = "cleaning.prioritise"

    task_id: UUID
    priority: CleaningPriority
    version: int | None = None

    def apply(self, work: Work) -> CleaningTask:
        task = work.get(CleaningTask, self.task_id)
        expect_version(task, self.version)
        if task.until is not None:
            raise _state_of(task)
        task.priority = self.priority
        _tell(work, task)
        return task


@dataclass(frozen=True, kw_only=True)
class StartCleaning(OfTask, Command[CleaningTask]):
    """Begin to clean a bed."""

    action = "cleaning.start"

    task_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> CleaningTask:
        task, at = work.get(CleaningTask, self.task_id), happened(work, self.at)
        _require_terminal(work, task)
        if task.state == CleaningState.SUSPENDED:
            raise _state_of(task)  # that is resumed, not started
        _turn(work, task, CleaningState.IN_PROGRESS)
        turn_hygiene(work, work.get(Bed, task.bed_id), Hygiene.CLEANING, at)
        task.started_at = at
        return task


@dataclass(frozen=True, kw_only=True)
class SuspendCleaning(OfTask, Command[CleaningTask]):
    """Interrupt the cleaning of a bed."""

    action = "cleaning.suspend"

    task_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> CleaningTask:
        task, at = work.get(CleaningTask, self.task_id), happened(work, self.at)
        _turn(work, task, CleaningState.SUSPENDED)
        turn_hygiene(work, work.get(Bed, task.bed_id), Hygiene.SUSPENDED, at)
        return task


@dataclass(frozen=True, kw_only=True)
class ResumeCleaning(OfTask, Command[CleaningTask]):
    """Go on with an interrupted cleaning."""

    action = "cleaning.start"

    task_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> CleaningTask:
        task, at = work.get(CleaningTask, self.task_id), happened(work, self.at)
        if task.state != CleaningState.SUSPENDED:
            raise _state_of(task)
        _turn(work, task, CleaningState.IN_PROGRESS)
        turn_hygiene(work, work.get(Bed, task.bed_id), Hygiene.CLEANING, at)
        return task


@dataclass(frozen=True, kw_only=True)
class FinishCleaning(OfTask, Command[CleaningTask]):
    """Finish the cleaning: the bed is clean from then on."""

    action = "cleaning.finish"

    task_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> CleaningTask:
        task, at = work.get(CleaningTask, self.task_id), happened(work, self.at)
        _turn(work, task, CleaningState.DONE, until=max(at, task.since))
        turn_hygiene(work, work.get(Bed, task.bed_id), Hygiene.CLEAN, at)
        return task


@dataclass(frozen=True, kw_only=True)
class InspectCleaning(OfTask, Command[CleaningTask]):
    """Confirm that a finished cleaning was well done."""

    action = "cleaning.inspect"

    task_id: UUID

    def apply(self, work: Work) -> CleaningTask:
        task = work.get(CleaningTask, self.task_id)
        _turn(work, task, CleaningState.INSPECTED)
        task.inspected_at = work.now
        return task


class OfBed:
    """Lands in the bed's ward."""

    bed_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Bed, self.bed_id).scope


@dataclass(frozen=True, kw_only=True)
class MarkDirty(OfBed, Command[CleaningTask]):
    """Say that an empty bed is not clean after all, and why; its cleaning is due."""

    action = "bed.soil"

    bed_id: UUID
    reason: str
    at: datetime | None = None

    def apply(self, work: Work) -> CleaningTask:
        bed, at = require_bed(work, self.bed_id), happened(work, self.at)
        _require_reason(self.reason)
        require_empty(work, bed)
        require_after_stays(work, bed, at)
        page = _present_page(work, bed)
        if page.hygiene != Hygiene.CLEAN:
            raise _already(page)
        turn_hygiene(work, bed, Hygiene.DIRTY, at, reason=self.reason)
        task = ensure_task(work, bed, CleaningKind.ROUTINE, at)
        work.emit("HygieneChanged", bed.scope, bed=bed.id)
        return task


@dataclass(frozen=True, kw_only=True)
class MarkContaminated(OfBed, Command[BedHygiene]):
    """Say that a bed is contaminated. Only a terminal clean ends that.

    An empty bed gets its task at once, a taken one when the patient leaves.
    """

    action = "bed.contaminate"

    bed_id: UUID
    reason: str
    at: datetime | None = None

    def apply(self, work: Work) -> BedHygiene:
        bed, at = require_bed(work, self.bed_id), happened(work, self.at)
        _require_reason(self.reason)
        require_after_stays(work, bed, at)
        page = _present_page(work, bed)
        if page.hygiene == Hygiene.CONTAMINATED:
            raise _already(page)
        turn_hygiene(work, bed, Hygiene.CONTAMINATED, at, reason=self.reason)
        if stay_in(work, bed.id) is None:
            drop_task(work, bed, at)
            ensure_task(work, bed, CleaningKind.TERMINAL, at)
        work.emit("HygieneChanged", bed.scope, bed=bed.id)
        return _present_page(work, bed)


def require_empty(work: Work, bed: Bed) -> None:
    """Raise Conflict that names the stay in the bed."""
    stay = stay_in(work, bed.id)
    if stay is not None:
        lying = work.get(Encounter, stay.encounter_id)
        raise Conflict(
            f"bed {bed.code} is taken by stay {stay.id} since {stay.since.isoformat()}",
            reason="BED_TAKEN", blocking=stay.id,
            allowed=tuple(str(state) for state in NEXT[lying.status]),
        )  # fmt: skip


def require_after_stays(work: Work, bed: Bed, at: datetime) -> None:
    """Raise Invalid if somebody was put in the bed after `at`: the bed was fit for it then."""
    stay = stay_that_counts_after(work, bed.id, at)
    if stay is not None and (stay.since > at or stay.until is not None):
        raise Invalid(f"stay {stay.id} began at {stay.since.isoformat()}; give a later time",
                      reason="BEFORE_LAST_CHANGE", field="at", blocking=stay.id)  # fmt: skip


def _turn(
    work: Work, task: CleaningTask, state: CleaningState, *, until: datetime | None = None
) -> None:
    if state not in NEXT_CLEANING[task.state]:
        raise _state_of(task)
    task.state, task.until = state, until or task.until
    _tell(work, task)


def _tell(work: Work, task: CleaningTask) -> None:
    work.emit("CleaningChanged", task.scope, bed=task.bed_id, task=task.id)


def _state_of(task: CleaningTask) -> Conflict:
    return Conflict(
        f"the cleaning is {task.state}", reason="CLEANING_STATE", blocking=task.id,
        allowed=tuple(str(state) for state in NEXT_CLEANING[task.state]),
    )  # fmt: skip


def _require_terminal(work: Work, task: CleaningTask) -> None:
    page = hygiene_of(work, task.bed_id)
    thorough = task.kind in (CleaningKind.TERMINAL, CleaningKind.ISOLATION)
    if page is not None and page.hygiene == Hygiene.CONTAMINATED and not thorough:
        raise Conflict("a contaminated bed takes a terminal clean", reason="TERMINAL_CLEAN",
                       blocking=task.id, allowed=("TERMINAL", "ISOLATION"))  # fmt: skip


def _present_page(work: Work, bed: Bed) -> BedHygiene:
    page = hygiene_of(work, bed.id)
    if page is None:
        raise RuntimeError("every bed has its hygiene from the day it was added")
    return page


def _already(page: BedHygiene) -> Conflict:
    return Conflict(
        f"the bed is {page.hygiene} since {page.since.isoformat()}", reason="BED_HYGIENE",
        blocking=page.bed_id, allowed=tuple(str(state) for state in NEXT_HYGIENE[page.hygiene]),
    )  # fmt: skip


def _require_reason(reason: str) -> None:
    if not (0 < len(reason) <= 32 and reason.isascii()):
        raise Invalid("give a reason code of 1 to 32 characters", field="reason")
