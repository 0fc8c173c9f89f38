"""What a notice tells of an alarm, roster or break-glass: codes, texts, times; never a person."""

from uuid import UUID

from domain.alarms.model import Alarm, AlarmEvent
from domain.beds.model import Bed
from domain.break_glass.model import BreakGlass
from domain.notices.break_glass_texts import break_glass_text
from domain.notices.local_time import local_time
from domain.notices.model import Delivery
from domain.notices.roster_texts import roster_text
from domain.notices.words import BREAK_GLASS, ROSTER, Facts, Language
from domain.places.model import Hospital, Ward
from domain.staff.news_model import RosterNews
from domain.staff.roster_model import Roster
from kit.work import Work

TRIAL = {
    Language.ZH: "这是一条测试通知,没有报警。",
    Language.EN: "This is a test; there is no alarm.",
}


def facts_of(work: Work, alarm: Alarm, event: AlarmEvent, language: Language) -> Facts:
    """For one event of an alarm, in the hospital's time."""
    hospital = work.get(Hospital, alarm.hospital_id)
    bed = None if alarm.bed_id is None else work.get(Bed, alarm.bed_id)
    return Facts(
        alarm_id=alarm.id, event=event.kind.value, kind=alarm.kind.value,
        severity=event.severity.value,
        text=alarm.text_zh if language is Language.ZH else alarm.text_en,
        hospital=hospital.code, ward=_ward(work, alarm.ward_id), bed=bed.code if bed else "",
        at=event.at, time=local_time(event.at, hospital.time_zone), count=event.count or 1,
    )  # fmt: skip


def trial_facts(work: Work, delivery: Delivery, language: Language) -> Facts:
    """For a test of a contact."""
    hospital = None if delivery.hospital_id is None else work.get(Hospital, delivery.hospital_id)
    zone = hospital.time_zone if hospital else "UTC"
    return Facts(
        alarm_id=None, event="TEST", kind="TEST", severity=delivery.severity.value,
        text=TRIAL[language], hospital=hospital.code if hospital else "",
        ward=_ward(work, delivery.ward_id), bed="", at=delivery.made_at,
        time=local_time(delivery.made_at, zone),
    )  # fmt: skip


def roster_facts(work: Work, delivery: Delivery, news: RosterNews, language: Language) -> Facts:
    """For somebody's own roster."""
    hospital = work.get(Hospital, news.hospital_id)
    return Facts(
        alarm_id=None, event=news.kind.value, kind=ROSTER, severity=delivery.severity.value,
        text=roster_text(news, work.get(Roster, news.roster_id), language),
        hospital=hospital.code, ward=_ward(work, news.ward_id), bed="", at=news.made_at,
        time=local_time(news.made_at, hospital.time_zone),
    )  # fmt: skip


def break_glass_facts(
    work: Work, delivery: Delivery, grant: BreakGlass, language: Language
) -> Facts:
    """For a record that was opened in an emergency."""
    hospital = work.get(Hospital, grant.hospital_id)
    ward = None if grant.ward_id is None else work.get(Ward, grant.ward_id)
    return Facts(
        alarm_id=None, event="STARTED", kind=BREAK_GLASS, severity=delivery.severity.value,
        text=break_glass_text(grant, hospital, ward, language), hospital=hospital.code,
        ward=ward.code if ward else "", bed="", at=grant.since,
        time=local_time(grant.since, hospital.time_zone),
    )  # fmt: skip


def _ward(work: Work, ward_id: UUID | None) -> str:
    return "" if ward_id is None else work.get(Ward, ward_id).code
