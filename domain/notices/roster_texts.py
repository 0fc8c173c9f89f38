"""What somebody is told of their own roster, in both languages: days, nothing else."""

from datetime import timedelta

from domain.notices.words import Language
from domain.staff.news_model import NewsKind, RosterNews
from domain.staff.roster_model import Roster

LISTED = 3  # changed days named one by one

_PUBLISHED = {
    Language.ZH: "您的排班已发布:{first} 至 {last}",
    Language.EN: "Your roster from {first} to {last} is published",
}
_CHANGED = {
    Language.ZH: "您的班次有变动:{days}",
    Language.EN: "Your duty changed on {days}",
}
_MANY = {
    Language.ZH: "{first} 至 {last} 间共 {count} 天",
    Language.EN: "{count} days from {first} to {last}",
}
_COMMA = {Language.ZH: "、", Language.EN: ", "}


def roster_text(news: RosterNews, roster: Roster, language: Language) -> str:
    """One line. The last day named is one of the roster's own."""
    if news.kind is NewsKind.PUBLISHED:
        last = roster.until_day - timedelta(days=1)
        return _PUBLISHED[language].format(first=roster.from_day, last=last)
    days = news.days
    named = _COMMA[language].join(days)
    if len(days) > LISTED:
        named = _MANY[language].format(count=len(days), first=days[0], last=days[-1])
    return _CHANGED[language].format(days=named)
