"""Messages that other systems refused: list them, send one again, discard one."""

from collections.abc import Sequence
from uuid import UUID

from app.wiring import App
from domain.outbound.model import OutboundMessage, OutboundState
from domain.outbound.queries import outbound_messages
from domain.outbound.sending import DiscardOutbound, ResendOutbound
from gateways.intake import hospital_of
from kit.db import reading
from kit.work import Actor

READ = "outbound.read"


def list_refused(app: App, hospital_code: str, *, actor: Actor) -> Sequence[OutboundMessage]:
    """What was refused, oldest first. Raises Denied."""
    hospital = hospital_of(app, hospital_code)
    app.decisions.require(actor, READ, hospital.scope)
    with reading(app.read_engine) as session:
        return outbound_messages(session, [hospital.scope], hospital.id,
                                 state=OutboundState.PARKED)  # fmt: skip


def resend(app: App, message_id: UUID, *, actor: Actor) -> OutboundMessage:
    """Let it wait again: the next `wardgrid serve` sends it first."""
    return app.pipeline.run(actor, ResendOutbound(outbound_id=message_id)).result


def discard(app: App, message_id: UUID, *, actor: Actor) -> OutboundMessage:
    """The peer need not hear of it."""
    return app.pipeline.run(actor, DiscardOutbound(outbound_id=message_id)).result
