"""Which doctors a patient would like, and which must not treat them."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from domain.places.times import Spell, in_order
from kit.rows import one_of, words

PRESENT = text("until IS NULL")
WISHED = text("until IS NULL AND word = 'WISHED'")


class DoctorWord(StrEnum):
    WISHED = "WISHED"
    EXCLUDED = "EXCLUDED"
    NONE = "NONE"  # taken back


class DoctorWish(Spell, table=True):
    """What a patient said of one doctor, from when to when. No reason is ever asked for."""

    __tablename__ = "doctor_wish"
    __table_args__ = (
        one_of("word", DoctorWord),
        in_order(strictly=True),
        Index("one_word_per_doctor", "encounter_id", "staff_id", unique=True,
              sqlite_where=PRESENT, postgresql_where=PRESENT),
        Index("one_wished_doctor", "encounter_id", unique=True, sqlite_where=WISHED,
              postgresql_where=WISHED),
        Index("doctor_wish_in_time", "encounter_id", "since"),
    )  # fmt: skip

    hospital_id: UUID = Field(foreign_key="hospital.id")
    encounter_id: UUID = Field(foreign_key="encounter.id")
    subject: UUID
    staff_id: UUID = Field(foreign_key="staff_member.id")
    word: DoctorWord = Field(sa_type=words(DoctorWord))
