"""The inbox of whoever was told: read marks."""

from dataclasses import dataclass
from uuid import UUID

from domain.notices.model import Delivery
from domain.notices.words import Channel
from kit.command import Command
from kit.errors import Invalid, NotFound
from kit.work import NETWORK, Scope, Work

AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class MarkNoticesRead(Command[int]):
    """Say that notices of one's own inbox were read; answers how many were new.

    Reading is not acknowledging: the alarm goes on until somebody acknowledges it.
    """

    action = "notice.read_own"

    delivery_ids: tuple[UUID, ...]

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        if not 0 < len(self.delivery_ids) <= AT_ONCE:
            raise Invalid(f"name 1 to {AT_ONCE} notices", field="noticeIds")
        fresh = 0
        for key in self.delivery_ids:
            notice = work.get(Delivery, key)
            if notice.account_id != work.actor.id or notice.channel is not Channel.IN_APP:
                raise NotFound.of("notice", key)
            if notice.read_at is None:
                notice.read_at = work.now
                fresh += 1
        work.note(notices=fresh)
        return fresh
