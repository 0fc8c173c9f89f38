"""From a break-glass to the deliveries that tell compliance of it: every officer once, in the inbox
and at every address of their own, at any hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from domain.accounts.model import Account, RoleBinding
from domain.accounts.queries import not_over
from domain.alarms.model import Severity
from domain.break_glass.model import BreakGlass
from domain.notices.model import Delivery
from domain.notices.planning import INBOX
from domain.notices.queries import contacts_of
from domain.notices.words import Channel, DeliveryState
from domain.places.model import Hospital
from domain.places.times import store
from kit.command import Command
from kit.work import Scope, Work

JUDGES = "compliance-officer"  # the role that may `break_glass.review`
AT_ONCE = 100  # grants of one command
_UNTOLD = col(BreakGlass.noticed_at).is_(None)


@dataclass(frozen=True, kw_only=True)
class PlanBreakGlassNotices(Command[int]):
    """Tell compliance that a record was opened in an emergency; answers how many messages leave.

    Neither quiet hours nor the severity from which an address wants alarms hold it back.
    """

    action = "notice.plan"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        asked = select(BreakGlass).where(BreakGlass.hospital_id == self.hospital_id, _UNTOLD)
        grants = work.session.exec(asked.order_by(col(BreakGlass.id)).limit(AT_ONCE)).all()
        told = [_tell(work, grant) for grant in grants]
        messages = sum(sent for _, sent in told)
        work.note(grants=len(grants), people=sum(people for people, _ in told), messages=messages)
        return messages


def hospitals_with_untold_grants(session: Session) -> Sequence[UUID]:
    """Where compliance is still to be told."""
    return sorted(session.exec(select(BreakGlass.hospital_id).where(_UNTOLD).distinct()))


def _tell(work: Work, grant: BreakGlass) -> tuple[int, int]:
    """How many people and messages. Where there is nobody, the record says 0 people."""
    grant.noticed_at = work.now
    officers, messages = _officers(work, grant), 0
    for account in officers:
        _deliver(work, grant, account_id=account, channel=Channel.IN_APP, code=INBOX,
                 state=DeliveryState.SENT, sent_at=work.now)  # fmt: skip
        for contact in contacts_of(work.session, account):
            _deliver(work, grant, account_id=account, channel=contact.channel,
                     contact_id=contact.id, state=DeliveryState.PENDING)  # fmt: skip
            messages += 1
    work.emit("BreakGlassNoticesPlanned", grant.scope, grant=grant.id)
    return len(officers), messages


def _officers(work: Work, grant: BreakGlass) -> Sequence[UUID]:
    """Active accounts that hold the role where the grant is; not its holder, who may not judge."""
    asked = (
        select(RoleBinding)
        .join(Account, col(Account.id) == col(RoleBinding.user_id))
        .where(
            RoleBinding.role == JUDGES, col(RoleBinding.valid_from) <= work.now,
            not_over(work.now), col(Account.disabled_at).is_(None),
            RoleBinding.user_id != grant.account_id,
        )
    )  # fmt: skip
    held = work.session.exec(asked)
    return sorted({one.user_id for one in held if one.scope.covers(grant.scope)})


def _deliver(work: Work, grant: BreakGlass, **to: Any) -> None:
    store(work, Delivery(
        hospital_id=grant.hospital_id, ward_id=grant.ward_id, break_glass_id=grant.id,
        severity=Severity.HIGH, made_at=work.now, due_at=work.now, **to,
    ))  # fmt: skip
