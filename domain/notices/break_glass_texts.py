"""What compliance is told of a break-glass, in both languages: codes and a time, no person."""

from domain.break_glass.model import BreakGlass
from domain.notices.local_time import local_time
from domain.notices.words import Language
from domain.places.model import Hospital, Ward

_TEXTS = {
    Language.ZH: "紧急访问已开启:角色 {role},地点 {place},理由 {reason},至 {until};请审核",
    Language.EN: "break-glass opened by {role} in {place}, reason {reason}, until {until};"
    " judge it",
}


def break_glass_text(
    grant: BreakGlass, hospital: Hospital, ward: Ward | None, language: Language
) -> str:
    """One line. The place is the ward, or the hospital of a patient who is in none."""
    return _TEXTS[language].format(
        role=grant.role or "-", place=ward.code if ward else hospital.code,
        reason=grant.reason_code.value, until=local_time(grant.until, hospital.time_zone),
    )  # fmt: skip
