"""What GraphQL shows of a notice about one's own roster."""

from datetime import date, datetime
from typing import Self

import strawberry

from api.bed_views import as_id
from api.places import Names
from api.sight import classified
from authz.classes import DataClass
from domain.notices.roster_texts import roster_text
from domain.notices.words import Language
from domain.staff.news_model import NewsKind, RosterNews
from domain.staff.roster_model import Roster

strawberry.enum(NewsKind, name="RosterNewsKind")


@classified(DataClass.GENERAL)
@strawberry.type
class RosterNotice:
    """One's own roster was published, or one's duties of some `days` in it changed."""

    event: NewsKind
    roster_id: strawberry.ID
    ward_id: strawberry.ID
    from_day: date
    until_day: date
    days: list[date]
    text: Names
    at: datetime

    @classmethod
    def about(cls, news: RosterNews | None, roster: Roster | None) -> Self | None:
        """None for a notice of something else."""
        if news is None or roster is None:
            return None
        return cls(
            event=news.kind, roster_id=as_id(roster.id), ward_id=as_id(roster.ward_id),
            from_day=roster.from_day, until_day=roster.until_day,
            days=[date.fromisoformat(day) for day in news.days],
            text=Names(zh=roster_text(news, roster, Language.ZH),
                       en=roster_text(news, roster, Language.EN)),
            at=news.made_at,
        )  # fmt: skip
