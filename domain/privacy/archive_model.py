"""Segments: leaves of the ledger that were put away together, and will be pruned together."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String
from sqlmodel import Field

from kit.rows import Row, UtcTime
from kit.work import NETWORK, Scope

FLOOR_DAYS = 183  # no ledger is kept for less: half a year (Cybersecurity Law of the PRC, art. 21)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class LedgerSegment(Row, table=True):
    """Leaves from the first to the last, both included. `manifest` is the SHA-256 of its manifest,
    `keep_days` for how long at least its entries stay, counted from the last of them."""

    __tablename__ = "ledger_segment"
    __table_args__ = (
        CheckConstraint("number >= 1", name="counted_from_one"),
        CheckConstraint("first_leaf >= 0 AND last_leaf >= first_leaf", name="leaves_in_order"),
        CheckConstraint(f"keep_days >= {FLOOR_DAYS}", name="kept_half_a_year"),
    )

    number: int = Field(sa_type=Integer, unique=True)
    first_leaf: int = Field(sa_type=_NUMBER)
    last_leaf: int = Field(sa_type=_NUMBER)
    first_at: datetime = Field(sa_type=UtcTime)
    last_at: datetime = Field(sa_type=UtcTime)
    manifest: str = Field(sa_column=Column(String(64), nullable=False, info={"ledger": True}))
    keep_days: int = Field(sa_type=Integer)
    closed_at: datetime = Field(sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return NETWORK
