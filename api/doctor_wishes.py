"""Which doctors a patient would like, and which must not treat them, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.bed_views import as_id
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.patients import queries
from domain.rosters.doctor_wishes import MOST, StateDoctorWish, wishes_of
from domain.rosters.preference_model import DoctorWish, DoctorWord

strawberry.enum(DoctorWord)


@classified(DataClass.PLACEMENT)
@strawberry.type(name="DoctorWish")
class DoctorWishView(View):
    """What a patient said of a doctor; a care plan weighs a wish and keeps an exclusion."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID = shows(DataClass.GENERAL)
    doctor_id: strawberry.ID | None
    word: DoctorWord | None
    since: datetime | None

    @classmethod
    def of(cls, row: DoctorWish, sight: Sight) -> Self:
        return cls(
            sight=sight, subject=row.subject, id=as_id(row.id),
            encounter_id=as_id(row.encounter_id), doctor_id=as_id(row.staff_id), word=row.word,
            since=row.since,
        )  # fmt: skip


@strawberry.type
class DoctorWishQueries:
    @query("encounter.read", at_most=MOST)
    def doctor_wishes(self, reader: Reader, encounter_id: UUID) -> list[DoctorWishView]:
        """Which doctors a patient wishes and excludes now; what was taken back is not told."""
        owner = queries.encounter(reader.session, reader.scopes, encounter_id)
        if owner is None:
            return []
        sight = reader.sight(owner.scope, owner.subject)
        rows = wishes_of(reader.session, [encounter_id])
        return [DoctorWishView.of(row, sight) for row in rows if row.word is not DoctorWord.NONE]


@strawberry.type
class DoctorWishMutations:
    @mutation(returns=DoctorWishView)
    def state_doctor_wish(
        self, encounter_id: UUID, doctor_id: UUID, word: DoctorWord, at: datetime | None = None
    ) -> StateDoctorWish:
        return StateDoctorWish(encounter_id=encounter_id, doctor_id=doctor_id, word=word, at=at)
