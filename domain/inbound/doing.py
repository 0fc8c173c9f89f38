"""One message being turned into commands: where, for whom, and what was done so far."""

from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from domain.patients.model import Encounter, Patient
from kit.command import Command
from kit.work import Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leeway:
    """How far a message is believed where it knows more than we do."""

    # A sender that puts a patient into a bed says that the bed was fit for it: cleaning
    # that nobody reported is recorded as done by then. Without this, such a message waits.
    infer_cleaning: bool = False


@dataclass(slots=True)
class Doing:
    """Commands are done through `do`, in the message's transaction, each judged by the policy."""

    work: Work
    hospital_id: UUID
    assigner: str  # whose numbers the patient's are, where the message names no authority
    leeway: Leeway = field(default_factory=Leeway)
    effects: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    patient: Patient | None = None
    encounter: Encounter | None = None

    def do(self, command: Command[T]) -> T:
        """Perform a part and remember its name."""
        result = self.work.perform(command)
        self.effects.append(type(command).__name__)
        return result

    def remark(self, code: str) -> None:
        """Note something odd that changed nothing."""
        if code not in self.remarks:
            self.remarks.append(code)
