"""Spells of a place as arrays of times: few statements, thousands of rows, no row objects."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.types import BigInteger, String
from sqlmodel import Session, col

from domain.beds.model import Bed, BedBlock, BedStay, BlockKind
from domain.measures.intervals import Intervals, Micros, as_micros
from domain.measures.place import Place
from domain.measures.steps import Span
from domain.places.model import Ward, WardStaffing


def columns(session: Session, query: Any) -> list[list[Any]]:
    """The query's answer by column; without rows, as many empty lists."""
    rows = session.connection().execute(query).all()
    if not rows:
        return [[] for _ in query.selected_columns]
    return [list(column) for column in zip(*rows, strict=True)]


def micros(session: Session, column: Any) -> Any:
    """A time as the database can hand it out cheaply, for `as_micros`."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", column) * 1_000_000, BigInteger)
    return sa.type_coerce(column, String)


def times(session: Session, query: Any, wanted: Sequence[Any]) -> list[Micros]:
    """Some time columns of a query, as arrays."""
    asked = query.with_only_columns(*(micros(session, one) for one in wanted))
    return [as_micros(column) for column in columns(session, asked)]


def in_place(session: Session, place: Place, model: Any) -> Any:
    """The rows of a place, by ward: the indexes over time begin with the ward."""
    if place.ward_id is not None or place.hospital_id is None:
        return place.has(model)
    wards = sa.select(col(Ward.id)).where(col(Ward.hospital_id) == place.hospital_id)
    return col(model.ward_id).in_(wards)


def during(since: Any, until: Any, span: Span) -> sa.ColumnElement[bool]:
    """Spells of which at least a part lies in the span."""
    return sa.and_(since < span.until, sa.or_(until.is_(None), until > span.since))


Chosen: TypeAlias = tuple[Intervals, NDArray[np.bool_]]  # and which of them a column marks


class Spells:
    """What a place's beds went through during a span; each kind is read once, when asked for."""

    def __init__(self, session: Session, place: Place, span: Span) -> None:
        self.session, self.place, self.span = session, place, span

    @cached_property
    def present(self) -> Intervals:
        """Beds that count, from being added until being removed."""
        query = sa.select(col(Bed.id)).where(
            in_place(self.session, self.place, Bed), col(Bed.censusable),
            during(col(Bed.added_at), col(Bed.removed_at), self.span),
        )  # fmt: skip
        return Intervals(
            *times(self.session, query, (col(Bed.added_at), col(Bed.removed_at)))
        )  # fmt: skip

    @cached_property
    def occupied(self) -> Intervals:
        """Stays in beds that count."""
        stays, counts = self._stays
        return stays & counts

    @property
    def lying(self) -> Intervals:
        """All stays, in extra beds too."""
        return self._stays[0]

    @cached_property
    def blocked(self) -> Intervals:
        """Beds that count out of service and not occupied: each block, less the stays in it."""
        return _less(self._blocks[0], self._occupied_blocks[0])

    @cached_property
    def closed(self) -> Intervals:
        """As `blocked`, of closed beds only."""
        (blocks, of_block), (taken, of_taken) = self._blocks, self._occupied_blocks
        return _less(blocks & of_block, taken & of_taken)

    @cached_property
    def staffed(self) -> Intervals:
        """Beds for which there was staff, while their ward was open."""
        query = (
            sa.select(col(WardStaffing.id))
            .join(Ward, col(Ward.id) == col(WardStaffing.ward_id))
            .where(
                in_place(self.session, self.place, WardStaffing),
                during(col(WardStaffing.since), col(WardStaffing.until), self.span),
            )
        )
        asked = query.with_only_columns(
            micros(self.session, col(WardStaffing.since)),
            micros(self.session, col(WardStaffing.until)),
            micros(self.session, col(Ward.closed_at)), col(WardStaffing.staffed_beds),
        )  # fmt: skip
        since, until, closed, beds = columns(self.session, asked)
        ends = np.minimum(as_micros(until), as_micros(closed))
        begins = as_micros(since)
        return Intervals(begins, np.maximum(ends, begins), np.array(beds, dtype=np.int64))

    def open_within(self, edges: Micros) -> Micros:
        """The time that beds were open between the edges: in service, or else occupied."""
        return self.present.time_within(edges) - self.blocked.time_within(edges)

    def open_at(self, moments: Micros) -> Micros:
        return self.present.count_at(moments) - self.blocked.count_at(moments)

    @cached_property
    def _stays(self) -> Chosen:
        query = (
            sa.select(
                micros(self.session, col(BedStay.since)), micros(self.session, col(BedStay.until)),
                col(Bed.censusable),
            )
            .join(Bed, col(Bed.id) == col(BedStay.bed_id))
            .where(
                in_place(self.session, self.place, BedStay), col(BedStay.voided_at).is_(None),
                during(col(BedStay.since), col(BedStay.until), self.span),
            )
        )  # fmt: skip
        since, until, counts = columns(self.session, query)
        return Intervals(as_micros(since), as_micros(until)), np.array(counts, dtype=bool)

    @cached_property
    def _blocks(self) -> Chosen:
        """A block ends with its bed at the latest."""
        query = self._of_blocks(sa.select(col(BedBlock.id))).with_only_columns(
            micros(self.session, col(BedBlock.since)), micros(self.session, col(BedBlock.until)),
            micros(self.session, col(Bed.removed_at)), col(BedBlock.kind),
        )  # fmt: skip
        since, until, removed, kinds = columns(self.session, query)
        begins = as_micros(since)
        ends = np.maximum(np.minimum(as_micros(until), as_micros(removed)), begins)
        return Intervals(begins, ends), _closed(kinds)

    @cached_property
    def _occupied_blocks(self) -> Chosen:
        lies = sa.and_(
            col(BedStay.bed_id) == col(BedBlock.bed_id), col(BedStay.voided_at).is_(None),
            sa.or_(col(BedStay.until).is_(None), col(BedStay.until) > col(BedBlock.since)),
            sa.or_(col(BedBlock.until).is_(None), col(BedStay.since) < col(BedBlock.until)),
        )  # fmt: skip
        query = self._of_blocks(sa.select(col(BedBlock.id))).join(BedStay, lies)
        asked = query.with_only_columns(
            *(micros(self.session, col(one)) for one in
              (BedBlock.since, BedStay.since, BedBlock.until, BedStay.until)),
            col(BedBlock.kind),
        )  # fmt: skip
        first, second, third, fourth, kinds = columns(self.session, asked)
        begins = np.maximum(as_micros(first), as_micros(second))
        return Intervals(begins, np.minimum(as_micros(third), as_micros(fourth))), _closed(kinds)

    def _of_blocks(self, query: Any) -> Any:
        return query.join(Bed, col(Bed.id) == col(BedBlock.bed_id)).where(
            in_place(self.session, self.place, BedBlock), col(Bed.censusable),
            during(col(BedBlock.since), col(BedBlock.until), self.span),
        )  # fmt: skip


def _less(one: Intervals, less: Intervals) -> Intervals:
    """`one` with the time of `less` taken off: as weights of 1 and -1."""
    weight = np.concatenate((np.ones_like(one.since), -np.ones_like(less.since)))
    return Intervals(
        np.concatenate((one.since, less.since)), np.concatenate((one.until, less.until)), weight
    )


def _closed(kinds: Sequence[Any]) -> NDArray[np.bool_]:
    return np.array([kind == BlockKind.CLOSED for kind in kinds], dtype=bool)
