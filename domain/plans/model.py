"""Plans: what a solver was asked, what it answered, and what people decided about each item."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from kit.errors import Conflict
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class PlanState(StrEnum):
    COMPUTING = "COMPUTING"
    READY = "READY"
    APPROVED = "APPROVED"
    PARTLY_APPROVED = "PARTLY_APPROVED"
    EXECUTING = "EXECUTING"
    EXECUTED = "EXECUTED"
    PARTLY_EXECUTED = "PARTLY_EXECUTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


NEXT: dict[PlanState, tuple[PlanState, ...]] = {
    PlanState.COMPUTING: (
        PlanState.READY,
        PlanState.FAILED,
        PlanState.SUPERSEDED,
        PlanState.CANCELLED,
    ),
    PlanState.READY: (
        PlanState.APPROVED,
        PlanState.PARTLY_APPROVED,
        PlanState.REJECTED,
        PlanState.EXPIRED,
        PlanState.SUPERSEDED,
    ),
    PlanState.APPROVED: (PlanState.EXECUTING,),
    PlanState.PARTLY_APPROVED: (PlanState.EXECUTING,),
    PlanState.EXECUTING: (PlanState.EXECUTED, PlanState.PARTLY_EXECUTED, PlanState.FAILED),
}


class ItemState(StrEnum):
    PROPOSED = "PROPOSED"
    UNPLACED = "UNPLACED"
    AWAITING_SECOND = "AWAITING_SECOND"  # one person approved; a hard rule is waived
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXECUTED = "EXECUTED"
    STALE = "STALE"  # the world changed since; says why


class SolverRun(Row, table=True):
    """The frozen problem and the solver's true answer to it. Never changed once answered."""

    __tablename__ = "solver_run"

    hospital_id: UUID | None = Field(default=None, foreign_key="hospital.id", index=True)
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    kind: str = Field(default="beds", sa_column_kwargs={"info": {"ledger": True}})
    problem: bytes  # canonical JSON; pseudonymous keys, no identity
    problem_hash: str = Field(sa_column_kwargs={"info": {"ledger": True}})
    seed: int = 0
    time_limit_ms: int
    gap_limit_ppm: int
    rules: str = Field(sa_column_kwargs={"info": {"ledger": True}})  # version of the rule set
    solver: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    status: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    objective: int | None = Field(default=None, sa_type=BigInteger)
    bound: int | None = Field(default=None, sa_type=BigInteger)
    gap_ppm: int | None = Field(default=None, sa_type=BigInteger)  # millionths
    build_ms: int | None = None
    wall_ms: int | None = None
    answer_hash: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)


class Proposal(Row, table=True):
    """A plan before people. One live plan per kind and place: a newer one supersedes it.

    Without a hospital it is the network's. `scenario` says what was changed on the frozen copy
    of a what-if plan, which nobody can approve.
    """

    __table_args__ = (
        one_of("state", PlanState),
        Index("proposal_by_hospital", "hospital_id", "id"),
        Index("proposal_by_state", "state"),
    )

    hospital_id: UUID | None = Field(default=None, foreign_key="hospital.id")
    ward_id: UUID | None = Field(default=None, foreign_key="ward.id")
    kind: str = Field(default="beds", sa_column_kwargs={"info": {"ledger": True}})
    scenario: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    run_id: UUID = Field(foreign_key="solver_run.id", unique=True)
    state: PlanState = Field(default=PlanState.COMPUTING, sa_type=words(PlanState))
    requested_by: UUID
    requested_at: datetime = Field(sa_type=UtcTime)
    as_of: datetime = Field(sa_type=UtcTime)  # the state of the world in the problem
    ready_at: datetime | None = Field(default=None, sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)

    def go(self, state: PlanState) -> None:
        """Change the state, or raise Conflict that names the allowed ones."""
        allowed = NEXT.get(self.state, ())
        if state not in allowed:
            raise Conflict(
                f"the plan is {self.state}", reason="PLAN_STATE", blocking=self.id,
                allowed=tuple(allowed),
            )  # fmt: skip
        self.state = state


class ProposalItem(Row, table=True):
    """One thing that a plan decides: what, why, and what else could be done; or why nothing.

    `key` names it inside the problem, `detail` says what is planned in the words of its kind.
    """

    __tablename__ = "proposal_item"
    __table_args__ = (
        one_of("state", ItemState),
        UniqueConstraint("proposal_id", "key", name="one_item_per_key"),
        CheckConstraint(
            "action <> 'HOLD_BED' OR state = 'REJECTED'"
            " OR (to_bed_id IS NULL) = (state = 'UNPLACED')",
            name="placed_items_have_a_bed",
        ),
    )

    proposal_id: UUID = Field(foreign_key="proposal.id", index=True)
    hospital_id: UUID | None = None
    key: str = Field(max_length=120)
    action: str = Field(max_length=32, sa_column_kwargs={"info": {"ledger": True}})
    step: int = 0  # the place in a chain; 0 where the order does not matter
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    chosen: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    request_id: UUID | None = Field(default=None, foreign_key="bed_request.id")
    encounter_id: UUID | None = None
    subject: UUID | None = None
    from_bed_id: UUID | None = None
    to_bed_id: UUID | None = Field(default=None, foreign_key="bed.id")
    planned_bed_id: UUID | None = None  # what the solver said, where a person chose another
    state: ItemState = Field(default=ItemState.PROPOSED, sa_type=words(ItemState))
    penalty: int = 0
    terms: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    kept: list[str] = Field(default_factory=list, sa_type=JSON)
    waived: list[str] = Field(default_factory=list, sa_type=JSON)
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)  # why unplaced
    alternatives: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    outcome: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    hold_id: UUID | None = None


class Approval(Row, table=True):
    """A decision about one item. `override_reason` is a code where it differs.

    `policy`: the version of the policy by which the program approved it, without a person.
    """

    __table_args__ = (UniqueConstraint("item_id", "account_id", name="one_decision_per_person"),)

    proposal_id: UUID = Field(foreign_key="proposal.id", index=True)
    item_id: UUID = Field(foreign_key="proposal_item.id")
    account_id: UUID
    approved: bool
    policy: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    override_reason: str | None = Field(default=None, sa_column_kwargs={"info": {"ledger": True}})
    chosen_bed_id: UUID | None = None
    chosen: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    at: datetime = Field(sa_type=UtcTime)
