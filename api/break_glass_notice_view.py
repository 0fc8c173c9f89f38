"""What GraphQL shows of a notice that a break-glass was opened."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.places import Names
from api.sight import classified
from authz.classes import DataClass
from domain.break_glass.model import BreakGlassReason
from domain.notices.break_glass_texts import break_glass_text
from domain.notices.queries import Notice
from domain.notices.words import Language


@classified(DataClass.AUDIT)
@strawberry.type
class BreakGlassNotice:
    """A record was opened in an emergency, by somebody of that `role`; it is to be judged."""

    grant_id: UUID
    hospital_id: UUID
    ward_id: UUID | None
    role: str | None
    reason_code: BreakGlassReason
    since: datetime
    until: datetime
    text: Names

    @classmethod
    def about(cls, notice: Notice) -> Self | None:
        """None for a notice of something else."""
        grant, hospital, ward = notice.grant, notice.hospital, notice.ward
        if grant is None or hospital is None:
            return None
        return cls(
            grant_id=grant.id, hospital_id=grant.hospital_id, ward_id=grant.ward_id,
            role=grant.role, reason_code=grant.reason_code, since=grant.since, until=grant.until,
            text=Names(zh=break_glass_text(grant, hospital, ward, Language.ZH),
                       en=break_glass_text(grant, hospital, ward, Language.EN)),
        )  # fmt: skip
