"""Whom a roster, published or changed, is news to; and each is told once."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, select

from domain.accounts.model import Account
from domain.alarms.model import Severity
from domain.notices import queries
from domain.notices.contacts import AddContact
from domain.notices.model import Contact, Delivery
from domain.notices.quiet import Quiet
from domain.notices.roster_news import PlanRosterNotices
from domain.notices.roster_texts import roster_text
from domain.notices.sending import ClaimDelivery
from domain.notices.timers import roster_notices_to_plan
from domain.notices.words import Channel, Language, Parcel
from domain.rosters.sick import ReportOwnSick, ReportSick
from domain.rosters.swaps import AnswerSwap, AskSwap, DecideSwap
from domain.staff.duties import AssignDuty, CancelDuty, PlannedDuty, SetRosterLine
from domain.staff.news_model import NewsKind, RosterNews
from domain.staff.policies import SetStaffingPolicy
from domain.staff.queries import duties_of_ward
from domain.staff.roster_model import Roster
from kit.work import NETWORK, Actor, ActorKind
from tests.staff.team import Team

PLANNER = Actor(uuid4())
Told = list[tuple[str, str, tuple[int, ...]]]


def tell(team: Team) -> Told:
    """Who is told what since the last time: number, event, days of the roster that changed."""
    world = team.world
    with Session(world.engine) as session:
        due = roster_notices_to_plan(session, world.now)
        news = session.exec(
            select(RosterNews).where(col(RosterNews.told_at).is_(None)).order_by(col(RosterNews.id))
        ).all()
    for command in due:
        assert isinstance(command, PlanRosterNotices)
        world.run(command)
    numbers = {member.id: number for number, member in team.people.items()}
    return sorted(
        (numbers[one.staff_id], str(one.kind),
         tuple((date.fromisoformat(day) - team.at(0)).days for day in one.days))
        for one in news
    )  # fmt: skip


def deliveries(team: Team, channel: Channel) -> list[Delivery]:
    with Session(team.world.engine, expire_on_commit=False) as session:
        asked = select(Delivery).where(Delivery.channel == channel)
        return list(session.exec(asked.order_by(col(Delivery.id))))


def contact(team: Team, number: str, **what: object) -> Contact:
    with Session(team.world.engine) as session:
        account = session.get(Account, team.accounts[number])
        assert account is not None
        account.kind, account.login_name = ActorKind.PERSON, number.lower()
        session.commit()
    team.signed_in(number)
    kept = team.world.run(AddContact(address=f"{number}@example.org", **what))  # type: ignore[arg-type]
    team.world.actor = PLANNER
    return kept.contact


def published(team: Team) -> Team:
    """N1 has the first day, N2 the second; both were told."""
    team.world.actor = PLANNER
    team.world.run(SetStaffingPolicy(hospital_id=team.world.hospital.id, labour_rules="DE"))
    team.give("N1", "D", 0)
    team.give("N2", "D", 1)
    team.publish()
    assert tell(team) == [("N1", "PUBLISHED", ()), ("N2", "PUBLISHED", ())]
    return team


def test_a_publication_is_told_once_to_everybody_with_a_duty_in_it(team: Team) -> None:
    """N1 has an address for severe alarms only and is told; N3 has no duty; the draft is silent."""
    mine = contact(team, "N1", language=Language.EN, least_severity=Severity.CRITICAL)
    team.give("N1", "D", 0)
    team.give("N2", "D", 1)
    assert tell(team) == []
    team.publish()
    assert tell(team) == [("N1", "PUBLISHED", ()), ("N2", "PUBLISHED", ())]
    assert tell(team) == []
    (mail,) = deliveries(team, Channel.EMAIL)
    assert (mail.contact_id, mail.account_id, mail.state) == (mine.id, mine.account_id, "PENDING")
    assert {one.account_id for one in deliveries(team, Channel.IN_APP)} == {
        team.accounts["N1"], team.accounts["N2"],
    }  # fmt: skip
    with Session(team.world.engine) as session:
        assert queries.tests_of(session, [mine.id], team.world.now) == []  # no test of the contact
        (line,) = queries.inbox(session, team.accounts["N2"], unread=True, first=5)
        assert (line.alarm, line.news and line.news.kind) == (None, NewsKind.PUBLISHED)
    parcel = team.world.run(ClaimDelivery(delivery_id=mail.id))
    assert isinstance(parcel, Parcel)
    assert parcel.facts.text == "Your roster from 2026-03-30 to 2026-04-12 is published"


def test_a_swap_tells_both_whose_days_changed(team: Team) -> None:
    world = published(team).world
    team.signed_in("N1")
    with Session(world.engine) as session:
        given = duties_of_ward(session, [NETWORK], world.ward_a.id, team.at(0), team.at(14))
        mine, theirs = (one.duty.id for one in given)
    swap = world.run(AskSwap(duty_id=mine, other_staff_id=team.people["N2"].id,
                             other_duty_id=theirs))  # fmt: skip
    team.signed_in("N2")
    world.run(AnswerSwap(swap_id=swap.id, accept=True))
    assert tell(team) == []  # nothing has changed yet
    world.actor = PLANNER
    world.run(DecideSwap(swap_id=swap.id, approve=True))
    assert tell(team) == [("N1", "CHANGED", (0, 1)), ("N2", "CHANGED", (0, 1))]


def test_a_sick_call_tells_whoever_did_not_make_it(team: Team) -> None:
    """N2 calls in for themselves; for N1 the ward does, and they are told what became of it."""
    world = published(team).world
    world.run(ReportSick(staff_id=team.people["N1"].id, from_day=team.at(0), until_day=team.at(1)))
    assert tell(team) == [("N1", "CHANGED", (0,))]
    team.signed_in("N2")
    world.run(ReportOwnSick(from_day=team.at(1), until_day=team.at(2)))
    assert tell(team) == []
    world.actor = PLANNER
    world.run(AssignDuty(staff_id=team.people["N3"].id, shift_id=team.shifts["D"].id,
                         day=team.at(1)))  # fmt: skip
    assert tell(team) == [("N3", "CHANGED", (1,))]


def test_changes_nobody_was_told_of_yet_are_one_notice(team: Team) -> None:
    world = published(team).world
    days = [PlannedDuty(day=team.at(day), shift_id=team.shifts["D"].id) for day in (1, 2, 3)]
    world.run(SetRosterLine(staff_id=team.people["N1"].id, ward_id=world.ward_a.id,
                            from_day=team.at(0), until_day=team.at(7), planned=tuple(days)))  # fmt: skip
    extra = team.give("N1", "D", 8)
    world.run(CancelDuty(duty_id=extra.id))
    assert tell(team) == [("N1", "CHANGED", (0, 1, 2, 3, 8))]
    world.run(AssignDuty(staff_id=team.people["N1"].id, shift_id=team.shifts["D"].id,
                         day=team.at(9)))  # fmt: skip
    assert tell(team) == [("N1", "CHANGED", (9,))]
    assert len(deliveries(team, Channel.IN_APP)) == 4


def test_quiet_hours_delay_a_roster_and_do_not_swallow_it(team: Team) -> None:
    """It is about noon in UTC, 20:00 in Shanghai; quiet from 19:00 until 6:00."""
    quiet = Quiet(severity=Severity.LOW, from_minute=19 * 60, until_minute=6 * 60)
    contact(team, "N1", quiet_hours=(quiet,))
    team.give("N1", "D", 0)
    team.publish()
    tell(team)
    (mail,) = deliveries(team, Channel.EMAIL)
    assert (str(mail.state), mail.due_at.isoformat()) == ("PENDING", "2026-03-02T22:00:00+00:00")


def test_an_account_that_was_disabled_since_is_told_nothing(team: Team) -> None:
    team.give("N1", "D", 0)
    team.publish()
    with Session(team.world.engine) as session:
        account = session.get(Account, team.accounts["N1"])
        assert account is not None
        account.disabled_at = team.world.now
        session.commit()
    assert tell(team) == [("N1", "PUBLISHED", ())]
    assert deliveries(team, Channel.IN_APP) == []
    assert tell(team) == []


def test_the_texts_name_days_and_nothing_else() -> None:
    ids: dict[str, Any] = {name: uuid4() for name in ("hospital_id", "ward_id")}
    roster = Roster(**ids, from_day=date(2026, 12, 1), until_day=date(2027, 1, 1))

    def told(language: Language, *days: str) -> str:
        kind = NewsKind.CHANGED if days else NewsKind.PUBLISHED
        news = RosterNews(**ids, roster_id=roster.id, staff_id=uuid4(), kind=kind,
                          days=list(days), made_at=datetime(2026, 11, 1, tzinfo=UTC))  # fmt: skip
        return roster_text(news, roster, language)

    assert told(Language.ZH) == "您的排班已发布:2026-12-01 至 2026-12-31"
    two = "2026-12-03", "2026-12-05"
    assert told(Language.EN, *two) == "Your duty changed on 2026-12-03, 2026-12-05"
    many = [f"2026-12-0{day}" for day in range(1, 6)]
    assert told(Language.ZH, *many) == "您的班次有变动:2026-12-01 至 2026-12-05 间共 5 天"
