"""What differs between plans for beds, rosters, transfers …: one `PlanKind` for each.

Everything else is common: the problem is frozen and hashed, a job solves it, people decide item by
item, and what they approve is carried out by ordinary commands that check it against the present.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Session

from domain.plans.model import Proposal, ProposalItem, SolverRun
from domain.plans.solving import RunLimits, Say, answer, solve
from kit.errors import Invalid
from kit.work import Work


class OverrideReason(StrEnum):
    """Why a person decided otherwise than the plan."""

    CLINICAL = "CLINICAL"
    PATIENT_WISH = "PATIENT_WISH"
    FAMILY = "FAMILY"
    STAFFING = "STAFFING"
    INFECTION_CONTROL = "INFECTION_CONTROL"
    LOCAL_KNOWLEDGE = "LOCAL_KNOWLEDGE"
    DATA_WRONG = "DATA_WRONG"


@dataclass(frozen=True, kw_only=True)
class ItemDecision:
    """One item: approve as planned, approve with something else, or reject.

    What else can be chosen depends on the kind of plan: for beds `bed_id`, for others the fields
    that `choice` names.
    """

    item_id: UUID
    approve: bool = True
    bed_id: UUID | None = None
    choice: dict[str, Any] | None = None
    reason: OverrideReason | None = None

    def differs(self, item: ProposalItem) -> bool:
        """True where a person wants something else than what stands in the plan."""
        return (
            not self.approve or self.choice is not None or self.bed_id not in (None, item.to_bed_id)
        )


QUICK_S = 60  # what people wait for at the screen


class Lane(StrEnum):
    """Runs of one lane follow each other: nobody's roster keeps a bed plan waiting."""

    QUICK = "QUICK"
    LONG = "LONG"


class PlanKind(ABC):
    """One kind of plan. Registered once; found by the name that its runs and plans carry."""

    name: ClassVar[str]
    solving: ClassVar[str]  # the module with its solver's half, see domain.plans.solving
    read_action: ClassVar[str] = "plan.read"
    ask_action: ClassVar[str] = "plan.request"  # of asking, and of calling off what was asked
    decide_action: ClassVar[str] = "plan.approve"  # of its ApprovePlan and RejectPlan
    good_for: ClassVar[timedelta] = timedelta(minutes=30)  # then it has to be asked for again
    longest_s: ClassVar[int] = QUICK_S  # of one run
    in_order: ClassVar[bool] = False  # steps: one that falls out takes those behind it along

    @property
    def lane(self) -> Lane:
        return Lane.QUICK if self.longest_s <= QUICK_S else Lane.LONG

    def solve(self, problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
        """Solve a stored problem here: the jobs do it in a process of its own."""
        return solve(self.solving, problem, limits, say)

    def answer(self, problem: bytes, question: dict[str, Any], limits: RunLimits) -> dict[str, Any]:
        return answer(self.solving, problem, question, limits)

    @abstractmethod
    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        """The answer's items as new rows."""

    @abstractmethod
    def execute(self, work: Work, item: ProposalItem) -> str:
        """Carry out one approved item, by other commands, and say in a code what was done.

        Raises the refusals of those commands: the item is then stale, and alone.
        """

    def propose(self, work: Work, item: ProposalItem) -> None:  # noqa: B027 - may be nothing
        """Tell the domain that something is proposed; never done for a scenario."""

    def withdraw(self, work: Work, item: ProposalItem) -> None:  # noqa: B027 - may be nothing
        """Undo `propose`: the item was rejected, found stale or superseded."""

    def choose(
        self, work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision
    ) -> None:
        """Put what a person wants instead into the item. Raises Invalid where it cannot be."""
        raise Invalid("items of this plan are approved or rejected as they are",
                      field="items.choice")  # fmt: skip

    def due(self, session: Session, item: ProposalItem) -> bool:
        """False while an approved item has to wait for something, a bed being cleaned perhaps."""
        return True

    def approvals(self, item: ProposalItem) -> int:
        """How many people this kind demands at least, whatever the hospital's policy says."""
        return 0


_kinds: dict[str, PlanKind] = {}


def register(kind: PlanKind) -> None:
    """Make a kind known. app/plan_kinds.py imports every module that does."""
    known = _kinds.setdefault(kind.name, kind)
    if type(known) is not type(kind):
        raise TypeError(f"two kinds of plan are called {kind.name}")


def kind_of(name: str) -> PlanKind:
    """Raises ValueError for a kind that nobody registered."""
    if name not in _kinds:
        raise ValueError(f"no solver for {name}")
    return _kinds[name]


def kind_names() -> tuple[str, ...]:
    return tuple(sorted(_kinds))


def kinds_read_by(action: str) -> tuple[str, ...]:
    """The kinds whose plans this right shows."""
    return tuple(sorted(name for name, kind in _kinds.items() if kind.read_action == action))
