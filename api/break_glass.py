"""Break-glass in GraphQL: ask, end, take back, judge; and the desk of whoever judges."""

from uuid import UUID

import strawberry

from api.break_glass_views import BreakGlassDesk, BreakGlassStepView, BreakGlassView
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.proofs import prove_again
from api.query import Reader, query
from api.subscription import Topic, subscription
from authz.logins import Proof
from domain.break_glass import queries
from domain.break_glass.ending import EndBreakGlass, RevokeBreakGlass
from domain.break_glass.model import BreakGlass, BreakGlassReason, BreakGlassState
from domain.break_glass.requesting import RequestBreakGlass
from domain.break_glass.reviewing import JudgeBreakGlass
from kit.errors import NotFound
from kit.work import NETWORK

EVENTS = frozenset({"BreakGlassStarted", "BreakGlassStopped", "BreakGlassJudged"})
FIELD = "BreakGlass.state"


@strawberry.type
class BreakGlassQueries:
    @query("break_glass.read_own")
    def my_break_glass(self, reader: Reader) -> list[BreakGlassView]:
        """One's own, the newest first; at most 20."""
        rows = queries.own_grants(reader.session, reader.actor.id)
        return [_shown(reader, row) for row in rows]

    @query("break_glass.read")
    def break_glass_reviews(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        states: list[BreakGlassState] | None = None,
    ) -> Connection[BreakGlassView]:
        """Who broke the glass, the newest first; `states: [REVIEW_DUE]` is what is to be judged."""
        reader.context.note_read(FIELD)
        rows = queries.grants(
            reader.session, reader.scopes, states=states or (), after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: _shown(reader, row))

    @query("break_glass.read")
    def break_glass_history(self, reader: Reader, grant_id: UUID) -> list[BreakGlassStepView]:
        """What a grant was, when and by whose doing, from first to last."""
        reader.context.note_read(FIELD)
        grant, steps = queries.steps_of(reader.session, reader.scopes, grant_id)
        return [BreakGlassStepView.of(step, reader.sight(grant.scope)) for step in steps]


def _topics(reader: Reader, after: str | None = None) -> tuple[Topic, ...]:
    if not reader.scopes:
        raise NotFound("no desk that you may see")
    return tuple(Topic(scope, EVENTS) for scope in reader.scopes)


@strawberry.type
class BreakGlassSubscriptions:
    @subscription("break_glass.read", topics=_topics)
    def break_glass_desk(self, reader: Reader, after: str | None = None) -> BreakGlassDesk:
        """Told within seconds when somebody breaks the glass."""
        found = queries.desk(reader.session, reader.scopes, reader.now)
        rows = [_shown(reader, row) for row in found.newest]
        sight = reader.sight(next(iter(reader.scopes), NETWORK))
        return BreakGlassDesk.showing(found, reader.now, sight, rows)


@strawberry.type
class BreakGlassMutations:
    @mutation(returns=BreakGlassView, once=True, prepare=prove_again, prepared="proof")
    def request_break_glass(
        self,
        reason_code: BreakGlassReason,
        reason_text: str,
        minutes: int,
        password: str,
        totp: str,
        proof: Proof,
        patient_id: UUID | None = None,
        ward_id: UUID | None = None,
    ) -> RequestBreakGlass:
        return RequestBreakGlass(
            patient_id=patient_id, ward_id=ward_id, reason_code=reason_code,
            reason_text=reason_text, minutes=minutes, credential=proof.credential,
            totp_step=proof.totp_step,
        )  # fmt: skip

    @mutation(returns=BreakGlassView)
    def end_break_glass(self, grant_id: UUID) -> EndBreakGlass:
        return EndBreakGlass(grant_id=grant_id)

    @mutation(returns=BreakGlassView)
    def revoke_break_glass(self, grant_id: UUID) -> RevokeBreakGlass:
        return RevokeBreakGlass(grant_id=grant_id)

    @mutation(returns=BreakGlassView)
    def judge_break_glass(self, grant_id: UUID, justified: bool, finding: str) -> JudgeBreakGlass:
        return JudgeBreakGlass(grant_id=grant_id, justified=justified, finding=finding)


def _shown(reader: Reader, row: BreakGlass) -> BreakGlassView:
    return BreakGlassView.of(row, reader.sight(row.scope, row.subject))
