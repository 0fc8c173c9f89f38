"""A hospital's own rules on how many people have to approve what a plan proposes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.places.model import LEDGERED, ApprovalMode
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class Effect(StrEnum):
    """What an item does that may need people; of those that hold the strictest decides."""

    ORDINARY = "ORDINARY"  # always holds
    MOVES_PATIENT = "MOVES_PATIENT"  # who has a bed gets another
    WAIVES_RULE = "WAIVES_RULE"  # leans on a hard rule that a person has lifted
    COST_ABOVE = "COST_ABOVE"  # its penalty is above the rule's figure
    CHANGED = "CHANGED"  # a person chose otherwise than the solver


class RuleState(StrEnum):
    PROPOSED = "PROPOSED"  # waits for a second person
    IN_FORCE = "IN_FORCE"
    REPLACED = "REPLACED"


IN_FORCE = text("state = 'IN_FORCE'")


class ApprovalRule(Row, table=True):
    """One line of a hospital's policy; in force once a second person has confirmed it.

    In SURGE a person always decides, and a lifted rule always needs one: a plan waives nothing.
    """

    __tablename__ = "approval_rule"
    __table_args__ = (
        one_of("mode", ApprovalMode),
        one_of("effect", Effect),
        one_of("state", RuleState),
        CheckConstraint("approvals BETWEEN 0 AND 2", name="approvals_known"),
        CheckConstraint(
            "approvals > 0 OR (mode = 'PEACETIME' AND effect NOT IN ('WAIVES_RULE', 'CHANGED'))",
            name="a_person_where_one_is_needed",
        ),
        CheckConstraint("(above IS NULL) = (effect <> 'COST_ABOVE')", name="above_with_cost"),
        CheckConstraint("above >= 0", name="above_not_negative"),
        CheckConstraint("confirmed_by <> proposed_by", name="four_eyes"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_when"),
        CheckConstraint("state = 'PROPOSED' OR confirmed_by IS NOT NULL OR state = 'REPLACED'",
                        name="in_force_is_confirmed"),
        UniqueConstraint("hospital_id", "revision", name="one_rule_per_revision"),
        Index("one_approval_rule_in_force", "hospital_id", "kind", "mode", "effect", unique=True,
              sqlite_where=IN_FORCE, postgresql_where=IN_FORCE),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    revision: int  # counts up within the hospital
    kind: str = Field(max_length=32, sa_column_kwargs=LEDGERED)  # of plan; * for all
    mode: ApprovalMode = Field(sa_type=words(ApprovalMode))
    effect: Effect = Field(sa_type=words(Effect))
    above: int | None = None
    approvals: int
    state: RuleState = Field(default=RuleState.PROPOSED, sa_type=words(RuleState))
    proposed_by: UUID
    proposed_at: datetime = Field(sa_type=UtcTime)
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
